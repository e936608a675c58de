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
  std::string code;                         // "" = null
  std::string param;                        // "" = null
  std::optional<std::int64_t> retry_after;  // whole seconds
};

// No route can ever take this request: names the capability that is missing.
Failure missing_capability(const router::Plan& plan, const chat::Request& request, std::string_view model);
// Every admissible route was tried or is closed. `earliest`: when the first of them may serve.
Failure no_route(const Trail& trail, const router::Plan& plan, const catalog::Catalog& catalog, Instant earliest,
                 Instant now);
Failure deadline_passed(const Trail& trail, const catalog::Catalog& catalog, Duration deadline);
Failure attempts_used_up(const Trail& trail, const catalog::Catalog& catalog);

}  // namespace freeway::relay
