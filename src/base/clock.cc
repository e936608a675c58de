#include "base/clock.h"

#include <time.h>

namespace freeway {

Instant SystemClock::now() const {
  // Counts while the machine sleeps, unlike CLOCK_MONOTONIC: providers' windows do too.
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

WallTime SystemClock::wall() const { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

ManualClock::ManualClock()
    : mono_(Duration(std::chrono::hours(1)).count()), wall_(Duration(std::chrono::seconds(1767225600)).count()) {}

Instant ManualClock::now() const { return Instant(Duration(mono_.load())); }

WallTime ManualClock::wall() const { return WallTime(Duration(wall_.load())); }

void ManualClock::advance(Duration by) {
  mono_ += by.count();
  wall_ += by.count();
}

void ManualClock::set_wall(WallTime to) { wall_ = to.time_since_epoch().count(); }

}  // namespace freeway
