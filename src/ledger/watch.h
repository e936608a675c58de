// How many calls of one route a provider has let in lately: what a limit is guessed from where nobody tells it.
//
// Counted in parts of half a second for the last minute and of an hour for the last two days, so a guess is right to about a
// hundredth. Not thread-safe: lives under the ledger's lock.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace freeway::ledger {

class Watch {
 public:
  static constexpr Duration kPart = std::chrono::milliseconds(500);
  static constexpr std::int64_t kParts = 128;  // a little over kBrief
  static constexpr Duration kBrief = std::chrono::minutes(1);
  static constexpr Duration kHour = std::chrono::hours(1);
  static constexpr std::int64_t kHours = 48;

  struct Sum {
    std::uint64_t requests = 0;
    std::uint64_t tokens = 0;
  };

  void dispatched(Instant now, WallTime wall) { add(now, wall, 1, 0); }
  void used(Instant dispatched, WallTime wall, std::uint64_t tokens) { add(dispatched, wall, 0, tokens); }
  // The call that was dispatched then was refused, so it was not let in.
  void refused(Instant dispatched, WallTime wall) { add(dispatched, wall, -1, 0); }

  // In the last `length`, which is at most kBrief.
  Sum within(Instant now, Duration length) const {
    Sum sum;
    each(now, length, [&](Instant, const Sum& part) {
      sum.requests += part.requests;
      sum.tokens += part.tokens;
    });
    return sum;
  }
  // Since a moment within the last two days.
  Sum since(WallTime wall, WallTime from) const {
    Sum sum;
    std::int64_t now = hour_of(wall);
    for (std::int64_t hour = std::max(hour_of(from), now - kHours + 1); hour <= now; ++hour) {
      const Cell& cell = hours_[index(hour, kHours)];
      if (cell.number != hour) continue;
      sum.requests += cell.sum.requests;
      sum.tokens += cell.sum.tokens;
    }
    return sum;
  }
  // The parts of the last `length`, the oldest first, each with its last moment.
  template <class F>
  void each(Instant now, Duration length, F&& visit) const {
    std::int64_t last = part_of(now);
    for (std::int64_t part = std::max(part_of(now - length) + 1, last - kParts + 1); part <= last; ++part) {
      const Cell& cell = parts_[index(part, kParts)];
      if (cell.number == part && cell.sum.requests > 0)
        visit(std::min(now, Instant(kPart * (part + 1)) - Duration(1)), cell.sum);
    }
  }

 private:
  struct Cell {
    std::int64_t number = -1;
    Sum sum;
  };
  static std::int64_t part_of(Instant at) { return at.time_since_epoch() / kPart; }
  static std::int64_t hour_of(WallTime at) { return at.time_since_epoch() / kHour; }
  static std::size_t index(std::int64_t number, std::int64_t size) {
    return static_cast<std::size_t>(((number % size) + size) % size);
  }
  void add(Instant now, WallTime wall, int requests, std::uint64_t tokens) {
    put(parts_[index(part_of(now), kParts)], part_of(now), requests, tokens);
    put(hours_[index(hour_of(wall), kHours)], hour_of(wall), requests, tokens);
  }
  static void put(Cell& cell, std::int64_t number, int requests, std::uint64_t tokens) {
    if (cell.number > number) return;  // so late that its place is another's
    if (cell.number != number) cell = Cell{number, {}};
    if (requests < 0 && cell.sum.requests == 0) return;
    cell.sum.requests += static_cast<std::uint64_t>(requests);
    cell.sum.tokens += tokens;
  }

  std::array<Cell, kParts> parts_;
  std::array<Cell, kHours> hours_;
};

}  // namespace freeway::ledger
