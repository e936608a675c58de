#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/testing.h"

namespace freeway::router {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Why = LeftOut::Why;

catalog::Model with_tools(const std::string& id, std::optional<bool> tools) {
  auto made = model(id);
  made.tools = tools;
  return made;
}

TEST(Plan, KnownBeforeUnknownAndNeverTheUnable) {
  House house({provider("u", {with_tools("unknown", {}), with_tools("no", false), with_tools("yes", true)})});
  EXPECT_THAT(house.order(), ElementsAre("u/unknown key#1", "u/no key#1", "u/yes key#1"));
  house.request.needs_tools = true;
  EXPECT_THAT(house.order(), ElementsAre("u/yes key#1", "u/unknown key#1"));
  auto plan = house.plan();
  ASSERT_EQ(plan.left_out.size(), 1u);
  EXPECT_EQ(plan.left_out[0].why, Why::capability);
  EXPECT_EQ(plan.left_out[0].missing, Missing::tools);
  EXPECT_EQ(plan.missing, Missing::none);
  EXPECT_EQ(plan.earliest, kNever);
}

TEST(Plan, EachCapability) {
  auto able = model("able"), unable = model("unable");
  able.vision = able.json = true;
  unable.vision = unable.json = false;
  House house({provider("u", {unable, able})});
  house.request.needs_vision = true;
  EXPECT_THAT(house.order(), ElementsAre("u/able key#1"));
  EXPECT_EQ(house.plan("unable").missing, Missing::vision);
  house.request.needs_vision = false;
  house.request.structure = chat::Structure::json_schema;
  EXPECT_THAT(house.order(), ElementsAre("u/able key#1"));
  EXPECT_EQ(house.plan("unable").missing, Missing::json);
  house.request.structure = chat::Structure::json_object;
  EXPECT_THAT(house.order(), ElementsAre("u/unable key#1", "u/able key#1"));
}

TEST(Plan, ImagesByAddress) {
  auto bytes = provider("g", {model("a")}), told = provider("o", {model("b")}), both = provider("u", {model("c")});
  bytes.dialect = "gemini";
  told.quirks.image_addresses = false;
  House house({bytes, told, both});
  house.request.image_addresses.push_back({"https://x/a.png", "messages[0].content[0]"});
  EXPECT_EQ(house.order().size(), 3u) << "they are fetched";
  house.fetches_images = false;
  EXPECT_THAT(house.order(), ElementsAre("u/c key#1"));
  EXPECT_EQ(house.plan().left_out.at(0).reason.text(), "it takes images as data, no addresses");
  EXPECT_EQ(house.plan("g/a").missing, Missing::image_data);
  EXPECT_EQ(house.plan("o/b").missing, Missing::image_data);
  house.request.image_addresses.clear();
  EXPECT_EQ(house.order().size(), 3u);
}

TEST(Plan, ContextAndOutput) {
  auto small = model("small"), large = model("large");
  small.context = 1000;
  large.context = 9000;
  large.max_output = 500;
  House house({provider("u", {small, large, model("unknown")})});
  house.request.prompt_tokens = 990;
  house.request.max_tokens = 10;
  EXPECT_EQ(house.order().size(), 3u);
  house.request.max_tokens = 11;
  EXPECT_THAT(house.order(), ElementsAre("u/large key#1", "u/unknown key#1"));
  house.request.max_tokens = 501;
  EXPECT_THAT(house.order(), ElementsAre("u/unknown key#1"));
  auto plan = house.plan("small");
  EXPECT_EQ(plan.missing, Missing::context);
  EXPECT_EQ(plan.largest_context, 1000u);
  house.request.prompt_tokens = 10;
  EXPECT_EQ(house.plan("large").missing, Missing::output);
  house.request.max_tokens = ~0ULL;
  EXPECT_EQ(house.plan("small").missing, Missing::context) << "no overflow";
}

TEST(Plan, CountsAPromptThatMayOrMayNotFit) {
  auto small = model("small");
  small.context = 1000;
  House house({provider("u", {small})});
  std::uint64_t truly = 0;
  int asked = 0;
  house.recount = [&](catalog::RouteId) {
    ++asked;
    return Recounted{{truly, 0}, {}};
  };
  auto fits = [&](std::uint64_t estimate, std::uint64_t counted) {
    house.request.prompt_tokens = estimate;
    truly = counted;
    asked = 0;
    return !house.order().empty();
  };
  house.request.max_tokens = 200;
  EXPECT_TRUE(fits(1500, 800));
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(fits(600, 801));
  EXPECT_FALSE(fits(1602, 10)) << "too far above";
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(fits(400, 5000)) << "too far below";
  EXPECT_EQ(asked, 0);
  house.request.longest_tokens = 600;
  house.recount = [](catalog::RouteId) { return Recounted{{9000, 900}, {}}; };
  EXPECT_FALSE(fits(9000, 0));
  house.recount = [](catalog::RouteId) { return Recounted{{9000, 700}, {}}; };
  EXPECT_TRUE(fits(9000, 0));
}

TEST(Plan, CountsAPromptThatAPoolMayOrMayNotTake) {
  auto one = provider("u", {model("m")});
  catalog::PoolSpec tokens = rpm(1000);
  tokens.name = "tpm";
  tokens.unit = catalog::Unit::tokens;
  tokens.charge = catalog::Charge::tokens;
  one.pools.push_back(tokens);
  House house({one});
  house.demand.prompt_tokens = 1200;
  ASSERT_EQ(house.plan().left_out.size(), 1u);
  EXPECT_EQ(house.plan().left_out[0].why, LeftOut::Why::too_large);
  house.recount = [](catalog::RouteId) { return Recounted{{700, 0}, {.prompt_tokens = 700}}; };
  EXPECT_EQ(house.order().size(), 1u);
  house.demand.prompt_tokens = 700;
  house.recount = [](catalog::RouteId) { return Recounted{{1001, 0}, {.prompt_tokens = 1001}}; };
  EXPECT_TRUE(house.order().empty());
}

TEST(Plan, WhereMaxTokensIsABoundAUsefulAnswerIsEnough) {
  auto small = model("small"), short_ = model("short"), tight = model("tight");
  small.context = 9000;
  short_.max_output = 4096;
  tight.max_output = 4095;
  House house({provider("u", {small, short_, tight})});
  house.request.prompt_tokens = 4000;
  house.request.max_tokens = 32000;
  EXPECT_EQ(house.plan("small").missing, Missing::context);
  house.request.translated = true;
  EXPECT_THAT(house.order(), ElementsAre("u/small key#1", "u/short key#1"));
  house.request.max_tokens = 100;
  EXPECT_EQ(house.order().size(), 3u);
}

TEST(Plan, NamesWhatAllLack) {
  auto blind = model("blind"), dumb = model("dumb");
  blind.vision = false;
  dumb.vision = dumb.tools = false;
  House house({provider("u", {dumb, blind})});
  house.request.needs_tools = house.request.needs_vision = true;
  blind.tools = true;
  EXPECT_EQ(house.plan().missing, Missing::vision);
  house.tried = {house.route("u/blind key#1")};
  EXPECT_EQ(house.plan().missing, Missing::vision);
}

TEST(Plan, TriedRoutesAreNeitherPlannedNorMissing) {
  House house({provider("u", {with_tools("a", true), with_tools("b", false)}, 2)});
  house.request.needs_tools = true;
  house.tried = {house.route("u/a key#1")};
  EXPECT_THAT(house.order(), ElementsAre("u/a key#2"));
  house.tried.push_back(house.route("u/a key#2"));
  auto plan = house.plan();
  EXPECT_THAT(plan.order, IsEmpty());
  EXPECT_EQ(plan.missing, Missing::none) << "a route had the capability";
}

TEST(Plan, WhatFailedForItsKinComesLast) {
  House house({provider("u", {model("a"), model("b")}, 2), provider("v", {model("c")}), provider("w", {model("d")})});
  const auto failed = house.route("u/a key#1");
  house.tried = {failed};
  EXPECT_THAT(house.order(), ElementsAre("u/a key#2", "u/b key#1", "u/b key#2", "v/c key#1", "w/d key#1"));
  house.doubted = {{failed, false}};
  EXPECT_THAT(house.order(), ElementsAre("u/b key#1", "u/b key#2", "v/c key#1", "w/d key#1", "u/a key#2"));
  house.doubted = {{failed, true}};
  EXPECT_THAT(house.order(), ElementsAre("v/c key#1", "w/d key#1", "u/b key#1", "u/b key#2", "u/a key#2"));
  house.doubted.push_back({house.route("v/c key#1"), false});
  EXPECT_THAT(house.order(), ElementsAre("w/d key#1", "u/b key#1", "u/b key#2", "u/a key#2", "v/c key#1"));
  house.session = "u/a";
  EXPECT_EQ(house.order().front(), "w/d key#1") << "a session leaves what is in doubt";
}

TEST(Plan, TheUnknownComesBeforeWhatIsInDoubt) {
  House house({provider("u", {with_tools("a", true)}, 2), provider("v", {with_tools("b", {})})});
  house.request.needs_tools = true;
  EXPECT_THAT(house.order(), ElementsAre("u/a key#1", "u/a key#2", "v/b key#1"));
  house.tried = {house.route("u/a key#1")};
  house.doubted = {{house.route("u/a key#1"), false}};
  EXPECT_THAT(house.order(), ElementsAre("v/b key#1", "u/a key#2"));
}

TEST(Plan, QuotaIsLeftOutWithItsEnd) {
  auto u1 = provider("u1", {model("m1")});
  u1.pools = {rpm(1)};
  auto u2 = provider("u2", {model("m2")});
  u2.pools = {rpm(1)};
  House house({u1, u2});
  EXPECT_TRUE(house.call("u1/m1 key#1"));
  house.clock.advance(seconds(10));
  EXPECT_THAT(house.order(), ElementsAre("u2/m2 key#1"));
  EXPECT_TRUE(house.call("u2/m2 key#1"));
  auto plan = house.plan();
  EXPECT_THAT(plan.order, IsEmpty());
  ASSERT_EQ(plan.left_out.size(), 2u);
  EXPECT_EQ(plan.left_out[0].why, Why::quota);
  EXPECT_THAT(plan.left_out[0].reason.text(), HasSubstr("u1/key#1/rpm: 1 of 1 used, frees in 50"));
  EXPECT_EQ(plan.earliest - house.now(), seconds(50) + milliseconds(300));
  EXPECT_EQ(house.plan("m2").earliest - house.now(), seconds(60) + milliseconds(300)) << "only what this request could take";
  EXPECT_FALSE(plan.waits_for_release);
}

TEST(Plan, ConcurrencyWaitsForARelease) {
  auto u1 = provider("u1", {model("m1")});
  u1.pools = {rpm(1)};
  u1.pools[0].unit = catalog::Unit::concurrent;
  House house({u1});
  auto running = house.ledger.reserve(*house.snapshot.bindings, 0, {}, house.at());
  auto plan = house.plan();
  ASSERT_EQ(plan.left_out.size(), 1u);
  EXPECT_TRUE(plan.left_out[0].on_release);
  EXPECT_TRUE(plan.waits_for_release);
  EXPECT_EQ(plan.earliest, kNever);
  running = std::unexpected(ledger::Refusal{});
  EXPECT_EQ(house.order().size(), 1u);
}

TEST(Plan, TooLargeIsNoWait) {
  auto u1 = provider("u1", {model("m1")});
  u1.pools = {rpm(1000)};
  u1.pools[0].unit = catalog::Unit::tokens;
  u1.pools[0].charge = catalog::Charge::tokens;
  House house({u1});
  house.demand = {900, 200, 200};
  auto plan = house.plan();
  ASSERT_EQ(plan.left_out.size(), 1u);
  EXPECT_EQ(plan.left_out[0].why, Why::too_large);
  EXPECT_EQ(plan.left_out[0].until, kNever);
  EXPECT_EQ(plan.earliest, kNever);
}

TEST(Plan, BenchesAreLeftOutWithTheirEnd) {
  House house({provider("u1", {model("m1")}), provider("u2", {model("m2")})});
  house.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(7), true);
  auto plan = house.plan();
  EXPECT_THAT(house.names(plan.order), ElementsAre("u2/m2 key#1"));
  ASSERT_EQ(plan.left_out.size(), 1u);
  EXPECT_EQ(plan.left_out[0].why, Why::benched);
  EXPECT_EQ(plan.left_out[0].bench_reason, Reason::rate_limited);
  EXPECT_THAT(plan.left_out[0].reason.text(), HasSubstr("rate_limited"));
  EXPECT_EQ(plan.earliest - house.now(), seconds(7));
  house.fail("u2/m2 key#1", Reason::invalid_key, Blame::key, Duration::max());
  EXPECT_EQ(house.plan("m2").earliest, kNever) << "a dead key does not open by waiting";
  house.clock.advance(seconds(7));
  EXPECT_THAT(house.order(), ElementsAre("u1/m1 key#1"));
}

TEST(Plan, ProbesAreLeftOut) {
  House house({provider("u1", {model("m1")})});
  for (int i = 0; i < 2; ++i) house.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  EXPECT_THAT(house.order(), IsEmpty());
  house.clock.advance(seconds(2));
  EXPECT_EQ(house.order().size(), 1u);
  EXPECT_TRUE(house.benches.admit_probe(house.catalog(), 0, house.now()));
  auto plan = house.plan();
  ASSERT_EQ(plan.left_out.size(), 1u);
  EXPECT_EQ(plan.left_out[0].why, Why::probing);
  EXPECT_GT(plan.earliest, house.now());
  EXPECT_NE(plan.earliest, kNever);
}

TEST(Plan, ARouteThatFailedOnceIsTheLastResort) {
  House house({provider("u1", {model("m1")}), provider("u2", {model("m2")})});
  house.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  EXPECT_THAT(house.order(), ElementsAre("u2/m2 key#1"));
  EXPECT_THAT(house.order("m1"), ElementsAre("u1/m1 key#1"));
  EXPECT_THAT(house.plan("m1").left_out, IsEmpty());
  EXPECT_TRUE(house.benches.admit_probe(house.catalog(), house.route("u1/m1 key#1"), house.now()));
  ASSERT_EQ(house.plan("m1").left_out.size(), 1u);
  EXPECT_EQ(house.plan("m1").left_out[0].why, Why::probing) << "worth waiting for";
  house.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  EXPECT_THAT(house.order("m1"), IsEmpty()) << "it is down";
  EXPECT_EQ(house.plan("m1").earliest - house.now(), seconds(1));
}

TEST(Plan, SessionModelFirstWhileUsable) {
  House house({provider("u1", {model("m1")}), provider("u2", {model("m2")}, 2)});
  house.session = "u2/m2";
  EXPECT_THAT(house.order(), ElementsAre("u2/m2 key#1", "u2/m2 key#2", "u1/m1 key#1"));
  house.fail("u2/m2 key#1", Reason::not_found, Blame::model, seconds(60));
  EXPECT_THAT(house.order(), ElementsAre("u1/m1 key#1"));
  house.session = "gone/model";
  EXPECT_EQ(house.order().size(), 1u);
}

TEST(Plan, SessionModelNeverEscapesAPin) {
  House house({provider("u1", {model("m1")}), provider("u2", {model("m2")})});
  house.session = "u2/m2";
  EXPECT_THAT(house.order("m1"), ElementsAre("u1/m1 key#1"));
}

TEST(Plan, KeysShareTheLoad) {
  auto u1 = provider("u1", {model("m1")}, 3);
  u1.pools = {rpm(10)};
  House house({u1});
  std::map<std::string, int> served;
  for (int i = 0; i < 30; ++i) {
    auto order = house.order();
    ASSERT_FALSE(order.empty());
    EXPECT_TRUE(house.call(order.front()));
    ++served[order.front()];
  }
  EXPECT_THAT(house.order(), IsEmpty());
  for (const auto& [name, count] : served) EXPECT_EQ(count, 10) << name;
}

TEST(Plan, KeysWithoutLimitsTakeTurns) {
  House house({provider("u1", {model("m1")}, 2)});
  std::vector<std::string> served;
  for (int i = 0; i < 4; ++i) {
    served.push_back(house.order().front());
    house.call(served.back());
  }
  EXPECT_THAT(served, ElementsAre("u1/m1 key#1", "u1/m1 key#2", "u1/m1 key#1", "u1/m1 key#2"));
}

TEST(Plan, ManyKeysOfOneModel) {
  auto u1 = provider("u1", {model("m1")}, 21);
  u1.pools = {rpm(1)};
  House house({u1});
  for (int key = 1; key <= 20; ++key) EXPECT_TRUE(house.call("u1/m1 key#" + std::to_string(key)));
  EXPECT_THAT(house.order(), ElementsAre("u1/m1 key#21"));
  EXPECT_EQ(house.plan().left_out.size(), 20u);
}

TEST(Plan, StopsWhenEnough) {
  House house({provider("u1", {model("m1"), model("m2"), model("m3")})});
  house.enough = 2;
  EXPECT_THAT(house.order(), ElementsAre("u1/m1 key#1", "u1/m2 key#1"));
  house.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(7), true);
  EXPECT_THAT(house.order(), ElementsAre("u1/m2 key#1", "u1/m3 key#1"));
}

// Closed models in front of the list cost nothing while others serve.
TEST(Plan, PassesByWhatWasClosedWhenRanked) {
  auto narrow = provider("u1", {model("m1")}, 2);
  narrow.pools = {rpm(1)};
  House house({narrow, provider("u2", {model("m2"), model("m3")})});
  house.measure();
  house.enough = 1;
  ASSERT_TRUE(house.call("u1/m1 key#1"));
  ASSERT_TRUE(house.call("u1/m1 key#2"));
  EXPECT_EQ(house.plan().left_out.size(), 2u) << "nobody knew";
  house.rank();
  auto plan = house.plan();
  EXPECT_THAT(house.names(plan.order), ElementsAre("u2/m2 key#1"));
  EXPECT_THAT(plan.left_out, IsEmpty());
  EXPECT_FALSE(plan.complete);
  house.enough = 0;
  EXPECT_EQ(house.plan().left_out.size(), 2u) << "whoever wants all is told of all";
  house.enough = 1;
  house.clock.advance(seconds(61));
  EXPECT_THAT(house.order(), ElementsAre("u1/m1 key#1", "u1/m1 key#2")) << "by then it is open, ranked anew or not";
}

TEST(Plan, OneOpenKeyIsReasonEnoughToLook) {
  auto narrow = provider("u1", {model("m1")}, 2);
  narrow.pools = {rpm(1)};
  House house({narrow, provider("u2", {model("m2")})});
  house.measure();
  house.enough = 1;
  ASSERT_TRUE(house.call("u1/m1 key#1"));
  house.rank();
  EXPECT_THAT(house.order(), ElementsAre("u1/m1 key#2"));
}

TEST(Plan, LooksAgainAtWhatWasClosedWhereNothingElseServes) {
  auto narrow = provider("u1", {model("m1")});
  narrow.pools = {rpm(1)};
  House house({narrow, provider("u2", {model("m2")})});
  house.measure();
  house.enough = 1;
  {
    auto held = house.ledger.reserve(*house.snapshot.bindings, house.route("u1/m1 key#1"), {}, house.at());
    ASSERT_TRUE(held.has_value());
    house.rank();
  }  // given back, since nothing was sent
  EXPECT_THAT(house.order(), ElementsAre("u2/m2 key#1"));
  house.tried = {house.route("u2/m2 key#1")};
  auto plan = house.plan();
  EXPECT_THAT(house.names(plan.order), ElementsAre("u1/m1 key#1"));
}

TEST(Plan, LookingAgainNamesNoRouteTwice) {
  auto narrow = provider("u1", {model("m1")});
  narrow.pools = {rpm(1)};
  House house({narrow, provider("u2", {model("m2")})});
  house.measure();
  house.enough = 3;
  ASSERT_TRUE(house.call("u1/m1 key#1"));
  house.rank();
  house.fail("u2/m2 key#1", Reason::server_error, Blame::route, seconds(1));
  EXPECT_THAT(house.order(), ElementsAre("u2/m2 key#1")) << "it failed once and is the last resort";
  EXPECT_EQ(house.plan().left_out.size(), 1u);
}

TEST(Plan, WithoutTextsForServing) {
  House house({provider("u1", {model("m1"), with_tools("m2", false)})});
  house.request.needs_tools = true;
  house.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(7), true);
  auto names = resolve(house.snapshot, "auto");
  Query query;
  query.request = &house.request;
  query.routes = &names.routes;
  query.at = house.at();
  query.explain = false;
  auto plan = router::plan(house.snapshot, house.ledger, house.benches, query);
  ASSERT_EQ(plan.left_out.size(), 1u);
  EXPECT_EQ(plan.left_out[0].why, Why::benched);
  EXPECT_EQ(plan.left_out[0].reason.text(), "");
  EXPECT_EQ(plan.earliest - house.now(), seconds(7));
}

TEST(Plan, OfNoRoutes) {
  House house(std::vector<catalog::Provider>{});
  auto plan = house.plan();
  EXPECT_THAT(plan.order, IsEmpty());
  EXPECT_EQ(plan.missing, Missing::none);
}

}  // namespace
}  // namespace freeway::router
