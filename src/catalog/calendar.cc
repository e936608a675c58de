#include "catalog/calendar.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <fmt/format.h>

namespace freeway::catalog {

struct Zone::Rules {
  cctz::time_zone zone;
};

namespace {

using Seconds = cctz::time_point<cctz::seconds>;

cctz::civil_second local(WallTime at, const cctz::time_zone& zone) {
  return cctz::convert(std::chrono::floor<cctz::seconds>(at), zone);
}

// cctz gives the earlier of two equal readings and, for a skipped one, the moment of the skip.
WallTime start_of(cctz::civil_day day, const cctz::time_zone& zone) {
  Seconds moment = cctz::convert(cctz::civil_second(day), zone);
  return std::chrono::time_point_cast<Duration>(moment);
}

}  // namespace

Zone::Zone() {
  static const std::shared_ptr<const Rules> kUtc = std::make_shared<Rules>(Rules{cctz::utc_time_zone()});
  rules_ = kUtc;
}

Result<Zone> Zone::find(const std::string& name) {
  auto rules = std::make_shared<Rules>();
  if (name.empty() || !cctz::load_time_zone(name, &rules->zone))
    return fail(ErrorKind::invalid,
                fmt::format("There is no time zone '{}'; name one such as \"UTC\" or \"America/Los_Angeles\".", name));
  Zone zone;
  zone.rules_ = std::move(rules);
  return zone;
}

WallTime Zone::next_day(WallTime at) const {
  cctz::civil_day day(local(at, rules_->zone));
  WallTime start = at;
  while (start <= at) start = start_of(++day, rules_->zone);
  return start;
}

WallTime Zone::next_month(WallTime at, int day) const {
  cctz::civil_month month(local(at, rules_->zone));
  for (;; ++month) {
    WallTime start = start_of(cctz::civil_day(month) + (day - 1), rules_->zone);
    if (start > at) return start;
  }
}

}  // namespace freeway::catalog
