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
  EXPECT_FALSE(at.bench("u1/m1 key#1").has_value());
  EXPECT_TRUE(at.benches.admit_probe(at.catalog(), at.route("u1/m1 key#1"), at.now()));
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
