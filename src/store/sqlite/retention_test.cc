#include "store/sqlite/retention.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace freeway::store {
namespace {

using std::chrono::hours;

class RetentionTest : public ::testing::Test {
 protected:
  RetentionTest() : database(*sqlite::Database::open(path(), sqlite::Database::Access::write)) {}
  std::string path() { return folder / "freeway.db"; }
  std::unique_ptr<Store> open(const SqliteOptions& options = {}) {
    auto store = open_sqlite(path(), clock, options);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  }
  // The number of steps until nothing is left to do.
  int forget(const SqliteOptions& options) {
    for (int steps = 1; steps < 1000; ++steps) {
      auto more = sqlite::forget_step(database, options, clock.wall());
      EXPECT_TRUE(more) << more.error().message;
      if (!more || !*more) return steps;
    }
    ADD_FAILURE() << "no end";
    return 0;
  }
  std::int64_t count(const char* sql) { return database.number(sql).value_or(-1); }

  TestFolder folder;
  ManualClock clock;
  sqlite::Database database;
};

TEST_F(RetentionTest, ForgetsByAgeInSmallSteps) {
  {
    auto store = open();
    for (int i = 0; i < 5000; ++i) store->log(test_record(i, clock.wall() - hours(49)));
    store->flush();
    for (int i = 0; i < 100; ++i) store->log(test_record(i, clock.wall() - hours(47)));
    store->flush();
  }
  SqliteOptions options;
  options.retention = hours(48);
  EXPECT_GE(forget(options), 4);
  EXPECT_EQ(count("SELECT coalesce(sum(count), 0) FROM log"), 100);
  EXPECT_EQ(count("SELECT sum(answered) FROM usage"), 5100) << "usage outlives the log";
}

TEST_F(RetentionTest, ForgetsTheOldestWhenTheDatabaseGrowsTooLarge) {
  {
    auto store = open();
    for (int i = 0; i < 20000; ++i) {
      store->log(test_record(i, clock.wall()));
      if (i % 5000 == 0) store->flush();
    }
  }
  SqliteOptions options;
  options.most_bytes = 400'000;
  ASSERT_GT(count("PRAGMA page_count") * 4096, 400'000);
  forget(options);
  EXPECT_LE(count("PRAGMA page_count") * 4096, 400'000) << "what was freed went back to the disk";
  std::int64_t left = count("SELECT coalesce(sum(count), 0) FROM log");
  EXPECT_GT(left, 2000);
  EXPECT_EQ(count("SELECT max(first + count) - 1 FROM log"), 20000) << "the newest stay";
  EXPECT_EQ(count("SELECT min(first) FROM log"), 20001 - left);
}

TEST_F(RetentionTest, ForgetsUsageMuchLater) {
  {
    auto store = open();
    store->log(test_record(1, clock.wall() - hours(24 * 401)));
    store->log(test_record(2, clock.wall() - hours(24 * 399)));
    store->flush();
  }
  forget({});
  EXPECT_EQ(count("SELECT coalesce(sum(count), 0) FROM log"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM usage"), 1);
}

TEST_F(RetentionTest, ARunningStoreForgetsByItself) {
  {
    auto store = open();
    for (int i = 0; i < 3000; ++i) store->log(test_record(i, clock.wall()));
  }
  clock.advance(hours(24 * 31));
  auto store = open();
  // Between two rounds of writing there is one step.
  for (int i = 0; i < 20; ++i) {
    store->log(test_record(i, clock.wall()));
    store->flush();
  }
  EXPECT_EQ(count("SELECT coalesce(sum(count), 0) FROM log"), 20);
}

TEST_F(RetentionTest, AWallClockThatIsFarAheadForAMomentForgetsNothing) {
  auto store = open();
  // Each flush ends a round of writing, and the clock lets each look for what is old.
  int logged = 0;
  auto rounds = [&](int wanted) {
    for (int i = 0; i < wanted; ++i) {
      clock.advance(std::chrono::minutes(2));
      store->log(test_record(++logged, clock.wall()));
      store->flush();
    }
    // A job comes after the look of the round before it.
    EXPECT_TRUE(store->reserve_key_ids(1));
  };
  auto oldest = [&] { return count("SELECT min(first) FROM log"); };
  rounds(5);
  WallTime right = clock.wall();
  clock.set_wall(right + hours(24 * 365));
  rounds(5);
  EXPECT_EQ(oldest(), 1);
  clock.set_wall(right + std::chrono::minutes(10));
  rounds(5);
  EXPECT_EQ(oldest(), 1);
  EXPECT_EQ(count("SELECT sum(answered) FROM usage"), 15);
  // One that stays there was set right.
  clock.set_wall(clock.wall() + hours(24 * 365));
  rounds(1);
  clock.advance(hours(3));
  rounds(3);
  EXPECT_GT(oldest(), 1);
}

TEST_F(RetentionTest, AWallClockThatWasWrongForAWhileDoesNoHarm) {
  {
    auto store = open();
    store->log(test_record(1, clock.wall() + hours(24 * 365)));
    store->log(test_record(2, clock.wall()));
    store->flush();
  }
  EXPECT_EQ(forget({}), 1);
  EXPECT_EQ(count("SELECT coalesce(sum(count), 0) FROM log"), 2);
}

}  // namespace
}  // namespace freeway::store
