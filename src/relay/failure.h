// What a client is told when no route answered: the contract's table from reasons to status. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "relay/trail.h"
#include "router/router.h"

namespace freeway::relay {

// An error answer, before it is put into a surface's envelope.
struct Failure {
  int status = 502;
  std::string message;
  std::string type;
  std::string code;                           // "" = null
  std::string param;                          // "" = null
  std::string quoted;                         // what of the message others said, which no log keeps; "" = nothing
  std::optional<std::int64_t> retry_after;    // whole seconds
  bool called_off = false;                    // from outside, so the request did not fail
  std::uint64_t tokens = 0, token_limit = 0;  // of a prompt that is too long: what it needs, and the most there is
};

// No route can ever take this request: names the capability that is missing, and the policy if it keeps routes out.
Failure missing_capability(const router::Plan& plan, const chat::Request& request, std::string_view model,
                           catalog::Privacy privacy = catalog::Privacy::any);
// The policy forbids the providers of all routes: names it, and what their labels lack.
Failure forbidden_by_policy(const router::RouteList& routes, const catalog::Catalog& catalog,
                            const catalog::PrivacyPolicy& policy, WallTime now, std::string_view model);
// Every admissible route was tried or is closed. `earliest`: when the first of them may serve.
Failure no_route(const Trail& trail, const router::Plan& plan, const catalog::Catalog& catalog, Instant earliest,
                 Instant now);
// An image that is needed as data could not be fetched from its address. `part`: where it stands.
Failure image_unavailable(std::string_view part, std::string_view why);
// The same where the outbound proxy is to blame, and not the address.
Failure image_out_of_reach(std::string_view part, std::string_view why);
Failure deadline_passed(const Trail& trail, const catalog::Catalog& catalog, Duration deadline);
// No further attempt may be made: judged as in no_route, by those that were made and by what `plan` left out. Routes that
// are open and were not tried say nothing.
Failure attempts_used_up(const Trail& trail, const router::Plan& plan, const catalog::Catalog& catalog, Instant now);
// The server ends and cannot wait for the answer.
Failure shutting_down();
// Somebody with the admin API cancelled the request. 499, which no client repeats by itself.
Failure cancelled_by_admin();

}  // namespace freeway::relay
