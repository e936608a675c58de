// What the provider says of its limits, and what its refusals teach.
#include <algorithm>
#include <tuple>

#include "ledger/state.h"

namespace freeway::ledger {

using catalog::Period;
using catalog::Unit;

namespace {

// How long a limit is trusted that the provider named, and one that was counted.
constexpr Duration kTrustTold = std::chrono::hours(24);
constexpr Duration kTrustCounted = std::chrono::hours(1);
constexpr Duration kTrustCountedDay = std::chrono::hours(48);
// So long a delay is no minute's.
constexpr Duration kLongForAMinute = std::chrono::minutes(10);
// Two refusals mean one limit if the counts differ by no more than a tenth, and if the second is another event: what was
// under way at the first one knows nothing new, nor does a provider that has let next to nobody in since.
constexpr Duration kApart = std::chrono::seconds(1);
constexpr std::uint64_t kLetInBetween = 10;  // that part of the first count at least
// What is let in after a refusal, while nothing runs out of the window, was not over a limit. Up to that part of the count
// may be calls that were under way.
constexpr std::uint64_t kUnderWay = 50;

// Fewer calls than this say nothing; nor do fewer than this part of the limit that is stated.
constexpr std::uint64_t kFewest = 3, kFarBelow = 4;

bool alike(std::uint64_t a, std::uint64_t b) {
  return (a > b ? a - b : b - a) <= std::max<std::uint64_t>(std::max(a, b) / 10, 1);
}

// What a refusal says of the one before it in the same window.
enum class Second { same, another, belies };

// By the calls let in within the window at both, and those let in between them.
Second compare(std::uint64_t first, std::uint64_t second, std::uint64_t between) {
  if (between < std::max<std::uint64_t>(first / kLetInBetween, 1)) return Second::same;
  // In a window that began anew in between, all of the limit is let in again.
  bool anew = between >= first / 2;
  bool over = second > first + std::max<std::uint64_t>(first / kUnderWay, 1);
  return over && !anew ? Second::belies : Second::another;
}

Duration length_of(Period per) {
  switch (per) {
    case Period::second: return std::chrono::seconds(1);
    case Period::hour: return std::chrono::hours(1);
    case Period::day: return std::chrono::hours(24);
    default: return std::chrono::minutes(1);
  }
}

}  // namespace

// The pool of a route that a word about so many of a unit in such a window is about. Of several that are stated, the one
// that is, or is not, a model's own as the word's is; then the narrowest. One that was learned must be as the word's.
Counter* Ledger::State::find(const Bindings& bindings, RouteId route, Unit unit, Period per, bool of_model) {
  const Draw* found = nullptr;
  auto rank = [of_model](const Draw& draw) { return std::tuple(draw.of_model != of_model, draw.counter->limit()); };
  bindings.each(route, [&](const Draw& draw) {
    bool same = draw.unit == unit && draw.per == per && !draw.counter->concurrent();
    same = same && (draw.counter->owner == 0 || draw.of_model == of_model);
    if (same && (!found || rank(draw) < rank(*found))) found = &draw;
  });
  return found ? found->counter : nullptr;
}

// Draws on the pool from now on, with all routes of the owner; makes it if need be, with what is remembered of the calls
// before.
Counter& Ledger::State::learned_counter(const Bindings& bindings, const catalog::Catalog& catalog, RouteId route,
                                        Owner owner, Unit unit, Period per) {
  LearnedPool pool = learned_pool(catalog, route, owner, unit, per);
  auto& counter = counters[pool.identity];
  std::uint64_t whose = identity_of(catalog, route, owner);
  // Another snapshot of the configuration may have it already.
  bool known = counter != nullptr;
  if (!known) {
    counter = std::make_unique<Counter>(names.emplace_back(pool.name), pool.identity);
    counter->owner = whose;
    counter->configure(pool.spec, zone(pool.spec.window.zone));
    learned[whose].push_back(counter.get());
  }
  counter->bound = true;
  std::vector<const Watch*> asked;
  for (RouteId other = 0; other < catalog.routes().size(); ++other) {
    if (&catalog.provider(other) != &catalog.provider(route) || identity_of(catalog, other, owner) != whose) continue;
    auto& draws = bindings.learned[other];
    auto same = [&counter](const Draw& draw) { return draw.counter == counter.get(); };
    if (std::any_of(draws.begin(), draws.end(), same)) continue;
    draws.push_back(learned_draw(*counter, catalog.model(other), owner.of_model));
    if (*bindings.watches[other]) asked.push_back(bindings.watches[other]->get());
  }
  if (!known) recount(*counter, asked, per);
  return *counter;
}

// A new pool's count, of what is remembered of its routes.
void Ledger::State::recount(Counter& counter, const std::vector<const Watch*>& asked, Period per) {
  bool requests = counter.unit() == Unit::requests;
  auto amount = [requests](const Watch::Sum& sum) { return requests ? sum.requests : sum.tokens; };
  std::vector<Counter::Stamp> stamps;
  std::uint64_t sum = 0;
  for (const Watch* watch : asked) {
    if (catalog::priced(counter.unit())) continue;
    if (!counter.sliding()) sum += amount(watch->since(last.wall, last.wall - length_of(per)));
    if (!counter.sliding()) continue;
    watch->each(last.now, counter.window().length,
                [&](Instant at, const Watch::Sum& part) { stamps.push_back({at, amount(part)}); });
  }
  std::stable_sort(stamps.begin(), stamps.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  for (const Counter::Stamp& stamp : stamps) counter.restore(stamp);
  if (sum > 0) counter.count(sum, Time{last, options.guard});
  if (!journal) return;
  tell(counter);
  journal->append(Kind::counter, moment(), counter_payload(counter).words());
  for (const auto& part : stamps_payloads(counter, stamps)) journal->append(Kind::stamps, moment(), part.words());
}

bool Ledger::State::learn(Counter& counter, Lesson lesson, std::uint64_t limit) {
  const Learned& before = counter.learned();
  Duration trust = kTrustTold;
  if (lesson == Lesson::counted)
    trust = catalog::period_of(counter.window()) == Period::day ? kTrustCountedDay : kTrustCounted;
  bool news = before.lesson != lesson || before.limit != limit || before.until - last.now < trust / 2;
  if (lesson == Lesson::told && limit == counter.stated()) {
    if (before.lesson == Lesson::none) return false;
    bool more = counter.learn(Learned());
    tell_learned(counter);
    return more;
  }
  if (!news) return false;
  Learned fresh;
  fresh.lesson = lesson;
  fresh.limit = limit;
  fresh.at = last.wall;
  fresh.until = last.now + trust;
  fresh.trust = trust;
  bool more = counter.learn(fresh);
  tell_learned(counter);
  return more;
}

void Ledger::heard(const Bindings& bindings, const catalog::Catalog& catalog, RouteId route, const Reservation& reservation,
                   std::span<const catalog::Told> told, Moment at) {
  if (told.empty()) return;
  bool opened = false;
  {
    std::lock_guard lock(state_->mutex);
    Time time = state_->time(at);
    for (const catalog::Told& one : told) {
      Counter* counter = state_->find(bindings, route, one.unit, one.per, one.of_model);
      bool stated = counter != nullptr;
      bool tight = one.remaining && *one.remaining == 0;
      // A limit of nothing would let in no call that could tell another; it is a field that is not filled, and so tells of
      // no window either.
      auto limit = one.limit.value_or(0) > 0 ? one.limit : std::nullopt;
      bool windowed = one.per != Period::unknown && (limit || !one.limit);
      if (!counter && !limit && !tight) continue;
      if (!counter)
        counter = &state_->learned_counter(bindings, catalog, route, {one.scope, one.of_model}, one.unit, one.per);
      counter->advance(time);
      // What is a limit of nobody knows which window is kept by what is left of it alone.
      if (limit && windowed) opened = state_->learn(*counter, Lesson::told, *limit) || opened;
      // Until when nobody can tell where neither a reset nor a window is named.
      if (!one.remaining || (!one.reset && !windowed)) continue;
      // Where our own count says as much, it knows better when it frees.
      std::uint64_t counted = limit ? *limit - std::min(*limit, *one.remaining) : 0;
      bool known = stated && limit && counted <= counter->used() + counter->held();
      if (known && !tight) continue;
      Instant until = at.now + one.reset.value_or(Duration::zero()) + state_->options.guard;
      if (!one.reset) {
        until = counter->resets(time);
        if (until == kNever) until = at.now + counter->window().length + state_->options.guard;
      }
      std::uint64_t total = counter->total();
      Place* place = reservation.hold_ && reservation.hold_->dispatched ? reservation.hold_->of(*counter) : nullptr;
      if (place && !place->until_settled()) total = place->mark.total;
      opened = counter->cap(total, *one.remaining, until) || opened;
      if (place && place->until_settled()) place->mark = counter->word();
      state_->tell_learned(*counter);
    }
  }
  state_->released(opened);
}

// Of the calls that the provider has let in, those that `part` picks, of all routes that share the limit.
std::uint64_t Ledger::State::let_in(const Bindings& bindings, const catalog::Catalog& catalog, RouteId route, Owner owner,
                                    Unit unit, const std::function<Watch::Sum(const Watch&)>& part) {
  std::uint64_t whose = identity_of(catalog, route, owner);
  std::uint64_t sum = 0;
  for (RouteId other = 0; other < catalog.routes().size(); ++other) {
    if (&catalog.provider(other) != &catalog.provider(route)) continue;
    const auto& watch = *bindings.watches[other];
    if (!watch || identity_of(catalog, other, owner) != whose) continue;
    Watch::Sum counted = part(*watch);
    sum += unit == Unit::requests ? counted.requests : counted.tokens;
  }
  return sum;
}

// When the window that is now began; a day, at the provider: a day before it will end.
WallTime Ledger::State::began(Period per, const catalog::Provider& provider) {
  WallTime present = latest(last);
  WallTime earliest = present - length_of(per);
  if (per != Period::day) return earliest;
  WallTime day = zone(provider.day_clock).next_day(earliest - std::chrono::minutes(1));
  return day > present ? earliest : std::max(day, earliest);
}

void Ledger::refused(const Bindings& bindings, const catalog::Catalog& catalog, RouteId route, const Refused& refusal,
                     Moment at) {
  bool opened = false;
  {
    std::lock_guard lock(state_->mutex);
    opened = state_->refused(bindings, catalog, route, refusal, at);
  }
  state_->released(opened);
}

bool Ledger::State::refused(const Bindings& bindings, const catalog::Catalog& catalog, RouteId route, const Refused& refusal,
                            Moment at) {
  Unit unit = refusal.unit.value_or(Unit::requests);
  Period per = refusal.per;
  if (per == Period::unknown)
    per = refusal.delay.value_or(Duration::zero()) > kLongForAMinute ? Period::day : Period::minute;
  // Too long for what is remembered, or nothing that frees by itself.
  if (unit == Unit::concurrent || catalog::priced(unit) || per == Period::month || per == Period::once) return false;
  Time moment = time(at);
  Counter* counter = find(bindings, route, unit, per, refusal.of_model);
  Owner owner{refusal.scope, refusal.of_model};
  auto learn_limit = [&](Lesson lesson, std::uint64_t limit) {
    Counter& pool = counter ? *counter : learned_counter(bindings, catalog, route, owner, unit, per);
    pool.advance(moment);
    return learn(pool, lesson, limit);
  };
  if (refusal.limit && *refusal.limit > 0) return learn_limit(Lesson::told, *refusal.limit);
  Duration window = length_of(per);
  bool brief = window <= Watch::kBrief;
  auto lately = [&](Duration span) {
    return let_in(bindings, catalog, route, owner, unit, [&](const Watch& watch) { return watch.within(at.now, span); });
  };
  auto since = [&](WallTime began) {
    return let_in(bindings, catalog, route, owner, unit,
                  [&](const Watch& watch) { return watch.since(latest(last), began); });
  };
  std::uint64_t count = brief ? lately(window) : since(began(per, catalog.provider(route)));
  // A refusal after next to no calls, or far below what is stated, is the provider's bad moment and no limit.
  if (count < kFewest || (counter && (count >= counter->limit() || count < counter->limit() / kFarBelow))) return false;
  auto& guess = guesses[learned_pool(catalog, route, owner, unit, per).identity];
  auto second = Second::another;
  if (guess.at != Instant::min()) {
    Duration apart = at.now - guess.at;
    if (apart < kApart) {
      second = Second::same;
    } else if (brief && apart < window) {
      second = compare(guess.limit, count, lately(apart));
    }
  }
  if (second == Second::another) guess = {count, guess.limit, at.now};
  if (second == Second::belies) guess = {count, 0, at.now};
  // Of refusals that come together the last one has seen the most calls turned away.
  guess.limit = std::min(guess.limit, count);
  if (guess.before == 0 || !alike(guess.before, guess.limit)) return false;
  return learn_limit(Lesson::counted, std::min(guess.before, guess.limit));
}

}  // namespace freeway::ledger
