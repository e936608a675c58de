#include "api/client_limits.h"

#include <gtest/gtest.h>

namespace freeway::api {
namespace {

using namespace std::chrono_literals;

TEST(ClientLimits, RequestsOfAnySixtySeconds) {
  ManualClock clock;
  ClientLimits limits;
  ClientKey key;
  key.name = "laptop";
  key.rpm = 2;
  EXPECT_FALSE(limits.admit(key, clock.now(), clock.wall()));
  clock.advance(20s);
  EXPECT_FALSE(limits.admit(key, clock.now(), clock.wall()));
  auto wait = limits.admit(key, clock.now(), clock.wall());
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, 40s);
  clock.advance(40s - 1ns);
  EXPECT_TRUE(limits.admit(key, clock.now(), clock.wall()));
  clock.advance(1ns);
  EXPECT_FALSE(limits.admit(key, clock.now(), clock.wall()));
}

TEST(ClientLimits, NoneAtAllIsALimitToo) {
  ManualClock clock;
  ClientLimits limits;
  ClientKey key;
  key.name = "laptop";
  key.rpm = 0;
  EXPECT_EQ(limits.admit(key, clock.now(), clock.wall()), Duration(60s));
  key.rpm = 1;
  EXPECT_FALSE(limits.admit(key, clock.now(), clock.wall()));
  key.rpm = 0;
  EXPECT_EQ(limits.admit(key, clock.now(), clock.wall()), Duration(60s)) << "after a reload";
  key.rpm = {};
  key.tpd = 0;
  EXPECT_TRUE(limits.admit(key, clock.now(), clock.wall()));
}

TEST(ClientLimits, RefusedRequestsDoNotCount) {
  ManualClock clock;
  ClientLimits limits;
  ClientKey key;
  key.name = "laptop";
  key.rpm = 2;
  Instant first = clock.now();
  EXPECT_FALSE(limits.admit(key, first, clock.wall()));
  clock.advance(20s);
  Instant second = clock.now();
  EXPECT_FALSE(limits.admit(key, second, clock.wall()));
  limits.refused(key, second);
  limits.refused(key, second);
  EXPECT_FALSE(limits.admit(key, clock.now(), clock.wall()));
  auto wait = limits.admit(key, clock.now(), clock.wall());
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, 40s);
}

TEST(ClientLimits, TokensOfTheUtcDay) {
  ManualClock clock;  // midnight
  ClientLimits limits;
  ClientKey key;
  key.name = "laptop";
  key.tpd = 100;
  EXPECT_FALSE(limits.admit(key, clock.now(), clock.wall()));
  limits.spent(key, 100, clock.wall());
  clock.advance(1h);
  auto wait = limits.admit(key, clock.now(), clock.wall());
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, 23h);
  clock.advance(23h);
  EXPECT_FALSE(limits.admit(key, clock.now(), clock.wall()));
}

TEST(ClientLimits, KeysAreApart) {
  ManualClock clock;
  ClientLimits limits;
  ClientKey one, other;
  one.name = "one";
  other.name = "other";
  one.rpm = other.rpm = 1;
  EXPECT_FALSE(limits.admit(one, clock.now(), clock.wall()));
  EXPECT_FALSE(limits.admit(other, clock.now(), clock.wall()));
  EXPECT_TRUE(limits.admit(one, clock.now(), clock.wall()));
}

}  // namespace
}  // namespace freeway::api
