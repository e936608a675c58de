#include "farm/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "farm/audit.h"

namespace freeway::farm {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Counted from 2026-03-01T00:00:00Z.
Moment at(Duration since_start) {
  const WallTime midnight{std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)};
  return {Instant(hours(1) + since_start), midnight + since_start};
}

WindowSpec spec(std::string_view text, const Pace& pace = {}) {
  const auto parsed = WindowSpec::parse(text, pace);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed.value_or(WindowSpec());
}

TEST(Window, PlaceIsFreeExactlyWhenTheSpanHasPassed) {
  Window window(spec("sliding 60s"), 2);
  window.add(at(seconds(0)), 1);
  window.add(at(seconds(10)), 1);
  EXPECT_FALSE(window.fits(at(seconds(59)), 1));
  EXPECT_FALSE(window.fits(at(seconds(60) - nanoseconds(1)), 1));
  EXPECT_EQ(window.wait(at(seconds(20)), 1), seconds(40));
  EXPECT_EQ(window.wait(at(seconds(20)), 2), seconds(50));
  EXPECT_TRUE(window.fits(at(seconds(60)), 1));
  EXPECT_FALSE(window.fits(at(seconds(60)), 2));
}

TEST(Window, MoreThanTheLimitNeverFits) {
  for (const char* text : {"sliding 60s", "fixed 60s", "aligned 60s", "day UTC", "month UTC", "bucket 60s", "once"}) {
    Window window(spec(text), 100);
    EXPECT_EQ(window.wait(at(seconds(0)), 101), std::nullopt) << text;
    EXPECT_EQ(window.wait(at(seconds(0)), 100), Duration::zero()) << text;
  }
}

TEST(Window, ZeroMeansNoLimit) {
  Window window(spec("sliding 60s"), 0);
  for (int i = 0; i < 100; ++i) window.add(at(seconds(0)), 1000);
  EXPECT_TRUE(window.fits(at(seconds(0)), 1'000'000));
}

TEST(Window, AFixedOneStartsWithTheFirstAfterTheLast) {
  Window window(spec("fixed 60s"), 2);
  window.add(at(seconds(50)), 1);
  window.add(at(seconds(100)), 1);
  EXPECT_EQ(window.wait(at(seconds(100)), 1), seconds(10));
  EXPECT_FALSE(window.fits(at(seconds(110) - nanoseconds(1)), 1));
  EXPECT_TRUE(window.fits(at(seconds(110)), 2));
  window.add(at(seconds(200)), 2);  // nothing began between 110 and now
  EXPECT_EQ(window.wait(at(seconds(201)), 1), seconds(59));
}

TEST(Window, AnAlignedOneEndsOnTheWallWhateverWasFirst) {
  Window window(spec("aligned 60s"), 1);
  window.add(at(seconds(50)), 1);
  EXPECT_EQ(window.wait(at(seconds(50)), 1), seconds(10));
  EXPECT_TRUE(window.fits(at(seconds(60)), 1));
}

TEST(Window, ADayEndsAtMidnightOfItsZone) {
  Window utc(spec("day UTC"), 1);
  utc.add(at(hours(23)), 1);
  EXPECT_EQ(utc.wait(at(hours(23)), 1), hours(1));
  EXPECT_FALSE(utc.fits(at(hours(24) - milliseconds(1)), 1));
  EXPECT_TRUE(utc.fits(at(hours(24)), 1));
  Window shanghai(spec("day Asia/Shanghai"), 1);
  shanghai.add(at(hours(15)), 1);
  EXPECT_EQ(shanghai.wait(at(hours(15)), 1), hours(1));
  Window pacific(spec("day America/Los_Angeles"), 1);
  pacific.add(at(days(7) + hours(8)), 1);  // midnight of 8 March, whose clocks lose an hour
  EXPECT_EQ(pacific.wait(at(days(7) + hours(8)), 1), hours(23));
}

TEST(Window, MonthsEndOnTheirFirstOrOnTheDaySaid) {
  Window month(spec("month UTC"), 1);
  month.add(at(days(30)), 1);
  EXPECT_EQ(month.wait(at(days(30)), 1), days(1));
  EXPECT_TRUE(month.fits(at(days(31)), 1));
  Window since(spec("month since 17"), 1);
  since.add(at(days(15)), 1);
  EXPECT_EQ(since.wait(at(days(15)), 1), days(1));
  since.add(at(days(16)), 1);
  EXPECT_EQ(since.wait(at(days(16)), 1), days(31));
  Window there(spec("month since 17 Asia/Shanghai"), 1);
  there.add(at(days(15)), 1);
  EXPECT_EQ(there.wait(at(days(15)), 1), hours(16));
}

TEST(Window, ABucketRefillsEvenly) {
  Window bucket(spec("bucket 60s"), 30);
  bucket.add(at(seconds(0)), 30);
  EXPECT_EQ(bucket.wait(at(seconds(0)), 1), seconds(2));
  EXPECT_FALSE(bucket.fits(at(seconds(2) - milliseconds(1)), 1));
  EXPECT_TRUE(bucket.fits(at(seconds(2)), 1));
  EXPECT_EQ(bucket.used(at(seconds(30))), 15U);
  EXPECT_EQ(bucket.wait(at(seconds(30)), 30), seconds(30));
  EXPECT_TRUE(bucket.fits(at(minutes(10)), 30));
}

TEST(Window, WhatIsGrantedOnceNeverComesBack) {
  Window once(spec("once"), 2);
  once.add(at(seconds(0)), 2);
  EXPECT_FALSE(once.fits(at(days(1000)), 1));
  EXPECT_EQ(once.wait(at(seconds(1)), 1), std::nullopt);
}

TEST(Window, GivenBackIsAsIfItHadNotBeen) {
  for (const char* text : {"sliding 60s", "fixed 60s", "aligned 60s", "day UTC", "month UTC", "bucket 60s", "once"}) {
    Window window(spec(text), 3);
    window.add(at(seconds(0)), 1);
    const auto serial = window.add(at(seconds(0)), 2);
    window.give_back(at(seconds(0)), serial, 2);
    EXPECT_EQ(window.used(at(seconds(0))), 1U) << text;
    EXPECT_TRUE(window.fits(at(seconds(0)), 2)) << text;
  }
}

TEST(Window, ALaterWindowGivesNothingBack) {
  for (const char* text : {"sliding 60s", "fixed 60s", "aligned 60s"}) {
    Window window(spec(text), 3);
    const auto serial = window.add(at(seconds(0)), 2);
    window.add(at(seconds(61)), 3);
    window.give_back(at(seconds(62)), serial, 2);
    EXPECT_EQ(window.used(at(seconds(62))), 3U) << text;
  }
}

TEST(WindowSpec, CompressedClocksShrinkThem) {
  const Pace pace{seconds(2), seconds(20)};
  EXPECT_EQ(spec("sliding 60s", pace).length, seconds(2));
  EXPECT_EQ(spec("sliding 60s", pace).period, Period::minute);
  EXPECT_EQ(spec("fixed 30m", pace).length, seconds(60));
  EXPECT_EQ(spec("fixed 12h", pace).length, seconds(10));
  EXPECT_EQ(spec("fixed 1h", pace).length, seconds(2));
  EXPECT_EQ(spec("fixed 1h", pace).period, Period::hour);
  EXPECT_EQ(spec("bucket 1d", pace).length, seconds(20));
  EXPECT_EQ(spec("bucket 1d", pace).period, Period::day);
  Window day(spec("day America/Los_Angeles", pace), 1);
  day.add(at(seconds(15)), 1);
  EXPECT_EQ(day.wait(at(seconds(15)), 1), seconds(5));
  EXPECT_EQ(spec("month UTC", pace).length, seconds(600));
  EXPECT_EQ(spec("month UTC", pace).period, Period::month);
  EXPECT_EQ(Pace().faster(60).minute, seconds(1));
  EXPECT_EQ(Pace().faster(60).day, minutes(24));
}

TEST(WindowSpec, NamesTheMistake) {
  for (const char* text : {"", "60s", "sliding", "sliding 0s", "sliding soon", "weekly", "once more", "fixed -1s"}) {
    const auto parsed = WindowSpec::parse(text, {});
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find("\"bucket 1d\""), std::string::npos) << text;
  }
  for (const char* text :
       {"day Mars/Olympus", "month since 29", "month since", "month since 0", "day since 3", "month since 3x"}) {
    EXPECT_FALSE(WindowSpec::parse(text, {})) << text;
  }
}

struct Seen {
  Duration when{};
  std::uint64_t amount = 0;
};

// What is used at `now`, worked out from the list of what was let in, in the plainest way for each window.
double used_by_the_book(const WindowSpec& window, std::uint64_t limit, const std::vector<Seen>& admitted, Duration now) {
  using Kind = WindowSpec::Kind;
  double used = 0;
  Duration start{};
  Duration last{};
  bool open = false;
  for (const auto& [when, amount] : admitted) {
    const auto share = static_cast<double>(amount);
    switch (window.kind) {
      case Kind::sliding: used += when > now - window.length ? share : 0; break;
      case Kind::fixed:
        if (!open || when >= start + window.length) start = when, used = 0;
        open = true;
        used += share;
        break;
      case Kind::aligned:
      case Kind::day:
      case Kind::month:
      case Kind::month_since: used += window.bounds(at(now).wall).from <= at(when).wall ? share : 0; break;
      case Kind::bucket: {
        const auto refill = static_cast<double>(limit) * std::chrono::duration<double>(when - last).count() /
                            std::chrono::duration<double>(window.length).count();
        used = std::max(0.0, used - refill) + share;
        last = when;
        break;
      }
      case Kind::once: used += share; break;
    }
  }
  if (window.kind == Kind::fixed && open && now >= start + window.length) used = 0;
  if (window.kind == Kind::bucket) {
    used = std::max(0.0, used - static_cast<double>(limit) * std::chrono::duration<double>(now - last).count() /
                                    std::chrono::duration<double>(window.length).count());
  }
  return used;
}

class EachWindow : public testing::TestWithParam<const char*> {};

// Enforcement, the book and the oracle must agree on random traffic: never more than the limit in any window, and no refusal
// while there was room. An oracle that folds its log says the same as one that keeps it.
TEST_P(EachWindow, EnforcementAndOracleAgree) {
  constexpr std::uint64_t kLimit = 400;
  const auto window = spec(GetParam());
  Window enforced(window, kLimit);
  Audit audit(window, kLimit);
  Audit folding(window, kLimit, 64);
  SeededRandom random(11);
  std::vector<Seen> admitted;
  Duration now{};
  std::uint64_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    now += milliseconds(random.next() % 9000);
    const auto amount = 1 + random.next() % 120;
    const auto used = used_by_the_book(window, kLimit, admitted, now);
    const bool expected = used + static_cast<double>(amount) <= static_cast<double>(kLimit) + 1e-6;
    const bool got = enforced.fits(at(now), amount);
    ASSERT_EQ(got, expected) << "arrival " << i;
    if (!got) {
      const auto wait = enforced.wait(at(now), amount);
      if (wait) {
        ASSERT_GT(*wait, Duration::zero());
        ASSERT_TRUE(Window(enforced).fits(at(now + *wait), amount)) << "arrival " << i;
        ASSERT_FALSE(Window(enforced).fits(at(now + *wait - milliseconds(1)), amount)) << "arrival " << i;
      }
      ++refused;
    } else {
      enforced.add(at(now), amount);
      admitted.push_back({now, amount});
    }
    audit.note(at(now), amount, got);
    folding.note(at(now), amount, got);
  }
  EXPECT_GT(refused, 0U);
  const auto peak = audit.peak();
  EXPECT_LE(peak.admitted, kLimit);
  EXPECT_GT(peak.admitted, kLimit * 9 / 10);
  EXPECT_GT(peak.arrived, kLimit);
  EXPECT_EQ(folding.peak().admitted, peak.admitted);
  EXPECT_EQ(folding.peak().arrived, peak.arrived);
  EXPECT_LT(folding.size(), audit.size());
}

INSTANTIATE_TEST_SUITE_P(Windows, EachWindow,
                         testing::Values("sliding 60s", "fixed 60s", "aligned 60s", "day America/Los_Angeles", "month UTC",
                                         "month since 5", "bucket 60s", "once"));

// The oracle must see what the enforcement would have let through by mistake.
TEST(Audit, SeesMoreThanTheLimit) {
  for (const char* text : {"sliding 60s", "fixed 60s", "aligned 60s", "day UTC", "month UTC", "bucket 60s", "once"}) {
    Audit audit(spec(text), 3);
    for (int i = 0; i < 5; ++i) audit.note(at(milliseconds(i)), 2, true);
    EXPECT_EQ(audit.peak().admitted, 10U) << text;
    EXPECT_EQ(audit.admitted(), 10U) << text;
  }
}

TEST(Audit, ASlidingPeakSeesABurstAcrossABoundary) {
  Audit sliding(spec("sliding 60s"), 3);
  Audit aligned(spec("aligned 60s"), 3);
  for (int i = 0; i < 3; ++i) sliding.note(at(seconds(50 + i)), 1, true), aligned.note(at(seconds(50 + i)), 1, true);
  for (int i = 0; i < 3; ++i) sliding.note(at(seconds(61 + i)), 1, i > 0), aligned.note(at(seconds(61 + i)), 1, i > 0);
  EXPECT_EQ(sliding.peak().arrived, 6U);
  EXPECT_EQ(sliding.peak().admitted, 5U);
  EXPECT_EQ(aligned.peak().arrived, 3U);
  sliding.note(at(seconds(110)), 1, true);  // the first is out exactly now
  EXPECT_EQ(sliding.peak().arrived, 6U);
}

TEST(Audit, WhatIsForgivenArrivedAndNoMore) {
  Audit audit(spec("sliding 60s"), 3);
  const auto serial = audit.note(at(seconds(0)), 2, true);
  audit.note(at(seconds(1)), 1, true);
  audit.forgive(serial);
  EXPECT_EQ(audit.peak().admitted, 1U);
  EXPECT_EQ(audit.peak().arrived, 3U);
  EXPECT_EQ(audit.admitted(), 1U);
}

TEST(Attendance, TheHighestNumberAtOnce) {
  Attendance attendance;
  const auto one = attendance.enter();
  const auto two = attendance.enter();
  attendance.leave(one);
  const auto three = attendance.enter();
  attendance.turn_away();
  attendance.leave(two);
  attendance.leave(three);
  attendance.enter();
  EXPECT_EQ(attendance.peak().admitted, 2U);
  EXPECT_EQ(attendance.peak().arrived, 3U);
}

}  // namespace
}  // namespace freeway::farm
