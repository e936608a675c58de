#include "router/measures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "router/testing.h"

namespace freeway::router {
namespace {

using namespace testing;
using End = Sample::End;

Sample answered(Duration first, Duration whole, std::uint64_t tokens) { return {End::answered, true, first, whole, tokens}; }

class MeasuresTest : public ::testing::Test {
 protected:
  MeasuresTest() { house.measure(); }
  const Measures::Bound& bound() { return house.snapshot.rankings->bound(); }
  void record(End end, int times = 1, const std::string& route = "u1/m1 key#1") {
    Sample sample;
    sample.end = end;
    for (int i = 0; i < times; ++i) house.measures.record(bound(), house.route(route), sample, house.now());
  }
  Estimate of(std::uint32_t model) { return house.measures.of_model(bound(), model, house.now()); }
  bool free() { return house.measures.wait_for_others(bound(), 0, house.now()) <= house.now(); }
  void begin(int times = 1) {
    for (int i = 0; i < times; ++i) house.measures.began(bound(), 0, house.now());
  }

  House house{{provider("u1", {model("m1")}, 2), provider("u2", {model("m2")})}};
};

TEST_F(MeasuresTest, WithoutSamplesThePriorHolds) {
  EXPECT_EQ(of(0).samples, 0);
  EXPECT_DOUBLE_EQ(of(0).success, Measures::kPriorSuccess);
  EXPECT_DOUBLE_EQ(of(0).first, Measures::kPriorFirst);
  EXPECT_DOUBLE_EQ(of(0).speed, Measures::kPriorSpeed);
}

TEST_F(MeasuresTest, TheCatalogsSpeedIsAPrior) {
  auto slow = model("m1");
  slow.speed = 20;
  house.reload({provider("u1", {slow, model("m2")})});
  house.measure();
  EXPECT_DOUBLE_EQ(of(0).speed, 20);
  EXPECT_DOUBLE_EQ(of(1).speed, Measures::kPriorSpeed);
}

TEST_F(MeasuresTest, WhatWasUnderWayWhenAFaultCameIsTheSameOutage) {
  Sample sample;
  sample.end = End::fault;
  sample.whole = std::chrono::seconds(1);
  for (int i = 0; i < 50; ++i) house.measures.record(bound(), house.route("u1/m1 key#1"), sample, house.now());
  EXPECT_EQ(of(0).samples, 1);
  sample.whole = Duration::zero();
  house.measures.record(bound(), house.route("u1/m1 key#1"), sample, house.now());
  EXPECT_EQ(of(0).samples, 2);
}

TEST_F(MeasuresTest, FailingNowAndThenIsNoOutageHoweverManyAreUnderWay) {
  Sample fault{End::fault, false, {}, seconds(1), 0};
  for (int i = 0; i < 10; ++i) {
    house.measures.record(bound(), 0, fault, house.now());
    record(End::answered);
  }
  EXPECT_EQ(of(0).samples, 20);
}

TEST_F(MeasuresTest, OnlyTheProvidersFaultsCount) {
  record(End::other, 50);
  EXPECT_EQ(of(0).samples, 0);
  EXPECT_EQ(house.measures.changes(), 0u);
  record(End::fault);
  EXPECT_EQ(of(0).samples, 1);
  EXPECT_LT(of(0).success, Measures::kPriorSuccess);
  record(End::answered, 60);
  EXPECT_GT(of(0).success, Measures::kPriorSuccess);
  EXPECT_EQ(of(1).samples, 0) << "another model";
}

TEST_F(MeasuresTest, EvidenceHalves) {
  record(End::fault, 20);
  double before = of(0).success;
  house.clock.advance(Measures::kHalfLife);
  EXPECT_NEAR(of(0).samples, 10, 1e-9);
  EXPECT_GT(of(0).success, before);
  record(End::answered);
  EXPECT_NEAR(of(0).samples, 11, 1e-9);
  house.clock.advance(10 * Measures::kHalfLife);
  EXPECT_NEAR(of(0).success, Measures::kPriorSuccess, 0.001);
}

TEST_F(MeasuresTest, NoMoreEvidenceIsKeptThanShowsAChangeSoon) {
  record(End::answered, 100'000);
  EXPECT_NEAR(of(0).samples, Measures::kMostSamples, 1e-6);
  record(End::fault, 100);
  EXPECT_LT(of(0).success, 0.6);
}

TEST_F(MeasuresTest, TimesOfStreams) {
  for (int i = 0; i < 20; ++i) house.measures.record(bound(), 0, answered(seconds(2), seconds(6), 101), house.now());
  EXPECT_NEAR(of(0).first, 2, 0.5);
  EXPECT_NEAR(of(0).speed, 25, 5);
  house.measures.record(bound(), 0, answered(seconds(100), seconds(101), 2), house.now());
  EXPECT_LT(of(0).first, 3) << "one odd answer weighs little";
  EXPECT_NEAR(of(0).speed, 25, 5) << "two tokens tell no speed";
}

TEST_F(MeasuresTest, AWholeAnswersTimeIsSharedOutAsThePriorWouldHaveIt) {
  // Three times as long as the prior expects for so many tokens.
  auto whole = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(3 * (0.3 + 300 / 150.0)));
  for (int i = 0; i < 20; ++i) house.measures.record(bound(), 0, Sample{End::answered, false, {}, whole, 300}, house.now());
  EXPECT_NEAR(of(0).usual() / of(1).usual(), 2.7, 0.2);
  EXPECT_NEAR(of(0).first / of(1).first, of(1).speed / of(0).speed, 1e-6);
}

TEST_F(MeasuresTest, KeysAreApart) {
  record(End::fault, 10, "u1/m1 key#2");
  record(End::answered, 10, "u1/m1 key#1");
  EXPECT_LT(house.measures.of_key(bound(), 1, house.now()).success, 0.9);
  EXPECT_GT(house.measures.of_key(bound(), 0, house.now()).success, 0.95);
  EXPECT_EQ(of(0).samples, 20);
}

TEST_F(MeasuresTest, NamesSurviveAReload) {
  record(End::fault, 10);
  house.reload({provider("u0", {model("m0")}), provider("u1", {model("m0"), model("m1")})});
  house.measure();
  EXPECT_EQ(of(2).samples, 10);
  EXPECT_EQ(of(0).samples, 0);
}

TEST_F(MeasuresTest, ACrowdWaitsForTheFirst) {
  begin(Measures::kTogether - 1);
  EXPECT_TRUE(free());
  begin();
  EXPECT_FALSE(free());
  EXPECT_EQ(house.measures.wait_for_others(bound(), 0, house.now()), house.now() + Measures::kTrial);
  EXPECT_LE(house.measures.wait_for_others(bound(), 2, house.now()), house.now()) << "another model";
  record(End::answered);
  EXPECT_TRUE(free());
  begin(100);
  EXPECT_TRUE(free()) << "nobody waits for a model that answers";
  record(End::fault);
  begin(Measures::kTogether);
  EXPECT_FALSE(free()) << "it is in doubt again";
  house.measures.proved(bound(), 0);
  EXPECT_TRUE(free());
}

TEST_F(MeasuresTest, ACrowdWaitsForNoSlowModel) {
  begin(Measures::kTogether);
  house.clock.advance(Measures::kTrial);
  EXPECT_TRUE(free());
}

TEST_F(MeasuresTest, WhoLeavesMakesRoom) {
  begin(Measures::kTogether);
  EXPECT_FALSE(free());
  record(End::other);
  EXPECT_TRUE(free());
}

TEST_F(MeasuresTest, ManyThreads) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 2000; ++i) {
        record(i % 2 ? End::answered : End::fault);
        of(0);
        begin();
        free();
      }
    });
  }
  threads.clear();
  EXPECT_EQ(house.measures.changes(), 8000u);
  EXPECT_NEAR(of(0).samples, Measures::kMostSamples, 1e-6);
}

// Of a model whose streams take this long to their first content, by turns.
class Late : public MeasuresTest {
 protected:
  void streams(std::initializer_list<int> times, int rounds) {
    for (int i = 0; i < rounds; ++i) {
      for (int time : times) {
        Sample sample = answered(milliseconds(time), seconds(5), 100);
        house.measures.record(bound(), 0, sample, house.now());
      }
    }
  }
  std::optional<Duration> late(bool streamed = true) { return house.measures.late(bound(), 0, streamed, house.now()); }
};

TEST_F(Late, IsUnknownBeforeEightSamples) {
  streams({100}, 7);
  EXPECT_EQ(late(), Measures::kLateFirst);
  EXPECT_EQ(late(false), std::nullopt) << "streams say nothing about whole answers";
  streams({100}, 1);
  EXPECT_LT(*late(), milliseconds(250));
  house.clock.advance(Measures::kHalfLife);
  EXPECT_EQ(late(), Measures::kLateFirst) << "what is forgotten is unknown again";
}

TEST_F(Late, LiesAboveWhatIsUsualByHowMuchTheTimesDiffer) {
  streams({100}, 20);
  Duration steady = *late();
  EXPECT_GT(steady, milliseconds(110)) << "a little room even where all are alike";
  EXPECT_LT(steady, milliseconds(200));
  streams({50, 200}, 20);
  EXPECT_GT(*late(), milliseconds(250)) << "the same mean, an octave to both sides";
  EXPECT_LT(*late(), milliseconds(450));
}

TEST_F(Late, StaysBelowFewOfTheTimesItWasMadeFrom) {
  std::vector<int> times;
  for (int i = 0; i < 20; ++i) times.push_back(60 + 5 * ((i * 7) % 20));
  for (int time : times) streams({time}, 1);
  auto above = std::count_if(times.begin(), times.end(), [&](int time) { return milliseconds(time) > *late(); });
  EXPECT_LE(above, 1);
}

TEST_F(Late, WholeAnswersHaveTheirOwn) {
  Sample sample;
  sample.end = End::answered;
  sample.whole = seconds(4);
  sample.tokens = 50;
  for (int i = 0; i < 8; ++i) house.measures.record(bound(), 0, sample, house.now());
  EXPECT_GT(*late(false), seconds(4));
  EXPECT_LT(*late(false), seconds(10));
  EXPECT_EQ(late(), Measures::kLateFirst);
}

TEST_F(Late, OvertakenInARowUntilItHasContent) {
  EXPECT_EQ(house.measures.overtaken(bound(), 0), 1U);
  record(End::other);
  EXPECT_EQ(house.measures.overtaken(bound(), 1), 2U) << "keys of one model";
  house.measures.proved(bound(), 0);
  EXPECT_EQ(house.measures.overtaken(bound(), 0), 1U);
  streams({100}, 1);
  EXPECT_EQ(house.measures.overtaken(bound(), 0), 1U);
  EXPECT_EQ(house.measures.overtaken(bound(), 2), 1U) << "another model";
  EXPECT_GT(of(0).success, Measures::kPriorSuccess) << "it is no failure";
}

}  // namespace
}  // namespace freeway::router
