// The ledger across the death of its process.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "base/random.h"
#include "ledger/lives_test.h"

namespace freeway::ledger {
namespace {

using namespace testing;
using catalog::Charge;
using catalog::Unit;

TEST(G5Restart, EveryKindOfWindowStaysInForceAndEnds) {
  struct Case {
    const char* window;
    Duration length;
  };
  for (const auto& [window, length] :
       {Case{"sliding 60s", seconds(60)}, Case{"fixed 1h", hours(1)}, Case{"day UTC", hours(24)},
        Case{"month UTC", hours(31 * 24)}, Case{"month since 17", hours(16 * 24)}, Case{"bucket 60s", seconds(60)}}) {
    SCOPED_TRACE(window);
    auto spec = pool("p", 10, window);
    if (spec.window.zone.empty()) spec.window.zone = "UTC";
    Lives lives(provider({spec}));
    EXPECT_EQ(lives.calls(7), 7);
    lives.clock.advance(milliseconds(10));
    lives.kill();
    EXPECT_EQ(lives.calls(100), 3);
    lives.kill();
    EXPECT_EQ(lives.calls(100), 0);
    auto refusal = lives.reserve();
    ASSERT_FALSE(refusal.has_value());
    Duration wait = refusal.error().until - lives.at().now;
    EXPECT_LE(wait, length + seconds(1));
    if (std::string(window) == "bucket 60s") continue;
    lives.clock.advance(length / 2);
    lives.kill();
    EXPECT_EQ(lives.calls(100), 0);
    lives.clock.advance(length / 2 + seconds(1));
    lives.kill();
    EXPECT_EQ(lives.calls(100), 10);
  }
}

TEST(G5Restart, WhatIsGivenOnceIsNeverGivenAgain) {
  Lives lives(provider({pool("p", 10, "once")}));
  EXPECT_EQ(lives.calls(7), 7);
  lives.reboot(hours(24 * 400), seconds(10));
  EXPECT_EQ(lives.calls(100), 3);
}

TEST(G5Restart, WhatWasOpenCounts) {
  auto spec = provider({pool("rpm", 10, "sliding 60s"), pool("good", 100, "sliding 60s", Unit::requests, Charge::success),
                        pool("tpm", 10'000, "sliding 60s", Unit::tokens, Charge::tokens),
                        pool("at once", 3, "sliding 60s", Unit::concurrent)});
  Lives lives(spec);
  auto held = lives.reserve(0, {100, 400, 400});
  auto sent = lives.reserve(0, {100, 400, 400});
  lives.ledger().dispatched(*sent, lives.at());
  auto settled = lives.reserve(0, {100, 400, 400});
  lives.ledger().dispatched(*settled, lives.at());
  lives.ledger().settle(std::move(*settled), {false, chat::Usage{.prompt_tokens = 90, .completion_tokens = 10}}, lives.at());
  {
    auto given_back = lives.reserve(0, {100, 400, 400});
  }
  lives.leave_open(std::move(*held));
  lives.leave_open(std::move(*sent));
  lives.clock.advance(seconds(40));
  lives.kill();
  EXPECT_EQ(lives.used("u1/key#1/rpm"), 3u);
  EXPECT_EQ(lives.used("u1/key#1/tpm"), 500u + 500u + 100u);
  EXPECT_EQ(lives.used("u1/key#1/good"), 2u) << "what became of the open ones is unknown, the third failed";
  EXPECT_EQ(lives.used("u1/key#1/at once"), 0u);
  EXPECT_EQ(lives.calls(3), 3) << "and no place is held";
  // The stamped one counts from when it was sent, the other from the restart.
  lives.clock.advance(seconds(21));
  EXPECT_EQ(lives.used("u1/key#1/rpm"), 4u);
  EXPECT_EQ(lives.used("u1/key#1/tpm"), 500u);
  lives.clock.advance(seconds(40));
  EXPECT_EQ(lives.used("u1/key#1/rpm"), 0u);
}

TEST(G5Restart, AResendCountsTwice) {
  Lives lives(provider({pool("rpm", 10, "sliding 60s"), pool("tpm", 10'000, "sliding 60s", Unit::tokens, Charge::tokens)}));
  auto held = lives.reserve(0, {100, 400, 400});
  lives.ledger().dispatched(*held, lives.at());
  ASSERT_TRUE(lives.ledger().again(*held, lives.at()));
  lives.leave_open(std::move(*held));
  lives.kill();
  EXPECT_EQ(lives.used("u1/key#1/rpm"), 2u);
  EXPECT_EQ(lives.used("u1/key#1/tpm"), 500u);
}

TEST(G5Restart, OtherOrderOfKeysOtherLimitsOtherPools) {
  auto keyed = [](const std::vector<std::string>& secrets, std::uint64_t limit) {
    auto made = provider({pool("rpm", limit, "sliding 60s")}, 1, 0);
    for (auto& secret : secrets) {
      made.keys.emplace_back();
      made.keys.back().secret = Secret(secret);
    }
    return made;
  };
  Lives lives(keyed({"secret-a", "secret-b"}, 10));
  EXPECT_EQ(lives.calls(4, 0), 4);
  EXPECT_EQ(lives.calls(9, 1), 9);
  lives.kill(keyed({"secret-b", "secret-c", "secret-a"}, 12));
  EXPECT_EQ(lives.used("u1/key#1/rpm"), 9u);
  EXPECT_EQ(lives.used("u1/key#2/rpm"), 0u);
  EXPECT_EQ(lives.used("u1/key#3/rpm"), 4u);
  EXPECT_EQ(lives.calls(100, 0), 3) << "a raised limit leaves what was used";
  // A key that is away for a while is remembered, though nobody sees it.
  lives.kill(keyed({"secret-c"}, 10));
  EXPECT_EQ(lives.ledger().levels(lives.at()).size(), 1u);
  lives.kill(keyed({"secret-a"}, 10));
  EXPECT_EQ(lives.calls(100), 6);
}

TEST(G5Restart, WhatHasExpiredIsNotKept) {
  Lives lives(provider({pool("rpm", 10, "sliding 60s")}));
  lives.calls(10);
  lives.kill();
  std::size_t full = lives.journal().size();
  lives.clock.advance(seconds(61));
  lives.kill();
  EXPECT_LT(lives.journal().size(), full);
}

TEST(G5Reboot, WindowsGoByTheWallAndNeverOpenEarly) {
  auto spec = provider({pool("rpm", 10, "sliding 60s"), pool("hour", 100, "fixed 1h")});
  Lives lives(spec);
  EXPECT_EQ(lives.calls(10), 10);
  lives.reboot(seconds(30), seconds(5));  // took 30 s
  EXPECT_EQ(lives.calls(1), 0);
  lives.clock.advance(seconds(29));
  EXPECT_EQ(lives.calls(1), 0);
  lives.clock.advance(seconds(2));
  EXPECT_EQ(lives.calls(100), 10);
  EXPECT_EQ(lives.used("u1/key#1/hour"), 20u);
  // A wall that went back says nothing; all is as if no time had passed.
  lives.reboot(-hours(5), seconds(5));
  EXPECT_EQ(lives.calls(1), 0);
  lives.clock.advance(seconds(59));
  EXPECT_EQ(lives.calls(1), 0);
  lives.clock.advance(seconds(2));
  EXPECT_EQ(lives.calls(100), 10);
}

TEST(G5Reboot, DaysEndWhereTheyWould) {
  Lives lives(provider({pool("rpd", 10, "day UTC")}));
  EXPECT_EQ(lives.calls(10), 10);
  lives.reboot(-hours(24 * 300), seconds(5));  // a clock without battery
  EXPECT_EQ(lives.calls(1), 0);
  lives.reboot(hours(24 * 300), seconds(5));
  EXPECT_EQ(lives.calls(1), 0);
  lives.reboot(hours(25), seconds(5));
  EXPECT_EQ(lives.calls(100), 10);
}

TEST(G5Restart, TheWallThatJumpsOpensNoDay) {
  for (bool meanwhile : {false, true}) {
    Lives lives(provider({pool("rpd", 10, "day UTC")}));
    EXPECT_EQ(lives.calls(10), 10);
    lives.clock.advance(hours(22));
    auto jump = [&] { lives.clock.set_wall(lives.clock.wall() + hours(2) + minutes(1)); };
    if (!meanwhile) jump();
    EXPECT_EQ(lives.calls(1), 0);
    ASSERT_TRUE(lives.journal().compact());
    lives.kill();
    if (meanwhile) jump();
    lives.kill();
    EXPECT_EQ(lives.calls(1), 0);
    lives.clock.advance(hours(2) + seconds(1));
    EXPECT_EQ(lives.calls(100), 10);
  }
}

TEST(G5Restart, AReloadBeforeItCounts) {
  Lives lives(provider({pool("p", 10, "sliding 60s"), pool("flow", 100, "bucket 1h")}));
  EXPECT_EQ(lives.calls(4), 4);
  lives.reload(provider({pool("p", 10, "fixed 1h"), pool("flow", 50, "bucket 1h")}));
  EXPECT_EQ(lives.calls(7), 7);
  lives.clock.advance(minutes(10));
  std::uint64_t flow = lives.used("u1/key#1/flow");
  lives.kill();
  EXPECT_EQ(lives.used("u1/key#1/p"), 7u);
  EXPECT_EQ(lives.used("u1/key#1/flow"), flow);
  EXPECT_EQ(lives.calls(100), 3);
}

// A provider that counts for itself, against a gateway that dies all the time, compacts all the time, and whose machine
// starts anew now and then. It must never see too much, and what it allows must come back.
class Judge {
 public:
  explicit Judge(Duration window) : window_(window) {}
  void arrive(Duration at) {
    while (!seen_.empty() && seen_.front() <= at - window_) seen_.pop_front();
    seen_.push_back(at);
    worst = std::max(worst, seen_.size());
    ++total;
  }
  std::size_t worst = 0;
  std::size_t total = 0;

 private:
  Duration window_;
  std::deque<Duration> seen_;
};

TEST(G5Property, NoKillOpensAWindow) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SeededRandom random(seed);
    Lives lives(provider({pool("rpm", 20, "sliding 60s"), pool("day", 100'000, "day UTC")}));
    Judge judge(seconds(60));
    struct Running {
      Duration ends;
      Reservation reservation;
    };
    std::vector<Running> running;
    auto now = [&] { return lives.clock.now().time_since_epoch(); };
    Duration end = now() + hours(1);
    while (now() < end) {
      lives.clock.advance(Duration(static_cast<std::int64_t>(random.unit() * 1e9)));
      for (auto& one : running) {
        if (one.ends > now()) continue;
        lives.ledger().settle(std::move(one.reservation), {random.unit() < 0.8, {}}, lives.at());
      }
      std::erase_if(running, [&](const Running& one) { return one.ends <= now(); });
      if (random.unit() < 0.05) lives.journal().compact();
      if (random.unit() < 0.02) {
        for (auto& one : running) lives.leave_open(std::move(one.reservation));
        running.clear();
        double kind = random.unit();
        if (kind < 0.7) lives.kill();
        if (kind >= 0.7) {
          auto down = Duration(static_cast<std::int64_t>(random.unit() * 3e10));
          lives.clock.advance(down);
          // The wall tells the truth, or less than it.
          lives.reboot(kind < 0.9 ? Duration::zero() : -Duration(static_cast<std::int64_t>(random.unit() * 1e13)),
                       seconds(1));
        }
      }
      auto reservation = lives.reserve();
      if (!reservation) continue;
      if (random.unit() < 0.05) continue;
      lives.clock.advance(milliseconds(20));
      if (random.unit() < 0.9) {
        lives.ledger().dispatched(*reservation, lives.at());
        judge.arrive(now());
        running.push_back({now() + Duration(static_cast<std::int64_t>(random.unit() * 2e10)), std::move(*reservation)});
      } else {
        judge.arrive(now());  // killed between the last byte and the stamp
        lives.leave_open(std::move(*reservation));
        lives.kill();
        for (auto& one : running) lives.leave_open(std::move(one.reservation));
        running.clear();
      }
    }
    EXPECT_LE(judge.worst, 20u) << "seed " << seed;
    EXPECT_GE(judge.total, 600u) << "seed " << seed;
  }
}

// Of two ledgers with the same past one has died, after a compaction or not: it frees no place earlier, and each at most a
// grain later.
TEST(G5Property, ARestartDelaysByAGrainAtMost) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SeededRandom random(seed);
    Lives lives(provider({pool("rpm", 500, "sliding 60s"), pool("tpm", 100'000, "sliding 60s", Unit::tokens, Charge::tokens),
                          pool("slow", 5'000, "sliding 1h"), pool("hour", 5'000, "fixed 1h"),
                          pool("flow", 2'000, "bucket 1h"), pool("rpd", 5'000, "day Asia/Kathmandu")}));
    std::deque<Reservation> open;
    for (int i = 0; i < 3000; ++i) {
      lives.clock.advance(Duration(static_cast<std::int64_t>(random.unit() * 2e8)));
      auto reservation = lives.reserve(0, {1 + random.next() % 100, 300, 300});
      if (!reservation) continue;
      lives.ledger().dispatched(*reservation, lives.at());
      open.push_back(std::move(*reservation));
      if (open.size() < 20) continue;
      chat::Usage usage{.prompt_tokens = 1 + random.next() % 100, .completion_tokens = random.next() % 300};
      lives.ledger().settle(std::move(open.front()), {true, usage}, lives.at());
      open.pop_front();
      if (random.unit() < 0.01) ASSERT_TRUE(lives.journal().compact());
    }
    if (seed % 2 == 0) ASSERT_TRUE(lives.journal().compact());
    lives.kill();
    auto levels = [&](const Ledger& ledger, Duration ahead) {
      std::map<std::string, std::uint64_t> used;
      for (auto& level : ledger.levels({lives.at().now + ahead, lives.at().wall + ahead})) used[level.name] = level.used;
      return used;
    };
    // Looking ahead forgets, so it goes from the nearest moment to the farthest.
    bool differed = false;
    std::map<std::string, std::deque<std::pair<Duration, std::uint64_t>>> past;
    for (Duration ahead{}; ahead < hours(26); ahead += ahead < seconds(62) ? milliseconds(100) : seconds(97)) {
      auto before = levels(lives.before(), ahead);
      auto after = levels(lives.ledger(), ahead);
      for (auto& [name, used] : before) {
        // What the one held a grain ago, the other may still hold.
        Duration grain = (name.ends_with("slow") ? Duration(hours(1)) : Duration(seconds(60))) / 256;
        past[name].emplace_back(ahead, used);
        while (past[name].size() > 1 && past[name][1].first <= ahead - grain) past[name].pop_front();
        if (past[name].front().first <= ahead - grain)
          ASSERT_LE(after[name], past[name].front().second) << name << " seed " << seed;
        ASSERT_GE(after[name], used) << name << " seed " << seed;
        bool sliding = name.ends_with("rpm") || name.ends_with("tpm") || name.ends_with("slow");
        if (!sliding) ASSERT_EQ(after[name], used) << name;
        differed = differed || after[name] != used;
      }
    }
    EXPECT_TRUE(differed) << "nothing was merged";
  }
}

}  // namespace
}  // namespace freeway::ledger
