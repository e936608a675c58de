// Days and months under the ledger: the right midnight, and a wall clock that jumps.
#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace freeway::ledger {
namespace {

using namespace testing;

WallTime utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  auto date = std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
  return WallTime(date.time_since_epoch()) + hours(hour) + minutes(minute) + seconds(second);
}

// Spends everything at `start`, then finds when the first call is possible again, to the millisecond.
void expect_reset(const std::string& window, WallTime start, WallTime reset) {
  Bench bench(pool("p", 3, window));
  bench.clock.set_wall(start);
  EXPECT_EQ(bench.calls(5), 3) << window;
  auto refusal = bench.look();
  ASSERT_TRUE(refusal.has_value()) << window;
  EXPECT_EQ(bench.clock.wall() + (refusal->until - bench.clock.now()), reset + milliseconds(300)) << window;
  while (bench.clock.wall() < reset - minutes(7)) {
    bench.clock.advance(minutes(7));
    if (bench.clock.wall() < reset) {
      EXPECT_FALSE(bench.call()) << window;
    }
  }
  bench.clock.advance(reset - bench.clock.wall());
  EXPECT_FALSE(bench.call()) << window << ": the provider's clock may be behind ours";
  bench.clock.advance(milliseconds(299));
  EXPECT_FALSE(bench.call()) << window;
  bench.clock.advance(milliseconds(1));
  EXPECT_EQ(bench.calls(5), 3) << window;
}

TEST(G7Calendar, ResetsAtTheRightMidnight) {
  expect_reset("day UTC", utc(2026, 5, 4, 13), utc(2026, 5, 5));
  expect_reset("day America/Los_Angeles", utc(2026, 5, 4, 13), utc(2026, 5, 5, 7));
  expect_reset("day Asia/Shanghai", utc(2026, 5, 4, 13), utc(2026, 5, 4, 16));
}

TEST(G7Calendar, PacificDaysOf23And25Hours) {
  expect_reset("day America/Los_Angeles", utc(2026, 3, 8, 8, 0, 1), utc(2026, 3, 9, 7));
  expect_reset("day America/Los_Angeles", utc(2026, 3, 8, 11), utc(2026, 3, 9, 7));
  expect_reset("day America/Los_Angeles", utc(2026, 11, 1, 7, 0, 1), utc(2026, 11, 2, 8));
  expect_reset("day America/Los_Angeles", utc(2026, 11, 1, 9, 30), utc(2026, 11, 2, 8));
}

TEST(G7Calendar, EndsOfMonths) {
  expect_reset("month UTC", utc(2026, 1, 30, 12), utc(2026, 2, 1));
  expect_reset("month UTC", utc(2026, 12, 31, 12), utc(2027, 1, 1));
  expect_reset("month America/Los_Angeles", utc(2026, 10, 31, 12), utc(2026, 11, 1, 7));
  expect_reset("month since 17", utc(2026, 2, 15), utc(2026, 2, 17));
  expect_reset("month since 17", utc(2026, 2, 17), utc(2026, 3, 17));
}

TEST(G7Calendar, ManyDaysLater) {
  Bench bench(pool("p", 3, "day UTC"));
  EXPECT_EQ(bench.calls(5), 3);
  bench.clock.advance(hours(24 * 10 + 5));
  EXPECT_EQ(bench.calls(5), 3);
  EXPECT_EQ(bench.clock.wall() + (bench.look()->until - bench.clock.now()), utc(2026, 1, 12) + milliseconds(300));
}

TEST(G7Calendar, WhatIsSentAtTheLastMomentCountsInBothDays) {
  Bench bench(pool("p", 3, "day UTC"));
  bench.clock.advance(hours(24) - milliseconds(200));
  EXPECT_EQ(bench.calls(1), 1);
  bench.clock.advance(milliseconds(500));
  EXPECT_EQ(bench.calls(5), 2) << "it may have arrived after midnight";
}

TEST(G7Calendar, ALateCallIsSettledInBothDays) {
  Bench bench(pool("tpd", 100, "day UTC", catalog::Unit::tokens, catalog::Charge::tokens));
  bench.clock.advance(hours(24) - milliseconds(100));
  auto reservation = bench.reserve(0, {80, 0, 0});
  bench.ledger.dispatched(*reservation, bench.at());
  bench.clock.advance(seconds(5));
  ASSERT_TRUE(bench.look(0, {21, 0, 0}).has_value());
  EXPECT_FALSE(bench.look(0, {20, 0, 0}).has_value());
  bench.ledger.settle(std::move(*reservation), {true, chat::Usage{10, 5, 15, false}}, bench.at());
  EXPECT_EQ(bench.level("u1/key#1/tpd").used, 15u);
}

TEST(G7Calendar, AWallThatJumpsForwardUnlocksNothing) {
  Bench bench(pool("p", 3, "day UTC"));
  bench.clock.advance(hours(23));
  EXPECT_EQ(bench.calls(5), 3);
  bench.clock.advance(minutes(10));
  bench.clock.set_wall(bench.clock.wall() + hours(2));  // 01:10 of the next day
  EXPECT_FALSE(bench.call());
  bench.clock.advance(minutes(49));
  EXPECT_FALSE(bench.call());
  bench.clock.advance(minutes(1) + milliseconds(300));
  EXPECT_EQ(bench.calls(5), 3) << "at the midnight that was foreseen";
  bench.clock.advance(hours(23) + minutes(59));
  EXPECT_EQ(bench.calls(5), 3) << "from then on the new wall is believed";
}

TEST(G7Calendar, AWallThatJumpsBackUnlocksNothingAndLocksNotForGood) {
  Bench bench(pool("p", 3, "day UTC"));
  bench.clock.advance(hours(24) + seconds(5));
  EXPECT_EQ(bench.calls(5), 3);
  bench.clock.set_wall(bench.clock.wall() - hours(2));  // the day before
  EXPECT_FALSE(bench.call());
  for (int minute = 0; minute < 23 * 60; ++minute) {
    bench.clock.advance(minutes(1));
    ASSERT_FALSE(bench.call()) << "an old midnight comes a second time";
  }
  bench.clock.advance(hours(3) + milliseconds(300));
  EXPECT_EQ(bench.calls(5), 3);
}

TEST(G7Calendar, AJumpBackBeforeTheResetDelaysItByTheJumpAtMost) {
  Bench bench(pool("p", 3, "day UTC"));
  bench.clock.advance(hours(20));
  EXPECT_EQ(bench.calls(5), 3);
  bench.clock.set_wall(bench.clock.wall() - hours(2));
  auto until = bench.look()->until;
  EXPECT_EQ(until - bench.clock.now(), hours(6) + milliseconds(300));
  bench.clock.advance(hours(4));
  EXPECT_FALSE(bench.call());
  bench.clock.advance(hours(2) + milliseconds(300));
  EXPECT_EQ(bench.calls(5), 3);
}

TEST(G7Calendar, AJumpThereAndBackLeavesNoTrace) {
  for (auto by : {hours(2), hours(-2)}) {
    Bench bench(pool("p", 3, "day UTC"));
    bench.clock.advance(hours(12));
    EXPECT_EQ(bench.calls(5), 3);
    bench.clock.set_wall(bench.clock.wall() + by);
    EXPECT_FALSE(bench.call());
    bench.clock.advance(minutes(5));
    bench.clock.set_wall(bench.clock.wall() - by);
    bench.clock.advance(hours(12) - minutes(5));
    EXPECT_FALSE(bench.call());
    bench.clock.advance(milliseconds(300));
    EXPECT_EQ(bench.calls(5), 3);
  }
}

TEST(G7Calendar, AYearAheadForAMomentClosesForADayAtMost) {
  for (const char* window : {"day UTC", "month UTC"}) {
    Bench bench(pool("p", 3, window));
    WallTime right = bench.clock.wall();
    bench.clock.set_wall(right + hours(24 * 365));
    EXPECT_EQ(bench.calls(5), 3);
    bench.clock.advance(minutes(5));
    bench.clock.set_wall(right + minutes(5));
    // No period is longer.
    Duration longest = hours(std::string(window) == "day UTC" ? 25 : 31 * 24 + 1);
    Duration wait = bench.look()->until - bench.clock.now();
    EXPECT_EQ(wait, longest + milliseconds(300) - minutes(5));
    EXPECT_EQ(bench.level("u1/key#1/p").resets - bench.clock.now(), wait);
    bench.clock.advance(wait - milliseconds(1));
    EXPECT_FALSE(bench.call()) << window;
    bench.clock.advance(milliseconds(1));
    EXPECT_EQ(bench.calls(5), 3) << window;
    // From then on it goes by the calendar again.
    WallTime midnight = std::string(window) == "day UTC" ? utc(2026, 1, 3) : utc(2026, 3, 1);
    EXPECT_EQ(bench.clock.wall() + (bench.look()->until - bench.clock.now()), midnight + milliseconds(300));
  }
}

TEST(G7Calendar, UntilAfterAJumpForwardIsExact) {
  Bench bench(pool("p", 3, "day UTC"));
  bench.clock.advance(hours(12));
  EXPECT_EQ(bench.calls(5), 3);
  bench.clock.set_wall(bench.clock.wall() + hours(2));
  auto until = bench.look()->until;
  // Three hours after the jump the new wall is believed, so its own midnight counts.
  EXPECT_EQ(until - bench.clock.now(), hours(10) + milliseconds(300));
  bench.clock.advance(hours(10) + milliseconds(299));
  EXPECT_FALSE(bench.call());
  bench.clock.advance(milliseconds(1));
  EXPECT_EQ(bench.calls(5), 3);
}

TEST(G7Calendar, AWallThatDriftsIsFollowed) {
  Bench bench(pool("p", 3, "day UTC"));
  EXPECT_EQ(bench.calls(5), 3);
  for (int minute = 0; minute < 24 * 60 - 1; ++minute) {
    bench.clock.advance(minutes(1));
    bench.clock.set_wall(bench.clock.wall() + milliseconds(20));  // 330 parts in a million
    bench.look();
  }
  WallTime midnight = utc(2026, 1, 2);
  bench.clock.advance(midnight - bench.clock.wall());
  EXPECT_FALSE(bench.call());
  bench.clock.advance(milliseconds(300));
  EXPECT_EQ(bench.calls(5), 3) << "within a second of the wall's midnight";
}

TEST(G7Calendar, AClockSetRightAtTheStart) {
  Bench bench(pool("p", 3, "month UTC"));
  bench.clock.set_wall(utc(1970, 1, 5));
  EXPECT_EQ(bench.calls(5), 3);
  bench.clock.set_wall(utc(2026, 1, 5));
  EXPECT_EQ(bench.calls(5), 3) << "long past any reset";
}

TEST(G7Calendar, FixedLengthsDoNotCareForTheWall) {
  for (const char* window : {"sliding 60s", "fixed 60s"}) {
    Bench bench(pool("p", 3, window));
    EXPECT_EQ(bench.calls(5), 3);
    bench.clock.set_wall(bench.clock.wall() + hours(2));
    EXPECT_FALSE(bench.call());
    bench.clock.set_wall(bench.clock.wall() - hours(4));
    bench.clock.advance(seconds(60) + milliseconds(300));
    EXPECT_EQ(bench.calls(5), 3);
  }
}

}  // namespace
}  // namespace freeway::ledger
