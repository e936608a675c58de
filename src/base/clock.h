// Time, passed in. Nothing below `app` reads a clock of its own, so tests decide what time it is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace freeway {

using Duration = std::chrono::nanoseconds;

// A point on a clock that never jumps; for windows, deadlines and benches.
struct MonotonicTag {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  static constexpr bool is_steady = true;
};
using Instant = std::chrono::time_point<MonotonicTag, Duration>;

// A point on the calendar's clock, UTC; for days, months and what people read.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline constexpr Instant kNever = Instant::max();

// Thread-safe. The two clocks are read separately: the wall may jump, the monotonic one may not.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
};

// The machine's clocks. Created by `app` and by benchmarks only.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
  WallTime wall() const override;
};

// A clock that stands until told to move. Tests own one and advance it.
class ManualClock final : public Clock {
 public:
  // 2026-01-01T00:00:00Z on the wall, one hour on the monotonic clock.
  ManualClock();
  Instant now() const override;
  WallTime wall() const override;
  void advance(Duration by);   // both clocks
  void set_wall(WallTime to);  // the wall alone jumps
 private:
  std::atomic<std::int64_t> mono_;
  std::atomic<std::int64_t> wall_;
};

}  // namespace freeway
