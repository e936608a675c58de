#include "relay/hedge_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace freeway::relay {
namespace {

TEST(HedgeBudget, NeverAllowsMoreThanTheShareOfTheRequests) {
  for (double share : {0.0, 0.01, 0.05, 0.3, 1.0}) {
    HedgeBudget budget;
    EXPECT_FALSE(budget.affords());
    int hedges = 0;
    for (int request = 1; request <= 1000; ++request) {
      budget.earn(share);
      const bool afforded = budget.affords();
      EXPECT_EQ(budget.spend(), afforded);
      if (afforded) ++hedges;
      ASSERT_LE(hedges, share * request + 1e-9);
    }
    EXPECT_GE(hedges, share * 1000 - 1.001) << "and no less, of " << share;
  }
}

TEST(HedgeBudget, SavesUpNoMoreThanTen) {
  HedgeBudget budget;
  for (int request = 0; request < 1000; ++request) budget.earn(0.5);
  int hedges = 0;
  while (budget.spend()) ++hedges;
  EXPECT_EQ(hedges, HedgeBudget::kMost);
}

TEST(HedgeBudget, CountsExactlyAcrossThreads) {
  HedgeBudget budget;
  std::atomic<int> hedges = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int request = 0; request < 5000; ++request) {
        budget.earn(0.25);
        if (budget.spend()) ++hedges;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(hedges, 5000);
  while (budget.spend()) ++hedges;
  EXPECT_EQ(hedges, 5000) << "nothing was lost, as the cap was never reached";
}

}  // namespace
}  // namespace freeway::relay
