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

// All routes of a catalog, best first, as `Policy::order` and then the catalog's order say.
struct Preference {
  std::vector<catalog::RouteId> order;
  std::vector<std::uint32_t> rank;  // of each route in `order`
};
Preference prefer(const catalog::Catalog& catalog, const Policy& policy);

struct Snapshot {
  std::shared_ptr<const catalog::Catalog> catalog;
  std::shared_ptr<const ledger::Bindings> bindings;
  Policy policy;
  // prefer(*catalog, policy), worked out once by whoever makes the snapshot; left out, each call works it out again.
  std::shared_ptr<const Preference> preference;
};

// What a name means.
struct Names {
  bool known = false;                    // false: 404 model_not_found
  bool pinned = false;                   // not `auto…`: never another model
  std::string resolved;                  // after aliases
  std::vector<catalog::RouteId> routes;  // in the order of preference, before capabilities and quota
};
// Only models of this kind count; no kind: all of them, as for model lists. An empty name is `auto`. An alias is followed
// once.
Names resolve(const Snapshot& snapshot, std::string_view name, std::optional<catalog::Kind> kind = catalog::Kind::chat);

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
  Instant until = kNever;           // quota, benched: when it may serve; probing: when to look again; kNever: not by waiting
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

// A request's question. Plans for serving set `enough`, and `explain` to false: then no texts are made and routes that lack
// a capability are not listed.
struct Query {
  const chat::Request* request = nullptr;
  const std::vector<catalog::RouteId>* routes = nullptr;  // from resolve/allow
  ledger::Demand demand;                                  // output_tokens etc. as the request asks
  std::optional<std::string> session_model;               // stay with it while it is healthy
  const std::vector<catalog::RouteId>* tried = nullptr;   // not again in this request
  ledger::Moment at;
  std::size_t enough = 0;  // stop after so many routes that may serve now; 0: look at all
  bool explain = true;     // fill LeftOut::reason
};

// Order: known capabilities before unknown; then the session's model; then the order of the query's routes, which resolve()
// puts in the order of preference. Keys of one model share the load: the least loaded first, of equals the one that has
// rested longest. Demand, benches and levels are judged for each key by itself. If no route may serve now, those whose bench
// yields may.
Plan plan(const Snapshot& snapshot, const ledger::Ledger& ledger, const Benches& benches, const Query& query);

}  // namespace freeway::router
