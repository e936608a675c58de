#include "farm/limits.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace freeway::farm {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

Moment at(Duration since_start) {
  const WallTime midnight{std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)};
  return {Instant(hours(1) + since_start), midnight + since_start};
}

TEST(Window, PlaceIsFreeExactlyWhenTheSpanHasPassed) {
  Window window(2, seconds(60), false);
  window.add(at(seconds(0)), 1);
  window.add(at(seconds(10)), 1);
  EXPECT_FALSE(window.fits(at(seconds(59)), 1));
  EXPECT_FALSE(window.fits(at(seconds(60) - std::chrono::nanoseconds(1)), 1));
  EXPECT_EQ(window.wait(at(seconds(20)), 1), seconds(40));
  EXPECT_EQ(window.wait(at(seconds(20)), 2), seconds(50));
  EXPECT_TRUE(window.fits(at(seconds(60)), 1));
  EXPECT_FALSE(window.fits(at(seconds(60)), 2));
}

TEST(Window, MoreThanTheLimitNeverFits) {
  Window window(100, seconds(60), false);
  EXPECT_EQ(window.wait(at(seconds(0)), 101), std::nullopt);
  EXPECT_EQ(window.wait(at(seconds(0)), 100), Duration::zero());
}

TEST(Window, ZeroMeansNoLimit) {
  Window window(0, seconds(60), false);
  for (int i = 0; i < 100; ++i) window.add(at(seconds(0)), 1000);
  EXPECT_TRUE(window.fits(at(seconds(0)), 1'000'000));
}

TEST(Window, CalendarDayEndsAtMidnight) {
  Window window(1, hours(24), true);
  window.add(at(hours(23)), 1);
  EXPECT_EQ(window.wait(at(hours(23)), 1), hours(1));
  EXPECT_FALSE(window.fits(at(hours(24) - milliseconds(1)), 1));
  EXPECT_TRUE(window.fits(at(hours(24)), 1));
}

TEST(ArrivalLog, PeakSeesABurstAcrossABoundary) {
  LimitSpec limits;
  limits.rpm = 3;
  ArrivalLog log;
  // Two bursts of three that no fixed minute holds together, but a sliding one does.
  for (int i = 0; i < 3; ++i) log.note(at(seconds(50 + i)), 10, true);
  for (int i = 0; i < 3; ++i) log.note(at(seconds(61 + i)), 20, i > 0);
  EXPECT_EQ(log.peak(Gauge::rpm, limits).arrived, 6U);
  EXPECT_EQ(log.peak(Gauge::rpm, limits).admitted, 5U);
  EXPECT_EQ(log.peak(Gauge::tpm, limits).arrived, 90U);
  log.note(at(seconds(110)), 10, true);  // the first is out exactly now
  EXPECT_EQ(log.peak(Gauge::rpm, limits).arrived, 6U);
}

TEST(ArrivalLog, TrimmingKeepsThePeak) {
  LimitSpec limits;
  limits.rpm = 5;
  ArrivalLog log(100);
  for (int i = 0; i < 40; ++i) log.note(at(seconds(0)), 1, true);
  for (int i = 0; i < 1000; ++i) {
    log.note(at(seconds(100 + 30 * i)), 1, true);
    log.trim(limits);
  }
  EXPECT_LE(log.size(), 100U);
  EXPECT_EQ(log.peak(Gauge::rpm, limits).arrived, 40U);
}

TEST(Quota, NamesTheLimitThatLastsLongest) {
  LimitSpec limits;
  limits.rpm = 1;
  limits.rpd = 1;
  Quota quota(limits);
  EXPECT_FALSE(quota.check(at(seconds(0)), 5));
  quota.admit(at(seconds(0)), 5);
  const auto refusal = quota.check(at(seconds(1)), 5);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->gauge, Gauge::rpd);
  EXPECT_EQ(refusal->wait, hours(24) - seconds(1));
}

TEST(Quota, ConcurrencyFreesOnRelease) {
  LimitSpec limits;
  limits.concurrency = 2;
  Quota quota(limits);
  quota.admit(at(seconds(0)), 0);
  quota.admit(at(seconds(0)), 0);
  ASSERT_TRUE(quota.check(at(seconds(0)), 0));
  EXPECT_EQ(quota.check(at(seconds(0)), 0)->gauge, Gauge::concurrency);
  quota.release();
  EXPECT_FALSE(quota.check(at(seconds(0)), 0));
  EXPECT_EQ(quota.most_in_flight(), 2U);
}

// The enforcement and the oracle must agree on random traffic: never more admitted in any window than the limit, and no
// refusal while there was room.
TEST(Quota, EnforcementAndOracleAgree) {
  LimitSpec limits;
  limits.rpm = 7;
  limits.tpm = 400;
  Quota quota(limits);
  SeededRandom random(11);
  std::vector<std::pair<Duration, std::uint64_t>> admitted;
  Duration now{};
  for (int i = 0; i < 5000; ++i) {
    now += milliseconds(random.next() % 9000);
    const auto tokens = 1 + random.next() % 120;
    std::uint64_t requests = 0;
    std::uint64_t sum = 0;
    for (const auto& [when, amount] : admitted) {
      if (when > now - seconds(60)) ++requests, sum += amount;
    }
    const bool expected = requests + 1 <= 7 && sum + tokens <= 400;
    const bool got = !quota.check(at(now), tokens);
    ASSERT_EQ(got, expected) << "arrival " << i;
    if (got) quota.admit(at(now), tokens), quota.release(), admitted.push_back({now, tokens});
    quota.note(at(now), tokens, got);
  }
  EXPECT_EQ(quota.peak(Gauge::rpm).admitted, 7U);
  EXPECT_LE(quota.peak(Gauge::tpm).admitted, 400U);
  EXPECT_GT(quota.peak(Gauge::rpm).arrived, 7U);
}

}  // namespace
}  // namespace freeway::farm
