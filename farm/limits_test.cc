#include "farm/limits.h"

#include <gtest/gtest.h>

namespace freeway::farm {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Moment at(Duration since_start) {
  const WallTime midnight{std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)};
  return {Instant(hours(1) + since_start), midnight + since_start};
}

TEST(Limits, AreOnePoolEachAndNoneWhereThereIsNoLimit) {
  EXPECT_TRUE(pools_of({}).empty());
  LimitSpec limits;
  limits.rpm = 7;
  limits.tpd = 400;
  const auto pools = pools_of(limits);
  ASSERT_EQ(pools.size(), 5U);
  EXPECT_EQ(pools[0].name, "rpm");
  EXPECT_EQ(pools[0].limit, 7U);
  EXPECT_EQ(pools[0].window.length, seconds(60));
  EXPECT_EQ(pools[1].limit, 0U);
  EXPECT_EQ(pools[3].unit, Unit::tokens);
  EXPECT_EQ(pools[3].window.period, Period::day);
  EXPECT_EQ(pools[3].window.kind, WindowSpec::Kind::sliding);
}

TEST(Limits, ACalendarDayIsOfUtcOrAlignedWhenItIsCompressed) {
  LimitSpec limits;
  limits.rpd = 1;
  limits.calendar_day = true;
  EXPECT_EQ(pools_of(limits)[1].window.kind, WindowSpec::Kind::day);
  limits.pace = limits.pace.faster(24);
  EXPECT_EQ(pools_of(limits)[1].window.kind, WindowSpec::Kind::aligned);
  EXPECT_EQ(pools_of(limits)[1].window.length, hours(1));
}

TEST(Pool, NamesTheLimitThatLastsLongest) {
  LimitSpec limits;
  limits.rpm = limits.rpd = limits.concurrency = 1;
  std::vector<Pool> pools;
  for (const auto& spec : pools_of(limits)) pools.emplace_back(spec);
  for (auto& pool : pools) pool.admit(at(seconds(0)), 1);
  std::optional<Refusal> worst;
  for (auto& pool : pools) {
    const auto why = pool.check(at(seconds(1)), 1);
    if (why && (!worst || outlasts(*why, *worst))) worst = why;
  }
  ASSERT_TRUE(worst);
  EXPECT_EQ(worst->period, Period::day);
  EXPECT_EQ(worst->wait, hours(24) - seconds(1));
  EXPECT_TRUE(outlasts(*pools[0].check(at(seconds(59)), 1), *pools[4].check(at(seconds(59)), 1)));
}

TEST(Pool, CallsAtOnceEndWhenTheyLeave) {
  PoolSpec spec;
  spec.unit = Unit::concurrent;
  spec.limit = 2;
  Pool pool(spec);
  const auto first = pool.admit(at(seconds(0)), 1);
  pool.admit(at(seconds(0)), 1);
  ASSERT_TRUE(pool.check(at(seconds(0)), 1));
  EXPECT_EQ(pool.check(at(seconds(0)), 1)->unit, Unit::concurrent);
  pool.refuse(at(seconds(0)), 1, true);
  pool.leave(first);
  EXPECT_FALSE(pool.check(at(seconds(0)), 1));
  EXPECT_EQ(pool.peak().admitted, 2U);
  EXPECT_EQ(pool.peak().arrived, 3U);
  EXPECT_EQ(pool.refused(), 1U);
}

TEST(Pool, PricesAreOfAMillionTokens) {
  const Prices prices{{5'000, 45'000}, {0.25, 1.5}};
  EXPECT_EQ(amount_in(Unit::neurons, {1000, 100}, prices), 9'500'000U);
  EXPECT_EQ(shown(Unit::neurons, 9'500'000), 9.5);
  EXPECT_EQ(amount_in(Unit::credit, {4, 1}, prices), 3U);  // 2.5 millionths, rounded up
  EXPECT_EQ(amount_in(Unit::input_tokens, {4, 1}, prices), 4U);
  EXPECT_EQ(amount_in(Unit::output_tokens, {4, 1}, prices), 1U);
  EXPECT_EQ(amount_in(Unit::tokens, {4, 1}, prices), 5U);
  EXPECT_EQ(amount_in(Unit::requests, {4, 1}, prices), 1U);
}

TEST(Pattern, StarsMatchAnyRun) {
  EXPECT_TRUE(matches_pattern("*", "any/thing"));
  EXPECT_TRUE(matches_pattern("a*c*", "abbcd"));
  EXPECT_TRUE(matches_pattern("*:free", "x/y:free"));
  EXPECT_TRUE(matches_pattern("*aab", "aaaab"));
  EXPECT_FALSE(matches_pattern("*:free", "x/y:free2"));
  EXPECT_FALSE(matches_pattern("a", "ab"));
  EXPECT_FALSE(matches_pattern("", "a"));
}

}  // namespace
}  // namespace freeway::farm
