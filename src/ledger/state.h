// What the ledger's sources share: its counters under its lock. Not for other rooms.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>

#include "journal/journal.h"
#include "ledger/bindings.h"
#include "ledger/ledger.h"
#include "ledger/record.h"
#include "ledger/wall.h"
#include "ledger/watch.h"

namespace freeway::ledger {

using catalog::RouteId;
using journal::Kind;

struct Ledger::State {
  Options options;
  std::function<void()> release;

  std::mutex mutex;
  std::unordered_map<std::uint64_t, std::unique_ptr<Counter>> counters;  // by identity; never erased: pointers stay good
  std::deque<std::string> names;                                         // of counters, now or before; never erased
  std::unordered_map<std::uint64_t, std::vector<Counter*>> learned;      // by owner: pools that no catalog knows
  std::unordered_map<std::uint64_t, std::unique_ptr<Watch>> watches;     // by a route's identity; never erased
  struct Guess {
    std::uint64_t limit = 0;   // by the last refusals that came together
    std::uint64_t before = 0;  // by those before; 0: there were none
    Instant at = Instant::min();
  };
  std::unordered_map<std::uint64_t, Guess> guesses;  // by the identity of the pool: what one refusal made of it
  std::map<std::string, catalog::Zone, std::less<>> zones;
  BelievedWall wall;
  BelievedWall::Reading last{};
  std::uint64_t uses = 0;
  journal::Journal* journal = nullptr;
  std::uint32_t pools_told = 0;
  std::uint64_t reservations = 0;

  Time time(Moment at) {
    last = wall.read(at.now, at.wall);
    return Time{last, options.guard};
  }
  void released(bool opened) const {
    if (opened && release) release();
  }
  catalog::Zone zone(const std::string& name) {
    auto found = zones.find(name);
    if (found != zones.end()) return found->second;
    auto zone = catalog::Zone::find(name);
    return zones.emplace(name, zone.value_or(catalog::Zone())).first->second;
  }
  // The counter of this pool, as it is stated now.
  Counter& counter(const NamedPool& pool, bool& opened) {
    auto& counter = counters[pool.identity];
    if (!counter) counter = std::make_unique<Counter>("", pool.identity);
    if (counter->name() != pool.name) counter->rename(names.emplace_back(pool.name));
    counter->bound = true;
    counter->let_rise(!pool.spec->source.empty());
    if (counter->is(*pool.spec)) return *counter;
    opened = counter->configure(*pool.spec, zone(pool.spec->window.zone)) || opened;
    if (counter->told_as > 0) tell(*counter);
    return *counter;
  }
  // Which pools that no catalog knows the route draws on.
  void bind_learned(Bindings& bindings, const catalog::Catalog& catalog, RouteId route);
  // In learning.cc.
  Counter& learned_counter(const Bindings& bindings, const catalog::Catalog& catalog, RouteId route, Owner owner,
                           catalog::Unit unit, catalog::Period per);
  void recount(Counter& counter, const std::vector<const Watch*>& asked, catalog::Period per);
  Counter* find(const Bindings& bindings, RouteId route, catalog::Unit unit, catalog::Period per, bool of_model);
  std::uint64_t let_in(const Bindings& bindings, const catalog::Catalog& catalog, RouteId route, Owner owner,
                       catalog::Unit unit, const std::function<Watch::Sum(const Watch&)>& part);
  WallTime began(catalog::Period per, const catalog::Provider& provider);
  bool learn(Counter& counter, Lesson lesson, std::uint64_t limit);
  bool refused(const Bindings& bindings, const catalog::Catalog& catalog, RouteId route, const Refused& refusal, Moment at);
  journal::Moment moment() const { return {last.now, last.wall}; }
  void tell(Counter& counter) {
    if (counter.told_as == 0 && pools_told < kMostPools) counter.told_as = ++pools_told;
    journal->append(Kind::pool, moment(), pool_payload(counter).words());
  }
  void tell_drawn(Hold& hold);
  void tell(Kind kind, const Hold& hold) {
    if (journal) journal->append(kind, moment(), journal::Words(&hold.id, 1));
  }
  void tell_settled(Hold& hold);
  void tell_learned(Counter& counter) {
    if (!journal) return;
    if (counter.told_as == 0) tell(counter);
    journal->append(Kind::learned, moment(), learned_payload(counter, last.now).words());
  }
  std::optional<Refusal> refuse(const Bindings& bindings, RouteId route, const Demand& demand, const Time& time,
                                bool first_look = false);
  bool near(const Bindings& bindings, RouteId route, const Demand& demand, const Time& time);
};

}  // namespace freeway::ledger
