// What the ledger's tests share: a catalog of one provider, moments, and providers that count for themselves.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "catalog/calendar.h"
#include "catalog/catalog.h"
#include "ledger/ledger.h"

namespace freeway::ledger::testing {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline catalog::PoolSpec pool(const std::string& name, std::uint64_t limit, const std::string& window,
                              catalog::Unit unit = catalog::Unit::requests,
                              catalog::Charge charge = catalog::Charge::attempt) {
  catalog::PoolSpec spec;
  spec.name = name;
  spec.limit = limit;
  spec.window = catalog::Window::parse(window).value();
  spec.unit = unit;
  spec.charge = charge;
  return spec;
}

inline catalog::Provider provider(std::vector<catalog::PoolSpec> pools, int models = 1, int keys = 1) {
  catalog::Provider made;
  made.id = "u1";
  made.pools = std::move(pools);
  made.keys.resize(static_cast<std::size_t>(keys));
  for (int i = 1; i <= models; ++i) {
    made.models.emplace_back();
    made.models.back().id = "m" + std::to_string(i);
  }
  return made;
}

inline catalog::Catalog catalog_of(catalog::Provider provider) {
  std::vector<catalog::Provider> providers;
  providers.push_back(std::move(provider));
  return catalog::Catalog::build(std::move(providers)).value();
}

// A clock, a ledger and one provider's routes.
struct Bench {
  ManualClock clock;
  Ledger ledger;
  std::shared_ptr<const Bindings> bindings;

  explicit Bench(catalog::Provider provider, Duration guard = milliseconds(300))
      : ledger(Ledger::Options{guard}), bindings(ledger.bind(catalog_of(std::move(provider)))) {}
  explicit Bench(catalog::PoolSpec spec, Duration guard = milliseconds(300)) : Bench(provider({std::move(spec)}), guard) {}

  void reload(catalog::Provider provider) { bindings = ledger.bind(catalog_of(std::move(provider))); }
  Moment at() const { return {clock.now(), clock.wall()}; }
  std::expected<Reservation, Refusal> reserve(catalog::RouteId route = 0, Demand demand = {}) {
    return ledger.reserve(*bindings, route, demand, at());
  }
  std::optional<Refusal> look(catalog::RouteId route = 0, Demand demand = {}) const {
    return ledger.look(*bindings, route, demand, at());
  }
  // Reserves, dispatches and settles as a success; false: refused.
  bool call(catalog::RouteId route = 0, Demand demand = {}) {
    auto reservation = reserve(route, demand);
    if (!reservation) return false;
    ledger.dispatched(*reservation, at());
    ledger.settle(std::move(*reservation), Outcome{true, {}}, at());
    return true;
  }
  int calls(int wanted, catalog::RouteId route = 0) {
    int done = 0;
    while (done < wanted && call(route)) ++done;
    return done;
  }
  PoolLevel level(const std::string& name) const {
    for (auto& level : ledger.levels(at()))
      if (level.name == name) return level;
    return {};
  }
};

}  // namespace freeway::ledger::testing
