#include "app/holdings.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "app/test_outside.h"
#include "store/testing.h"

namespace freeway::app {
namespace {

constexpr int kRecords = 3000;

class HoldingsTest : public testing::Test {
 protected:
  Holdings open(const LogConfig& log) {
    auto opened = Holdings::open(folder_ / "data", log, outside_.outside(), clock_);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  void log_requests() {
    Holdings held = open({});
    store::RequestRecord record = store::test_record(1, clock_.wall());
    record.attempts[0].evidence = std::string(1000, 'x');
    for (int i = 0; i < kRecords; ++i) held.store->log(record);
    held.store->flush();
  }
  static std::size_t kept(store::Store& store) {
    std::size_t all = 0;
    store::RequestQuery query;
    for (;;) {
      auto page = store.requests(query);
      EXPECT_TRUE(page);
      if (!page) return all;
      all += page->requests.size();
      if (!page->next) return all;
      query.before = page->next;
    }
  }
  // The store forgets on a thread of its own.
  static bool soon(const std::function<bool()>& check) {
    for (int i = 0; i < 1000; ++i) {
      if (check()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  store::TestFolder folder_;
  ManualClock clock_;
  TestOutside outside_;
};

TEST_F(HoldingsTest, TheLogKeepsRequestsAsLongAsConfigured) {
  log_requests();
  clock_.advance(std::chrono::hours(40 * 24));
  LogConfig log;
  log.keep = std::chrono::hours(60 * 24);
  {
    Holdings held = open(log);
    EXPECT_EQ(kept(*held.store), kRecords);
  }
  log.keep = std::chrono::hours(1);
  Holdings held = open(log);
  EXPECT_TRUE(soon([&] { return kept(*held.store) == 0; }));
}

TEST_F(HoldingsTest, TheLogIsAsLargeAsConfigured) {
  log_requests();
  {
    Holdings held = open({});
    EXPECT_EQ(kept(*held.store), kRecords);
  }
  LogConfig log;
  log.max_size = 1024 * 1024;
  Holdings held = open(log);
  EXPECT_TRUE(soon([&] { return kept(*held.store) < kRecords; }));
}

}  // namespace
}  // namespace freeway::app
