#include "net/loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/random.h"
#include "net/testing.h"

namespace freeway::net {
namespace {

using namespace std::chrono_literals;

Task<> look_twice(Loop& loop, ManualClock& clock, Wakeup& again, std::vector<Duration>& seen) {
  const Instant start = clock.now();
  const WallTime date = clock.wall();
  for (int i = 0; i < 2; ++i) {
    bool rang = co_await again.wait(kNever);
    EXPECT_TRUE(rang);
    seen.push_back(loop.now() - start);
    clock.advance(1s);
    seen.push_back(loop.now() - start);
    EXPECT_EQ(loop.wall() - date, (i + 1) * 1s);  // first asked after the clock moved
  }
  loop.stop();
}

TEST(Loop, KeepsItsTimeUntilACoroutineSuspends) {
  ManualClock clock;
  Loop loop(clock);
  Wakeup again(loop);
  std::vector<Duration> seen;
  loop.spawn(look_twice(loop, clock, again, seen));
  loop.post([&] { again.ring(); });
  // Rung in the turn of the first, resumed in one of its own.
  loop.post([&] { loop.post([&] { again.ring(); }); });
  loop.run();
  EXPECT_EQ(seen, (std::vector<Duration>{0s, 0s, 1s, 1s}));
  EXPECT_EQ(loop.now(), clock.now());
}

Task<> say_when_rung(Wakeup& bell, std::vector<int>& seen, int what) {
  Task<bool> woken = bell.wait(kNever);
  co_await std::move(woken);
  seen.push_back(what);
}

TEST(Afterwards, ComesBehindTheTurnOrBehindTheBatch) {
  ManualClock clock;
  Loop loop(clock);
  Wakeup bell(loop);
  std::vector<int> seen;
  Afterwards behind_batch(loop, After::batch, [&] {
    seen.push_back(5);
    loop.stop();
  });
  Afterwards behind_turn(loop, After::turn, [&] { seen.push_back(3); });
  loop.spawn(say_when_rung(bell, seen, 2));
  loop.post([&] {
    behind_batch.set();
    behind_turn.set();
    behind_batch.set();  // no second time
    bell.ring();
    seen.push_back(1);
  });
  loop.post([&] { seen.push_back(4); });
  loop.run();
  EXPECT_EQ(seen, (std::vector{1, 2, 3, 4, 5}));
}

TEST(Afterwards, DoesNotComeOnceItIsGone) {
  ManualClock clock;
  Loop loop(clock);
  std::vector<int> seen;
  for (After what : {After::turn, After::batch}) {
    auto first = std::make_unique<Afterwards>(loop, what, [&] { seen.push_back(1); });
    auto gone = std::make_unique<Afterwards>(loop, what, [&] { seen.push_back(2); });
    auto last = std::make_unique<Afterwards>(loop, what, [&] {
      seen.push_back(3);
      loop.stop();
    });
    loop.post([&] {
      for (Afterwards* one : {first.get(), gone.get(), last.get()}) one->set();
      gone.reset();
    });
    loop.run();
  }
  EXPECT_EQ(seen, (std::vector{1, 3, 1, 3}));
}

TEST(Timer, FiresWhenDueAndNotBefore) {
  ManualClock clock;
  Loop loop(clock);
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  timer.set(clock.now() + 10s);
  clock.advance(10s - 1ns);
  loop.tick();
  EXPECT_EQ(fired, 0);
  EXPECT_TRUE(timer.armed());
  clock.advance(1ns);
  loop.tick();
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.armed());
  clock.advance(10s);
  loop.tick();
  EXPECT_EQ(fired, 1);
}

TEST(Timer, CancelledOrDestroyedStaysSilent) {
  ManualClock clock;
  Loop loop(clock);
  int fired = 0;
  Timer cancelled(loop, [&] { ++fired; });
  auto destroyed = std::make_unique<Timer>(loop, [&] { ++fired; });
  cancelled.set(clock.now() + 1s);
  destroyed->set(clock.now() + 1s);
  cancelled.cancel();
  destroyed.reset();
  clock.advance(2s);
  loop.tick();
  EXPECT_EQ(fired, 0);
}

TEST(Timer, ManyFireInOrderHoweverTheyWereMoved) {
  ManualClock clock;
  Loop loop(clock);
  SeededRandom random(7);
  struct Row {
    std::unique_ptr<Timer> timer;
    Instant at = kNever;
  };
  std::vector<Row> rows(300);
  std::vector<Instant> fired;
  for (Row& row : rows) row.timer = std::make_unique<Timer>(loop, [&row, &fired] { fired.push_back(row.at); });
  std::size_t expected = 0;
  for (int round = 0; round < 2000; ++round) {
    Row& row = rows[random.next() % rows.size()];
    if (random.next() % 4 == 0) {
      row.timer->cancel();
      row.at = kNever;
    } else {
      row.at = clock.now() + std::chrono::milliseconds(1 + random.next() % 1000);
      row.timer->set(row.at);
    }
  }
  for (const Row& row : rows) expected += row.at != kNever;
  clock.advance(2s);
  loop.tick();
  EXPECT_EQ(fired.size(), expected);
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
}

TEST(Timer, CallbackMaySetAgainOrDestroyItsTimer) {
  ManualClock clock;
  Loop loop(clock);
  int again = 0;
  std::unique_ptr<Timer> repeated;
  std::unique_ptr<Timer> suicidal;
  repeated = std::make_unique<Timer>(loop, [&] {
    if (++again < 3) repeated->set(clock.now());
  });
  suicidal = std::make_unique<Timer>(loop, [&] { suicidal.reset(); });
  repeated->set(clock.now());
  suicidal->set(clock.now());
  for (int i = 0; i < 5; ++i) loop.tick();
  EXPECT_EQ(again, 3);
  EXPECT_EQ(suicidal, nullptr);
}

TEST(Timer, FiresByItselfOnARealClock) {
  const SystemClock clock;
  Loop loop(clock);
  const Instant start = clock.now();
  Instant fired{};
  Timer late(loop, [] { FAIL() << "the cancelled timer fired"; });
  Timer timer(loop, [&] {
    fired = clock.now();
    loop.stop();
  });
  late.set(start + 30s);
  timer.set(start + 20ms);
  late.cancel();
  loop.run();
  EXPECT_GE(fired, start + 20ms);
}

Task<> count_waits(Wakeup& wakeup, std::vector<bool>& answers, int waits) {
  for (int i = 0; i < waits; ++i) {
    Task<bool> woken = wakeup.wait(kNever);
    answers.push_back(co_await std::move(woken));
  }
}

TEST(Wakeup, KeepsOneRing) {
  const SystemClock clock;
  Loop loop(clock);
  Wakeup wakeup(loop);
  std::vector<bool> answers;
  wakeup.ring();
  wakeup.ring();
  Task<> waits = count_waits(wakeup, answers, 2);
  loop.spawn(std::move(waits));
  Task<> settled = testing::settle(loop);
  testing::run(loop, std::move(settled));
  EXPECT_EQ(answers, std::vector<bool>({true}));
}

TEST(Wakeup, ResumesAfterTheRingNotInsideIt) {
  const SystemClock clock;
  Loop loop(clock);
  Wakeup wakeup(loop);
  std::vector<bool> answers;
  Task<> waits = count_waits(wakeup, answers, 1);
  loop.spawn(std::move(waits));
  std::size_t inside = 99;
  loop.post([&] {
    loop.post([&] {
      wakeup.ring();
      wakeup.ring();
      inside = answers.size();
    });
  });
  Task<> settled = testing::settle(loop);
  testing::run(loop, std::move(settled));
  EXPECT_EQ(inside, 0U);
  EXPECT_EQ(answers, std::vector<bool>({true}));
}

Task<> wait_twice(ManualClock& clock, Wakeup& wakeup, std::vector<bool>& answers) {
  const Instant start = clock.now();
  const std::array<Duration, 2> ends = {10s, 15s};
  for (const Duration end : ends) {
    Task<bool> woken = wakeup.wait(start + end);
    answers.push_back(co_await std::move(woken));
  }
}

Task<> drive_deadline(Loop& loop, ManualClock& clock, Wakeup& wakeup, std::vector<bool>& answers) {
  for (int i = 0; i < 2; ++i) {
    const bool ring = i == 0;
    Task<> first = testing::settle(loop);
    co_await std::move(first);
    clock.advance(10s);  // the first wait's alarm passes, or the second's end
    if (ring) wakeup.ring();
    loop.tick();
    Task<> second = testing::settle(loop);
    co_await std::move(second);
    EXPECT_EQ(answers.size(), ring ? 1U : 2U);
  }
}

TEST(Wakeup, EndsAtItsTimeAndTellsTheDifference) {
  ManualClock clock;
  Loop loop(clock);
  Wakeup wakeup(loop);
  std::vector<bool> answers;
  Task<> waits = wait_twice(clock, wakeup, answers);
  loop.spawn(std::move(waits));
  Task<> drive = drive_deadline(loop, clock, wakeup, answers);
  testing::run(loop, std::move(drive));
  EXPECT_EQ(answers, std::vector<bool>({true, false}));
}

Task<> wait_in_vain(Wakeup& wakeup, Instant passed, const bool& told, int& waits) {
  constexpr int kFarTooOften = 1'000'000;
  for (; !told && waits < kFarTooOften; ++waits) {
    Task<bool> woken = wakeup.wait(passed);
    co_await std::move(woken);
  }
}

TEST(Wakeup, AWaitForThePastLetsOthersGoOn) {
  const SystemClock clock;
  Loop loop(clock);
  Wakeup wakeup(loop);
  bool told = false;
  int waits = 0;
  Task<> vain = wait_in_vain(wakeup, loop.now() - 1s, told, waits);
  Timer timer(loop, [&told] { told = true; });
  timer.set(loop.now() + 1ms);
  testing::run(loop, std::move(vain));
  EXPECT_TRUE(told) << waits << " waits, and nothing else was done";
}

Task<> wait_for_the_past(Wakeup& wakeup, Instant passed, std::vector<bool>& answers) {
  for (int i = 0; i < 2; ++i) {
    Task<bool> woken = wakeup.wait(passed);
    answers.push_back(co_await std::move(woken));
  }
}

TEST(Wakeup, KeepsARingThatComesDuringAWaitForThePast) {
  const SystemClock clock;
  Loop loop(clock);
  Wakeup wakeup(loop);
  std::vector<bool> answers;
  Task<> waits = wait_for_the_past(wakeup, loop.now() - 1s, answers);
  Timer timer(loop, [&wakeup] { wakeup.ring(); });
  timer.set(loop.now() - 2s);  // due before the wait's end
  testing::run(loop, std::move(waits));
  EXPECT_EQ(answers, std::vector<bool>({false, true}));
}

struct Flag {
  explicit Flag(bool& to) : gone(to) {}
  ~Flag() { gone = true; }
  bool& gone;
};

Task<> sleep_for_ever(Loop& loop, bool& gone) {
  const Flag flag(gone);
  Wakeup own(loop);
  Timer timer(loop, [] {});
  timer.set(loop.now() + 1h);
  Task<bool> woken = own.wait(kNever);
  co_await std::move(woken);
}

TEST(Loop, DestroysSleepingCoroutinesWithTheirWakeups) {
  const SystemClock clock;
  bool gone = false;
  {
    Loop loop(clock);
    Task<> sleeper = sleep_for_ever(loop, gone);
    loop.spawn(std::move(sleeper));
    Task<> settled = testing::settle(loop);
    testing::run(loop, std::move(settled));
    EXPECT_FALSE(gone);
  }
  EXPECT_TRUE(gone);
}

Task<> ping(Wakeup& mine, Wakeup& other, int& left, Loop& loop) {
  while (left > 0) {
    --left;
    other.ring();
    Task<bool> woken = mine.wait(kNever);
    co_await std::move(woken);
  }
  loop.stop();
}

TEST(Loop, TwoCoroutinesThatRingEachOtherDoNotStarveTheRest) {
  const SystemClock clock;
  Loop loop(clock);
  Wakeup a(loop);
  Wakeup b(loop);
  int left = 100000;
  int seen = -1;
  Task<> first = ping(a, b, left, loop);
  Task<> second = ping(b, a, left, loop);
  loop.spawn(std::move(first));
  loop.spawn(std::move(second));
  loop.post([&] { loop.post([&] { loop.post([&] { seen = left; }); }); });
  loop.run();
  EXPECT_EQ(left, 0);
  EXPECT_GT(seen, 0);
}

TEST(Runtime, PostsFromOtherThreadsAndTicksEveryLoop) {
  ManualClock clock;
  Runtime runtime(3, clock);
  std::atomic<int> fired = 0;
  std::vector<std::unique_ptr<Timer>> timers;
  for (std::size_t i = 0; i < runtime.size(); ++i) {
    timers.push_back(std::make_unique<Timer>(runtime.loop(i), [&] { ++fired; }));
    timers.back()->set(clock.now() + 1h);
  }
  runtime.start();
  runtime.tick();
  EXPECT_EQ(fired, 0);
  clock.advance(1h);
  runtime.tick();
  EXPECT_EQ(fired, 3);
  runtime.stop();
  runtime.join();
}

}  // namespace
}  // namespace freeway::net
