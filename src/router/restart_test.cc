// Benches and sessions across the death of their process.
#include <gtest/gtest.h>

#include <deque>

#include "journal/journal.h"
#include "journal/testing.h"
#include "router/benches.h"
#include "router/sessions.h"
#include "router/testing.h"

namespace freeway::router {
namespace {

using namespace testing;
using journal::Journal;
using journal::testing::Folder;

class Lives {
 public:
  explicit Lives(std::vector<catalog::Provider> providers) { start(std::move(providers)); }

  void kill(std::vector<catalog::Provider> providers, bool compact = false) {
    if (compact) ASSERT_TRUE(life_->journal.compact());
    Folder& dead = folders_.emplace_back();
    folders_[folders_.size() - 2].kill_into(dead);
    start(std::move(providers));
  }
  void reboot(std::vector<catalog::Provider> providers, Duration up) {
    offset_ = up - clock.now().time_since_epoch();
    boot_ += "'";
    kill(std::move(providers));
  }
  void reload(std::vector<catalog::Provider> providers) { life_->catalog = build(std::move(providers)); }

  ManualClock clock;
  Instant now() const { return clock.now() + offset_; }
  Benches& benches() { return life_->benches; }
  Sessions& sessions() { return life_->sessions; }
  const catalog::Catalog& catalog() const { return *life_->catalog; }
  Journal& journal() { return life_->journal; }

  catalog::RouteId route(const std::string& name) const {
    for (catalog::RouteId id = 0; id < catalog().routes().size(); ++id)
      if (catalog().route_name(id) == name) return id;
    return ~0U;
  }
  void fail(const std::string& name, Reason reason, Blame blame, Duration bench, bool told = false, bool answered = false) {
    Verdict verdict;
    verdict.reason = reason;
    verdict.blame = blame;
    verdict.bench = bench;
    verdict.told = told;
    benches().apply(catalog(), route(name), verdict, "evidence", now(), now(), answered);
  }
  std::optional<Bench> bench(const std::string& name) { return benches().find(catalog(), route(name), now()); }

 private:
  struct Life {
    Life(const std::string& path, const std::string& boot, Instant now, WallTime wall)
        : journal({.path = path, .bytes = 1 << 16, .boot = boot, .thread = false},
                  {[] { return Benches::replica(); }, [] { return Sessions::replica({minutes(30), 100}); },
                   [] { return clock_of(); }},
                  {now, wall}) {
      auto told = journal.take();
      benches.remember(journal, *told[0]);
      sessions.remember(journal, *told[1]);
    }
    static std::unique_ptr<journal::Replica> clock_of() { return ledger::Ledger::replica(ledger::Ledger::Options{}); }
    Journal journal;
    Benches benches{Benches::Options{}};
    Sessions sessions{Sessions::Options{minutes(30), 100}};
    std::shared_ptr<const catalog::Catalog> catalog;
  };
  static std::shared_ptr<const catalog::Catalog> build(std::vector<catalog::Provider> providers) {
    return std::make_shared<const catalog::Catalog>(catalog::Catalog::build(std::move(providers)).value());
  }
  void start(std::vector<catalog::Provider> providers) {
    life_ = std::make_unique<Life>(folders_.back().path(), boot_, now(), clock.wall());
    life_->catalog = build(std::move(providers));
  }

  std::deque<Folder> folders_{1};
  std::string boot_ = "boot";
  Duration offset_{};
  std::unique_ptr<Life> life_;
};

std::vector<catalog::Provider> providers(const std::vector<std::string>& secrets = {"secret-a", "secret-b"},
                                         const std::string& url = "http://one") {
  auto made = provider("u1", {model("m1"), model("m2")}, 0);
  made.base_url = url;
  for (auto& secret : secrets) {
    made.keys.emplace_back();
    made.keys.back().secret = Secret(secret);
  }
  return {made};
}

TEST(RestartBenches, HoldWithTheirReasonAndEvidence) {
  for (bool compact : {false, true}) {
    Lives lives(providers());
    lives.fail("u1/m1 key#1", Reason::quota_exhausted, Blame::key, hours(3), true);
    lives.fail("u1/m2 key#2", Reason::overloaded, Blame::model, seconds(30));
    lives.clock.advance(seconds(10));
    lives.kill(providers(), compact);
    auto told = lives.bench("u1/m1 key#1");
    ASSERT_TRUE(told.has_value());
    EXPECT_EQ(told->scope, "u1 key#1");
    EXPECT_EQ(told->until, lives.now() + hours(3) - seconds(10));
    EXPECT_EQ(told->reason, Reason::quota_exhausted);
    EXPECT_EQ(told->evidence, "evidence");
    EXPECT_EQ(lives.benches().all(lives.now()).size(), 2u);
    EXPECT_FALSE(lives.bench("u1/m1 key#2").has_value());
    lives.clock.advance(hours(3));
    EXPECT_FALSE(lives.bench("u1/m1 key#1").has_value());
  }
}

TEST(RestartBenches, FollowTheKeyAndNotItsPlace) {
  Lives lives(providers());
  lives.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, hours(1), true);
  lives.fail("u1/m1 key#1", Reason::billing, Blame::key, hours(2), true);
  lives.kill(providers({"secret-c", "secret-b", "secret-a"}));
  EXPECT_FALSE(lives.bench("u1/m2 key#1").has_value());
  EXPECT_FALSE(lives.bench("u1/m2 key#2").has_value());
  auto found = lives.bench("u1/m2 key#3");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->scope, "u1 key#3");
}

TEST(RestartBenches, EscalationGoesOn) {
  Lives alive(providers());
  Lives killed(providers());
  for (int round = 0; round < 5; ++round) {
    for (auto* one : {&alive, &killed}) one->fail("u1/m1 key#1", Reason::server_error, Blame::route, seconds(5));
    if (round % 2 == 0) killed.kill(providers(), round == 2);
    auto left = [](Lives& one) { return one.bench("u1/m1 key#1")->until - one.now(); };
    EXPECT_EQ(left(alive), left(killed)) << round;
    Duration wait = left(alive) + seconds(1);
    for (auto* one : {&alive, &killed}) one->clock.advance(wait);
  }
  // Past its bench, but still on probation: one request at a time.
  killed.kill(providers());
  EXPECT_TRUE(killed.benches().admit_probe(killed.catalog(), killed.route("u1/m1 key#1"), killed.now()));
  EXPECT_FALSE(killed.benches().admit_probe(killed.catalog(), killed.route("u1/m1 key#1"), killed.now()));
  killed.benches().succeeded(killed.catalog(), killed.route("u1/m1 key#1"), killed.now());
  killed.kill(providers());
  EXPECT_TRUE(killed.benches().admit_probe(killed.catalog(), killed.route("u1/m1 key#1"), killed.now()));
  EXPECT_TRUE(killed.benches().admit_probe(killed.catalog(), killed.route("u1/m1 key#1"), killed.now()));
}

// A provider that was called down stays down: its rest does not yield to one more call after each kill.
TEST(RestartBenches, AModelThatWasCalledDownIsDown) {
  for (bool compact : {false, true}) {
    Lives lives(providers());
    lives.fail("u1/m1 key#1", Reason::overloaded, Blame::route, seconds(2));
    lives.kill(providers(), compact);
    EXPECT_TRUE(lives.bench("u1/m1 key#1")->yielding) << "after one failure";
    // During the rest, so that no length changes.
    lives.fail("u1/m1 key#1", Reason::overloaded, Blame::route, seconds(1));
    EXPECT_FALSE(lives.bench("u1/m1 key#1")->yielding);
    lives.kill(providers(), compact);
    EXPECT_FALSE(lives.bench("u1/m1 key#1")->yielding);
    EXPECT_FALSE(lives.benches().admit_probe(lives.catalog(), lives.route("u1/m1 key#1"), lives.now()));
  }
}

TEST(RestartBenches, OneThatHadAnsweredKeepsItsCredit) {
  Lives lives(providers());
  for (int strike = 1; strike <= 5; ++strike) {
    lives.fail("u1/m1 key#1", Reason::overloaded, Blame::route, seconds(2), false, strike == 1);
    lives.kill(providers(), strike == 3);
    EXPECT_EQ(lives.bench("u1/m1 key#1")->yielding, strike < 5) << strike;
  }
}

TEST(RestartBenches, ADeadKeyIsDeadUntilTheConfigurationChanges) {
  Lives lives(providers());
  lives.fail("u1/m1 key#1", Reason::invalid_key, Blame::key, Duration::max());
  lives.kill(providers());
  ASSERT_TRUE(lives.bench("u1/m2 key#1").has_value());
  EXPECT_EQ(lives.bench("u1/m2 key#1")->until, kNever);
  lives.kill(providers(), true);
  EXPECT_TRUE(lives.bench("u1/m2 key#1").has_value());
  lives.reload(providers());
  EXPECT_TRUE(lives.bench("u1/m2 key#1").has_value());
  lives.kill(providers({"secret-c", "secret-a"}));
  EXPECT_TRUE(lives.bench("u1/m2 key#2").has_value()) << "other keys are none of its business";
  lives.kill(providers({"secret-b"}), true);
  EXPECT_FALSE(lives.bench("u1/m2 key#1").has_value());
  lives.kill(providers());
  EXPECT_TRUE(lives.bench("u1/m2 key#1").has_value()) << "the same key again";
  lives.kill(providers({"secret-a", "secret-b"}, "http://two"));
  EXPECT_FALSE(lives.bench("u1/m2 key#1").has_value());
}

TEST(RestartBenches, EveryScopeWithoutEndOutlivesReloadsAndRestarts) {
  for (Blame blame : {Blame::route, Blame::key, Blame::account, Blame::model, Blame::provider}) {
    for (bool compact : {false, true}) {
      Lives lives(providers());
      lives.fail("u1/m1 key#1", Reason::forbidden, blame, Duration::max());
      auto more = providers({"secret-a", "secret-b", "secret-c"});
      more.push_back(provider("u2", {model("m1")}));
      lives.reload(more);
      EXPECT_TRUE(lives.bench("u1/m1 key#1").has_value()) << static_cast<int>(blame);
      lives.kill(more, compact);
      EXPECT_EQ(lives.benches().all(lives.now()).size(), 1U) << "before anybody asks, too";
      EXPECT_TRUE(lives.bench("u1/m1 key#1").has_value()) << static_cast<int>(blame);
    }
  }
}

TEST(RestartBenches, ARebootMovesThem) {
  Lives lives(providers());
  lives.fail("u1/m1 key#1", Reason::rate_limited, Blame::route, minutes(10), true);
  ASSERT_TRUE(lives.journal().compact());
  lives.clock.advance(minutes(4));
  lives.reboot(providers(), seconds(3));
  auto found = lives.bench("u1/m1 key#1");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->until, lives.now() + minutes(6));
}

TEST(RestartSessions, GoOnForTheRestOfTheirTime) {
  for (bool compact : {false, true}) {
    Lives lives(providers());
    lives.sessions().keep("laptop", "s1", "u1/m1", lives.now());
    lives.sessions().keep("laptop", "s2", "u1/m1", lives.now());
    lives.sessions().keep("laptop", std::string(1000, 'x'), "u1/m2", lives.now());
    lives.clock.advance(minutes(20));
    lives.sessions().keep("laptop", "s2", "u1/m1", lives.now());
    lives.sessions().keep("laptop", "s1", "u1/m2", lives.now());
    lives.kill(providers(), compact);
    lives.clock.advance(minutes(20));
    EXPECT_EQ(lives.sessions().model("laptop", "s1", lives.now()), "u1/m2");
    EXPECT_EQ(lives.sessions().model("laptop", "s2", lives.now()), "u1/m1");
    EXPECT_FALSE(lives.sessions().model("phone", "s1", lives.now()).has_value());
    EXPECT_FALSE(lives.sessions().model("laptop", std::string(1000, 'x'), lives.now()).has_value());
    lives.clock.advance(minutes(10));
    EXPECT_FALSE(lives.sessions().model("laptop", "s1", lives.now()).has_value());
    lives.kill(providers());
    EXPECT_EQ(lives.sessions().size(), 0u);
  }
}

TEST(RestartSessions, ALivelyOneIsTold64TimesAtMost) {
  Lives lives(providers());
  std::size_t before = lives.journal().size();
  for (int i = 0; i < 18'000; ++i) {
    lives.sessions().keep("laptop", "s1", "u1/m1", lives.now());
    lives.clock.advance(milliseconds(100));
  }
  EXPECT_LE(lives.journal().size() - before, 10 + 64 * 4U);
  lives.kill(providers());
  lives.clock.advance(minutes(29));
  EXPECT_EQ(lives.sessions().model("laptop", "s1", lives.now()), "u1/m1");
}

}  // namespace
}  // namespace freeway::router
