// A gateway's side of one provider, for tests of what providers say.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "ledger/bindings.h"
#include "ledger/testing.h"

namespace freeway::ledger::testing {

using catalog::Told;
using catalog::Unit;

inline Told told(Unit unit, catalog::Period per, std::optional<std::uint64_t> limit, std::optional<std::uint64_t> remaining,
                 std::optional<Duration> reset) {
  Told one;
  one.unit = unit;
  one.per = per;
  one.limit = limit;
  one.remaining = remaining;
  one.reset = reset;
  return one;
}

// A gateway's side of one provider.
struct Scene {
  explicit Scene(catalog::Provider provider) : catalog(catalog_of(provider)), bench(std::move(provider)) {}

  std::optional<Reservation> begin(catalog::RouteId route = 0, Demand demand = {}) {
    auto reservation = bench.reserve(route, demand);
    if (!reservation) return std::nullopt;
    bench.ledger.dispatched(*reservation, bench.at());
    return std::move(*reservation);
  }
  // A call whose answer tells this. False: there was no room.
  bool call(std::vector<Told> words, catalog::RouteId route = 0) {
    auto reservation = begin(route);
    if (!reservation) return false;
    bench.ledger.heard(*bench.bindings, catalog, route, *reservation, words, bench.at());
    bench.ledger.settle(std::move(*reservation), Outcome{true, {}, false}, bench.at());
    return true;
  }
  void refuse(Reservation reservation, const Refused& said, catalog::RouteId route = 0) {
    bench.ledger.settle(std::move(reservation), Outcome{false, chat::Usage{}, true}, bench.at());
    bench.ledger.refused(*bench.bindings, catalog, route, said, bench.at());
  }
  bool open(catalog::RouteId route = 0) const { return !bench.look(route).has_value(); }
  void hear(const Reservation& reservation, const Told& word) {
    bench.ledger.heard(*bench.bindings, catalog, 0, reservation, std::span(&word, 1), bench.at());
  }
  void settle(Reservation reservation, const chat::Usage& usage) {
    bench.ledger.settle(std::move(reservation), Outcome{true, usage, false}, bench.at());
  }

  catalog::Catalog catalog;
  Bench bench;
};

inline catalog::PoolSpec read_somewhere(catalog::PoolSpec spec) {
  spec.source = "a page";
  return spec;
}

}  // namespace freeway::ledger::testing
