#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "router/testing.h"

namespace freeway::router {
namespace {

using namespace testing;
using catalog::DataUse;
using catalog::Privacy;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Why = LeftOut::Why;

constexpr Duration kDay = hours(24);

// The clock of a House begins at the start of 2026.
catalog::Provider labelled(catalog::Provider provider, DataUse::Trains trains, const std::string& as_of) {
  provider.data_use.trains = trains;
  provider.data_use.as_of = as_of;
  return provider;
}
catalog::Provider discreet(const std::string& id, std::vector<catalog::Model> models, int keys = 1) {
  return labelled(provider(id, std::move(models), keys), DataUse::Trains::no, "2025-12");
}

TEST(PlanPrivacy, WhatThePolicyForbidsIsInNoOrder) {
  House house({provider("none", {model("m")}), discreet("good", {model("m")}),
               labelled(provider("yes", {model("m")}), DataUse::Trains::yes, "2025-12"),
               labelled(provider("opt", {model("m")}), DataUse::Trains::opt_out, "2025-12"),
               labelled(provider("unknown", {model("m")}), DataUse::Trains::unknown, "2025-12"),
               labelled(provider("old", {model("m")}), DataUse::Trains::no, "2024-12-31"),
               labelled(provider("undated", {model("m")}), DataUse::Trains::no, "")});
  EXPECT_EQ(house.order().size(), 7U);
  house.privacy = Privacy::no_training;
  for (const char* name : {"auto", "m", "auto:smart"}) EXPECT_THAT(house.order(name), ElementsAre("good/m key#1")) << name;
  auto plan = house.plan();
  ASSERT_EQ(plan.left_out.size(), 6U);
  EXPECT_EQ(plan.forbidden, 6U);
  EXPECT_FALSE(plan.all_forbidden);
  EXPECT_EQ(plan.earliest, kNever);
  for (const auto& left : plan.left_out) EXPECT_EQ(left.why, Why::privacy);
  EXPECT_EQ(plan.left_out[0].reason.text(), "privacy no-training: it has no data-use label");
  EXPECT_EQ(plan.left_out[4].reason.text(), "privacy no-training: its label is of 2024-12-31 and older than 365 d");
}

TEST(PlanPrivacy, APinToAForbiddenProviderHasNoRoute) {
  House house({provider("none", {model("m")}), discreet("good", {model("m")})});
  house.privacy = Privacy::no_training;
  auto plan = house.plan("none/m");
  EXPECT_THAT(plan.order, IsEmpty());
  EXPECT_TRUE(plan.all_forbidden);
  EXPECT_EQ(plan.missing, Missing::none) << "privacy is the reason, and no capability";
}

TEST(PlanPrivacy, CapabilitiesOfForbiddenRoutesDoNotCount) {
  auto able = model("able"), unable = model("unable");
  able.vision = true;
  unable.vision = false;
  able.context = 9000;
  unable.context = 1000;
  House house({provider("none", {able}), discreet("good", {unable})});
  house.request.needs_vision = true;
  EXPECT_EQ(house.plan().missing, Missing::none);
  house.privacy = Privacy::no_training;
  auto plan = house.plan();
  EXPECT_EQ(plan.missing, Missing::vision);
  EXPECT_FALSE(plan.all_forbidden);
  EXPECT_EQ(plan.forbidden, 1U);
  EXPECT_EQ(plan.largest_context, 1000U);
}

TEST(PlanPrivacy, ASessionDoesNotBringAForbiddenModelBack) {
  House house({discreet("good", {model("a")}), provider("none", {model("b")})});
  house.session = "none/b";
  EXPECT_EQ(house.order().front(), "none/b key#1");
  house.privacy = Privacy::no_training;
  EXPECT_THAT(house.order(), ElementsAre("good/a key#1"));
}

TEST(PlanPrivacy, AForbiddenRouteIsNoLastResort) {
  House house({discreet("good", {model("m")}), provider("none", {model("m")})});
  house.privacy = Privacy::no_training;
  house.fail("none/m key#1", Reason::server_error, Blame::route, seconds(1));
  house.fail("good/m key#1", Reason::invalid_key, Blame::key, Duration::max());
  EXPECT_THAT(house.order(), IsEmpty());
  house.privacy = Privacy::any;
  EXPECT_THAT(house.order(), ElementsAre("none/m key#1"));
}

TEST(PlanPrivacy, TheFirstToOpenIsOneThatMayBeAsked) {
  House house({provider("none", {model("m")}), discreet("good", {model("m")})});
  house.privacy = Privacy::no_training;
  house.fail("good/m key#1", Reason::invalid_key, Blame::key, Duration::max());
  auto plan = house.plan();
  EXPECT_EQ(first_to_open(plan)->why, Why::benched);
}

TEST(PlanPrivacy, ALabelGrowsStaleByTheWallClockAlone) {
  Policy policy;
  policy.label_age = 31 * kDay;
  House house({discreet("good", {model("m")})}, policy);
  house.privacy = Privacy::no_training;
  EXPECT_THAT(house.order(), ElementsAre("good/m key#1"));
  auto wall = house.clock.wall();
  house.clock.set_wall(wall + milliseconds(1));
  EXPECT_THAT(house.order(), IsEmpty());
  house.clock.set_wall(wall);
  EXPECT_THAT(house.order(), ElementsAre("good/m key#1"));
}

// What a label is worth, known by how it was made and not by how it is read.
struct Made {
  catalog::Provider provider;
  WallTime from = WallTime::max(), until = WallTime::min();  // it allows no-training between these
};

class Lives {
 public:
  explicit Lives(std::uint32_t seed) : chance_(seed), house_({provider("x", {model("x")})}) {
    Policy policy;
    policy.label_age = static_cast<int>(1 + any(60)) * kDay;
    policy.strategy = kStrategies[any(kStrategies.size())];
    std::vector<catalog::Provider> providers;
    for (std::uint32_t i = 0, count = 1 + any(6); i < count; ++i) {
      made_.push_back(make(i, policy.label_age));
      providers.push_back(made_.back().provider);
    }
    policy.profiles["mine"] = {"m0", "m1"};
    policy.aliases = {{"alias", "m1"}};
    house_.reload(std::move(providers), std::move(policy));
    if (any(4) > 0) house_.measure();
  }

  // One request with its failover, hedges, waits and faults.
  void request() {
    house_.tried.clear();
    house_.privacy = any(4) == 0 ? Privacy::any : Privacy::no_training;
    house_.request.needs_tools = any(4) == 0;
    house_.request.needs_vision = any(6) == 0;
    house_.session.reset();
    if (any(2) == 0) house_.session = house_.catalog().model_name(any_route());
    static const std::vector<std::string> kNames = {"auto", "auto:spread", "auto:mine", "alias", "m0",
                                                    "m1",   "m2",          "p0/m0",     "p1/m1"};
    const std::string& name = kNames[any(kNames.size())];
    if (!resolve(house_.snapshot, name).known) return;
    for (int attempt = 0; attempt < 6; ++attempt) {
      house_.enough = any(3);
      auto plan = look(name);
      if (plan.order.empty() && !plan.complete) {
        house_.enough = 0;
        plan = look(name);
      }
      if (plan.order.empty()) {
        pass(seconds(any(90)));
        continue;
      }
      auto route = plan.order.front();
      hedge(name, route);
      if (!meet(route)) return;
      house_.tried.push_back(route);
    }
  }
  void pass(Duration time) {
    house_.clock.advance(time);
    if (house_.snapshot.rankings && any(3) == 0) house_.rank();
  }
  // Of all looks: routes that were offered under no-training, and those that were kept out.
  std::size_t offered = 0, kept_out = 0;

 private:
  std::size_t any(std::size_t below) { return chance_() % below; }
  catalog::RouteId any_route() { return static_cast<catalog::RouteId>(any(house_.catalog().routes().size())); }

  Made make(std::size_t number, Duration age) {
    Made made;
    std::vector<catalog::Model> models;
    for (std::size_t i = 0, count = 1 + any(3); i < count; ++i) {
      models.push_back(model(fmt::format("m{}", i)));
      if (any(2) == 0) models.back().tools = any(3) > 0;
      if (any(2) == 0) models.back().vision = any(3) > 0;
      if (any(2) == 0) models.back().pools.push_back(rpm(1 + any(3)));
    }
    made.provider = provider(fmt::format("p{}", number), std::move(models), static_cast<int>(1 + any(3)));
    DataUse& label = made.provider.data_use;
    static constexpr std::array kOthers = {DataUse::Trains::unknown, DataUse::Trains::yes, DataUse::Trains::opt_out};
    static constexpr std::array<const char*, 6> kNoDates = {"", "2025", "2025-13", "2025-11-31", "recently", "2026-1-1"};
    auto today = std::chrono::time_point_cast<std::chrono::days>(house_.clock.wall());
    auto day = today - std::chrono::days(any(80));
    label.as_of = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(day)));
    switch (any(6)) {
      case 0: label = DataUse(); break;
      case 1: label.trains = kOthers[any(kOthers.size())]; break;
      case 2:
        label.trains = DataUse::Trains::no;
        label.as_of = kNoDates[any(kNoDates.size())];
        break;
      default:
        label.trains = DataUse::Trains::no;
        made.from = WallTime(day) - kDay;
        made.until = WallTime(day) + age;
        break;
    }
    return made;
  }

  bool allowed(catalog::RouteId route) const {
    const Made& made = made_[house_.catalog().routes()[route].provider];
    return made.from <= house_.clock.wall() && house_.clock.wall() <= made.until;
  }

  // Every plan that is made is judged.
  Plan look(const std::string& name) {
    auto plan = house_.plan(name);
    std::set<catalog::RouteId> out;
    for (const auto& left : plan.left_out) {
      if (left.why == Why::privacy) out.insert(left.route);
    }
    if (house_.privacy == Privacy::any) {
      EXPECT_TRUE(out.empty());
      EXPECT_EQ(plan.forbidden, 0U);
      return plan;
    }
    for (auto route : plan.order) EXPECT_TRUE(allowed(route)) << house_.catalog().route_name(route);
    for (auto route : out) EXPECT_FALSE(allowed(route)) << house_.catalog().route_name(route);
    std::size_t forbidden = 0;
    auto routes = resolve(house_.snapshot, name).routes;
    for (auto route : routes) forbidden += allowed(route) ? 0 : 1;
    EXPECT_EQ(plan.all_forbidden, forbidden == routes.size());
    if (plan.complete) {
      EXPECT_EQ(plan.forbidden, forbidden);
      EXPECT_EQ(out.size(), forbidden);
    }
    offered += plan.order.size();
    kept_out += out.size();
    return plan;
  }
  // As the relay does: all routes but the slow one.
  void hedge(const std::string& name, catalog::RouteId slow) {
    if (any(3) > 0) return;
    house_.tried.push_back(slow);
    house_.enough = 0;
    auto plan = look(name);
    house_.tried.pop_back();
    if (!plan.order.empty()) meet(plan.order[any(plan.order.size())]);
  }
  // What becomes of a call. True: it failed.
  bool meet(catalog::RouteId route) {
    std::string name = house_.catalog().route_name(route);
    if (!house_.call(name)) return true;
    static constexpr std::array kReasons = {Reason::rate_limited, Reason::server_error, Reason::timeout, Reason::invalid_key,
                                            Reason::not_found};
    static constexpr std::array kScopes = {Blame::route, Blame::key, Blame::account, Blame::model, Blame::provider};
    if (any(3) == 0) return false;
    house_.fail(name, kReasons[any(kReasons.size())], kScopes[any(kScopes.size())], seconds(1 + any(30)), any(2) == 0);
    return true;
  }

  std::mt19937 chance_;
  std::vector<Made> made_;
  House house_;
};

TEST(PlanPrivacy, NoAttemptEverGoesToAProviderThatThePolicyForbids) {
  std::size_t offered = 0, kept_out = 0;
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Lives lives(seed);
    for (int request = 0; request < 30; ++request) {
      lives.request();
      lives.pass(request % 5 == 4 ? 3 * kDay : Duration(seconds(20)));
    }
    offered += lives.offered;
    kept_out += lives.kept_out;
    if (HasFailure()) return;
  }
  EXPECT_GT(offered, 1000U);
  EXPECT_GT(kept_out, 1000U);
}

}  // namespace
}  // namespace freeway::router
