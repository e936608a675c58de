#include "router/sessions.h"

#include <gtest/gtest.h>

namespace freeway::router {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Instant kStart = Instant(std::chrono::hours(1));

TEST(Sessions, KeepsAModelForATimeOfSilence) {
  Sessions sessions({minutes(30), 100});
  EXPECT_FALSE(sessions.model("laptop", "s1", kStart).has_value());
  sessions.keep("laptop", "s1", "u1/m1", kStart);
  EXPECT_EQ(sessions.model("laptop", "s1", kStart + minutes(30) - Duration(1)), "u1/m1");
  EXPECT_FALSE(sessions.model("laptop", "s1", kStart + minutes(30)).has_value());
  sessions.keep("laptop", "s1", "u2/m2", kStart + minutes(20));
  EXPECT_EQ(sessions.model("laptop", "s1", kStart + minutes(40)), "u2/m2");
  EXPECT_EQ(sessions.size(), 1u);
}

TEST(Sessions, AnotherTimeOfSilenceHoldsForThoseThatAreThere) {
  Sessions sessions({minutes(30), 100});
  sessions.keep("laptop", "s1", "u1/m1", kStart);
  sessions.set_ttl(minutes(5));
  EXPECT_FALSE(sessions.model("laptop", "s1", kStart + minutes(5)).has_value());
  sessions.set_ttl(minutes(60));
  EXPECT_EQ(sessions.model("laptop", "s1", kStart + minutes(60) - Duration(1)), "u1/m1");
}

TEST(Sessions, NeverAcrossClients) {
  Sessions sessions({minutes(30), 100});
  sessions.keep("a", "s1", "u1/m1", kStart);
  EXPECT_FALSE(sessions.model("b", "s1", kStart).has_value());
  sessions.keep("1", "1:x", "u1/m1", kStart);
  EXPECT_FALSE(sessions.model("11", ":x", kStart).has_value());
  EXPECT_FALSE(sessions.model("1:", "1x", kStart).has_value());
}

TEST(Sessions, TheLongestSilentGoesFirst) {
  Sessions sessions({minutes(30), 2});
  sessions.keep("a", "1", "m1", kStart);
  sessions.keep("a", "2", "m2", kStart);
  sessions.keep("a", "1", "m1", kStart + seconds(1));
  sessions.keep("a", "3", "m3", kStart + seconds(2));
  EXPECT_EQ(sessions.size(), 2u);
  EXPECT_TRUE(sessions.model("a", "1", kStart + seconds(2)).has_value());
  EXPECT_FALSE(sessions.model("a", "2", kStart + seconds(2)).has_value());
  EXPECT_TRUE(sessions.model("a", "3", kStart + seconds(2)).has_value());
}

TEST(Sessions, WhatIsSilentTooLongTakesNoRoom) {
  Sessions sessions({minutes(30), 100});
  for (int i = 0; i < 50; ++i) sessions.keep("a", std::to_string(i), "m", kStart);
  sessions.keep("a", "new", "m", kStart + minutes(31));
  EXPECT_EQ(sessions.size(), 1u);
}

TEST(Sessions, LongIds) {
  Sessions sessions({minutes(30), 100});
  std::string one(8000, 'x');
  std::string two = one;
  two.back() = 'y';
  sessions.keep("a", one, "m1", kStart);
  EXPECT_EQ(sessions.model("a", one, kStart), "m1");
  EXPECT_FALSE(sessions.model("a", two, kStart).has_value());
}

}  // namespace
}  // namespace freeway::router
