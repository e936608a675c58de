#include "base/budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace freeway {
namespace {

constexpr std::uint64_t kStep = Share::kStep;

TEST(Budget, SmallAmountsAreFree) {
  Budget budget(0);
  Share share(budget);
  EXPECT_TRUE(share.hold(kStep - 1));
  EXPECT_EQ(budget.held(), 0U);
  EXPECT_FALSE(share.hold(kStep));
  EXPECT_EQ(budget.held(), 0U);
}

TEST(Budget, IsSharedByAll) {
  Budget budget(3 * kStep);
  Share one(budget);
  {
    Share other(budget);
    EXPECT_TRUE(one.hold(2 * kStep + 5));
    EXPECT_EQ(one.held(), 2 * kStep);
    EXPECT_TRUE(other.hold(kStep));
    EXPECT_FALSE(one.hold(3 * kStep));
    EXPECT_EQ(one.held(), 2 * kStep) << "as before";
    EXPECT_TRUE(one.hold(kStep));
    EXPECT_TRUE(other.hold(2 * kStep));
    EXPECT_EQ(budget.held(), 3 * kStep);
  }
  EXPECT_EQ(budget.held(), kStep) << "the other is gone";
}

TEST(Budget, HoldsWhatItHoldsWhenItShrinks) {
  Budget budget(4 * kStep);
  Share share(budget);
  EXPECT_TRUE(share.hold(4 * kStep));
  budget.set_most(kStep);
  EXPECT_FALSE(share.hold(5 * kStep));
  EXPECT_TRUE(share.hold(4 * kStep)) << "no more than before";
  EXPECT_TRUE(share.hold(2 * kStep));
  EXPECT_FALSE(share.hold(3 * kStep));
}

TEST(Budget, IsPassedByWhatCannotBeRefused) {
  Budget budget(2 * kStep);
  Share one(budget);
  Share other(budget);
  one.hold_anyway(3 * kStep + 1);
  EXPECT_EQ(budget.held(), 3 * kStep);
  EXPECT_FALSE(other.hold(kStep));
  one.hold_anyway(kStep);
  EXPECT_TRUE(other.hold(kStep));
}

TEST(Budget, IsNeverPassedByThreads) {
  Budget budget(8 * kStep);
  std::atomic<bool> passed = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Share share(budget);
      for (std::uint64_t round = 0; round < 20'000; ++round) {
        (void)share.hold(round % 5 * kStep);
        if (budget.held() > budget.most()) passed = true;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(passed);
  EXPECT_EQ(budget.held(), 0U);
}

}  // namespace
}  // namespace freeway
