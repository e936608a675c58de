#include "ledger/counter.h"

#include <algorithm>

namespace freeway::ledger {

using catalog::Unit;
using Kind = catalog::Window::Kind;

namespace {

bool same_window(const catalog::Window& a, const catalog::Window& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::sliding: return true;
    case Kind::fixed:
    case Kind::bucket: return a.length == b.length;
    case Kind::day:
    case Kind::month: return a.zone == b.zone;
    case Kind::month_since: return a.zone == b.zone && a.day == b.day;
    case Kind::once: return true;
  }
  return false;
}

}  // namespace

bool Counter::calendar() const {
  return window_.kind == Kind::day || window_.kind == Kind::month || window_.kind == Kind::month_since;
}

WallTime Counter::next(WallTime at) const {
  if (window_.kind == Kind::day) return zone_.next_day(at);
  return zone_.next_month(at, window_.kind == Kind::month ? 1 : window_.day);
}

bool Counter::configure(const catalog::PoolSpec& spec, const catalog::Zone& zone) {
  bool known = epoch_ > 0;
  bool same = known && unit_ == spec.unit && (concurrent() || same_window(window_, spec.window));
  std::uint64_t limit = std::min(spec.limit, kMostAmount);
  bool more = known && (!same || limit > limit_);
  if (!same) {
    forget();
    learned_ = Learned();
    capped_until_ = Instant::min();
  }
  unit_ = spec.unit;
  window_ = spec.window;
  zone_ = zone;
  stated_ = limit;
  limit_ = in_force();
  return more;
}

// A limit that somebody read somewhere gives way to what the provider says; a user's own is kept as the upper bound.
std::uint64_t Counter::in_force() const {
  if (learned_.lesson == Lesson::none) return stated_;
  return may_rise_ ? learned_.limit : std::min(learned_.limit, stated_);
}

void Counter::let_rise(bool may) {
  may_rise_ = may;
  limit_ = in_force();
}

bool Counter::learn(const Learned& learned) {
  std::uint64_t before = limit_;
  learned_ = learned;
  learned_.limit = std::min(learned.limit, kMostAmount);
  limit_ = in_force();
  return limit_ > before;
}

bool Counter::cap(std::uint64_t total, std::uint64_t remaining, Instant until) {
  if (total < ceiling_of_ && now_ < capped_until_) return false;
  std::uint64_t ceiling = total + std::min(remaining, kMostAmount);
  bool more = now_ < capped_until_ && (ceiling > ceiling_ || until < capped_until_);
  ceiling_ = ceiling;
  ceiling_of_ = total;
  capped_until_ = until;
  return more;
}

void Counter::restore(const Ceiling& kept) {
  ceiling_ = total_ + held_ + std::min(kept.left, kMostAmount);
  ceiling_of_ = total_;
  capped_until_ = kept.until;
}

std::optional<Counter::Ceiling> Counter::ceiling(Instant now) const {
  if (now >= capped_until_) return std::nullopt;
  std::uint64_t drawn = total_ + held_;
  return Ceiling{ceiling_ > drawn ? ceiling_ - drawn : 0, capped_until_};
}

bool Counter::capped(std::uint64_t amount, Instant now) const {
  return now < capped_until_ && total_ + held_ + amount > ceiling_;
}

// A limit that was told is forgotten when it is no longer trusted: the next answer tells it anew. One that was counted may
// have been too low, so it grows by a tenth; if it was right, the provider says so at the price of one refusal.
void Counter::expire(const Time& time) {
  if (learned_.lesson == Lesson::none || time.reading.now < learned_.until) return;
  if (learned_.lesson == Lesson::counted && learned_.limit < stated_) {
    learned_.limit += std::max<std::uint64_t>(learned_.limit / 10, 1);
    learned_.until = time.reading.now + learned_.trust;
  } else {
    learned_ = Learned();
  }
  limit_ = in_force();
}

void Counter::turn_day(const Time& time) {
  using days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
  std::int64_t day = std::chrono::floor<days>(time.reading.trusted.time_since_epoch()).count();
  if (day == today_.day) return;
  std::uint64_t flying = today_.granted - today_.used - today_.expired;
  today_.granted -= flying;
  yesterday_ = today_.day + 1 == day ? today_ : Tally();
  yesterday_.day = day - 1;
  today_ = Tally();
  today_.day = day;
  today_.granted = flying;
}

void Counter::forget() {
  ++epoch_;
  first_ += size_;
  size_ = 0;
  used_ = late_ = 0;
  open_ = false;
  debt_ = 0;
}

void Counter::advance(const Time& time) {
  now_ = time.reading.now;
  turn_day(time);
  expire(time);
  if (concurrent()) return;
  Instant now = time.reading.now;
  switch (window_.kind) {
    case Kind::sliding: {
      Instant horizon = now - window_.length - time.guard;
      while (size_ > 0 && stamp(first_).at <= horizon) {
        used_ -= stamp(first_).amount;
        ++first_;
        --size_;
      }
      break;
    }
    case Kind::fixed: roll_fixed(time); break;
    case Kind::bucket: refill(now); break;
    case Kind::once: break;
    case Kind::day:
    case Kind::month:
    case Kind::month_since: roll_calendar(time); break;
  }
}

void Counter::roll_fixed(const Time& time) {
  Instant now = time.reading.now;
  if (!open_ || now < end_) return;
  ++period_;
  used_ = late_;
  late_ = 0;
  open_ = used_ > 0;
  if (!open_) return;
  // The provider's new window began with what came late, when that arrived.
  end_ += window_.length + time.guard;
  if (now < end_) return;
  ++period_;
  used_ = 0;
  open_ = false;
}

void Counter::roll_calendar(const Time& time) {
  const auto& reading = time.reading;
  bool over = open_ && reached(reading, end_wall_ + time.guard);
  if (open_ && !over && reading.now < last_end(time)) return;
  WallTime end = next(latest(reading));
  bool following = over && next(end_wall_) == end;
  period_ += following ? 1 : 2;
  used_ = following ? late_ : 0;
  late_ = 0;
  end_wall_ = end;
  as_of_ = reading.now;
  open_ = true;
}

// A wall clock that was far ahead when the period began ended it as far ahead. A day has 25 hours where clocks go back.
Instant Counter::last_end(const Time& time) const {
  auto longest = std::chrono::hours(window_.kind == Kind::day ? 25 : 31 * 24 + 1);
  return as_of_ + longest + time.guard;
}

void Counter::refill(Instant now) {
  if (now <= as_of_) return;
  if (debt_ > 0) {
    Wide flowed = static_cast<Wide>(limit_) * (now - as_of_).count();
    debt_ = std::max<Wide>(debt_ - flowed, 0);
  }
  as_of_ = now;
}

std::uint64_t Counter::used() const {
  if (window_.kind != Kind::bucket || concurrent()) return used_;
  Wide length = window_.length.count();
  return static_cast<std::uint64_t>((debt_ + length - 1) / length);
}

bool Counter::fits(std::uint64_t amount) const { return within_window(amount) && !capped(amount, now_); }

bool Counter::within_window(std::uint64_t amount) const {
  if (window_.kind == Kind::bucket && !concurrent()) {
    Wide length = window_.length.count();
    return debt_ + static_cast<Wide>(held_ + amount) * length <= static_cast<Wide>(limit_) * length;
  }
  return used_ + held_ + amount <= limit_;
}

Instant Counter::opens(std::uint64_t amount, const Time& time) const {
  Instant counted = within_window(amount) ? time.reading.now : opens_by_count(amount, time);
  return capped(amount, time.reading.now) ? std::max(counted, capped_until_) : counted;
}

Instant Counter::opens_by_count(std::uint64_t amount, const Time& time) const {
  if (concurrent()) return kNever;
  switch (window_.kind) {
    case Kind::sliding: return opens_sliding(amount, time);
    case Kind::fixed: return opens_fixed(amount, time);
    case Kind::bucket: return opens_bucket(amount);
    case Kind::once: return kNever;
    case Kind::day:
    case Kind::month:
    case Kind::month_since: return opens_calendar(amount, time);
  }
  return kNever;
}

Instant Counter::opens_sliding(std::uint64_t amount, const Time& time) const {
  std::uint64_t need = used_ + held_ + amount - limit_;
  std::uint64_t freed = 0;
  for (std::uint64_t number = first_; number != first_ + size_; ++number) {
    freed += stamp(number).amount;
    if (freed >= need) return stamp(number).at + window_.length + time.guard;
  }
  Instant last = size_ > 0 ? std::max(time.reading.now, stamp(first_ + size_ - 1).at) : time.reading.now;
  return last + window_.length + time.guard;
}

Instant Counter::opens_fixed(std::uint64_t amount, const Time& time) const {
  Duration length = window_.length + time.guard;
  if (!open_) return time.reading.now + length;
  return late_ + held_ + amount <= limit_ ? end_ : end_ + length;
}

Instant Counter::opens_calendar(std::uint64_t amount, const Time& time) const {
  Instant end = instant_of(time.reading, end_wall_ + time.guard);
  if (last_end(time) < end) return last_end(time);
  if (late_ + held_ + amount <= limit_) return end;
  return instant_of(time.reading, next(end_wall_) + time.guard);
}

Instant Counter::opens_bucket(std::uint64_t amount) const {
  if (limit_ == 0) return kNever;
  Wide length = window_.length.count();
  Wide excess = debt_ + static_cast<Wide>(held_ + amount) * length - static_cast<Wide>(limit_) * length;
  Wide wait = (excess + limit_ - 1) / limit_;
  // Further than a hundred years is never.
  constexpr Wide kFar = static_cast<Wide>(100) * 365 * 24 * 3600 * 1'000'000'000;
  return wait < kFar ? as_of_ + Duration(static_cast<std::int64_t>(wait)) : kNever;
}

Instant Counter::resets(const Time& time) const {
  if (concurrent()) return kNever;
  switch (window_.kind) {
    case Kind::sliding:
      for (std::uint64_t number = first_; number != first_ + size_; ++number) {
        if (stamp(number).amount > 0) return stamp(number).at + window_.length + time.guard;
      }
      return kNever;
    case Kind::fixed: return open_ ? end_ : kNever;
    case Kind::bucket:
      if (debt_ == 0 || limit_ == 0) return kNever;
      return as_of_ + Duration(static_cast<std::int64_t>((debt_ + limit_ - 1) / limit_));
    case Kind::once: return kNever;
    case Kind::day:
    case Kind::month:
    case Kind::month_since:
      return used_ > 0 ? std::min(instant_of(time.reading, end_wall_ + time.guard), last_end(time)) : kNever;
  }
  return kNever;
}

bool Counter::is(const catalog::PoolSpec& spec) const {
  bool window = concurrent() || (same_window(window_, spec.window) && window_.length == spec.window.length);
  return epoch_ > 0 && unit_ == spec.unit && window && stated_ == std::min(spec.limit, kMostAmount);
}

void Counter::restore(const Kept& kept) {
  period_ = kept.period;
  if (!sliding()) used_ = kept.used;
  late_ = kept.late;
  open_ = kept.open;
  end_ = kept.end;
  as_of_ = kept.as_of;
  end_wall_ = kept.end_wall;
  debt_ = kept.debt;
}

Mark Counter::restore(const Stamp& kept) {
  if (size_ == stamps_.size()) grow();
  Mark mark{first_ + size_, epoch_, false};
  ++size_;
  stamp(mark.number) = kept;
  used_ += kept.amount;
  return mark;
}

void Counter::shift(Duration by, Duration running) {
  for (std::uint64_t one = first_; one != first_ + size_; ++one) stamp(one).at += by;
  end_ += by;
  as_of_ += calendar() ? running : by;
  if (capped_until_ != Instant::min()) capped_until_ += by;
  if (learned_.until != kNever) learned_.until += by;
}

void Counter::grow() {
  std::vector<Stamp> larger(std::max<std::size_t>(8, stamps_.size() * 2));
  for (std::uint64_t number = first_; number != first_ + size_; ++number)
    larger[number & (larger.size() - 1)] = stamp(number);
  stamps_.swap(larger);
}

Mark Counter::count(std::uint64_t amount, const Time& time) {
  advance(time);
  Instant now = time.reading.now;
  total_ += amount;
  Mark mark;
  mark.epoch = epoch_;
  mark.total = total_;
  switch (window_.kind) {
    case Kind::sliding:
      if (size_ == stamps_.size()) grow();
      // Moments of several threads may come out of order by a little; the ring stays sorted.
      if (size_ > 0) now = std::max(now, stamp(first_ + size_ - 1).at);
      mark.number = first_ + size_;
      ++size_;
      stamp(mark.number) = Stamp{now, amount};
      break;
    case Kind::fixed:
      if (!open_) end_ = now + window_.length + time.guard;
      open_ = true;
      mark.number = period_;
      mark.late = now >= end_ - 2 * time.guard;
      break;
    case Kind::bucket:
      if (debt_ == 0) as_of_ = std::max(as_of_, now + time.guard);
      debt_ += static_cast<Wide>(amount) * window_.length.count();
      return mark;
    case Kind::once: break;
    case Kind::day:
    case Kind::month:
    case Kind::month_since:
      mark.number = period_;
      mark.late = latest(time.reading) >= end_wall_ - time.guard;
      break;
  }
  used_ += amount;
  if (mark.late) late_ += amount;
  return mark;
}

void Counter::correct(const Mark& mark, std::uint64_t from, std::uint64_t to) {
  if (mark.epoch != epoch_ || from == to) return;
  if (to > from) total_ += to - from;
  if (to < from && mark.total > ceiling_of_) ceiling_ += from - to;
  auto change = [from, to](std::uint64_t& sum) { sum = sum + to - std::min(from, sum + to); };
  switch (window_.kind) {
    case Kind::sliding:
      if (mark.number < first_ || mark.number >= first_ + size_) return;
      stamp(mark.number).amount = to;
      break;
    case Kind::bucket: {
      Wide length = window_.length.count();
      debt_ = std::max<Wide>(debt_ + (static_cast<Wide>(to) - static_cast<Wide>(from)) * length, 0);
      return;
    }
    case Kind::once: break;
    default:
      if (mark.number + 1 == period_ && mark.late) break;  // carried over
      if (mark.number != period_) return;
      if (mark.late) change(late_);
  }
  change(used_);
}

}  // namespace freeway::ledger
