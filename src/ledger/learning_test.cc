// What refusals teach, against providers that count for themselves; units, and the day's account.
#include <gtest/gtest.h>

#include <array>
#include <deque>

#include "ledger/scene_test.h"

namespace freeway::ledger {
namespace {

using namespace testing;
using catalog::Period;
using catalog::Scope;

// A provider with a limit that it tells nobody: an exact sliding window.
struct Hidden {
  std::uint64_t limit;
  std::deque<Instant> let_in;
  bool admits(Instant now) {
    while (!let_in.empty() && let_in.front() <= now - minutes(1)) let_in.pop_front();
    if (let_in.size() >= limit) return false;
    let_in.push_back(now);
    return true;
  }
};

// Asks as fast as the ledger allows; how many were refused.
int demand(Scene& scene, Hidden& provider, Duration time, Duration pause = milliseconds(200)) {
  int refused = 0;
  Instant end = scene.bench.clock.now() + time;
  while (scene.bench.clock.now() < end) {
    if (auto reservation = scene.begin()) {
      scene.bench.clock.advance(milliseconds(20));
      if (provider.admits(scene.bench.clock.now())) {
        scene.bench.ledger.settle(std::move(*reservation), Outcome{true, {}, false}, scene.bench.at());
      } else {
        ++refused;
        scene.refuse(std::move(*reservation), Refused{});
        scene.bench.clock.advance(seconds(10));  // the bench of a refusal that tells no delay
      }
    }
    scene.bench.clock.advance(pause);
  }
  return refused;
}

TEST(Counted, AHiddenLimitIsLearnedToAFewPercent) {
  for (std::uint64_t limit : {3U, 7U, 20U, 40U, 100U}) {
    Scene scene(provider({}));
    Hidden provider{limit, {}};
    int refused = demand(scene, provider, minutes(5));
    EXPECT_LE(refused, 8) << limit;
    auto level = scene.bench.level("u1/key#1/m1/learned-requests-a-minute");
    EXPECT_EQ(level.learned.lesson, Lesson::counted) << limit;
    EXPECT_NEAR(static_cast<double>(level.limit), static_cast<double>(limit),
                std::max(0.05 * static_cast<double>(limit), 0.5));
    EXPECT_LE(demand(scene, provider, minutes(30)), 2) << limit << ": what is known is kept to";
  }
}

TEST(Counted, ABurstTeachesTheSame) {
  Scene scene(provider({}));
  Hidden provider{30, {}};
  for (int round = 0; round < 3; ++round) {
    std::vector<Reservation> burst;
    while (burst.size() < 100) {
      auto one = scene.begin();
      if (!one) break;
      burst.push_back(std::move(*one));
    }
    for (auto& one : burst) {
      if (provider.admits(scene.bench.clock.now())) {
        scene.bench.ledger.settle(std::move(one), Outcome{true, {}, false}, scene.bench.at());
      } else {
        scene.refuse(std::move(one), Refused{});
      }
    }
    scene.bench.clock.advance(seconds(61));
  }
  EXPECT_EQ(scene.bench.level("u1/key#1/m1/learned-requests-a-minute").limit, 30u);
}

TEST(Counted, OneRefusalTeachesNothing) {
  Scene scene(provider({read_somewhere(pool("rpm", 1000, "sliding 60s"))}));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(scene.call({}));
  scene.refuse(*scene.begin(), Refused{});
  EXPECT_EQ(scene.bench.level("u1/key#1/rpm").limit, 1000u) << "it may have been anybody's";
}

TEST(Counted, BadMomentsAreNoLimits) {
  Scene scene(provider({read_somewhere(pool("rpm", 30, "sliding 60s"))}));
  // One call a minute, each second one refused.
  for (int i = 0; i < 20; ++i) {
    scene.bench.clock.advance(seconds(30));
    ASSERT_TRUE(scene.call({}));
    scene.refuse(*scene.begin(), Refused{});
    scene.bench.clock.advance(seconds(30));
  }
  // Four a minute, with thirty stated.
  for (int i = 0; i < 20; ++i) {
    for (int k = 0; k < 4; ++k) ASSERT_TRUE(scene.call({}));
    scene.refuse(*scene.begin(), Refused{});
    scene.bench.clock.advance(seconds(61));
  }
  EXPECT_EQ(scene.bench.level("u1/key#1/rpm").limit, 30u);
}

// It says "rate limit" now and then, and lets all others in.
TEST(Counted, WhatIsLetInAfterARefusalBeliesIt) {
  Scene scene(provider({}));
  for (int i = 0; i < 400; ++i) {
    scene.bench.clock.advance(milliseconds(120));
    ASSERT_TRUE(scene.call({}));
    if (i % 40 == 39) scene.refuse(*scene.begin(), Refused{});
  }
  for (const auto& level : scene.bench.ledger.levels(scene.bench.at())) EXPECT_NE(level.learned.lesson, Lesson::counted);
}

TEST(Counted, OneBadMomentTeachesNothing) {
  Scene scene(provider({}));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(scene.call({}));
  for (int i = 0; i < 10; ++i) {
    scene.bench.clock.advance(seconds(2));
    scene.refuse(*scene.begin(), Refused{});
  }
  for (const auto& level : scene.bench.ledger.levels(scene.bench.at())) EXPECT_NE(level.learned.lesson, Lesson::counted);
}

TEST(Counted, ACallAfterTheLessonCountsOnce) {
  Scene scene(provider({}));
  Refused said;
  said.per = Period::day;
  said.unit = Unit::requests;
  said.limit = 10;
  ASSERT_TRUE(scene.call({}));
  scene.refuse(*scene.begin(), said);
  std::string pool = "u1/key#1/m1/learned-requests-a-day";
  std::uint64_t before = scene.bench.level(pool).used;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(scene.call({}));
  EXPECT_EQ(scene.bench.level(pool).used, before + 3);
}

TEST(Counted, GrowsWhenItIsNoLongerTrusted) {
  Scene scene(provider({}));
  Hidden provider{40, {}};
  demand(scene, provider, minutes(4));
  ASSERT_EQ(scene.bench.level("u1/key#1/m1/learned-requests-a-minute").limit, 40u);
  provider.limit = 60;
  demand(scene, provider, hours(6));
  EXPECT_GE(scene.bench.level("u1/key#1/m1/learned-requests-a-minute").limit, 56u);
}

TEST(Counted, AFigureInTheRefusalIsTaken) {
  Scene scene(provider({}));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(scene.call({}));
  Refused said;
  said.per = Period::day;
  said.unit = Unit::requests;
  said.limit = 50;
  said.scope = Scope::account;
  said.of_model = false;
  scene.refuse(*scene.begin(), said);
  auto level = scene.bench.level("u1/@account/learned-requests-a-day");
  EXPECT_EQ(level.limit, 50u);
  EXPECT_EQ(level.learned.lesson, Lesson::told);
}

TEST(Counted, AFigureInARefusalThatIsHigherCallsThoseInLine) {
  Scene scene(provider({read_somewhere(pool("rpd", 3, "day UTC"))}));
  int called = 0;
  scene.bench.ledger.on_release([&] { ++called; });
  ASSERT_TRUE(scene.call({}));
  ASSERT_TRUE(scene.call({}));
  auto last = scene.begin();
  EXPECT_FALSE(scene.open());
  scene.bench.ledger.settle(std::move(*last), Outcome{false, {}, true}, scene.bench.at());
  Refused said;
  said.per = Period::day;
  said.limit = 10;
  ASSERT_EQ(called, 0);
  scene.bench.ledger.refused(*scene.bench.bindings, scene.catalog, 0, said, scene.bench.at());
  EXPECT_EQ(called, 1);
  EXPECT_TRUE(scene.open());
  said.limit = 5;
  scene.bench.ledger.refused(*scene.bench.bindings, scene.catalog, 0, said, scene.bench.at());
  EXPECT_EQ(called, 1) << "a lower one opens nothing";
}

TEST(Units, NeuronsAndCreditGoByTheModelsPrice) {
  auto day = pool("day", 10'000'000, "day UTC", Unit::neurons, catalog::Charge::tokens);  // 10,000 neurons
  auto pot = pool("pot", 100'000, "month UTC", Unit::credit, catalog::Charge::tokens);    // 0.10
  auto made = provider({day, pot}, 2);
  made.models[0].neurons = catalog::Price{31'818'000, 68'182'000};  // 31,818 and 68,182 for a million tokens
  made.models[1].neurons = catalog::Price{4'625'000, 30'475'000};
  made.models[0].price = catalog::ListPrice{{150'000, 600'000}, "", ""};
  Scene scene(made);
  auto reservation = scene.begin(0, Demand{1000, 500, 500, false, 0});
  ASSERT_TRUE(reservation.has_value());
  EXPECT_EQ(scene.bench.level("u1/key#1/day").used, 65909u);
  EXPECT_EQ(scene.bench.level("u1/key#1/pot").used, 450u);
  scene.bench.ledger.settle(std::move(*reservation), Outcome{true, chat::Usage{1000, 100, 1100, false}, false},
                            scene.bench.at());
  EXPECT_EQ(scene.bench.level("u1/key#1/day").used, 38637u) << "31.818 + 6.8182 neurons, rounded up to a thousandth";
  EXPECT_EQ(scene.bench.level("u1/key#1/pot").used, 210u);
  // 9,961.363 neurons are left: so many calls of 38.637.
  int more = 0;
  while (auto next = scene.begin(0, Demand{1000, 100, 100, false, 0})) ++more;
  EXPECT_EQ(more, 257);
}

TEST(Units, AudioSeconds) {
  Scene scene(provider({pool("hour", 7200, "sliding 1h", Unit::audio_seconds)}));
  EXPECT_TRUE(scene.begin(0, Demand{0, 0, 0, false, 7000}).has_value());
  EXPECT_FALSE(scene.begin(0, Demand{0, 0, 0, false, 201}).has_value());
  EXPECT_TRUE(scene.begin(0, Demand{0, 0, 0, false, 200}).has_value());
}

// granted = used + expired + in flight, whatever becomes of the calls, over midnight too.
TEST(G20Tally, AddsUp) {
  auto made =
      provider({pool("rpm", 100, "sliding 60s"), pool("ok", 100, "day UTC", Unit::requests, catalog::Charge::success),
                pool("tpm", 1'000'000, "sliding 60s", Unit::tokens, catalog::Charge::tokens)});
  Scene scene(made);
  auto& ledger = scene.bench.ledger;
  auto adds_up = [&](const std::string& when) {
    for (const auto& level : ledger.levels(scene.bench.at())) {
      std::uint64_t flying = level.today.granted - level.today.used - level.today.expired;
      if (level.name == "u1/key#1/ok") EXPECT_EQ(flying, level.in_flight) << level.name << " " << when;
      EXPECT_LE(level.today.used + level.today.expired, level.today.granted) << level.name << " " << when;
      EXPECT_EQ(level.yesterday.granted, level.yesterday.used + level.yesterday.expired) << level.name << " " << when;
    }
  };
  std::vector<Reservation> open;
  for (int i = 0; i < 10; ++i) open.push_back(*scene.begin(0, Demand{100, 200, 200, false, 0}));
  adds_up("in flight");
  ledger.settle(std::move(open[0]), Outcome{true, chat::Usage{100, 50, 150, false}, false}, scene.bench.at());
  ledger.settle(std::move(open[1]), Outcome{true, chat::Usage{100, 900, 1000, false}, false}, scene.bench.at());
  ledger.settle(std::move(open[2]), Outcome{false, chat::Usage{}, false}, scene.bench.at());
  ASSERT_TRUE(ledger.again(open[3], scene.bench.at()));
  open.push_back(*scene.bench.reserve(0, Demand{100, 200, 200, false, 0}));
  open.pop_back();  // given back
  auto tokens = scene.bench.level("u1/key#1/tpm").today;
  EXPECT_EQ(tokens.used, 150u + 1000u);
  EXPECT_EQ(scene.bench.level("u1/key#1/ok").today.used, 2u);
  EXPECT_EQ(scene.bench.level("u1/key#1/ok").today.expired, 2u);
  EXPECT_EQ(scene.bench.level("u1/key#1/rpm").today.used, 4u) << "three, and the one that got lost on its way";
  adds_up("some ended");
  scene.bench.clock.advance(hours(24));
  adds_up("after midnight");
  EXPECT_EQ(scene.bench.level("u1/key#1/ok").today.granted, 7u) << "what was in flight at midnight";
  for (auto& one : open) ledger.settle(std::move(one), Outcome{true, {}, false}, scene.bench.at());
  for (const auto& level : ledger.levels(scene.bench.at())) {
    EXPECT_EQ(level.today.granted, level.today.used + level.today.expired) << level.name;
    EXPECT_EQ(level.in_flight, 0u);
  }
}

TEST(G20Tally, CountsARequestThatFoundNoRoomOnce) {
  Scene scene(provider({pool("rpm", 2, "sliding 60s")}));
  EXPECT_EQ(scene.bench.calls(2), 2);
  std::array<catalog::RouteId, 1> routes = {0};
  std::array<Standing, 1> standings;
  auto survey = [&](bool first) {
    scene.bench.ledger.survey(*scene.bench.bindings, routes, Demand{}, scene.bench.at(), standings, first);
  };
  survey(true);
  survey(true);
  survey(false);
  EXPECT_EQ(scene.bench.level("u1/key#1/rpm").today.refused, 1u);
  scene.bench.clock.advance(seconds(1));
  survey(true);
  EXPECT_EQ(scene.bench.level("u1/key#1/rpm").today.refused, 2u);
}

}  // namespace
}  // namespace freeway::ledger
