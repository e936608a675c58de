#include "farm/zone.h"

#include <gtest/gtest.h>

namespace freeway::farm {
namespace {

using namespace std::chrono;

Zone zone(std::string_view name) {
  const auto found = Zone::find(name);
  EXPECT_TRUE(found) << name;
  return found.value_or(Zone());
}

WallTime utc(year_month_day day, Duration of_day = {}) { return WallTime(sys_days(day)) + of_day; }
local_days on(year_month_day day) { return local_days(day); }

TEST(Zone, MidnightsAreWhereTheZoneHasThem) {
  EXPECT_EQ(Zone().midnight(on(2026y / 3 / 1)), utc(2026y / 3 / 1));
  EXPECT_EQ(zone("Asia/Shanghai").midnight(on(2026y / 7 / 1)), utc(2026y / 6 / 30, hours(16)));
  EXPECT_EQ(zone("Asia/Kolkata").midnight(on(2026y / 1 / 1)), utc(2025y / 12 / 31, hours(18) + minutes(30)));
  EXPECT_EQ(zone("America/Los_Angeles").midnight(on(2026y / 1 / 15)), utc(2026y / 1 / 15, hours(8)));
  EXPECT_EQ(zone("America/Los_Angeles").midnight(on(2026y / 7 / 15)), utc(2026y / 7 / 15, hours(7)));
}

// The clocks change after midnight: the day of the change begins by the old ones and the next by the new ones.
TEST(Zone, DaysOfTheChangeAreAnHourShortOrLong) {
  const auto pacific = zone("America/Los_Angeles");
  EXPECT_EQ(pacific.midnight(on(2026y / 3 / 9)) - pacific.midnight(on(2026y / 3 / 8)), hours(23));
  EXPECT_EQ(pacific.midnight(on(2026y / 11 / 2)) - pacific.midnight(on(2026y / 11 / 1)), hours(25));
  EXPECT_EQ(pacific.midnight(on(2026y / 3 / 8)), utc(2026y / 3 / 8, hours(8)));
  EXPECT_EQ(pacific.midnight(on(2026y / 11 / 2)), utc(2026y / 11 / 2, hours(8)));
  const auto berlin = zone("Europe/Berlin");
  EXPECT_EQ(berlin.midnight(on(2026y / 3 / 30)) - berlin.midnight(on(2026y / 3 / 29)), hours(23));
  EXPECT_EQ(berlin.midnight(on(2026y / 10 / 26)) - berlin.midnight(on(2026y / 10 / 25)), hours(25));
}

// Every hour of two years belongs to the day whose midnights stand around it.
TEST(Zone, DatesAndMidnightsAgree) {
  for (const char* name :
       {"UTC", "America/Los_Angeles", "America/New_York", "Europe/London", "Asia/Shanghai", "Asia/Kolkata"}) {
    const auto here = zone(name);
    for (auto at = utc(2025y / 1 / 1); at < utc(2027y / 1 / 1); at += hours(1)) {
      const auto date = here.date(at);
      ASSERT_LE(here.midnight(date), at) << name;
      ASSERT_GT(here.midnight(date + days(1)), at) << name;
    }
  }
}

TEST(Zone, OthersAreRefusedByName) {
  EXPECT_FALSE(Zone::find("Mars/Olympus"));
  EXPECT_FALSE(Zone::find(""));
  EXPECT_NE(Zone::known().find("Asia/Shanghai"), std::string::npos);
}

}  // namespace
}  // namespace freeway::farm
