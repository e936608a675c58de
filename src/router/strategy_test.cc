#include "router/strategy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "router/testing.h"

namespace freeway::router {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using End = Sample::End;

catalog::Model ranked(const std::string& id, std::optional<std::uint32_t> rank) {
  auto made = model(id);
  made.rank = rank;
  return made;
}

// Three providers with a model each, measured.
class RankingTest : public ::testing::Test {
 protected:
  RankingTest() { house.measure(); }
  void saw(const std::string& route, End end, int times, Duration whole = seconds(2)) {
    Sample sample{end, true, whole / 10, whole, 200};
    if (end == End::fault) sample.whole = Duration::zero();  // one after the other, so that each counts
    for (int i = 0; i < times; ++i)
      house.measures.record(house.snapshot.rankings->bound(), house.route(route), sample, house.now());
    house.rank();
  }
  std::string first(std::string_view name) { return house.order(name).front(); }

  House house{{provider("a", {model("m")}), provider("b", {model("m")}), provider("c", {model("m")})}};
};

TEST(Strategy, Names) {
  for (std::size_t i = 0; i < kStrategies.size(); ++i) {
    auto strategy = strategy_named(kStrategies[i]);
    ASSERT_TRUE(strategy);
    EXPECT_EQ(to_string(*strategy), kStrategies[i]);
  }
  EXPECT_FALSE(strategy_named("quick"));
  EXPECT_FALSE(strategy_named(""));
}

TEST(Strategy, TheUnmeasuredIsAtZero) {
  Facts facts;
  facts.measured = {0, Measures::kPriorSuccess, 0, Measures::kPriorFirst, Measures::kPriorSpeed};
  for (std::size_t i = 0; i < kStrategies.size(); ++i)
    EXPECT_NEAR(steps(static_cast<Strategy>(i), facts), 0, 1e-9) << kStrategies[i];
}

TEST(Strategy, LevelsHold) {
  EXPECT_EQ(level(0.74, 0), 0);
  EXPECT_EQ(level(0.76, 0), 1);
  EXPECT_EQ(level(0.26, 1), 1) << "and back not at the same place";
  EXPECT_EQ(level(0.24, 1), 0);
  EXPECT_EQ(level(-3.2, 0), -3);
  EXPECT_EQ(level(1e9, 0), 40);
  EXPECT_EQ(level(-1e9, 3), -40);
}

TEST_F(RankingTest, UntouchedEveryStrategyKeepsTheConfiguredOrder) {
  house.rank();
  for (auto strategy : kStrategies)
    EXPECT_THAT(house.order("auto:" + std::string(strategy)), ElementsAre("a/m key#1", "b/m key#1", "c/m key#1"));
}

TEST_F(RankingTest, BalancedLeavesTheFirstOnlyOnEvidence) {
  for (int i = 1; i < 10; ++i) {
    saw("a/m key#1", End::fault, 1);
    EXPECT_EQ(first("auto:balanced"), "a/m key#1") << i;
  }
  saw("a/m key#1", End::fault, 1);
  EXPECT_EQ(first("auto:balanced"), "b/m key#1");
  // The evidence fades, and it gets another chance.
  house.clock.advance(Measures::kHalfLife);
  house.rank();
  EXPECT_EQ(first("auto:balanced"), "a/m key#1");
}

TEST_F(RankingTest, BalancedMindsNeitherFewFaultsNorUsualTimes) {
  saw("b/m key#1", End::answered, 100, milliseconds(300));
  for (int i = 0; i < 30; ++i) {
    saw("a/m key#1", End::answered, 20, seconds(4));
    saw("a/m key#1", End::fault, 1);
    EXPECT_EQ(first("auto:balanced"), "a/m key#1");
  }
  saw("a/m key#1", End::answered, 100, seconds(60));
  EXPECT_EQ(first("auto:balanced"), "b/m key#1") << "a minute is too long";
}

TEST_F(RankingTest, OneFailureReshufflesNothing) {
  saw("a/m key#1", End::fault, 1);
  for (auto strategy : kStrategies) EXPECT_EQ(first("auto:" + std::string(strategy)), "a/m key#1") << strategy;
}

TEST_F(RankingTest, ReliableFindsTheOneThatAnswers) {
  for (int i = 0; i < 20; ++i) {
    saw("a/m key#1", End::answered, 4);
    saw("a/m key#1", End::fault, 1);
  }
  EXPECT_EQ(first("auto:reliable"), "b/m key#1") << "the unknown is better than one failure in five";
  saw("c/m key#1", End::answered, 40);
  EXPECT_EQ(first("auto:reliable"), "c/m key#1") << "and what has proved itself is better than the unknown";
}

TEST_F(RankingTest, FastLeavesTheSlowForTheUnknownAndTheUnknownForTheQuick) {
  saw("a/m key#1", End::answered, 3, seconds(12));
  EXPECT_EQ(first("auto:fast"), "b/m key#1");
  saw("b/m key#1", End::answered, 3, seconds(12));
  EXPECT_EQ(first("auto:fast"), "c/m key#1");
  saw("c/m key#1", End::answered, 5, milliseconds(500));
  EXPECT_THAT(house.order("auto:fast"), ElementsAre("c/m key#1", "a/m key#1", "b/m key#1"));
  EXPECT_EQ(first("auto:balanced"), "a/m key#1") << "three answers are no evidence";
}

TEST(Ranking, SmartFollowsTheRank) {
  House house({provider("a", {ranked("low", 30), model("unknown"), ranked("high", 90), ranked("near", 88)})});
  house.measure();
  house.rank();
  EXPECT_THAT(house.order("auto:smart"), ElementsAre("a/high key#1", "a/near key#1", "a/unknown key#1", "a/low key#1"));
  EXPECT_THAT(house.order("auto:balanced"), ElementsAre("a/unknown key#1", "a/high key#1", "a/near key#1", "a/low key#1"))
      << "good enough is good enough";
  EXPECT_EQ(house.order("auto:priority").front(), "a/low key#1");
  Sample fault;
  fault.end = End::fault;
  for (int i = 0; i < 60; ++i)
    house.measures.record(house.snapshot.rankings->bound(), house.route("a/high key#1"), fault, house.now());
  house.rank();
  EXPECT_EQ(house.order("auto:smart").front(), "a/near key#1") << "what does not answer is not smart";
}

TEST(Ranking, SpreadTakesTurnsAndSparesWhatIsUsed) {
  auto u1 = provider("a", {model("m")}), u2 = provider("b", {model("m")});
  u1.pools = {rpm(100)};
  u2.pools = {rpm(100)};
  House house({u1, u2});
  house.measure();
  auto served = [&house] {
    house.rank();
    std::map<std::string, int> count;
    for (int i = 0; i < 100; ++i) {
      auto names = resolve(house.snapshot, "auto:spread");
      names.routes.lead(house.snapshot.rankings->turn());
      Query query;
      query.request = &house.request;
      query.routes = &names.routes;
      query.at = house.at();
      auto plan = router::plan(house.snapshot, house.ledger, house.benches, query);
      ++count[house.catalog().route_name(plan.order.front())];
    }
    return count;
  };
  auto even = served();
  EXPECT_NEAR(even["a/m key#1"], 50, 2);
  EXPECT_NEAR(even["b/m key#1"], 50, 2);
  for (int i = 0; i < 75; ++i) EXPECT_TRUE(house.call("a/m key#1"));
  auto sparing = served();
  EXPECT_NEAR(sparing["a/m key#1"], 20, 2) << "a quarter of its quota is left, beside a whole one";
  for (int i = 0; i < 25; ++i) EXPECT_TRUE(house.call("a/m key#1"));
  EXPECT_EQ(served()["a/m key#1"], 0);
}

TEST_F(RankingTest, TheSameInputsGiveTheSameOrder) {
  std::mt19937 chance(7);
  for (int i = 0; i < 300; ++i)
    saw(std::string(1, "abc"[chance() % 3]) + "/m key#1", chance() % 4 ? End::answered : End::fault, 1,
        milliseconds(chance() % 9000));
  for (auto strategy : kStrategies) {
    auto name = "auto:" + std::string(strategy);
    auto before = house.order(name);
    for (int i = 0; i < 3; ++i) {
      house.rank();
      EXPECT_EQ(house.order(name), before) << strategy;
    }
  }
}

TEST_F(RankingTest, PlansSayWhy) {
  saw("a/m key#1", End::fault, 20);
  auto plan = house.plan("auto:balanced");
  ASSERT_EQ(plan.chosen.size(), 3u);
  EXPECT_EQ(plan.chosen[0].route, plan.order[0]);
  EXPECT_EQ(plan.chosen[0].score, 0);
  EXPECT_THAT(joined(plan.chosen[0].parts), HasSubstr("not measured lately"));
  EXPECT_GE(plan.chosen[2].score, 1);
  EXPECT_GE(plan.chosen[2].level, 1);
  EXPECT_THAT(joined(plan.chosen[2].parts), HasSubstr("after 20 samples"));
}

TEST_F(RankingTest, APoorKeyComesAfterItsSiblings) {
  house.reload({provider("a", {model("m")}, 3), provider("b", {model("m")})});
  house.measure();
  saw("a/m key#1", End::fault, 30);
  saw("a/m key#2", End::answered, 100);
  EXPECT_THAT(house.order("auto"), ElementsAre("a/m key#2", "a/m key#3", "a/m key#1", "b/m key#1"));
}

TEST_F(RankingTest, PinsOfAFamilyGoByTheStrategyToo) {
  house.snapshot.policy.strategy = "balanced";
  saw("a/m key#1", End::fault, 20);
  EXPECT_THAT(house.order("m"), ElementsAre("b/m key#1", "c/m key#1", "a/m key#1"));
  EXPECT_THAT(house.order("a/m"), ElementsAre("a/m key#1"));
}

// What a plan holds and leaves out is always all that was asked about, each route once.
TEST(PlanProperty, OrderAndLeftOutArePartsOfAPermutation) {
  std::mt19937 chance(11);
  for (int round = 0; round < 200; ++round) {
    std::vector<catalog::Provider> providers;
    for (int p = 0; p < 4; ++p) {
      std::vector<catalog::Model> models;
      for (unsigned m = 0; m <= chance() % 3; ++m) {
        auto made = ranked("m" + std::to_string(m), chance() % 100);
        if (chance() % 3 == 0) made.tools = chance() % 2 == 0;
        models.push_back(std::move(made));
      }
      auto made = provider("u" + std::to_string(p), std::move(models), 1 + static_cast<int>(chance() % 11));
      if (chance() % 2) made.pools = {rpm(1 + chance() % 2)};
      providers.push_back(std::move(made));
    }
    House house(std::move(providers));
    house.measure();
    house.request.needs_tools = chance() % 2;
    auto count = static_cast<catalog::RouteId>(house.catalog().routes().size());
    for (int i = 0; i < 20; ++i) {
      auto name = house.catalog().route_name(chance() % count);
      if (chance() % 3 == 0) house.fail(name, Reason::server_error, Blame::route, seconds(1 + chance() % 5));
      house.call(name);
      Sample sample{chance() % 2 ? End::answered : End::fault, true, milliseconds(5), milliseconds(chance() % 5000), 9};
      house.measures.record(house.snapshot.rankings->bound(), chance() % count, sample, house.now());
    }
    house.tried = {static_cast<catalog::RouteId>(chance() % count)};
    house.rank();
    auto strategy = std::string(kStrategies[chance() % kStrategies.size()]);
    auto plan = house.plan("auto:" + strategy);
    std::multiset<catalog::RouteId> seen(plan.order.begin(), plan.order.end());
    for (const auto& left : plan.left_out) seen.insert(left.route);
    std::multiset<catalog::RouteId> all;
    for (catalog::RouteId route = 0; route < count; ++route)
      if (route != house.tried[0]) all.insert(route);
    ASSERT_EQ(seen, all) << strategy << " in round " << round;
    ASSERT_EQ(house.plan("auto:" + strategy).order, plan.order);
    house.enough = 2;
    auto few = house.plan("auto:" + strategy);
    auto most = std::min(few.order.size(), plan.order.size());
    ASSERT_TRUE(std::equal(few.order.begin(), few.order.begin() + static_cast<std::ptrdiff_t>(most), plan.order.begin()));
  }
}

}  // namespace
}  // namespace freeway::router
