// What providers say of their limits.
#include <gtest/gtest.h>

#include "ledger/scene_test.h"

namespace freeway::ledger {
namespace {

using namespace testing;
using catalog::Period;
using catalog::Scope;

TEST(G6Told, NothingLeftClosesUntilTheResetAndNoLonger) {
  for (Period per : {Period::unknown, Period::minute}) {
    Scene scene(provider({}));
    ASSERT_TRUE(scene.call({told(Unit::requests, per, 30, 0, seconds(7))}));
    EXPECT_FALSE(scene.open());
    EXPECT_EQ(scene.bench.look()->until, scene.bench.clock.now() + seconds(7) + milliseconds(300));
    scene.bench.clock.advance(seconds(7));
    EXPECT_FALSE(scene.open());
    scene.bench.clock.advance(milliseconds(300));
    EXPECT_TRUE(scene.open());
  }
}

TEST(G6Told, SoMuchIsLeftOfSomebodyElsesUse) {
  Scene scene(provider({pool("rpm", 30, "sliding 60s")}));
  // The provider has counted 27, of which one is ours.
  ASSERT_TRUE(scene.call({told(Unit::requests, Period::minute, 30, 3, seconds(40))}));
  EXPECT_EQ(scene.bench.calls(10), 3);
  EXPECT_EQ(scene.bench.look()->until, scene.bench.clock.now() + seconds(40) + milliseconds(300));
  scene.bench.clock.advance(seconds(41));
  EXPECT_EQ(scene.bench.calls(100), 26) << "of thirty, four are ours still";
}

TEST(G6Told, WhatWeCountedOurselvesClosesNothing) {
  Scene scene(provider({pool("rpm", 30, "sliding 60s")}));
  for (std::uint64_t left = 30; left-- > 1;)
    ASSERT_TRUE(scene.call({told(Unit::requests, Period::minute, 30, left, seconds(60))})) << left;
  EXPECT_TRUE(scene.call({}));
  EXPECT_FALSE(scene.call({}));
}

TEST(G6Told, AnOlderWordThatComesLateIsOld) {
  Scene scene(provider({}));
  auto first = scene.begin();
  auto second = scene.begin();
  auto hear = [&](Reservation& reservation, std::uint64_t left) {
    std::vector<Told> words = {told(Unit::requests, Period::unknown, 10, left, seconds(60))};
    scene.bench.ledger.heard(*scene.bench.bindings, scene.catalog, 0, reservation, words, scene.bench.at());
  };
  // Nobody knew the pool when they were sent, so a third one carries the measure.
  ASSERT_TRUE(scene.call({told(Unit::requests, Period::unknown, 10, 7, seconds(60))}));
  auto fourth = scene.begin();
  auto fifth = scene.begin();
  hear(*fifth, 5);
  hear(*fourth, 6);
  EXPECT_EQ(scene.bench.calls(20), 5);
}

// An estimate is corrected after the provider's word, which comes with the answer's head.
const Demand kTenThousand{1000, 9000, 9000, false, 0};
const Demand kThousand{500, 500, 500, false, 0};

Scene of_tokens() { return Scene(provider({pool("tpm", 100'000, "sliding 60s", Unit::tokens, catalog::Charge::tokens)})); }
Told tokens(std::uint64_t left) { return told(Unit::tokens, Period::minute, 100'000, left, seconds(50)); }
std::uint64_t left(const Scene& scene) { return scene.bench.level("u1/key#1/tpm").ceiling.value().left; }

TEST(G6Told, NothingLeftOfTokensHoldsThoughTheCallUsedLess) {
  auto scene = of_tokens();
  auto call = scene.begin(0, kTenThousand);
  scene.hear(*call, tokens(0));
  scene.settle(std::move(*call), {20, 5, 25, false});
  EXPECT_EQ(left(scene), 0u);
  auto refusal = scene.bench.look(0, Demand{1, 1, 1, false, 0});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->until, scene.bench.clock.now() + seconds(50) + milliseconds(300));
}

TEST(G6Told, WhatCallsBeforeTheWordDidNotUseIsNotLeftByIt) {
  auto scene = of_tokens();
  std::vector<Reservation> before;
  for (int i = 0; i < 5; ++i) before.push_back(*scene.begin(0, kTenThousand));
  scene.hear(before.back(), tokens(2000));
  for (auto& one : before) scene.settle(std::move(one), {900, 100, 1000, false});
  int let_in = 0;
  while (auto call = scene.begin(0, kThousand)) {
    scene.settle(std::move(*call), {500, 500, 1000, false});
    ++let_in;
  }
  EXPECT_EQ(let_in, 2);
}

TEST(G6Told, WhatCallsAfterTheWordDidNotUseIsStillLeft) {
  auto scene = of_tokens();
  auto first = scene.begin(0, kTenThousand);
  auto second = scene.begin(0, kTenThousand);
  scene.hear(*first, tokens(20'000));
  EXPECT_EQ(left(scene), 10'000u);
  scene.settle(std::move(*first), {200, 100, 300, false});
  EXPECT_EQ(left(scene), 10'000u);
  scene.settle(std::move(*second), {200, 100, 300, false});
  EXPECT_EQ(left(scene), 19'700u);
  auto third = scene.begin(0, kThousand);
  scene.settle(std::move(*third), {500, 4500, 5000, false});
  EXPECT_EQ(left(scene), 14'700u) << "more than it was taken for counts as it is";
}

TEST(G6Told, ATighterWordIsNoOldOneThoughCallsUsedLess) {
  auto scene = of_tokens();
  auto first = scene.begin(0, kTenThousand);
  scene.hear(*first, tokens(20'000));
  scene.settle(std::move(*first), {200, 100, 300, false});
  auto second = scene.begin(0, kThousand);
  scene.hear(*second, tokens(500));
  EXPECT_EQ(left(scene), 500u);
  scene.settle(std::move(*second), {200, 100, 300, false});
  EXPECT_EQ(left(scene), 500u);
}

// A place that counts with the success is held when the word comes.
TEST(G6Told, SoMuchIsLeftWhereOnlySuccessesCount) {
  Scene scene(provider({pool("rpm", 1000, "sliding 60s", Unit::requests, catalog::Charge::success)}));
  EXPECT_EQ(scene.bench.calls(50), 50);
  ASSERT_TRUE(scene.call({told(Unit::requests, Period::minute, 1000, 40, seconds(50))}));
  EXPECT_EQ(scene.bench.calls(100), 40);
  scene.bench.clock.advance(seconds(51));
  EXPECT_GT(scene.bench.calls(100), 0);
}

TEST(G6Told, ARefusalThatTellsNothingIsLeftClosesWhereOnlySuccessesCount) {
  Scene scene(provider({pool("rpm", 1000, "sliding 60s", Unit::requests, catalog::Charge::success)}));
  EXPECT_EQ(scene.bench.calls(5), 5);
  auto call = scene.begin();
  auto beside = scene.begin();
  scene.hear(*call, told(Unit::requests, Period::minute, 1000, 0, seconds(50)));
  scene.bench.ledger.settle(std::move(*call), Outcome{false, {}, true}, scene.bench.at());
  scene.bench.ledger.settle(std::move(*beside), Outcome{true, {}, false}, scene.bench.at());
  EXPECT_FALSE(scene.open());
}

TEST(G6Told, ALimitOfNothingIsNoLimit) {
  for (bool known : {true, false}) {
    Scene scene(
        provider(known ? std::vector{read_somewhere(pool("rpd", 20, "day UTC"))} : std::vector<catalog::PoolSpec>()));
    ASSERT_TRUE(scene.call({told(Unit::requests, Period::day, 0, 0, std::nullopt)}));
    EXPECT_TRUE(scene.open()) << "nobody says until when nothing would be left";
    ASSERT_TRUE(scene.call({told(Unit::requests, Period::day, 0, 0, seconds(7))}));
    EXPECT_EQ(scene.bench.look()->until, scene.bench.clock.now() + seconds(7) + milliseconds(300));
    scene.bench.clock.advance(seconds(8));
    EXPECT_EQ(scene.bench.calls(30), known ? 18 : 30);
  }
}

TEST(G6Told, ALimitHoldsForItsKeyAloneAndCanRise) {
  auto made = provider({read_somewhere(pool("rpm", 30, "sliding 60s"))}, 1, 2);
  made.keys[0].secret = Secret("a");
  made.keys[1].secret = Secret("b");
  Scene scene(made);
  ASSERT_TRUE(scene.call({told(Unit::requests, Period::minute, 5, 4, seconds(60))}, 0));
  EXPECT_EQ(scene.bench.calls(100, 0), 4);
  EXPECT_EQ(scene.bench.calls(100, 1), 30);
  scene.bench.clock.advance(minutes(2));
  ASSERT_TRUE(scene.call({told(Unit::requests, Period::minute, 60, 59, seconds(60))}, 0));
  EXPECT_EQ(scene.bench.calls(100, 0), 59);
  auto level = scene.bench.level("u1/key#1/rpm");
  EXPECT_EQ(level.limit, 60u);
  EXPECT_EQ(level.stated, 30u);
  EXPECT_EQ(level.learned.lesson, Lesson::told);
  EXPECT_EQ(level.learned.at, scene.bench.clock.wall());
  // Not trusted for ever.
  scene.bench.clock.advance(hours(25));
  EXPECT_EQ(scene.bench.calls(100, 0), 30);
}

TEST(G6Told, AUsersOwnLimitIsNeverRaised) {
  Scene scene(provider({pool("rpm", 10, "sliding 60s")}));
  ASSERT_TRUE(scene.call({told(Unit::requests, Period::minute, 60, 59, seconds(60))}));
  EXPECT_EQ(scene.bench.calls(100), 9);
}

TEST(G6Told, APoolThatNobodyKnewIsKeptFromThenOn) {
  auto made = provider({}, 2);
  Scene scene(made);
  catalog::Told day = told(Unit::requests, Period::day, 20, 17, std::nullopt);
  day.scope = Scope::account;
  day.of_model = false;
  ASSERT_TRUE(scene.call({}));
  ASSERT_TRUE(scene.call({}, 1));
  ASSERT_TRUE(scene.call({day}));
  // Three were counted before it was known, of both models.
  EXPECT_EQ(scene.bench.calls(100, 1), 17);
  EXPECT_FALSE(scene.open(0)) << "the account's, so the other model's too";
  scene.bench.reload(made);
  EXPECT_FALSE(scene.open(0));
  EXPECT_FALSE(scene.open(1));
}

// Requests of two configurations are under way at a reload.
TEST(G6Told, APoolThatAnOlderConfigurationFoundIsTheNewOnesToo) {
  Scene scene(provider({}));
  auto before = scene.bench.bindings;
  scene.bench.reload(provider({}));
  auto word = told(Unit::requests, Period::day, 20, 0, hours(2));
  scene.bench.ledger.heard(*before, scene.catalog, 0, Reservation(), std::span(&word, 1), scene.bench.at());
  ASSERT_TRUE(scene.call({word})) << "the new one has heard nothing yet";
  EXPECT_FALSE(scene.open());
}

TEST(G6Told, OfAModelsOwnAndTheAccountsEachWordMeansItsOwn) {
  Scene scene(provider({}, 2));
  auto model = told(Unit::requests, Period::day, 5, 4, std::nullopt);
  auto account = told(Unit::requests, Period::day, 50, 49, std::nullopt);
  account.of_model = false;
  ASSERT_TRUE(scene.call({model, account}));
  ASSERT_TRUE(scene.call({told(Unit::requests, Period::day, 5, 3, std::nullopt)}));
  EXPECT_EQ(scene.bench.level("u1/key#1/m1/learned-requests-a-day").limit, 5u);
  EXPECT_EQ(scene.bench.level("u1/key#1/learned-requests-a-day").limit, 50u);
  EXPECT_EQ(scene.bench.calls(100, 0), 3);
}

TEST(G6Told, NothingLeftForNobodyKnowsHowLongClosesNothing) {
  Scene scene(provider({}));
  ASSERT_TRUE(scene.call({told(Unit::requests, Period::unknown, 30, 0, std::nullopt)}));
  EXPECT_TRUE(scene.open());
}

}  // namespace
}  // namespace freeway::ledger
