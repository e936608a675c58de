// Where days begin in a time zone. The rules stand here as a small table of their own, so that the oracle shares neither a
// library nor a database of zones with what it judges.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace freeway::farm {

// Daylight saving as it is since 2007 (United States) and 1996 (Europe); none is for zones that have none.
enum class Saving : std::uint8_t { none, american, european };

// A value. A default Zone is UTC.
class Zone {
 public:
  Zone() = default;
  // A name of the IANA's, of those in the table; see `known`.
  static std::optional<Zone> find(std::string_view name);
  static std::string known();

  // The date on the wall of this zone.
  std::chrono::local_days date(WallTime at) const;
  // The moment that this date begins. No zone of the table changes its clocks at midnight.
  WallTime midnight(std::chrono::local_days date) const;

 private:
  Zone(Duration standard, Saving saving) : standard_(standard), saving_(saving) {}
  bool saving_at(WallTime at) const;

  Duration standard_{};  // east of UTC, in winter
  Saving saving_ = Saving::none;
};

}  // namespace freeway::farm
