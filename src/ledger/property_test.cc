// The ledger against providers that count for themselves, and against a list of stamps.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "ledger/testing.h"

namespace freeway::ledger {
namespace {

using namespace testing;
using catalog::Charge;
using catalog::Unit;

constexpr Duration kGuard = milliseconds(300);

// A provider with a true limit. Tells whether it answers a call that arrives, or refuses it with a 429.
class Provider {
 public:
  virtual ~Provider() = default;
  virtual bool admits(Moment at, std::uint64_t amount) = 0;
};

class SlidingProvider : public Provider {
 public:
  SlidingProvider(std::uint64_t limit, Duration window) : limit_(limit), window_(window) {}
  bool admits(Moment at, std::uint64_t amount) override {
    std::uint64_t sum = amount;
    for (const auto& [when, what] : seen_)
      if (when > at.now - window_) sum += what;
    if (sum > limit_) return false;
    seen_.emplace_back(at.now, amount);
    return true;
  }

 private:
  std::uint64_t limit_;
  Duration window_;
  std::deque<std::pair<Instant, std::uint64_t>> seen_;
};

class FixedProvider : public Provider {
 public:
  FixedProvider(std::uint64_t limit, Duration window) : limit_(limit), window_(window) {}
  bool admits(Moment at, std::uint64_t amount) override {
    if (at.now >= ends_) {
      used_ = 0;
      ends_ = at.now + window_;
    }
    if (used_ + amount > limit_) return false;
    used_ += amount;
    return true;
  }

 private:
  std::uint64_t limit_;
  Duration window_;
  std::uint64_t used_ = 0;
  Instant ends_{};
};

class DayProvider : public Provider {
 public:
  DayProvider(std::uint64_t limit, const std::string& zone) : limit_(limit), zone_(catalog::Zone::find(zone).value()) {}
  bool admits(Moment at, std::uint64_t amount) override {
    WallTime ends = zone_.next_day(at.wall);
    if (ends != ends_) used_ = 0;
    ends_ = ends;
    if (used_ + amount > limit_) return false;
    used_ += amount;
    return true;
  }

 private:
  std::uint64_t limit_;
  catalog::Zone zone_;
  std::uint64_t used_ = 0;
  WallTime ends_{};
};

class BucketProvider : public Provider {
 public:
  BucketProvider(std::uint64_t limit, Duration window) : limit_(limit), window_(window) {}
  bool admits(Moment at, std::uint64_t amount) override {
    auto capacity = static_cast<double>(limit_);
    double flowed = static_cast<double>((at.now - seen_).count()) / static_cast<double>(window_.count()) * capacity;
    level_ = started_ ? std::min(capacity, level_ + flowed) : capacity;
    started_ = true;
    seen_ = at.now;
    if (level_ + 1e-6 < static_cast<double>(amount)) return false;
    level_ -= static_cast<double>(amount);
    return true;
  }

 private:
  std::uint64_t limit_;
  Duration window_;
  double level_ = 0;
  bool started_ = false;
  Instant seen_{};
};

struct Arrival {
  Moment at;
  std::uint64_t amount = 0;
};

struct Load {
  Duration length;
  Duration mean_gap;
  std::uint64_t most = 1;  // amount of a call, evenly from 1
  Duration answer;         // between dispatch and settlement, at most
};

// Random demand far over the limit; each call travels for anything up to the guard. Returns what was admitted.
std::uint64_t play(Bench& bench, Provider& provider, const Load& load, std::uint64_t seed) {
  SeededRandom random(seed);
  struct Running {
    Instant ends;
    Reservation reservation;
  };
  std::vector<Arrival> arrivals;
  std::vector<Running> running;
  std::uint64_t admitted = 0;
  Instant end = bench.clock.now() + load.length;
  while (bench.clock.now() < end) {
    bench.clock.advance(Duration(static_cast<std::int64_t>(2 * random.unit() * static_cast<double>(load.mean_gap.count()))));
    std::erase_if(running, [&](Running& one) {
      if (one.ends > bench.clock.now()) return false;
      bench.ledger.settle(std::move(one.reservation), {random.unit() < 0.8, {}}, bench.at());
      return true;
    });
    std::uint64_t amount = 1 + random.next() % load.most;
    auto reservation = bench.reserve(0, {amount, 0, 0});
    if (!reservation) continue;
    if (random.unit() < 0.05) continue;  // the client left before anything was sent
    bench.clock.advance(Duration(static_cast<std::int64_t>(random.unit() * 2e7)));  // connecting
    bench.ledger.dispatched(*reservation, bench.at());
    auto travel = Duration(static_cast<std::int64_t>(random.unit() * static_cast<double>(kGuard.count())));
    arrivals.push_back({{bench.at().now + travel, bench.at().wall + travel}, load.most == 1 ? 1 : amount});
    admitted += arrivals.back().amount;
    auto takes = Duration(static_cast<std::int64_t>(random.unit() * static_cast<double>(load.answer.count())));
    running.push_back({bench.clock.now() + takes, std::move(*reservation)});
  }
  std::sort(arrivals.begin(), arrivals.end(), [](const auto& a, const auto& b) { return a.at.now < b.at.now; });
  int refused = 0;
  for (const auto& arrival : arrivals) refused += provider.admits(arrival.at, arrival.amount) ? 0 : 1;
  EXPECT_EQ(refused, 0);
  for (auto& one : running) bench.ledger.settle(std::move(one.reservation), {true, {}}, bench.at());
  return admitted;
}

TEST(G8Property, NeverOverASlidingWindowAndAllOfItUsed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(pool("rpm", 30, "sliding 60s"));
    SlidingProvider provider(30, seconds(60));
    auto admitted = play(bench, provider, {minutes(30), milliseconds(100), 1, seconds(20)}, seed);
    EXPECT_GE(static_cast<double>(admitted), 0.98 * 30 * 30) << seed;
  }
}

TEST(Property, NeverOverASlidingTokenWindow) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(pool("tpm", 6000, "sliding 60s", Unit::tokens, Charge::tokens));
    SlidingProvider provider(6000, seconds(60));
    auto admitted = play(bench, provider, {minutes(30), milliseconds(100), 400, seconds(20)}, seed);
    EXPECT_GE(static_cast<double>(admitted), 0.98 * 6000 * 30) << seed;
  }
}

TEST(Property, NeverOverAFixedWindow) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(pool("p", 30, "fixed 60s"));
    FixedProvider provider(30, seconds(60));
    auto admitted = play(bench, provider, {minutes(30), milliseconds(100), 1, seconds(20)}, seed);
    EXPECT_GE(static_cast<double>(admitted), 0.96 * 30 * 30) << seed;
  }
  // A demand just below the limit runs through the ends of windows.
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(pool("p", 300, "fixed 10s"));
    FixedProvider provider(300, seconds(10));
    play(bench, provider, {minutes(10), milliseconds(25), 1, seconds(1)}, seed);
  }
}

TEST(Property, NeverOverADay) {
  for (const char* zone : {"UTC", "America/Los_Angeles"}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Bench bench(pool("rpd", 1000, std::string("day ") + zone));
      bench.clock.set_wall(WallTime(seconds(1772784000)));  // 2026-03-06T08:00Z, before a day of 23 hours
      DayProvider provider(1000, zone);
      auto admitted = play(bench, provider, {hours(24 * 5), seconds(30), 1, minutes(1)}, seed);
      EXPECT_GE(admitted, 5000u) << zone;
    }
    // A demand of nearly the limit, so that midnight is passed in full run.
    Bench bench(pool("rpd", 100000, std::string("day ") + zone));
    DayProvider provider(100000, zone);
    play(bench, provider, {hours(30), milliseconds(900), 1, seconds(3)}, 9);
  }
}

TEST(Property, NeverOverABucket) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(pool("p", 30, "bucket 60s"));
    BucketProvider provider(30, seconds(60));
    auto admitted = play(bench, provider, {minutes(30), milliseconds(400), 1, seconds(20)}, seed);
    EXPECT_GE(static_cast<double>(admitted), 0.98 * 30 * 30) << seed;
    Bench sparse(pool("p", 30, "bucket 60s"));
    BucketProvider other(30, seconds(60));
    play(sparse, other, {minutes(30), seconds(2), 1, seconds(20)}, seed);
  }
}

// The oracle: every place by itself in a list, nothing clever.
struct Listed {
  std::uint64_t amount = 0;
  std::optional<Instant> stamp;  // none: held
};

struct Oracle {
  Duration window;
  std::uint64_t limit = 0;
  std::vector<Listed> places;

  bool fits(std::uint64_t amount, Instant at) const {
    for (const auto& place : places)
      if (!place.stamp || at < *place.stamp + window + kGuard) amount += place.amount;
    return amount <= limit;
  }
  // The first of all moments at which something changes; a held place is stamped now at the earliest.
  Instant opens(std::uint64_t amount, Instant now) const {
    Oracle later = *this;
    for (auto& place : later.places)
      if (!place.stamp) place.stamp = now;
    std::vector<Instant> moments = {now};
    for (const auto& place : later.places) moments.push_back(*place.stamp + window + kGuard);
    std::sort(moments.begin(), moments.end());
    for (auto moment : moments)
      if (moment >= now && later.fits(amount, moment)) return moment;
    return kNever;
  }
};

struct Held {
  Reservation reservation;
  std::size_t listed = 0;
};

void compare_with_oracle(std::uint64_t seed) {
  SeededRandom random(seed);
  Oracle oracle{seconds(10), 40, {}};
  Bench bench(pool("p", oracle.limit, "sliding 10s", Unit::tokens, Charge::tokens));
  std::vector<Held> held, sent;
  auto pick = [&](std::vector<Held>& from) {
    std::swap(from[random.next() % from.size()], from.back());
    Held one = std::move(from.back());
    from.pop_back();
    return one;
  };
  for (int step = 0; step < 3000; ++step) {
    double chance = random.unit();
    if (chance < 0.35) {
      bench.clock.advance(milliseconds(random.next() % 900));
    } else if (chance < 0.7) {
      std::uint64_t amount = 1 + random.next() % 12;
      auto reservation = bench.reserve(0, {amount, 0, 0});
      ASSERT_EQ(reservation.has_value(), oracle.fits(amount, bench.clock.now())) << seed << " " << step;
      if (!reservation) {
        ASSERT_EQ(reservation.error().until, oracle.opens(amount, bench.clock.now())) << seed << " " << step;
        continue;
      }
      held.push_back({std::move(*reservation), oracle.places.size()});
      oracle.places.push_back({amount, {}});
    } else if (chance < 0.85 && !held.empty()) {
      Held one = pick(held);
      if (random.unit() < 0.2) {
        one.reservation = Reservation();
        oracle.places[one.listed].amount = 0;
        continue;
      }
      bench.ledger.dispatched(one.reservation, bench.at());
      oracle.places[one.listed].stamp = bench.clock.now();
      sent.push_back(std::move(one));
    } else if (!sent.empty()) {
      Held one = pick(sent);
      std::uint64_t used = random.next() % 20;
      if (random.unit() < 0.3) {
        one.reservation = Reservation();
        continue;
      }
      bench.ledger.settle(std::move(one.reservation), {true, chat::Usage{used, 0, used, false}}, bench.at());
      oracle.places[one.listed].amount = used;
    }
  }
}

TEST(Property, SlidingWindowsAgreeWithAListOfStamps) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) compare_with_oracle(seed);
}

// `until` is exact for every window: refused a millisecond before, room at it.
TEST(Property, UntilIsExact) {
  for (const char* window : {"sliding 60s", "fixed 45s", "day America/Los_Angeles", "bucket 90s", "month since 3"}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SeededRandom random(seed);
      Bench bench(pool("p", 50, window, Unit::tokens, Charge::tokens));
      bench.clock.set_wall(WallTime(seconds(1772784000)));
      int refusals = 0;
      for (int step = 0; step < 400; ++step) {
        bench.clock.advance(milliseconds(random.next() % 1500));
        Demand demand{1 + random.next() % 20, 0, 0};
        if (bench.call(0, demand)) continue;
        auto refusal = bench.look(0, demand);
        ASSERT_TRUE(refusal.has_value());
        ASSERT_NE(refusal->until, kNever);
        if (random.next() % 4 != 0) continue;
        Duration wait = refusal->until - bench.clock.now();
        ASSERT_GT(wait, Duration::zero());
        if (wait > milliseconds(1)) {
          bench.clock.advance(wait - milliseconds(1));
          ASSERT_TRUE(bench.look(0, demand).has_value()) << window << " " << seed;
          wait = milliseconds(1);
        }
        bench.clock.advance(wait);
        ASSERT_TRUE(bench.call(0, demand)) << window << " " << seed;
        ++refusals;
      }
      EXPECT_GT(refusals, 0) << window;
    }
  }
}

// Threads that reserve and dispatch as fast as they can, on a clock that one of them moves.
TEST(G1Property, FourThreadsNeverPassTheLimit) {
  auto made = provider({pool("rpm", 30, "sliding 60s"), pool("concurrency", 7, "once", Unit::concurrent)});
  Bench bench(std::move(made));
  std::atomic<int> running{0}, most_running{0};
  std::mutex mutex;
  std::vector<Instant> stamps;
  auto work = [&](int number) {
    SeededRandom random(static_cast<std::uint64_t>(number));
    for (int step = 0; step < 20000; ++step) {
      bench.clock.advance(milliseconds(random.next() % 20));
      auto reservation = bench.reserve();
      if (!reservation) continue;
      int now_running = ++running;
      for (int most = most_running; most < now_running && !most_running.compare_exchange_weak(most, now_running);) {
      }
      Moment at = bench.at();
      bench.ledger.dispatched(*reservation, at);
      {
        std::lock_guard lock(mutex);
        stamps.push_back(at.now);
      }
      if (random.next() % 3 == 0) std::this_thread::yield();
      --running;
      if (random.next() % 2 == 0) bench.ledger.settle(std::move(*reservation), {true, {}}, bench.at());
    }
  };
  Instant start = bench.clock.now();
  std::vector<std::thread> threads;
  for (int i = 1; i <= 4; ++i) threads.emplace_back(work, i);
  for (auto& thread : threads) thread.join();
  std::sort(stamps.begin(), stamps.end());
  for (std::size_t i = 30; i < stamps.size(); ++i) ASSERT_GE(stamps[i] - stamps[i - 30], seconds(60));
  double minutes_passed = std::chrono::duration<double>(bench.clock.now() - start).count() / 60;
  EXPECT_GE(static_cast<double>(stamps.size()), 0.9 * 30 * minutes_passed);
  EXPECT_LE(most_running, 7);
  EXPECT_EQ(bench.level("u1/key#1/concurrency").in_flight, 0u);
}

}  // namespace
}  // namespace freeway::ledger
