#include "ledger/ledger.h"

#include <algorithm>

#include "journal/journal.h"
#include "ledger/bindings.h"
#include "ledger/book.h"
#include "ledger/counter.h"
#include "ledger/hold.h"
#include "ledger/record.h"
#include "ledger/state.h"

namespace freeway::ledger {

using catalog::Charge;
using catalog::RouteId;
using catalog::Unit;

namespace {

std::uint64_t sum(std::uint64_t a, std::uint64_t b) { return std::min(a, kMostAmount) + std::min(b, kMostAmount); }

std::uint64_t used_tokens(const chat::Usage& usage) {
  return std::min(std::max(usage.total_tokens, sum(usage.prompt_tokens, usage.completion_tokens)), kMostAmount);
}

std::uint64_t reserved_amount(const Draw& draw, const Demand& demand) {
  if (draw.unit == Unit::audio_seconds) return std::min(demand.audio_seconds, kMostAmount);
  if (!counts_tokens(draw.unit)) return 1;
  bool up_front = draw.charge == Charge::prompt_max_tokens;
  std::uint64_t output = std::min(up_front ? demand.max_tokens : demand.output_tokens, kMostAmount);
  std::uint64_t prompt = std::min(demand.prompt_tokens, kMostAmount);
  if (draw.unit == Unit::input_tokens) output = 0;
  if (draw.unit == Unit::output_tokens) prompt = 0;
  bool by_price = catalog::priced(draw.unit);
  std::uint64_t least = by_price ? catalog::cost(draw.price, prompt, 0) : prompt;
  std::uint64_t amount = std::min(by_price ? catalog::cost(draw.price, prompt, output) : prompt + output, kMostAmount);
  bool bend = demand.output_guessed && draw.charge == Charge::tokens && least <= draw.counter->limit();
  return bend ? std::min(amount, draw.counter->limit()) : amount;
}

std::uint64_t used_amount(const Place& place, const chat::Usage& usage) {
  if (catalog::priced(place.unit)) {
    std::uint64_t output =
        std::max(usage.completion_tokens, usage.total_tokens - std::min(usage.total_tokens, usage.prompt_tokens));
    return std::min(catalog::cost(place.price, usage.prompt_tokens, output), kMostAmount);
  }
  std::uint64_t total = used_tokens(usage);
  if (place.unit == Unit::input_tokens) total = usage.prompt_tokens;
  if (place.unit == Unit::output_tokens) total = usage.completion_tokens;
  return std::min(total, kMostAmount);
}

std::uint64_t settled_amount(const Place& place, const Outcome& outcome) {
  if (place.charge == Charge::success && !outcome.success) return 0;
  bool heard = place.unit == Unit::audio_seconds && outcome.usage && outcome.usage->audio_seconds > 0;
  if (heard) return std::min(outcome.usage->audio_seconds, kMostAmount);
  if (!counts_tokens(place.unit) || place.charge == Charge::prompt_max_tokens || !outcome.usage) return place.amount;
  return used_amount(place, *outcome.usage);
}

}  // namespace

void Ledger::State::tell_drawn(Hold& hold) {
  if (!journal) return;
  hold.id = ++reservations;
  Line line;
  line.add(hold.id);
  hold.each([&](const Place& place) {
    if (place.counter->told_as == 0) tell(*place.counter);
    line.add(place);
  });
  journal->append(Kind::drawn, moment(), line.words());
}

void Ledger::State::tell_settled(Hold& hold) {
  if (!journal) return;
  bool as_reserved = true;
  Line line;
  line.add(hold.id);
  hold.each([&](const Place& place) {
    as_reserved = as_reserved && place.truly == place.amount;
    line.add(place.truly);
  });
  if (as_reserved) return tell(Kind::settled, hold);
  journal->append(Kind::settled, moment(), line.words());
}

Ledger::Ledger(Options options) : state_(std::make_unique<State>()) { state_->options = options; }
Ledger::~Ledger() = default;

std::unique_ptr<journal::Replica> Ledger::replica(const Options& options) { return std::make_unique<Book>(options.guard); }

void Ledger::remember(journal::Journal& journal, journal::Replica& told) {
  auto contents = static_cast<Book&>(told).take();
  std::lock_guard lock(state_->mutex);
  state_->journal = &journal;
  state_->names = std::move(contents.names);
  state_->wall = contents.wall;
  for (auto& counter : contents.counters) {
    state_->pools_told = std::max(state_->pools_told, counter->told_as);
    if (counter->owner != 0) state_->learned[counter->owner].push_back(counter.get());
    state_->counters[counter->identity()] = std::move(counter);
  }
}

void Ledger::State::bind_learned(Bindings& bindings, const catalog::Catalog& catalog, RouteId route) {
  using catalog::Scope;
  if (learned.empty()) return;
  for (auto scope : {Scope::key, Scope::account, Scope::model, Scope::family, Scope::address}) {
    for (bool of_model : {true, false}) {
      if (scope == Scope::model && !of_model) continue;  // the same as with it
      auto found = learned.find(identity_of(catalog, route, {scope, of_model}));
      if (found == learned.end()) continue;
      for (Counter* counter : found->second) {
        counter->bound = true;
        bindings.learned[route].push_back(learned_draw(*counter, catalog.model(route), of_model));
      }
    }
  }
}

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
      bindings->draws.push_back(draw_of(counter, *pool.spec, catalog.model(route)));
    }
    state_->bind_learned(*bindings, catalog, route);
    bindings->watches.push_back(&state_->watches[identity_of(catalog, route, kRoute)]);
  }
  bindings->first.push_back(static_cast<std::uint32_t>(bindings->draws.size()));
  state_->released(opened);
  return bindings;
}

// All pools are asked, because the last one to open decides when the route does.
std::optional<Refusal> Ledger::State::refuse(const Bindings& bindings, RouteId route, const Demand& demand, const Time& time,
                                             bool first_look) {
  std::optional<Refusal> worst;
  bindings.each(route, [&](const Draw& draw) {
    auto& counter = *draw.counter;
    counter.advance(time);
    std::uint64_t amount = reserved_amount(draw, demand);
    if (counter.fits(amount)) return;
    if (first_look) counter.refuse(time.reading.now);
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
  });
  return worst;
}

bool Ledger::State::near(const Bindings& bindings, RouteId route, const Demand& demand, const Time& time) {
  Demand half = demand, twice = demand;
  half.prompt_tokens /= 2;
  twice.prompt_tokens *= 2;
  bool near = false;
  bindings.each(route, [&](const Draw& draw) {
    if (near || !counts_tokens(draw.unit) || draw.unit == Unit::output_tokens) return;
    draw.counter->advance(time);
    near = draw.counter->fits(reserved_amount(draw, half)) && !draw.counter->fits(reserved_amount(draw, twice));
  });
  return near;
}

std::expected<Reservation, Refusal> Ledger::reserve(const Bindings& bindings, RouteId route, const Demand& demand,
                                                    Moment at) {
  std::lock_guard lock(state_->mutex);
  if (auto refusal = state_->refuse(bindings, route, demand, state_->time(at))) return std::unexpected(*refusal);
  Reservation reservation;
  reservation.ledger_ = this;
  reservation.hold_ = std::make_unique<Hold>();
  bindings.each(route, [&](const Draw& draw) {
    Place place;
    place.counter = draw.counter;
    place.amount = reserved_amount(draw, demand);
    place.price = draw.price;
    place.unit = draw.unit;
    place.charge = draw.charge;
    place.counter->hold(place.amount);
    place.counter->granted(place.amount);
    reservation.hold_->add(place);
  });
  auto& watch = *bindings.watches[route];
  if (!watch) watch = std::make_unique<Watch>();
  reservation.hold_->watch = watch.get();
  state_->tell_drawn(*reservation.hold_);
  bindings.last_used[route] = ++state_->uses;
  return reservation;
}

std::optional<Refusal> Ledger::look(const Bindings& bindings, RouteId route, const Demand& demand, Moment at,
                                    bool first_look) const {
  std::lock_guard lock(state_->mutex);
  return state_->refuse(bindings, route, demand, state_->time(at), first_look);
}

void Ledger::survey(const Bindings& bindings, std::span<const RouteId> routes, const Demand& demand, Moment at,
                    std::span<Standing> out, bool first_look) const {
  std::lock_guard lock(state_->mutex);
  Time time = state_->time(at);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    out[i].near = demand.prompt_tokens >= kWorthCounting && state_->near(bindings, routes[i], demand, time);
    out[i].refusal = state_->refuse(bindings, routes[i], demand, time, first_look && !out[i].near);
    out[i].last_used = bindings.last_used[routes[i]];
    out[i].load = 0;
    bindings.each(routes[i], [&](const Draw& draw) {
      std::uint64_t limit = std::max<std::uint64_t>(draw.counter->limit(), 1);
      std::uint64_t load = (draw.counter->used() + draw.counter->held()) * 1000 / limit;
      out[i].load = std::max(out[i].load, static_cast<std::uint32_t>(std::min<std::uint64_t>(load, 1'000'000)));
    });
  }
}

void Ledger::dispatched(Reservation& reservation, Moment at) {
  if (!reservation.hold_) return;
  std::lock_guard lock(state_->mutex);
  Hold& hold = *reservation.hold_;
  if (!dispatch(hold, state_->time(at))) return;
  hold.watch->dispatched(hold.at, hold.wall);
  state_->tell(Kind::stamped, hold);
}

bool Ledger::again(Reservation& reservation, Moment at) {
  if (!reservation.hold_ || !reservation.hold_->dispatched) return true;
  auto& hold = *reservation.hold_;
  std::lock_guard lock(state_->mutex);
  if (!fits_again(hold, state_->time(at))) return false;
  hold_again(hold);
  state_->tell(Kind::redrawn, hold);
  return true;
}

void Ledger::settle(Reservation&& reservation, const Outcome& outcome, Moment at) {
  auto hold = std::move(reservation.hold_);
  reservation.ledger_ = nullptr;
  if (!hold) return;
  hold->each([&](Place& place) { place.truly = settled_amount(place, outcome); });
  bool opened = false;
  {
    std::lock_guard lock(state_->mutex);
    bool stamped = hold->dispatched;
    opened = ledger::settle(*hold, state_->time(at));
    if (!stamped) hold->watch->dispatched(hold->at, hold->wall);
    if (outcome.refused) hold->watch->refused(hold->at, hold->wall);
    if (outcome.usage) hold->watch->used(hold->at, hold->wall, used_tokens(*outcome.usage));
    state_->tell_settled(*hold);
  }
  state_->released(opened);
}

void Ledger::give_up(std::unique_ptr<Hold> hold) {
  bool opened = false;
  {
    std::lock_guard lock(state_->mutex);
    opened = ledger::give_up(*hold, Time{state_->last, state_->options.guard});
    state_->tell(Kind::returned, *hold);
  }
  state_->released(opened);
}

void Ledger::on_release(std::function<void()> callback) { state_->release = std::move(callback); }

std::vector<PoolLevel> Ledger::levels(Moment at) const {
  std::vector<PoolLevel> levels;
  std::lock_guard lock(state_->mutex);
  Time time = state_->time(at);
  levels.reserve(state_->counters.size());
  for (auto& [identity, counter] : state_->counters) {
    if (!counter->bound) continue;
    counter->advance(time);
    PoolLevel& level = levels.emplace_back();
    level.name = counter->name();
    level.unit = counter->unit();
    level.window = counter->window();
    level.limit = counter->limit();
    level.stated = counter->stated();
    level.used = counter->used();
    level.in_flight = counter->held();
    level.resets = counter->resets(time);
    level.learned = counter->learned();
    level.ceiling = counter->ceiling(at.now);
    level.today = counter->today();
    level.yesterday = counter->yesterday();
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
