#include "api/admin/forecast.h"

#include <gtest/gtest.h>

namespace freeway::api::admin {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class ForecastTest : public testing::Test {
 protected:
  // Noon in UTC.
  ForecastTest() { clock_.advance(hours(12)); }

  static ledger::PoolLevel level(const char* window, std::uint64_t limit, std::uint64_t used) {
    ledger::PoolLevel made;
    made.unit = catalog::Unit::requests;
    made.window = catalog::Window::parse(window).value();
    made.limit = limit;
    made.used = used;
    return made;
  }
  // Hours from now.
  std::optional<double> in(const ledger::PoolLevel& level) {
    auto told = forecast(level, clock_.now(), clock_.wall());
    if (!told) return std::nullopt;
    return std::chrono::duration<double, std::ratio<3600>>(told->exhausted - clock_.wall()).count();
  }
  ManualClock clock_;
};

TEST_F(ForecastTest, GoesByTheRateOfThePresentWindow) {
  auto day = level("day UTC", 100, 60);
  EXPECT_NEAR(*in(day), 8, 1e-6);
  EXPECT_EQ(forecast(day, clock_.now(), clock_.wall())->basis, "60 used since 2026-01-01T00:00:00.000Z");
  day.in_flight = 10;
  EXPECT_NEAR(*in(day), 6, 1e-6) << "what is held is not there any more";
  day.ceiling = ledger::Counter::Ceiling{5, clock_.now() + hours(1)};
  EXPECT_NEAR(*in(day), 1, 1e-6) << "nor what the provider does not let in";
  EXPECT_FALSE(in(level("day UTC", 100, 50))) << "it lasts exactly as long as the day";
  EXPECT_FALSE(in(level("day UTC", 100, 0)));
  EXPECT_NEAR(*in(level("day America/Los_Angeles", 100, 80)), 1, 1e-6) << "that day began at 8:00 UTC";
  clock_.advance(hours(24 * 9));
  EXPECT_NEAR(*in(level("month UTC", 1000, 500)), 9.5 * 24, 1e-6);
  EXPECT_FALSE(in(level("month UTC", 1000, 250)));
}

TEST_F(ForecastTest, KnowsWhenAFixedWindowBegan) {
  auto fixed = level("fixed 1h", 100, 80);
  EXPECT_FALSE(in(fixed)) << "it has not begun";
  fixed.resets = clock_.now() + minutes(30);
  EXPECT_NEAR(*in(fixed), 0.125, 1e-6);
  fixed.resets = clock_.now() + minutes(59);
  EXPECT_FALSE(in(fixed)) << "a minute is too little to go by";
}

TEST_F(ForecastTest, CountsDaysWhereNothingEverResets) {
  auto once = level("once", 1000, 400);
  once.today.used = 60;
  once.yesterday.used = 120;
  EXPECT_NEAR(*in(once), 120, 1e-6);
  once.today.used = once.yesterday.used = 0;
  EXPECT_FALSE(in(once)) << "nobody has used it lately";
}

TEST_F(ForecastTest, SaysNothingOfWhatFreesBitByBit) {
  EXPECT_FALSE(in(level("sliding 24h", 100, 90)));
  EXPECT_FALSE(in(level("bucket 60s", 100, 90)));
  auto calls = level("sliding 60s", 1, 1);
  calls.unit = catalog::Unit::concurrent;
  EXPECT_FALSE(in(calls));
  EXPECT_EQ(in(level("sliding 60s", 100, 100)), 0) << "but it is used up";
}

TEST_F(ForecastTest, CountsPricedUnitsInWholeOnes) {
  auto neurons = level("day UTC", 10'000'000, 6'000'000);
  neurons.unit = catalog::Unit::neurons;
  EXPECT_EQ(forecast(neurons, clock_.now(), clock_.wall())->basis, "6000.000 used since 2026-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace freeway::api::admin
