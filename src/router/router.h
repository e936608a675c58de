// From a request and snapshots to a plan: which routes, in which order, and why not the others. Pure: no I/O, no clock, no
// chance; explaining and serving call the same function.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "chat/request.h"
#include "ledger/ledger.h"
#include "router/benches.h"
#include "router/sessions.h"

namespace freeway::router {

// What routing knows besides the catalog; part of a configuration snapshot.
struct Policy {
  std::vector<std::pair<std::string, std::string>> aliases;               // pattern ('*' allowed) → name; exact ones first
  std::map<std::string, std::vector<std::string>, std::less<>> profiles;  // auto:<name>
  std::vector<std::string> order;                                         // "provider/wire-id", first is preferred
  std::string strategy = "priority";
};

struct Snapshot {
  std::shared_ptr<const catalog::Catalog> catalog;
  std::shared_ptr<const ledger::Bindings> bindings;
  Policy policy;
};

// What a name means.
struct Names {
  bool known = false;                    // false: 404 model_not_found
  bool pinned = false;                   // not `auto…`: never another model
  std::string resolved;                  // after aliases
  std::vector<catalog::RouteId> routes;  // in the order of preference, before capabilities and quota
};
Names resolve(const Snapshot& snapshot, std::string_view name);

// May a client key with this allow-list use the name? Empty list: everything. `auto` in the list lets it use auto over the
// listed models (over all, if `auto` is the only entry).
struct Allowed {
  bool allowed = true;
  std::vector<catalog::RouteId> routes;
};
Allowed allow(const Snapshot& snapshot, const Names& names, const std::vector<std::string>& allow_list);

enum class Missing : unsigned char { none, tools, vision, json, context, output };

struct LeftOut {
  catalog::RouteId route = 0;
  enum class Why : unsigned char { capability, quota, benched, too_large, probing } why = Why::capability;
  Missing missing = Missing::none;  // capability
  Instant until = kNever;           // quota, benched: when it may serve; kNever: unknown or not by waiting
  bool on_release = false;          // quota of concurrency: may open at any time
  std::string reason;               // one clause for people: "rpm 30 of 30 used, frees in 12 s"
  std::optional<Reason> bench_reason;
};

struct Plan {
  std::vector<catalog::RouteId> order;  // may serve now, best first
  std::vector<LeftOut> left_out;
  // The earliest moment at which a route that was left out for quota or a bench may serve; kNever if none is known.
  Instant earliest = kNever;
  bool waits_for_release = false;  // a route waits only for another request to end
  // Set when no route at all has the capability: what to name in the 4xx.
  Missing missing = Missing::none;
  std::optional<std::uint64_t> largest_context;  // for the message of a context refusal
};

struct Query {
  const chat::Request* request = nullptr;
  const std::vector<catalog::RouteId>* routes = nullptr;  // from resolve/allow
  ledger::Demand demand;                                  // output_tokens etc. as the request asks
  std::optional<std::string> session_model;               // stay with it while it is healthy
  const std::vector<catalog::RouteId>* tried = nullptr;   // not again in this request
  ledger::Moment at;
};

// Order: known capabilities before unknown; then the session's model; then `order`/the file's order; keys of one model by
// least recently used, so that several keys share the load.
Plan plan(const Snapshot& snapshot, const ledger::Ledger& ledger, const Benches& benches, const Query& query);

}  // namespace freeway::router
