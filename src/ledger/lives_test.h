// A ledger across the deaths of its process, for tests.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/journal.h"
#include "journal/testing.h"
#include "ledger/testing.h"

namespace freeway::ledger::testing {

using journal::Journal;
using journal::testing::Folder;

// A ledger that is killed and started anew at will. Killed processes stay in memory, because their reservations do.
class Lives {
 public:
  explicit Lives(catalog::Provider provider) : provider_(std::move(provider)) { start(); }

  // What was open stays open for ever, as in a process that is gone.
  void kill(const std::string& boot = "") {
    folders_.emplace_back();
    folders_[folders_.size() - 2].kill_into(folders_.back());
    if (!boot.empty()) boot_ = boot;
    start();
  }
  void kill(catalog::Provider provider) {
    provider_ = std::move(provider);
    kill();
  }
  void reload(catalog::Provider provider) {
    provider_ = std::move(provider);
    lives_.back()->bindings = ledger().bind(catalog_of(provider_));
  }
  // The machine starts anew: its clock begins at nothing, the wall goes on by so much.
  void reboot(Duration wall_by, Duration up) {
    WallTime wall = at().wall + wall_by;
    WallTime now_wall = clock.wall();
    offset_ = up - clock.now().time_since_epoch();
    wall_offset_ = wall - now_wall;
    kill("boot " + std::to_string(folders_.size()));
  }

  ManualClock clock;
  Moment at() const { return {clock.now() + offset_, clock.wall() + wall_offset_}; }
  Ledger& ledger() { return lives_.back()->ledger; }
  Ledger& before() { return lives_[lives_.size() - 2]->ledger; }  // of the process that died last
  const Bindings& bindings() const { return *lives_.back()->bindings; }
  Journal& journal() { return *lives_.back()->journal; }

  std::expected<Reservation, Refusal> reserve(catalog::RouteId route = 0, Demand demand = {}) {
    return ledger().reserve(bindings(), route, demand, at());
  }
  bool call(catalog::RouteId route = 0, Demand demand = {}) {
    auto reservation = reserve(route, demand);
    if (!reservation) return false;
    ledger().dispatched(*reservation, at());
    ledger().settle(std::move(*reservation), Outcome{true, {}}, at());
    return true;
  }
  int calls(int wanted, catalog::RouteId route = 0) {
    int done = 0;
    while (done < wanted && call(route)) ++done;
    return done;
  }
  std::uint64_t used(const std::string& name) {
    for (auto& level : ledger().levels(at()))
      if (level.name == name) return level.used;
    return 0;
  }
  PoolLevel level(const std::string& name) {
    for (auto& level : ledger().levels(at()))
      if (level.name == name) return level;
    return {};
  }
  // An answer that tells this of the day.
  void hear(std::optional<std::uint64_t> limit, std::uint64_t left, std::optional<Duration> reset) {
    auto reservation = reserve();
    ASSERT_TRUE(reservation.has_value());
    ledger().dispatched(*reservation, at());
    catalog::Told told;
    told.per = catalog::Period::day;
    told.limit = limit;
    told.remaining = left;
    told.reset = reset;
    ledger().heard(bindings(), catalog_of(provider_), 0, *reservation, std::span(&told, 1), at());
    ledger().settle(std::move(*reservation), Outcome{true, {}}, at());
  }
  void leave_open(Reservation reservation) { open_.push_back(std::move(reservation)); }

 private:
  struct Life {
    std::unique_ptr<Journal> journal;
    Ledger ledger{Ledger::Options{}};
    std::shared_ptr<const Bindings> bindings;
  };
  void start() {
    auto life = std::make_unique<Life>();
    auto replica = [] { return Ledger::replica(Ledger::Options{}); };
    Journal::Options options{.path = folders_.back().path(), .bytes = 1 << 16, .boot = boot_, .thread = false};
    life->journal =
        std::make_unique<Journal>(options, std::vector<Journal::Make>{replica}, journal::Moment{at().now, at().wall});
    life->ledger.remember(*life->journal, *life->journal->take()[0]);
    life->bindings = life->ledger.bind(catalog_of(provider_));
    lives_.push_back(std::move(life));
  }

  catalog::Provider provider_;
  std::string boot_ = "boot";
  Duration offset_{};
  Duration wall_offset_{};
  std::deque<Folder> folders_{1};
  std::vector<std::unique_ptr<Life>> lives_;
  std::vector<Reservation> open_;  // after the lives, so that they end first
};

}  // namespace freeway::ledger::testing
