// From a request and snapshots to a plan: which routes, in which order, and why not the others. Pure: no I/O, no clock, no
// chance of its own; explaining and serving call the same function.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clause.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/privacy.h"
#include "chat/request.h"
#include "ledger/ledger.h"
#include "router/benches.h"
#include "router/routes.h"
#include "router/sessions.h"
#include "router/strategy.h"

namespace freeway::router {

// What routing knows besides the catalog; part of a configuration snapshot.
struct Policy {
  std::vector<std::pair<std::string, std::string>> aliases;               // pattern ('*' allowed) → name; exact ones first
  std::map<std::string, std::vector<std::string>, std::less<>> profiles;  // auto:<name>
  std::vector<std::string> order;                                         // "provider/wire-id", first is preferred
  std::string strategy = "priority";                                      // of plain `auto` and of pins
  Duration label_age = std::chrono::hours(24 * 365);                      // an older data-use label counts for nothing
};

struct Snapshot {
  std::shared_ptr<const catalog::Catalog> catalog;
  std::shared_ptr<const ledger::Bindings> bindings;
  Policy policy;
  // Of this catalog. Left out: nothing is measured, and every strategy keeps to the configured order, which each call works
  // out again.
  std::shared_ptr<Rankings> rankings;
};

// The routes of an exact name, of a family or of a wire id: the first that is one.
const std::vector<catalog::RouteId>& routes_named(const catalog::Catalog& catalog, std::string_view name);

// What a name means.
struct Names {
  bool known = false;                      // false: 404 model_not_found
  bool pinned = false;                     // not `auto…`: never another model
  std::string resolved;                    // after aliases
  Strategy strategy = Strategy::priority;  // that gave the order
  bool profile = false;                    // the order is a profile's own
  RouteList routes;                        // in the order of preference, before capabilities and quota
};
// Only models of this kind count; no kind: all of them, as for model lists. An empty name is `auto`. An alias is followed
// once.
Names resolve(const Snapshot& snapshot, std::string_view name, std::optional<catalog::Kind> kind = catalog::Kind::chat);

// May a client key with this allow-list use the name? Empty list: everything. `auto` in the list lets it use auto over the
// listed models (over all, if `auto` is the only entry).
struct Allowed {
  bool allowed = true;
  RouteList routes;
};
Allowed allow(const Snapshot& snapshot, const Names& names, const std::vector<std::string>& allow_list);
// "auto", "auto:priority" and so on for every strategy, then for every profile.
std::vector<std::string> auto_names(const Policy& policy);

enum class Missing : unsigned char {
  none,
  tools,
  vision,
  json,
  context,
  output,
  inputs,
  dimensions,
  token_input,
  infill,
  image_data
};

struct LeftOut {
  catalog::RouteId route = 0;
  enum class Why : unsigned char { capability, quota, benched, too_large, probing, privacy } why = Why::capability;
  Missing missing = Missing::none;  // capability
  Instant until = kNever;           // quota, benched: when it may serve; probing: when to look again; kNever: not by waiting
  bool on_release = false;          // quota of concurrency: may open at any time
  Clause reason;                    // for people: "rpm: 30 of 30 used, frees in 12 s"
  std::optional<Reason> bench_reason;
  bool told = false;  // benched: `until` is the provider's word
};

struct Plan {
  // Why a route stands where it stands.
  struct Chosen {
    catalog::RouteId route = 0;
    double score = 0;           // steps behind the best thinkable, as its strategy counts; the lower, the better
    int level = 0;              // the whole number of them that counted
    std::vector<Clause> parts;  // "rank 80", "98 % success expected after 40 samples"; empty where nothing was scored
  };
  std::vector<catalog::RouteId> order;  // may serve now, best first
  std::vector<Chosen> chosen;           // the same, explained; empty unless asked for
  std::vector<LeftOut> left_out;
  bool complete = false;  // all routes were looked at
  // The earliest moment at which a route that was left out for quota or a bench may serve; kNever if none is known.
  Instant earliest = kNever;
  bool waits_for_release = false;  // a route waits only for another request to end
  // Set when no route at all has the capability: what to name in the 4xx.
  Missing missing = Missing::none;
  std::optional<std::uint64_t> largest_context;  // for the message of a context refusal
  // Routes whose providers the privacy policy forbids, as far as they were looked at; all_forbidden: there is no other.
  std::size_t forbidden = 0;
  bool all_forbidden = false;
};

// Of the routes left out, the one that may serve first, of equals rather one that may be asked at all: its reason is the one
// worth telling. Null: none was left out.
const LeftOut* first_to_open(const Plan& plan);

// A prompt that was counted because its estimate came near a limit.
struct Recounted {
  chat::PromptSize prompt;
  ledger::Demand demand;  // with it
};

// A route that failed in this request for a fault that its kin may share: all keys of its model, and where `provider`, all
// models of its provider, too.
struct Doubted {
  catalog::RouteId route = 0;
  bool provider = false;
};

// A request's question. Plans for serving set `enough`, and `explain` to false: then no texts are made, and routes that lack
// a capability or that the privacy policy forbids are not listed.
struct Query {
  const chat::Request* request = nullptr;
  const RouteList* routes = nullptr;       // from resolve/allow
  Strategy strategy = Strategy::priority;  // that ordered them, to explain it
  ledger::Demand demand;                   // output_tokens etc. as the request asks
  // Counts the prompt as this route's model does. Called only where half of the estimate would be within a limit and twice
  // of it beyond; must be cheap when called again. Unset: estimates stand.
  std::function<Recounted(catalog::RouteId)> recount;
  catalog::Privacy privacy = catalog::Privacy::any;      // no provider that it forbids is in the plan's order
  std::optional<std::string> session_model;              // stay with it while it is healthy
  const std::vector<catalog::RouteId>* tried = nullptr;  // not again in this request
  const std::vector<Doubted>* doubted = nullptr;         // their kin come behind all others
  ledger::Moment at;
  // Stop after so many routes that may serve now, and pass by models that had no quota when they were ranked, while others
  // serve; 0: look at all.
  std::size_t enough = 0;
  bool fetches_images = true;  // false: what takes images as data alone can't be asked with those that are an address
  bool explain = true;         // fill LeftOut::reason and Plan::chosen
  bool first_look = false;     // of a request: pools without room count it as refused
};

// Order: what is in no doubt before other models of a doubted provider, those before a doubted model; then known
// capabilities before unknown; then the session's model; then the order of the query's routes, which resolve() puts in the
// order of preference. Keys of one model share the load: those that do evidently worse last, else the least loaded first, of
// equals the one that has rested longest. Demand, benches and levels are judged for each key by itself. If no route may
// serve now, those whose bench yields may.
Plan plan(const Snapshot& snapshot, const ledger::Ledger& ledger, const Benches& benches, const Query& query);

}  // namespace freeway::router
