#include "base/clock.h"

namespace freeway {

Instant SystemClock::now() const {
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
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
