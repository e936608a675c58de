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
  Duration here = offset(now, wall);
  if (!started_) {
    started_ = true;
    seen_ = now;
    offset_ = trusted_ = here;
  }
  Duration moved = here - offset_;
  Duration elapsed = std::max(now - seen_, Duration::zero());
  if (std::chrono::abs(moved) <= kSlack + elapsed / kDriftParts) {
    trusted_ += moved;
  } else {
    jumped_ = now;
  }
  offset_ = here;
  seen_ = std::max(seen_, now);
  if (jumped_ != kNever && now - jumped_ >= kPatience) {
    trusted_ = offset_;
    jumped_ = kNever;
  }
  Reading reading{now, wall, WallTime(now.time_since_epoch() + trusted_), kNever};
  if (jumped_ != kNever) reading.rejoins = jumped_ + kPatience;
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
