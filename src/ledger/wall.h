// The wall clock as far as it can be believed: when has a calendar's reset come?
//
// The wall may jump, because somebody set it or it was wrong at the start. So beside it runs a second reading, the trusted
// wall: it follows the monotonic clock and small corrections, and comes over to the wall three hours after a jump. A reset
// has come when both readings have passed it, or when the wall is more than three hours past it. A jump of two hours
// forward therefore opens nothing early, a jump back closes nothing again, and either delays a reset by the jump at most.
#pragma once

#include "base/clock.h"

namespace freeway::ledger {

// Not thread-safe: lives under the ledger's lock.
class BelievedWall {
 public:
  struct Reading {
    Instant now;
    WallTime wall;
    WallTime trusted;
    Instant rejoins = kNever;  // when `trusted` will come over to `wall`; kNever: it is there
  };
  Reading read(Instant now, WallTime wall);

  // What it has learned.
  struct Learned {
    bool started = false;
    Instant seen;
    Duration offset{};   // wall - monotonic, as last seen
    Duration trusted{};  // the same, as believed
    Instant jumped = kNever;
  };
  const Learned& learned() const { return learned_; }
  explicit BelievedWall(const Learned& learned) : learned_(learned) {}
  BelievedWall() = default;

 private:
  Learned learned_;
};

bool reached(const BelievedWall::Reading& reading, WallTime moment);
// When `reached` becomes true if the wall does not jump again; not after `reading.now` if it is true already.
Instant instant_of(const BelievedWall::Reading& reading, WallTime moment);
// The later of the two readings: a period must not be found to end before one of them has passed it.
WallTime latest(const BelievedWall::Reading& reading);

}  // namespace freeway::ledger
