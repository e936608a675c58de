// One pool's count: what is held, what is stamped within its window, and when there will be room.
//
// Held amounts count without end until they are released or counted. A counted amount frees
//   sliding  `window + guard` after its stamp, each stamp by itself;
//   fixed    all together, `window + guard` after the first stamp (the convention of counters that expire);
//   day, month, month_since
//            all together, `guard` after the calendar's reset;
//   bucket   evenly over the window, from `guard` after the stamp that found the bucket full;
//   once     never.
// What is stamped within `guard` of the end of a period counts in both, because the provider may see it in the next one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/calendar.h"
#include "catalog/pool.h"
#include "ledger/wall.h"

namespace freeway::ledger {

// Amounts beyond it are taken for it, so that sums can't overflow.
inline constexpr std::uint64_t kMostAmount = 1'000'000'000'000'000;

struct Time {
  BelievedWall::Reading reading;
  Duration guard{};
};

// Where a counted amount stands, for correcting it later.
struct Mark {
  std::uint64_t number = 0;  // of the stamp, or of the period
  std::uint32_t epoch = 0;
  bool late = false;
};

// Not thread-safe: lives under the ledger's lock. Call `advance` before any question.
class Counter {
 public:
  explicit Counter(std::string name) : name_(std::move(name)) {}

  // True: there may be more room than before.
  bool configure(const catalog::PoolSpec& spec, const catalog::Zone& zone);
  // Forgets what has left the window.
  void advance(const Time& time);

  const std::string& name() const { return name_; }
  catalog::Unit unit() const { return unit_; }
  bool concurrent() const { return unit_ == catalog::Unit::concurrent; }
  bool once() const { return window_.kind == catalog::Window::Kind::once; }
  std::uint64_t limit() const { return limit_; }
  std::uint64_t held() const { return held_; }
  std::uint64_t used() const;

  bool fits(std::uint64_t amount) const;
  // The earliest moment at which the amount fits if nothing is given back; where that depends on places that are only held,
  // the earliest at which it can. For amounts within the limit that do not fit now.
  Instant opens(std::uint64_t amount, const Time& time) const;
  // When the next part of what is used frees.
  Instant resets(const Time& time) const;

  void hold(std::uint64_t amount) { held_ += amount; }
  void release(std::uint64_t amount) { held_ -= amount; }
  Mark count(std::uint64_t amount, const Time& time);
  // The counted amount was another. What has left the window already stays so.
  void correct(const Mark& mark, std::uint64_t from, std::uint64_t to);

 private:
  __extension__ typedef __int128 Wide;
  struct Stamp {
    Instant at;
    std::uint64_t amount = 0;
  };

  void forget();
  bool calendar() const;
  WallTime next(WallTime at) const;
  Stamp& stamp(std::uint64_t number) { return stamps_[number & (stamps_.size() - 1)]; }
  const Stamp& stamp(std::uint64_t number) const { return stamps_[number & (stamps_.size() - 1)]; }
  void grow();
  void roll_fixed(const Time& time);
  void roll_calendar(const Time& time);
  void refill(Instant now);
  Instant opens_sliding(std::uint64_t amount, const Time& time) const;
  Instant opens_fixed(std::uint64_t amount, const Time& time) const;
  Instant opens_calendar(std::uint64_t amount, const Time& time) const;
  Instant opens_bucket(std::uint64_t amount) const;

  std::string name_;
  catalog::Unit unit_ = catalog::Unit::requests;
  catalog::Window window_;
  catalog::Zone zone_;
  std::uint64_t limit_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t used_ = 0;   // sliding: the sum of the ring
  std::uint32_t epoch_ = 0;  // grows when the count starts anew

  // sliding: a ring whose size is a power of two; stamps are numbered, first_ is the oldest one's number.
  std::vector<Stamp> stamps_;
  std::uint64_t first_ = 0;
  std::uint64_t size_ = 0;

  // fixed and calendars
  std::uint64_t period_ = 0;
  std::uint64_t late_ = 0;  // of used_: stamped so near the end that it counts in the next period too
  bool open_ = false;       // fixed: something is counted; calendars: end_wall_ is known
  Instant end_;             // fixed, guard included
  WallTime end_wall_;       // calendars, without guard

  // bucket: `amount × window` that is not refilled yet, as of a moment; the limit flows back per nanosecond.
  Wide debt_ = 0;
  Instant as_of_;
};

}  // namespace freeway::ledger
