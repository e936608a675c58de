// Where days and months begin in a time zone, daylight saving included.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace freeway::catalog {

// A time zone, looked up once. Cheap to copy, thread-safe. A default Zone is UTC.
class Zone {
 public:
  Zone();
  // An IANA name. Fails with invalid if there is no such zone.
  static Result<Zone> find(const std::string& name);

  // The first moment of the next local day, strictly after `at`. On a day whose midnight the clocks skip, that is the
  // moment they skip it; where midnight happens twice, the first.
  WallTime next_day(WallTime at) const;
  // The first moment of the next `day`-th of a month (1 to 28), strictly after `at`.
  WallTime next_month(WallTime at, int day = 1) const;

 private:
  struct Rules;
  std::shared_ptr<const Rules> rules_;
};

}  // namespace freeway::catalog
