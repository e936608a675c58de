#include "router/benches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "router/testing.h"

namespace freeway::router {
namespace {

using namespace testing;

House house() {
  auto u1 = provider("u1", {model("m1"), model("m2")}, 3);
  u1.keys[2].account = "other";
  return House({u1, provider("u2", {model("m1")})});
}

std::vector<std::string> benched(const House& at) {
  std::vector<std::string> names;
  for (catalog::RouteId route = 0; route < at.catalog().routes().size(); ++route)
    if (at.benches.find(at.catalog(), route, at.now())) names.push_back(at.catalog().route_name(route));
  return names;
}

TEST(Benches, RadiusIsTheScopeOfTheEvidence) {
  struct Case {
    Blame blame;
    std::string scope;
    std::size_t routes;
  };
  for (const auto& one :
       {Case{Blame::route, "u1/m1 key#1", 1}, Case{Blame::key, "u1 key#1", 2}, Case{Blame::account, "u1 account", 4},
        Case{Blame::model, "u1/m1", 3}, Case{Blame::provider, "u1", 6}, Case{Blame::client, "", 0}}) {
    auto at = house();
    at.fail("u1/m1 key#1", Reason::rate_limited, one.blame, seconds(7), true);
    EXPECT_EQ(benched(at).size(), one.routes) << one.scope;
    if (one.routes == 0) continue;
    auto bench = at.bench("u1/m1 key#1");
    ASSERT_TRUE(bench.has_value());
    EXPECT_EQ(bench->scope, one.scope);
    EXPECT_EQ(bench->evidence, "evidence");
    EXPECT_EQ(at.benches.all(at.now()).size(), 1u);
  }
}

TEST(Benches, LiftedOnesLeaveNoEscalation) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(10));
  at.clock.advance(seconds(11));
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(10));
  at.fail("u2/m1 key#1", Reason::billing, Blame::key, Duration::max());
  EXPECT_EQ(at.benches.lift("u1/m2 key#1", at.now()), 0u);
  EXPECT_EQ(at.benches.lift("u1/m1 key#1", at.now()), 1u);
  EXPECT_THAT(benched(at), ::testing::ElementsAre("u2/m1 key#1"));
  EXPECT_EQ(at.benches.lift("", at.now()), 1u);
  EXPECT_THAT(benched(at), ::testing::ElementsAre());
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(10));
  EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), seconds(10)) << "as after the first failure";
}

TEST(Benches, AccountsApart) {
  auto at = house();
  at.fail("u1/m1 key#3", Reason::billing, Blame::account, hours(1));
  EXPECT_THAT(benched(at), ::testing::ElementsAre("u1/m1 key#3", "u1/m2 key#3"));
  EXPECT_EQ(at.bench("u1/m2 key#3")->scope, "u1 account:other");
}

TEST(Benches, ToldDelaysAreExact) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(7), true);
  at.clock.advance(seconds(7) - milliseconds(1));
  EXPECT_TRUE(at.bench("u1/m1 key#1").has_value());
  at.clock.advance(milliseconds(1));
  EXPECT_FALSE(at.bench("u1/m1 key#1").has_value());
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(at.benches.admit_probe(at.catalog(), 0, at.now())) << "no probation after a told delay";
  at.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(7), true);
  EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), seconds(7)) << "nor escalation";
  at.fail("u1/m1 key#1", Reason::quota_exhausted, Blame::route, hours(9), true);
  at.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(3), true);
  EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), hours(9)) << "of two words the later moment";
  EXPECT_EQ(at.bench("u1/m1 key#1")->reason, Reason::quota_exhausted);
}

TEST(Benches, AWordReplacesAGuess) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(60));
  at.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(7), true);
  EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), seconds(7));
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), seconds(7)) << "a guess never shortens a word";
}

TEST(Benches, EscalationDoublesToItsBound) {
  auto at = house();
  Duration expected = seconds(1);
  for (int i = 0; i < 12; ++i) {
    at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
    auto bench = at.bench("u1/m1 key#1");
    ASSERT_TRUE(bench.has_value());
    EXPECT_EQ(bench->until - at.now(), expected);
    at.clock.advance(bench->until - at.now());
    expected = std::min<Duration>(expected * 2, minutes(5));
  }
  EXPECT_EQ(expected, minutes(5));
  at.benches.succeeded(at.catalog(), at.route("u1/m1 key#1"), at.now());
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), seconds(1)) << "forgotten with the first success";
}

TEST(Benches, LongStepsDoubleToADay) {
  auto at = house();
  for (auto expected : {hours(1), hours(2), hours(4), hours(8), hours(16), hours(24), hours(24)}) {
    at.fail("u1/m1 key#1", Reason::billing, Blame::account, hours(1));
    EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), expected);
    at.clock.advance(expected);
  }
}

TEST(Benches, AProvidersDayIsNoLongerForHavingBeenAskedTwice) {
  auto at = house();
  Verdict verdict;
  verdict.reason = Reason::quota_exhausted;
  verdict.blame = Blame::account;
  verdict.bench = hours(3);
  verdict.reset = true;
  for (int day = 0; day < 3; ++day) {
    at.benches.apply(at.catalog(), 0, verdict, "", at.now(), at.now());
    EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), hours(3));
    at.clock.advance(hours(3));
  }
  ASSERT_TRUE(at.benches.admit_probe(at.catalog(), 0, at.now()));
  EXPECT_FALSE(at.benches.admit_probe(at.catalog(), 0, at.now())) << "whether the day is over is tried by one";
}

TEST(Benches, ConcurrentFailuresCountOnce) {
  auto at = house();
  Instant started = at.now();
  Verdict verdict;
  verdict.reason = Reason::server_error;
  verdict.bench = seconds(1);
  for (int i = 0; i < 100; ++i) {
    at.clock.advance(milliseconds(1));
    at.benches.apply(at.catalog(), 0, verdict, "", started, at.now());
  }
  EXPECT_EQ(at.bench("u1/m1 key#1")->until - started, seconds(1) + milliseconds(1));
  at.clock.advance(seconds(5));
  at.benches.apply(at.catalog(), 0, verdict, "", started, at.now());
  EXPECT_FALSE(at.bench("u1/m1 key#1").has_value()) << "it began before the bench did";
  verdict.reason = Reason::not_found;
  verdict.bench = minutes(10);
  at.benches.apply(at.catalog(), 0, verdict, "", started, at.now());
  EXPECT_TRUE(at.bench("u1/m1 key#1").has_value()) << "graver news count";
}

TEST(Benches, OneProbeAtATime) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::unreachable, Blame::provider, seconds(1));
  at.clock.advance(seconds(1));
  at.fail("u1/m1 key#1", Reason::unreachable, Blame::provider, seconds(1));
  at.clock.advance(seconds(1));
  auto one = at.route("u1/m1 key#1"), two = at.route("u1/m2 key#2");
  EXPECT_FALSE(at.benches.admit_probe(at.catalog(), two, at.now())) << "still benched";
  at.clock.advance(seconds(1));
  EXPECT_FALSE(at.benches.find(at.catalog(), two, at.now()).has_value());
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), one, at.now()));
  EXPECT_FALSE(at.benches.admit_probe(at.catalog(), two, at.now()));
  auto bench = at.benches.find(at.catalog(), two, at.now());
  ASSERT_TRUE(bench.has_value());
  EXPECT_TRUE(bench->probing);
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), at.route("u2/m1 key#1"), at.now())) << "others are free";

  at.benches.release_probe(at.catalog(), one);
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), two, at.now())) << "the client left: the next one tries";
  at.fail("u1/m2 key#2", Reason::bad_request, Blame::client, std::nullopt);
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), one, at.now())) << "no verdict on the provider: the next one tries";
  at.fail("u1/m1 key#1", Reason::unreachable, Blame::provider, seconds(1));
  EXPECT_EQ(at.bench("u1/m2 key#2")->until - at.now(), seconds(4));
  at.clock.advance(seconds(4));
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), two, at.now()));
  at.benches.succeeded(at.catalog(), two, at.now());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(at.benches.admit_probe(at.catalog(), one, at.now()));
  EXPECT_FALSE(at.bench("u1/m1 key#1").has_value());
}

TEST(Benches, TellWhatACallWouldFindOutAbout) {
  auto at = house();
  auto probation = [&](const std::string& name) { return at.benches.on_probation(at.catalog(), at.route(name), at.now()); };
  EXPECT_EQ(probation("u1/m1 key#1"), std::nullopt);
  at.fail("u1/m1 key#1", Reason::timeout, Blame::route, seconds(2));
  EXPECT_EQ(probation("u1/m1 key#1"), Reason::timeout) << "it yields";
  EXPECT_EQ(probation("u1/m1 key#2"), std::nullopt);
  at.fail("u1/m2 key#2", Reason::rate_limited, Blame::route, seconds(2), true);
  at.clock.advance(seconds(3));
  EXPECT_EQ(probation("u1/m2 key#2"), std::nullopt) << "a told time that has passed needs no probe";
  EXPECT_EQ(probation("u1/m1 key#1"), Reason::timeout);
  at.benches.succeeded(at.catalog(), at.route("u1/m1 key#1"), at.now());
  EXPECT_EQ(probation("u1/m1 key#1"), std::nullopt);
}

TEST(Benches, AFirstGuessYieldsToOneAtATime) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  EXPECT_TRUE(at.bench("u1/m1 key#1")->yielding);
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), 0, at.now()));
  EXPECT_FALSE(at.benches.admit_probe(at.catalog(), 0, at.now()));
  EXPECT_FALSE(at.bench("u1/m1 key#1")->yielding);
  EXPECT_TRUE(at.bench("u1/m1 key#1")->probing) << "who comes now waits for what becomes of that";
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  EXPECT_FALSE(at.bench("u1/m1 key#1")->yielding) << "a second failure is no accident";
  EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), seconds(1)) << "nobody waited for the rest to end";
  EXPECT_FALSE(at.benches.admit_probe(at.catalog(), 0, at.now()));
  at.fail("u1/m1 key#2", Reason::rate_limited, Blame::route, seconds(1), true);
  EXPECT_FALSE(at.bench("u1/m1 key#2")->yielding) << "a word is kept";
  at.fail("u1/m2 key#1", Reason::server_error, Blame::route, seconds(1));
  at.fail("u1/m2 key#2", Reason::rate_limited, Blame::key, seconds(10));
  EXPECT_FALSE(at.bench("u1/m2 key#2")->yielding) << "a long guess is kept";
  at.fail("u1/m2 key#1", Reason::billing, Blame::account, hours(1));
  EXPECT_FALSE(at.bench("u1/m2 key#1")->yielding) << "all benches of the route must yield";
}

TEST(Benches, WhatAnsweredLatelyHasMoreCredit) {
  auto at = house();
  Verdict verdict;
  verdict.reason = Reason::server_error;
  verdict.bench = seconds(1);
  auto fail = [&](bool answered) { at.benches.apply(at.catalog(), 0, verdict, "", at.now(), at.now(), answered); };
  fail(true);
  for (int i = 1; i < 5; ++i) {
    EXPECT_TRUE(at.bench("u1/m1 key#1")->yielding) << i;
    EXPECT_TRUE(at.benches.admit_probe(at.catalog(), 0, at.now()));
    fail(false);
  }
  EXPECT_FALSE(at.bench("u1/m1 key#1")->yielding);
  EXPECT_FALSE(at.benches.admit_probe(at.catalog(), 0, at.now()));
}

TEST(Benches, AnAnswerEndsAGuessedMomentOfRest) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  at.benches.succeeded(at.catalog(), 0, at.now());
  EXPECT_TRUE(at.bench("u1/m1 key#1")->yielding)
      << "an answer that was under way: others go first, but nobody is turned away";
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(at.benches.admit_probe(at.catalog(), 0, at.now()));
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), 0, at.now()));
  at.benches.succeeded(at.catalog(), 0, at.now());
  EXPECT_FALSE(at.bench("u1/m1 key#1").has_value());

  at.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(10));
  at.benches.succeeded(at.catalog(), 0, at.now());
  EXPECT_TRUE(at.bench("u1/m1 key#1").has_value()) << "a quota is not given back by an answer";
}

TEST(Benches, SilenceYieldsOnce) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::timeout, Blame::route, seconds(1));
  EXPECT_TRUE(at.bench("u1/m1 key#1")->yielding);
  at.fail("u1/m1 key#1", Reason::timeout, Blame::route, seconds(1));
  EXPECT_FALSE(at.bench("u1/m1 key#1")->yielding);
}

TEST(Benches, AnOldAttemptDoesNotEndSomebodysProbe) {
  auto at = house();
  Instant started = at.now();
  at.fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(1));
  at.clock.advance(seconds(1));
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), 0, at.now()));
  Verdict verdict;
  verdict.bench = seconds(1);
  at.benches.apply(at.catalog(), 0, verdict, "", started, at.now());
  EXPECT_FALSE(at.benches.admit_probe(at.catalog(), 0, at.now()));
}

TEST(Benches, ADeadKeyUntilTheConfigurationChanges) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::invalid_key, Blame::key, Duration::max());
  at.clock.advance(hours(24 * 365));
  EXPECT_EQ(at.bench("u1/m2 key#1")->until, kNever);
  EXPECT_FALSE(at.bench("u1/m1 key#2").has_value()) << "its siblings lose nothing";
  at.fail("u1/m1 key#1", Reason::rate_limited, Blame::key, seconds(1), true);
  EXPECT_EQ(at.bench("u1/m2 key#1")->until, kNever);
  auto u1 = provider("u1", {model("m1")}, 2);
  at.reload({u1});
  EXPECT_EQ(at.bench("u1/m1 key#1")->until, kNever) << "nothing of it has changed";
  u1.base_url = "http://elsewhere";
  at.reload({u1});
  EXPECT_FALSE(at.bench("u1/m1 key#1").has_value());
  EXPECT_TRUE(at.benches.all(at.now()).empty());
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), at.route("u1/m1 key#1"), at.now()));
}

std::vector<catalog::Provider> two_keys() {
  auto u1 = provider("u1", {model("m1"), model("m2")}, 2);
  u1.base_url = "http://u1";
  u1.keys[0].name = "one";
  u1.keys[0].secret = Secret("secret-one");
  u1.keys[1].name = "two";
  u1.keys[1].secret = Secret("secret-two");
  return {u1, provider("u2", {model("m1")})};
}

struct Change {
  std::string what;
  std::function<void(std::vector<catalog::Provider>&)> make;
  std::vector<Blame> lifts;  // of those that evidence of "u1/m1 one" has benched without end
};

const std::vector<Blame> kAll = {Blame::route, Blame::key, Blame::account, Blame::model, Blame::provider};
const std::vector<Blame> kOfTheKey = {Blame::route, Blame::key, Blame::account};
const std::vector<Blame> kOfTheModel = {Blame::route, Blame::model};

std::vector<Change> changes() {
  using Providers = std::vector<catalog::Provider>;
  return {
      {"nothing", [](Providers&) {}, {}},
      {"a provider more", [](Providers& p) { p.insert(p.begin(), provider("u0", {model("m1")})); }, {}},
      {"a key more", [](Providers& p) { p[0].keys.emplace(p[0].keys.begin())->secret = Secret("secret-three"); }, {}},
      {"the sibling's value", [](Providers& p) { p[0].keys[1].secret = Secret("secret-2"); }, {}},
      {"a sibling less", [](Providers& p) { p[0].keys.pop_back(); }, {}},
      {"a model more", [](Providers& p) { p[0].models.insert(p[0].models.begin(), model("m0")); }, {}},
      {"a model less", [](Providers& p) { p[0].models.pop_back(); }, {}},
      {"the other model", [](Providers& p) { p[0].models[1].max_output = 100; }, {}},
      {"a limit", [](Providers& p) { p[0].pools.push_back(rpm(3)); }, {}},
      {"a preference", [](Providers& p) { p[0].models[0].rank = 3; }, {}},
      {"a model of its own", [](Providers& p) { p[0].models[1].base_url = "http://own"; }, {}},
      {"the address", [](Providers& p) { p[0].base_url = "http://two"; }, kAll},
      {"the dialect", [](Providers& p) { p[0].dialect = "gemini"; }, kAll},
      {"the proxy", [](Providers& p) { p[0].proxy = "http://proxy:1"; }, kAll},
      {"a header", [](Providers& p) { p[0].headers.emplace_back("x", "y"); }, kAll},
      {"what an error means", [](Providers& p) { p[0].errors.emplace_back().status = {401}; }, kAll},
      {"a quirk", [](Providers& p) { p[0].quirks.drop = {"seed"}; }, kAll},
      {"the key's value", [](Providers& p) { p[0].keys[0].secret = Secret("secret-1"); }, kOfTheKey},
      {"its account", [](Providers& p) { p[0].keys[0].account = "team"; }, kOfTheKey},
      {"its account's id", [](Providers& p) { p[0].keys[0].account_id = "4711"; }, kOfTheKey},
      {"its proxy", [](Providers& p) { p[0].keys[0].proxy = "http://proxy:1"; }, kOfTheKey},
      {"the model", [](Providers& p) { p[0].models[0].max_output = 100; }, kOfTheModel},
      {"the model's address", [](Providers& p) { p[0].models[0].base_url = "http://own"; }, kOfTheModel},
  };
}

TEST(Benches, OneWithoutEndIsLiftedByWhatConcernsItAlone) {
  for (const Change& change : changes()) {
    for (Blame blame : kAll) {
      House at(two_keys());
      at.fail("u1/m1 one", Reason::forbidden, blame, Duration::max());
      auto changed = two_keys();
      change.make(changed);
      at.reload(changed);
      bool lifts = std::find(change.lifts.begin(), change.lifts.end(), blame) != change.lifts.end();
      EXPECT_EQ(at.bench("u1/m1 one").has_value(), !lifts) << change.what << ", " << static_cast<int>(blame);
      EXPECT_EQ(at.benches.all(at.now()).size(), lifts ? 0U : 1U) << change.what;
    }
  }
}

TEST(Benches, WhoEntersTheSameKeyAgainChangesNothing) {
  House at(two_keys());
  at.fail("u1/m1 one", Reason::invalid_key, Blame::key, Duration::max());
  auto without = two_keys();
  without[0].keys.erase(without[0].keys.begin());
  at.reload(without);
  EXPECT_THAT(benched(at), ::testing::ElementsAre());
  auto again = two_keys();
  std::swap(again[0].keys[0], again[0].keys[1]);
  again[0].keys[1].name = "renamed";
  at.reload(again);
  EXPECT_THAT(benched(at), ::testing::ElementsAre("u1/m1 renamed", "u1/m2 renamed"));
  EXPECT_EQ(at.bench("u1/m1 renamed")->scope, "u1 renamed");
}

TEST(Benches, SwitchingAModelOffAndOnChangesNothing) {
  for (Blame blame : kAll) {
    House at(two_keys());
    at.fail("u1/m1 one", Reason::forbidden, blame, Duration::max());
    auto off = two_keys();
    off[0].models[0].enabled = false;
    at.reload(off);
    bool holds = blame == Blame::key || blame == Blame::account || blame == Blame::provider;
    EXPECT_EQ(at.bench("u1/m2 one").has_value(), holds) << static_cast<int>(blame);
    at.reload(two_keys());
    EXPECT_TRUE(at.bench("u1/m1 one").has_value()) << static_cast<int>(blame);
  }
}

TEST(Benches, WhoEndsByAnOldConfigurationLiftsNothingOfTheNewOne) {
  House at(two_keys());
  auto old = at.snapshot.catalog;
  auto moved = two_keys();
  moved[0].base_url = "http://two";
  at.reload(moved);
  at.fail("u1/m1 one", Reason::invalid_key, Blame::key, Duration::max());
  at.benches.succeeded(*old, 0, at.now());
  EXPECT_TRUE(at.bench("u1/m1 one").has_value());
  Verdict verdict;
  verdict.reason = Reason::rate_limited;
  verdict.blame = Blame::key;
  verdict.bench = seconds(1);
  at.benches.apply(*old, 0, verdict, "", at.now(), at.now());
  EXPECT_EQ(at.bench("u1/m1 one")->until, kNever);
}

TEST(Benches, ADeadKeyIsRevived) {
  House at(two_keys());
  at.fail("u1/m1 one", Reason::invalid_key, Blame::key, Duration::max());
  at.fail("u1/m2 one", Reason::forbidden, Blame::route, Duration::max());
  at.fail("u1/m1 two", Reason::invalid_key, Blame::key, Duration::max());
  at.fail("u1/m1 one", Reason::rate_limited, Blame::route, seconds(60), true);
  EXPECT_EQ(at.benches.revive(at.catalog(), "u1", "three", at.now()), 0u);
  EXPECT_EQ(at.benches.revive(at.catalog(), "u1", "one", at.now()), 2u);
  EXPECT_THAT(benched(at), ::testing::ElementsAre("u1/m1 one", "u1/m1 two", "u1/m2 two"));
  EXPECT_EQ(at.bench("u1/m1 one")->reason, Reason::rate_limited) << "what has an end is no matter of the key";
}

TEST(Benches, OtherBenchesOutliveAReload) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(60), true);
  at.reload({provider("u0", {model("m0")}), provider("u1", {model("m1")})});
  EXPECT_EQ(at.bench("u1/m1 key#1")->until - at.now(), seconds(60));
  EXPECT_FALSE(at.bench("u0/m0 key#1").has_value());
}

TEST(Benches, TheLongestBenchIsTold) {
  auto at = house();
  at.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, seconds(7), true);
  at.fail("u1/m1 key#1", Reason::billing, Blame::account, hours(1));
  EXPECT_EQ(at.bench("u1/m1 key#1")->reason, Reason::billing);
}

TEST(Benches, FromManyThreads) {
  auto at = house();
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&at, number] {
      Verdict verdict;
      verdict.bench = milliseconds(5);
      verdict.blame = number % 2 == 0 ? Blame::route : Blame::provider;
      for (int i = 0; i < 2000; ++i) {
        at.clock.advance(milliseconds(1));
        catalog::RouteId route = static_cast<catalog::RouteId>(i) % 7;
        at.benches.find(at.catalog(), route, at.now());
        if (!at.benches.admit_probe(at.catalog(), route, at.now())) continue;
        if (i % 3 == 0) at.benches.apply(at.catalog(), route, verdict, "e", at.now(), at.now());
        if (i % 3 == 1) at.benches.succeeded(at.catalog(), route, at.now());
        if (i % 3 == 2) at.benches.release_probe(at.catalog(), route);
      }
      at.benches.all(at.now());
    });
  }
  for (auto& thread : threads) thread.join();
  at.clock.advance(hours(1));
  EXPECT_TRUE(at.benches.all(at.now()).empty());
}

}  // namespace
}  // namespace freeway::router
