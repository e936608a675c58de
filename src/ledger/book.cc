#include "ledger/book.h"

#include <algorithm>

#include "ledger/record.h"

namespace freeway::ledger {

using catalog::Unit;
using catalog::Window;
using journal::Kind;
using journal::Payload;
using journal::Reader;

namespace {

constexpr std::size_t kStampsARecord = 4096;

std::int64_t count(Instant at) { return at.time_since_epoch().count(); }
std::int64_t count(WallTime at) { return at.time_since_epoch().count(); }
Instant instant(std::int64_t value) { return Instant(Duration(value)); }

std::uint64_t mark_word(const Mark& mark) { return mark.number << 2 | std::uint64_t{mark.late} << 1 | 1; }

Payload tally_payload(const Counter& counter) {
  Payload payload;
  payload.word(counter.told_as);
  for (const Tally& tally : {counter.today(), counter.yesterday()})
    payload.number(tally.day).word(tally.granted).word(tally.used).word(tally.expired);
  return payload;
}

}  // namespace

Payload pool_payload(const Counter& counter) {
  const auto& window = counter.window();
  Payload payload;
  payload.word(counter.told_as).word(counter.identity()).word(static_cast<std::uint64_t>(counter.unit()));
  payload.word(static_cast<std::uint64_t>(window.kind)).number(window.length.count()).number(window.day).text(window.zone);
  payload.word(counter.stated()).text(counter.name()).word(counter.owner);
  return payload;
}

Payload learned_payload(const Counter& counter, Instant now) {
  const Learned& learned = counter.learned();
  auto ceiling = counter.ceiling(now).value_or(Counter::Ceiling{0, Instant::min()});
  Payload payload;
  payload.word(counter.told_as).word(static_cast<std::uint64_t>(learned.lesson)).word(learned.limit);
  payload.number(count(learned.at)).number(count(learned.until)).number(learned.trust.count());
  payload.word(ceiling.left).number(count(ceiling.until));
  return payload;
}

Payload counter_payload(const Counter& counter) {
  auto kept = counter.kept();
  Payload payload;
  payload.word(counter.told_as).word(kept.period).word(kept.used).word(kept.late).word(kept.open ? 1 : 0);
  payload.number(count(kept.end)).number(count(kept.as_of)).number(count(kept.end_wall));
  payload.word(static_cast<std::uint64_t>(kept.debt >> 64)).word(static_cast<std::uint64_t>(kept.debt));
  return payload;
}

std::vector<Payload> stamps_payloads(const Counter& counter, const std::vector<Counter::Stamp>& stamps) {
  std::vector<Payload> payloads;
  for (std::size_t from = 0; from < stamps.size(); from += kStampsARecord) {
    Payload& payload = payloads.emplace_back();
    payload.word(counter.told_as);
    for (std::size_t i = from; i < std::min(from + kStampsARecord, stamps.size()); ++i)
      payload.number(count(stamps[i].at)).word(stamps[i].amount);
  }
  return payloads;
}

Counter& Book::counter(std::uint32_t number) {
  auto found = counters_.find(number);
  return found == counters_.end() ? stray_ : *found->second;
}

void Book::pool(Reader reader) {
  auto number = static_cast<std::uint32_t>(reader.word());
  std::uint64_t identity = reader.word();
  catalog::PoolSpec spec;
  spec.unit = static_cast<Unit>(reader.word() & 7);
  std::uint64_t kind = reader.word();
  spec.window.kind = static_cast<Window::Kind>(kind);
  spec.window.length = Duration(reader.number());
  spec.window.day = static_cast<int>(reader.number());
  spec.window.zone = std::string(reader.text());
  spec.limit = reader.word();
  std::string_view name = reader.text();
  std::uint64_t owner = reader.left() > 0 ? reader.word() : 0;
  bool timed = spec.window.length > Duration::zero();
  if (!reader.good() || number == 0 || kind > static_cast<std::uint64_t>(Window::Kind::once)) return;
  if (spec.window.day < 1 || spec.window.day > 28) return;
  if (spec.window.kind == Window::Kind::bucket && spec.unit != Unit::concurrent && !timed) return;
  auto& counter = counters_[number];
  names_.emplace_back(name);
  if (!counter || counter->identity() != identity) counter = std::make_unique<Counter>(names_.back(), identity);
  counter->rename(names_.back());
  counter->told_as = number;
  counter->owner = owner;
  auto zone = zones_.find(spec.window.zone);
  if (zone == zones_.end())
    zone = zones_.emplace(spec.window.zone, catalog::Zone::find(spec.window.zone).value_or(catalog::Zone())).first;
  counter->configure(spec, zone->second);
}

void Book::kept(Reader reader) {
  Counter& at = counter(static_cast<std::uint32_t>(reader.word()));
  Counter::Kept kept;
  kept.period = reader.word();
  kept.used = reader.word();
  kept.late = reader.word();
  kept.open = reader.word() != 0;
  kept.end = instant(reader.number());
  kept.as_of = instant(reader.number());
  kept.end_wall = WallTime(Duration(reader.number()));
  std::uint64_t high = reader.word();
  kept.debt = static_cast<Counter::Wide>(high) << 64 | reader.word();
  if (reader.good() && &at != &stray_) at.restore(kept);
}

void Book::stamps(Reader reader) {
  Counter& at = counter(static_cast<std::uint32_t>(reader.word()));
  if (!at.sliding()) return;
  while (reader.left() >= 2) {
    Instant when = instant(reader.number());
    at.restore({when, reader.word()});
  }
}

void Book::tally(Reader reader) {
  Counter& at = counter(static_cast<std::uint32_t>(reader.word()));
  auto day = [&reader] {
    Tally tally;
    tally.day = reader.number();
    tally.granted = reader.word();
    tally.used = reader.word();
    tally.expired = reader.word();
    return tally;
  };
  Tally today = day();
  Tally yesterday = day();
  if (reader.good()) at.restore(today, yesterday);
}

void Book::learned(Reader reader, Instant now) {
  Counter& at = counter(static_cast<std::uint32_t>(reader.word()));
  Learned learned;
  std::uint64_t lesson = reader.word();
  learned.lesson = static_cast<Lesson>(lesson);
  learned.limit = reader.word();
  learned.at = WallTime(Duration(reader.number()));
  learned.until = instant(reader.number());
  learned.trust = Duration(reader.number());
  std::uint64_t left = reader.word();
  Instant until = instant(reader.number());
  if (!reader.good() || lesson > static_cast<std::uint64_t>(Lesson::counted) || &at == &stray_) return;
  at.learn(learned);
  if (until > now) at.restore(Counter::Ceiling{left, until});
}

void Book::draw(Reader reader) {
  std::uint64_t id = reader.word();
  Hold hold;
  hold.id = id;
  while (reader.left() > 0) {
    PlaceWord word = read_place(reader);
    Place place{&counter(word.pool), word.amount, 0, {}, word.unit, word.charge, {}};
    place.counter->hold(place.amount);
    place.counter->granted(place.amount);
    hold.add(place);
  }
  open_.insert_or_assign(id, std::move(hold));
}

void Book::open(Reader reader) {
  std::uint64_t id = reader.word();
  Hold hold;
  hold.id = id;
  hold.dispatched = reader.word() != 0;
  while (reader.left() > 0) {
    PlaceWord word = read_place(reader);
    std::uint64_t mark = reader.word();
    Place place{&counter(word.pool), word.amount, 0, {}, word.unit, word.charge, {}};
    bool points = (mark & 1) != 0 && place.counter != &stray_;
    place.mark = {mark >> 2, place.counter->epoch() - (points ? 0 : 1), (mark & 2) != 0};
    if (!hold.dispatched || place.until_settled()) place.counter->hold(place.amount);
    hold.add(place);
  }
  open_.insert_or_assign(id, std::move(hold));
}

void Book::settle_as(Hold& hold, Reader reader, const Time& time) {
  bool as_reserved = reader.left() == 0;
  hold.each([&](Place& place) { place.truly = as_reserved ? place.amount : std::min(reader.word(), kMostAmount); });
  settle(hold, time);
}

void Book::apply(const journal::Record& record) {
  Reader reader(record.payload);
  switch (record.kind) {
    case Kind::pool: return pool(reader);
    case Kind::counter: return kept(reader);
    case Kind::stamps: return stamps(reader);
    case Kind::tally: return tally(reader);
    case Kind::learned: return learned(reader, record.at.now);
    case Kind::drawn: return draw(reader);
    case Kind::open: return open(reader);
    case Kind::wall: {
      BelievedWall::Learned learned;
      learned.started = reader.word() != 0;
      learned.seen = instant(reader.number());
      learned.offset = Duration(reader.number());
      learned.trusted = Duration(reader.number());
      learned.jumped = instant(reader.number());
      wall_ = BelievedWall(learned);
      return;
    }
    case Kind::stamped:
    case Kind::redrawn:
    case Kind::returned:
    case Kind::settled: break;
    default: return;
  }
  Time time{wall_.read(record.at.now, record.at.wall), guard_};
  auto found = open_.find(reader.word());
  if (found == open_.end()) return;
  Hold& hold = found->second;
  if (record.kind == Kind::stamped) {
    dispatch(hold, time);
  } else if (record.kind == Kind::redrawn) {
    if (hold.dispatched) hold_again(hold);
  } else {
    if (record.kind == Kind::settled) settle_as(hold, reader, time);
    if (record.kind == Kind::returned) give_up(hold, time);
    open_.erase(found);
  }
}

void Book::restart(journal::Moment at, Duration shift) {
  if (shift != Duration::zero()) {
    Duration running = at.now - wall_.learned().seen;
    wall_ = BelievedWall();
    for (auto& [number, counter] : counters_) counter->shift(shift, running);
  }
  Time time{wall_.read(at.now, at.wall), guard_};
  for (auto& [id, hold] : open_) bury(hold, time);
  open_.clear();
  std::map<std::uint32_t, std::unique_ptr<Counter>> left;
  for (auto& [number, counter] : counters_) {
    counter->advance(time);
    bool tallied = counter->today().granted > 0;
    bool learned = counter->learned().lesson != Lesson::none || counter->ceiling(at.now);
    if (counter->used() == 0 && !tallied && !learned) continue;
    counter->told_as = static_cast<std::uint32_t>(left.size()) + 1;
    left.emplace(counter->told_as, std::move(counter));
  }
  counters_ = std::move(left);
}

// The counter's state, and its stamps merged; those that an open reservation may still correct stay, and `moved` tells
// their new numbers.
void Book::write_counter(journal::Draft& draft, journal::Moment at, Counter& counter, const std::vector<std::uint64_t>& used,
                         std::map<std::uint64_t, std::uint64_t>& moved) const {
  draft.add(Kind::pool, at, pool_payload(counter).words());
  if (counter.today().granted > 0) draft.add(Kind::tally, at, tally_payload(counter).words());
  if (counter.concurrent() || (counter.used() == 0 && used.empty())) return;
  draft.add(Kind::counter, at, counter_payload(counter).words());
  if (!counter.sliding()) return;

  std::vector<Counter::Stamp> merged;
  Duration grain = std::max(counter.window().length / kGrains, Duration(1));
  bool closed = true;  // the last of `merged` must stay as it is
  counter.each_stamp([&](std::uint64_t number, const Counter::Stamp& stamp) {
    bool named = std::binary_search(used.begin(), used.end(), number);
    if (!named && stamp.amount == 0) return;
    bool joins = !named && !closed && merged.back().at.time_since_epoch() / grain == stamp.at.time_since_epoch() / grain;
    if (joins) {
      merged.back() = {stamp.at, merged.back().amount + stamp.amount};
      return;
    }
    if (named) moved[number] = merged.size();
    closed = named;
    merged.push_back(stamp);
  });
  for (const Payload& stamps : stamps_payloads(counter, merged)) draft.add(Kind::stamps, at, stamps.words());
}

void Book::write(journal::Draft& draft, journal::Moment at) {
  Time time{wall_.read(at.now, at.wall), guard_};
  const auto& learned = wall_.learned();
  Payload wall;
  wall.word(learned.started ? 1 : 0).number(count(learned.seen)).number(learned.offset.count());
  wall.number(learned.trusted.count()).number(count(learned.jumped));
  draft.add(Kind::wall, at, wall.words());

  for (auto& [number, counter] : counters_) counter->advance(time);
  std::map<const Counter*, std::vector<std::uint64_t>> used;
  for (auto& [id, hold] : open_) {
    hold.each([&](Place& place) {
      bool points = hold.dispatched && !place.until_settled() && place.counter->knows(place.mark);
      if (points) used[place.counter].push_back(place.mark.number);
    });
  }
  for (auto& [counter, numbers] : used) std::sort(numbers.begin(), numbers.end());
  std::map<const Counter*, std::map<std::uint64_t, std::uint64_t>> moved;
  for (auto& [number, counter] : counters_) write_counter(draft, at, *counter, used[counter.get()], moved[counter.get()]);

  for (auto& [id, hold] : open_) {
    Line line;
    line.add(id);
    line.add(hold.dispatched ? 1 : 0);
    hold.each([&](Place& place) {
      line.add(place);
      bool points = hold.dispatched && !place.until_settled() && place.counter->knows(place.mark);
      Mark mark = place.mark;
      if (points && place.counter->sliding()) mark.number = moved[place.counter][mark.number];
      line.add(points ? mark_word(mark) : 0);
    });
    draft.add(Kind::open, at, line.words());
  }
  // After what is held, beside which a ceiling leaves room.
  for (auto& [number, counter] : counters_) {
    if (counter->learned().lesson == Lesson::none && !counter->ceiling(at.now)) continue;
    draft.add(Kind::learned, at, learned_payload(*counter, at.now).words());
  }
}

Book::Contents Book::take() {
  Contents contents;
  for (auto& [number, counter] : counters_) contents.counters.push_back(std::move(counter));
  contents.names = std::move(names_);
  contents.wall = wall_;
  counters_.clear();
  return contents;
}

}  // namespace freeway::ledger
