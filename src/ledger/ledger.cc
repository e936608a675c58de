#include "ledger/ledger.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <unordered_map>

#include "ledger/bindings.h"
#include "ledger/counter.h"
#include "ledger/wall.h"

namespace freeway::ledger {

using catalog::Charge;
using catalog::RouteId;
using catalog::Unit;

namespace {

bool counts_tokens(Unit unit) { return unit == Unit::tokens || unit == Unit::input_tokens || unit == Unit::output_tokens; }

std::uint64_t sum(std::uint64_t a, std::uint64_t b) { return std::min(a, kMostAmount) + std::min(b, kMostAmount); }

std::uint64_t reserved_amount(const Draw& draw, const Demand& demand) {
  if (!counts_tokens(draw.unit)) return 1;
  std::uint64_t output = draw.charge == Charge::prompt_max_tokens ? demand.max_tokens : demand.output_tokens;
  if (draw.unit == Unit::input_tokens) output = 0;
  std::uint64_t prompt = draw.unit == Unit::output_tokens ? 0 : demand.prompt_tokens;
  std::uint64_t amount = std::min(sum(prompt, output), kMostAmount);
  bool bend = demand.output_guessed && draw.charge == Charge::tokens && prompt <= draw.counter->limit();
  return bend ? std::min(amount, draw.counter->limit()) : amount;
}

std::uint64_t used_amount(Unit unit, const chat::Usage& usage) {
  std::uint64_t total = std::max(usage.total_tokens, sum(usage.prompt_tokens, usage.completion_tokens));
  if (unit == Unit::input_tokens) total = usage.prompt_tokens;
  if (unit == Unit::output_tokens) total = usage.completion_tokens;
  return std::min(total, kMostAmount);
}

// What one counter holds or has counted for a request.
struct Place {
  Counter* counter = nullptr;
  std::uint64_t amount = 0;
  Mark mark;
  Unit unit = Unit::requests;
  Charge charge = Charge::attempt;

  bool until_settled() const { return unit == Unit::concurrent || charge == Charge::success; }
};

std::uint64_t settled_amount(const Place& place, const Outcome& outcome) {
  if (place.charge == Charge::success && !outcome.success) return 0;
  if (!counts_tokens(place.unit) || place.charge == Charge::prompt_max_tokens || !outcome.usage) return place.amount;
  return used_amount(place.unit, *outcome.usage);
}

}  // namespace

struct Reservation::Hold {
  bool dispatched = false;
  std::uint32_t count = 0;
  std::array<Place, 6> first;
  std::vector<Place> rest;

  void add(const Place& place) {
    if (count < first.size()) {
      first[count] = place;
    } else {
      rest.push_back(place);
    }
    ++count;
  }
  template <class F>
  void each(F&& visit) {
    for (std::uint32_t i = 0; i < std::min<std::size_t>(count, first.size()); ++i) visit(first[i]);
    for (auto& place : rest) visit(place);
  }
};

struct Ledger::State {
  Options options;
  std::function<void()> release;

  std::mutex mutex;
  std::unordered_map<std::string, std::unique_ptr<Counter>> counters;  // never erased: names and pointers stay good
  std::map<std::string, catalog::Zone, std::less<>> zones;
  BelievedWall wall;
  BelievedWall::Reading last{};
  std::uint64_t uses = 0;

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
  // The counter of this name, as the pool is stated now.
  Counter& counter(const NamedPool& pool, bool& opened) {
    auto& counter = counters[pool.name];
    if (!counter) counter = std::make_unique<Counter>(pool.name);
    opened = counter->configure(*pool.spec, zone(pool.spec->window.zone)) || opened;
    return *counter;
  }
  std::optional<Refusal> refuse(std::span<const Draw> draws, const Demand& demand, const Time& time);
  void dispatch(Reservation::Hold& hold, const Time& time);
};

Ledger::Ledger(Options options) : state_(std::make_unique<State>()) { state_->options = options; }
Ledger::~Ledger() = default;

std::shared_ptr<const Bindings> Ledger::bind(const catalog::Catalog& catalog) {
  auto bindings = std::make_shared<Bindings>();
  auto count = static_cast<RouteId>(catalog.routes().size());
  bindings->first.reserve(count + 1);
  bindings->last_used.resize(count);
  bool opened = false;
  for (RouteId route = 0; route < count; ++route) {
    bindings->first.push_back(static_cast<std::uint32_t>(bindings->draws.size()));
    auto pools = pools_of(catalog, route);
    std::lock_guard lock(state_->mutex);
    for (const auto& pool : pools) {
      auto& counter = state_->counter(pool, opened);
      bindings->draws.push_back(Draw{&counter, pool.spec->unit, pool.spec->charge});
    }
  }
  bindings->first.push_back(static_cast<std::uint32_t>(bindings->draws.size()));
  state_->released(opened);
  return bindings;
}

// All pools are asked, because the last one to open decides when the route does.
std::optional<Refusal> Ledger::State::refuse(std::span<const Draw> draws, const Demand& demand, const Time& time) {
  std::optional<Refusal> worst;
  for (const auto& draw : draws) {
    auto& counter = *draw.counter;
    counter.advance(time);
    std::uint64_t amount = reserved_amount(draw, demand);
    if (counter.fits(amount)) continue;
    Refusal refusal;
    refusal.pool = counter.name();
    refusal.limit = counter.limit();
    refusal.used = counter.used() + counter.held();
    refusal.too_large = amount > counter.limit();
    if (!refusal.too_large) {
      refusal.until = counter.opens(amount, time);
      bool held_alone = counter.once() && counter.used() + amount <= counter.limit();
      refusal.concurrent = counter.concurrent() || held_alone;
    }
    auto rank = [](const Refusal& one) { return std::tuple(one.too_large, one.until, !one.concurrent); };
    if (!worst || rank(refusal) > rank(*worst)) worst = refusal;
  }
  return worst;
}

std::expected<Reservation, Refusal> Ledger::reserve(const Bindings& bindings, RouteId route, const Demand& demand,
                                                    Moment at) {
  auto draws = bindings.of(route);
  std::lock_guard lock(state_->mutex);
  if (auto refusal = state_->refuse(draws, demand, state_->time(at))) return std::unexpected(*refusal);
  Reservation reservation;
  reservation.ledger_ = this;
  reservation.hold_ = std::make_unique<Reservation::Hold>();
  for (const auto& draw : draws) {
    Place place{draw.counter, reserved_amount(draw, demand), {}, draw.unit, draw.charge};
    place.counter->hold(place.amount);
    reservation.hold_->add(place);
  }
  bindings.last_used[route] = ++state_->uses;
  return reservation;
}

std::optional<Refusal> Ledger::look(const Bindings& bindings, RouteId route, const Demand& demand, Moment at) const {
  std::lock_guard lock(state_->mutex);
  return state_->refuse(bindings.of(route), demand, state_->time(at));
}

void Ledger::survey(const Bindings& bindings, std::span<const RouteId> routes, const Demand& demand, Moment at,
                    std::span<Standing> out) const {
  std::lock_guard lock(state_->mutex);
  Time time = state_->time(at);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    auto draws = bindings.of(routes[i]);
    out[i].refusal = state_->refuse(draws, demand, time);
    out[i].last_used = bindings.last_used[routes[i]];
    out[i].load = 0;
    for (const auto& draw : draws) {
      std::uint64_t limit = std::max<std::uint64_t>(draw.counter->limit(), 1);
      std::uint64_t load = (draw.counter->used() + draw.counter->held()) * 1000 / limit;
      out[i].load = std::max(out[i].load, static_cast<std::uint32_t>(std::min<std::uint64_t>(load, 1'000'000)));
    }
  }
}

void Ledger::State::dispatch(Reservation::Hold& hold, const Time& time) {
  if (hold.dispatched) return;
  hold.dispatched = true;
  hold.each([&](Place& place) {
    if (place.until_settled()) return;
    place.counter->release(place.amount);
    place.mark = place.counter->count(place.amount, time);
  });
}

void Ledger::dispatched(Reservation& reservation, Moment at) {
  if (!reservation.hold_) return;
  std::lock_guard lock(state_->mutex);
  state_->dispatch(*reservation.hold_, state_->time(at));
}

bool Ledger::again(Reservation& reservation, Moment at) {
  if (!reservation.hold_ || !reservation.hold_->dispatched) return true;
  auto& hold = *reservation.hold_;
  // Nothing was generated, so reserved tokens only move to the next dispatch; all else was drawn by the lost call.
  auto moves = [](const Place& place) { return counts_tokens(place.unit) && place.charge == Charge::tokens; };
  std::lock_guard lock(state_->mutex);
  Time time = state_->time(at);
  bool room = true;
  hold.each([&](Place& place) {
    if (place.until_settled() || moves(place)) return;
    place.counter->advance(time);
    room = room && place.counter->fits(place.amount);
  });
  if (!room) return false;
  hold.dispatched = false;
  hold.each([&](Place& place) {
    if (place.until_settled()) return;
    if (moves(place)) place.counter->correct(place.mark, place.amount, 0);
    place.counter->hold(place.amount);
  });
  return true;
}

void Ledger::settle(Reservation&& reservation, const Outcome& outcome, Moment at) {
  auto hold = std::move(reservation.hold_);
  reservation.ledger_ = nullptr;
  if (!hold) return;
  bool opened = false;
  {
    std::lock_guard lock(state_->mutex);
    Time time = state_->time(at);
    state_->dispatch(*hold, time);
    hold->each([&](Place& place) {
      std::uint64_t amount = settled_amount(place, outcome);
      opened = opened || amount < place.amount || place.unit == Unit::concurrent;
      if (!place.until_settled()) {
        place.counter->correct(place.mark, place.amount, amount);
        return;
      }
      place.counter->release(place.amount);
      if (place.unit != Unit::concurrent && amount > 0) place.counter->count(amount, time);
    });
  }
  state_->released(opened);
}

void Ledger::give_up(std::unique_ptr<Reservation::Hold> hold) {
  bool opened = false;
  {
    std::lock_guard lock(state_->mutex);
    hold->each([&](Place& place) {
      bool held = !hold->dispatched || place.until_settled();
      if (!held) return;
      place.counter->release(place.amount);
      if (!hold->dispatched || place.unit == Unit::concurrent) {
        opened = true;
      } else {
        place.counter->count(place.amount, Time{state_->last, state_->options.guard});
      }
    });
  }
  state_->released(opened);
}

void Ledger::on_release(std::function<void()> callback) { state_->release = std::move(callback); }

std::vector<PoolLevel> Ledger::levels(Moment at) const {
  std::vector<PoolLevel> levels;
  std::lock_guard lock(state_->mutex);
  Time time = state_->time(at);
  levels.reserve(state_->counters.size());
  for (auto& [name, counter] : state_->counters) {
    counter->advance(time);
    levels.push_back({name, counter->unit(), counter->limit(), counter->used(), counter->held(), counter->resets(time)});
  }
  std::sort(levels.begin(), levels.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return levels;
}

Reservation::Reservation() = default;

Reservation::Reservation(Reservation&& other) noexcept
    : ledger_(std::exchange(other.ledger_, nullptr)), hold_(std::move(other.hold_)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  if (hold_) ledger_->give_up(std::move(hold_));
  ledger_ = std::exchange(other.ledger_, nullptr);
  hold_ = std::move(other.hold_);
  return *this;
}

Reservation::~Reservation() {
  if (hold_) ledger_->give_up(std::move(hold_));
}

}  // namespace freeway::ledger
