#include "dialect/responses/store.h"

#include <gtest/gtest.h>

#include <string>

namespace freeway::dialect::responses {
namespace {

std::unique_ptr<Entry> entry(std::string id, std::size_t size = 10, std::shared_ptr<const Entry> previous = nullptr) {
  auto made = std::make_unique<Entry>();
  made->item_ids = {"item_" + id};
  made->id = std::move(id);
  made->object = std::string(size, 'x');
  made->previous = std::move(previous);
  made->created = 100;
  return made;
}

TEST(ResponsesStore, GivesEachClientItsOwn) {
  Store store;
  store.keep("a", entry("r1"), 100);
  ASSERT_TRUE(store.find("a", "r1", 101));
  EXPECT_EQ(store.find("a", "r1", 101)->id, "r1");
  EXPECT_FALSE(store.find("b", "r1", 101));
  EXPECT_FALSE(store.find("a", "r2", 101));
  EXPECT_FALSE(store.erase("b", "r1", 101));
  EXPECT_FALSE(store.find_item("b", "item_r1", 101));
  EXPECT_EQ(store.find_item("a", "item_r1", 101)->id, "r1");
}

TEST(ResponsesStore, ForgetsWhatIsDeleted) {
  Store store;
  store.keep("a", entry("r1"), 100);
  EXPECT_TRUE(store.erase("a", "r1", 100));
  EXPECT_FALSE(store.find("a", "r1", 100));
  EXPECT_FALSE(store.find_item("a", "item_r1", 100));
  EXPECT_FALSE(store.erase("a", "r1", 100));
  EXPECT_EQ(store.bytes(), 0U);
}

TEST(ResponsesStore, ForgetsWhatIsPastItsTime) {
  Store store;
  store.configure({.keep_for = 50, .max_bytes = 1'000'000});
  store.keep("a", entry("r1"), 100);
  EXPECT_TRUE(store.find("a", "r1", 149));
  EXPECT_FALSE(store.find("a", "r1", 150));
  EXPECT_FALSE(store.erase("a", "r1", 150));
  auto later = entry("r2");
  later->created = 200;
  store.keep("b", std::move(later), 200);
  EXPECT_EQ(store.bytes(), store.find("b", "r2", 200)->bytes()) << "what is late goes with the next that comes";
}

TEST(ResponsesStore, StaysWithinItsBoundAtTheCostOfWhoHoldsMost) {
  Store store;
  store.keep("small", entry("s"), 100);
  std::uint64_t one = entry("r1", 5000)->bytes();
  store.configure({.keep_for = 1000, .max_bytes = 3 * one + 1000});
  for (std::string id : {"r1", "r2", "r3", "r4", "r5"}) {
    store.keep("big", entry(id, 5000), 100);
    EXPECT_LE(store.bytes(), 3 * one + 1000);
  }
  EXPECT_TRUE(store.find("small", "s", 100)) << "older than all, and not what takes the room";
  EXPECT_FALSE(store.find("big", "r2", 100));
  EXPECT_TRUE(store.find("big", "r3", 100));
  EXPECT_TRUE(store.find("big", "r5", 100));
  store.keep("big", entry("huge", 100'000), 100);
  EXPECT_FALSE(store.find("big", "huge", 100));
  EXPECT_TRUE(store.find("big", "r5", 100)) << "nothing goes for what does not fit anyway";
}

TEST(ResponsesStore, KeepsTheConversationBeforeAResponse) {
  Store store;
  store.keep("a", entry("r1"), 100);
  store.keep("a", entry("r2", 10, store.find("a", "r1", 100)), 100);
  store.erase("a", "r1", 100);
  ASSERT_TRUE(store.find("a", "r2", 100));
  EXPECT_EQ(store.find("a", "r2", 100)->previous->id, "r1");
  EXPECT_GT(store.bytes(), store.find("a", "r2", 100)->bytes()) << "what is only reached from another counts too";
  store.erase("a", "r2", 100);
  EXPECT_EQ(store.bytes(), 0U);
}

TEST(ResponsesStore, LetsALongConversationGo) {
  Store store;
  store.configure({.keep_for = 1000, .max_bytes = std::uint64_t{1} << 32});
  constexpr int kTurns = 100'000;
  std::shared_ptr<const Entry> last;
  for (int i = 0; i < kTurns; ++i) {
    std::string id = "r" + std::to_string(i);
    store.keep("a", entry(id, 1, std::move(last)), 100);
    last = store.find("a", id, 100);
    store.erase("a", id, 100);
  }
  last.reset();
  EXPECT_EQ(store.bytes(), 0U);
}

}  // namespace
}  // namespace freeway::dialect::responses
