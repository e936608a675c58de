#include "ledger/wall.h"

#include <algorithm>

namespace freeway::ledger {

namespace {

constexpr Duration kPatience = std::chrono::hours(3);
// Clocks are slewed by 0.05 % at most, and the two clocks of a moment are read one after the other.
constexpr Duration kSlack = std::chrono::milliseconds(250);
constexpr int kDriftParts = 1000;

Duration offset(Instant now, WallTime wall) { return wall.time_since_epoch() - now.time_since_epoch(); }

}  // namespace

BelievedWall::Reading BelievedWall::read(Instant now, WallTime wall) {
  auto& [started, seen, last, trusted, jumped] = learned_;
  Duration here = offset(now, wall);
  if (!started) {
    started = true;
    seen = now;
    last = trusted = here;
  }
  Duration moved = here - last;
  Duration elapsed = std::max(now - seen, Duration::zero());
  if (std::chrono::abs(moved) <= kSlack + elapsed / kDriftParts) {
    trusted += moved;
  } else {
    jumped = now;
  }
  last = here;
  seen = std::max(seen, now);
  if (jumped != kNever && now - jumped >= kPatience) {
    trusted = last;
    jumped = kNever;
  }
  Reading reading{now, wall, WallTime(now.time_since_epoch() + trusted), kNever};
  if (jumped != kNever) reading.rejoins = jumped + kPatience;
  return reading;
}

bool reached(const BelievedWall::Reading& reading, WallTime moment) {
  return reading.wall >= moment && (reading.trusted >= moment || reading.wall - moment >= kPatience);
}

Instant instant_of(const BelievedWall::Reading& reading, WallTime moment) {
  Duration trusted = std::min(moment - reading.trusted, moment + kPatience - reading.wall);
  if (reading.rejoins != kNever) trusted = std::min(trusted, reading.rejoins - reading.now);
  return reading.now + std::max(moment - reading.wall, trusted);
}

WallTime latest(const BelievedWall::Reading& reading) { return std::max(reading.wall, reading.trusted); }

}  // namespace freeway::ledger
