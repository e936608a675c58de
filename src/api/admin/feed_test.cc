#include "api/admin/feed.h"

#include <gtest/gtest.h>

#include "net/testing.h"

namespace freeway::api::admin {
namespace {

TEST(Feed, GivesEventsInOrderAndCountsWhatASlowReaderLost) {
  ManualClock clock;
  net::Loop loop(clock);
  net::Wakeup wakeup(loop);
  Feed feed;
  EXPECT_FALSE(feed.listened());
  auto reader = feed.listen(wakeup);
  EXPECT_TRUE(feed.listened());
  feed.publish("request", "1");
  feed.publish("request", "2");
  std::uint64_t lost = 99;
  auto events = reader->take(lost);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]->data, "1");
  EXPECT_EQ(lost, 0U);

  for (std::size_t i = 0; i < Feed::kMostWaiting + 5; ++i) feed.publish("request", std::to_string(i));
  events = reader->take(lost);
  EXPECT_EQ(lost, 5U);
  ASSERT_EQ(events.size(), Feed::kMostWaiting);
  EXPECT_EQ(events.front()->data, "5");
  reader->take(lost);
  EXPECT_EQ(lost, 0U);
  reader.reset();
  EXPECT_FALSE(feed.listened());
  feed.publish("request", "nobody");
}

TEST(Feed, RingsItsReadersAndOnlyThoseThatAreThere) {
  ManualClock clock;
  net::Loop loop(clock);
  net::Wakeup wakeup(loop);
  net::Wakeup gone_wakeup(loop);
  Feed feed;
  auto reader = feed.listen(wakeup);
  auto gone = feed.listen(gone_wakeup);
  feed.publish("request", "1");
  gone.reset();  // its ring is on the way
  auto waits = [](net::Wakeup& one) -> net::Task<> {
    net::Task<bool> woken = one.wait(kNever);
    co_await std::move(woken);
  };
  net::testing::run(loop, waits(wakeup));
  std::uint64_t lost = 0;
  EXPECT_EQ(reader->take(lost).size(), 1U);
}

TEST(Feed, TurnsAwayTooManyReaders) {
  ManualClock clock;
  net::Loop loop(clock);
  net::Wakeup wakeup(loop);
  Feed feed;
  std::vector<std::unique_ptr<Feed::Reader>> readers;
  for (std::size_t i = 0; i < Feed::kMostReaders; ++i) readers.push_back(feed.listen(wakeup));
  EXPECT_TRUE(readers.back());
  EXPECT_FALSE(feed.listen(wakeup));
  readers.pop_back();
  EXPECT_TRUE(feed.listen(wakeup));
}

}  // namespace
}  // namespace freeway::api::admin
