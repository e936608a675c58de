// What was learned of providers' limits, and the day's account, across the death of the process.
#include <gtest/gtest.h>

#include "ledger/lives_test.h"

namespace freeway::ledger {
namespace {

using namespace testing;

TEST(G5Restart, WhatTheProviderSaidStaysInForce) {
  for (bool compact : {false, true}) {
    auto day = pool("rpd", 100, "day UTC");
    day.source = "a page";
    Lives lives(provider({day}));
    lives.hear(20, 15, std::nullopt);
    if (compact) ASSERT_TRUE(lives.journal().compact());
    lives.kill();
    auto level = lives.level("u1/key#1/rpd");
    EXPECT_EQ(level.limit, 20u);
    EXPECT_EQ(level.learned.lesson, Lesson::told);
    EXPECT_EQ(lives.calls(100), 15) << "four were somebody else's";
    lives.kill();
    // Nothing is left, whatever our count says.
    lives.clock.advance(hours(24) + seconds(1));
    lives.hear(20, 0, hours(2));
    if (compact) ASSERT_TRUE(lives.journal().compact());
    lives.kill();
    EXPECT_FALSE(lives.call());
    lives.clock.advance(hours(2) + seconds(1));
    EXPECT_EQ(lives.calls(100), 19);
  }
}

TEST(G5Restart, WhatIsLeftStaysBesideWhatWasInFlight) {
  for (bool compact : {false, true}) {
    auto day = pool("tpd", 100'000, "day UTC", catalog::Unit::tokens, catalog::Charge::tokens);
    Lives lives(provider({day}));
    auto told = [&](std::uint64_t left) {
      catalog::Told word;
      word.unit = catalog::Unit::tokens;
      word.per = catalog::Period::day;
      word.remaining = left;
      word.reset = hours(2);
      return word;
    };
    auto begin = [&](std::uint64_t tokens) {
      auto call = lives.reserve(0, Demand{tokens, 0, 0, false, 0}).value();
      lives.ledger().dispatched(call, lives.at());
      return call;
    };
    auto settle = [&](Reservation call, std::uint64_t tokens) {
      lives.ledger().settle(std::move(call), Outcome{true, chat::Usage{tokens, 0, tokens, false}, false}, lives.at());
    };
    auto hear = [&](const Reservation& call, std::uint64_t left) {
      auto word = told(left);
      lives.ledger().heard(lives.bindings(), catalog_of(provider({day})), 0, call, std::span(&word, 1), lives.at());
    };
    // The word comes while as much is held that is given back, and the next one is tighter.
    auto first = begin(10'000);
    auto held = lives.reserve(0, Demand{20'000, 0, 0, false, 0}).value();
    hear(first, 30'000);
    held = Reservation();
    settle(std::move(first), 100);
    auto second = begin(1000);
    hear(second, 5000);
    settle(std::move(second), 100);
    lives.leave_open(lives.reserve(0, Demand{2000, 0, 0, false, 0}).value());
    ASSERT_EQ(lives.level("u1/key#1/tpd").ceiling.value().left, 3000u);
    if (compact) ASSERT_TRUE(lives.journal().compact());
    lives.kill();
    EXPECT_EQ(lives.level("u1/key#1/tpd").ceiling.value().left, 3000u) << compact;
  }
}

TEST(G5Restart, APoolThatNobodyKnewIsStillKnown) {
  for (bool compact : {false, true}) {
    Lives lives(provider({}));
    lives.hear(20, 10, std::nullopt);
    if (compact) ASSERT_TRUE(lives.journal().compact());
    lives.kill();
    EXPECT_EQ(lives.level("u1/key#1/m1/learned-requests-a-day").limit, 20u);
    lives.hear(20, 9, std::nullopt);
    EXPECT_EQ(lives.calls(100), 9);
    lives.kill();
    EXPECT_FALSE(lives.call());
  }
}

TEST(G5Restart, WhatANewPoolCountedOfTheCallsBeforeItIsKept) {
  for (catalog::Period per : {catalog::Period::minute, catalog::Period::day}) {
    for (bool compact : {false, true}) {
      auto made = provider({}, 2);
      Lives lives(made);
      // Of two models, by turns; the limit is one of the key's.
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(lives.call(0));
        lives.clock.advance(seconds(1));
        EXPECT_TRUE(lives.call(1));
      }
      Refused said;
      said.limit = 20;
      said.per = per;
      said.of_model = false;
      lives.ledger().refused(lives.bindings(), catalog_of(made), 0, said, lives.at());
      EXPECT_FALSE(lives.call());
      if (compact) ASSERT_TRUE(lives.journal().compact());
      lives.kill();
      EXPECT_FALSE(lives.call());
      EXPECT_FALSE(lives.call(1));
      if (per == catalog::Period::day) continue;
      lives.clock.advance(seconds(50));
      EXPECT_FALSE(lives.call()) << "the first is fifty-nine seconds old";
      lives.clock.advance(seconds(5));
      EXPECT_EQ(lives.calls(20), 9) << "of both models";
    }
  }
}

TEST(G5Restart, AYearAheadForAMomentClosesForADayAtMost) {
  for (bool compact : {false, true}) {
    auto made = provider({}, 2);
    made.models[0].pools.push_back(pool("rpd", 10, "day UTC"));
    Lives lives(made);
    WallTime right = lives.clock.wall();
    lives.clock.set_wall(right + hours(24 * 365));
    EXPECT_EQ(lives.calls(20), 10);
    lives.clock.advance(minutes(5));
    lives.clock.set_wall(right + minutes(5));
    if (compact) ASSERT_TRUE(lives.journal().compact());
    lives.kill();
    EXPECT_FALSE(lives.call());
    lives.clock.advance(hours(13));
    EXPECT_TRUE(lives.call(1)) << "what stands in the journal tells how long it ran";
    // When it did not run, only a wall clock could say how long; so that does not count.
    lives.reboot(hours(20), seconds(5));
    EXPECT_FALSE(lives.call());
    lives.clock.advance(hours(12));
    EXPECT_EQ(lives.calls(20), 10);
  }
}

TEST(G5Restart, TheDaysAccountGoesOn) {
  for (bool compact : {false, true}) {
    Lives lives(provider({pool("rpm", 100, "sliding 60s")}));
    EXPECT_EQ(lives.calls(5), 5);
    lives.leave_open(*lives.reserve());
    if (compact) ASSERT_TRUE(lives.journal().compact());
    lives.kill();
    EXPECT_EQ(lives.calls(2), 2);
    auto today = lives.level("u1/key#1/rpm").today;
    EXPECT_EQ(today.granted, 8u);
    EXPECT_EQ(today.used, 8u) << "what was in flight counts as used";
    lives.clock.advance(minutes(2));
    lives.kill();
    EXPECT_EQ(lives.level("u1/key#1/rpm").today.used, 8u) << "though the window has passed";
  }
}

}  // namespace
}  // namespace freeway::ledger
