// What the router's tests share: a small catalog and its snapshot, a ledger and benches.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "ledger/ledger.h"
#include "router/benches.h"
#include "router/router.h"

namespace freeway::router::testing {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline catalog::Model model(const std::string& id, const std::string& family = "") {
  catalog::Model made;
  made.id = id;
  made.family = family;
  return made;
}

inline catalog::Provider provider(const std::string& id, std::vector<catalog::Model> models, int keys = 1) {
  catalog::Provider made;
  made.id = id;
  made.models = std::move(models);
  made.keys.resize(static_cast<std::size_t>(keys));
  return made;
}

inline catalog::PoolSpec rpm(std::uint64_t limit) {
  catalog::PoolSpec spec;
  spec.name = "rpm";
  spec.limit = limit;
  spec.window.length = seconds(60);
  return spec;
}

struct House {
  ManualClock clock;
  ledger::Ledger ledger{ledger::Ledger::Options{}};
  Benches benches{Benches::Options{}};
  Snapshot snapshot;
  chat::Request request;
  std::vector<catalog::RouteId> tried;
  std::vector<Doubted> doubted;
  ledger::Demand demand;
  std::optional<std::string> session;
  Measures measures;
  std::size_t enough = 0;
  bool fetches_images = true;
  catalog::Privacy privacy = catalog::Privacy::any;
  std::function<Recounted(catalog::RouteId)> recount;

  explicit House(std::vector<catalog::Provider> providers, Policy policy = {}) {
    reload(std::move(providers), std::move(policy));
  }
  void reload(std::vector<catalog::Provider> providers, Policy policy = {}) {
    auto built = catalog::Catalog::build(std::move(providers));
    snapshot.catalog = std::make_shared<const catalog::Catalog>(std::move(*built));
    snapshot.bindings = ledger.bind(*snapshot.catalog);
    snapshot.policy = std::move(policy);
  }

  // From now on models are measured, and ranked by `rank`.
  void measure() {
    snapshot.rankings = std::make_shared<Rankings>(snapshot.catalog, snapshot.policy, measures, measures.bind(catalog()));
  }
  void rank() { snapshot.rankings->refresh(ledger, *snapshot.bindings, at()); }

  Instant now() const { return clock.now(); }
  ledger::Moment at() const { return {clock.now(), clock.wall()}; }
  const catalog::Catalog& catalog() const { return *snapshot.catalog; }
  // Route by name: "u1/m1 key#1".
  catalog::RouteId route(const std::string& name) const {
    for (catalog::RouteId id = 0; id < catalog().routes().size(); ++id)
      if (catalog().route_name(id) == name) return id;
    return ~0U;
  }
  std::vector<std::string> names(const RouteList& routes) const { return names(routes.routes()); }
  std::vector<std::string> names(const std::vector<catalog::RouteId>& routes) const {
    std::vector<std::string> made;
    for (auto id : routes) made.push_back(catalog().route_name(id));
    return made;
  }
  Plan plan(std::string_view name = "auto") const {
    auto meant = resolve(snapshot, name);
    Query query;
    query.request = &request;
    query.routes = &meant.routes;
    query.strategy = meant.strategy;
    query.demand = demand;
    query.session_model = session;
    query.tried = &tried;
    query.doubted = &doubted;
    query.at = at();
    query.enough = enough;
    query.fetches_images = fetches_images;
    query.privacy = privacy;
    query.recount = recount;
    return router::plan(snapshot, ledger, benches, query);
  }
  std::vector<std::string> order(std::string_view name = "auto") const { return names(plan(name).order); }
  bool call(const std::string& name) {
    auto reservation = ledger.reserve(*snapshot.bindings, route(name), demand, at());
    if (!reservation) return false;
    ledger.settle(std::move(*reservation), {true, {}}, at());
    return true;
  }
  void fail(const std::string& name, Reason reason, Blame blame, std::optional<Duration> bench, bool told = false) {
    Verdict verdict;
    verdict.reason = reason;
    verdict.blame = blame;
    verdict.bench = bench;
    verdict.told = told;
    benches.apply(catalog(), route(name), verdict, "evidence", now(), now());
  }
  std::optional<Bench> bench(const std::string& name) const { return benches.find(catalog(), route(name), now()); }
};

}  // namespace freeway::router::testing
