#include "store/worker.h"

#include <gtest/gtest.h>

#include <future>

namespace freeway::store {
namespace {

TEST(Worker, BringsResultsBackInOrder) {
  std::vector<int> results;
  {
    Worker worker;
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(worker.run([i] { return i * i; }, [&results](int result) { results.push_back(result); }));
    }
  }
  ASSERT_EQ(results.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i * i);
}

TEST(Worker, RunsWorkWithoutAResult) {
  std::promise<void> done;
  bool worked = false;
  Worker worker;
  worker.run([&worked] { worked = true; }, [&done] { done.set_value(); });
  done.get_future().wait();
  EXPECT_TRUE(worked);
}

TEST(Worker, RunsAsManyAtOnceAsItHasThreads) {
  std::promise<void> first, second;
  Worker worker({.threads = 2});
  std::promise<void> done;
  worker.post([&] {
    first.set_value();
    second.get_future().wait();
    done.set_value();
  });
  worker.post([&] {
    first.get_future().wait();
    second.set_value();
  });
  done.get_future().wait();
}

TEST(Worker, TakesAJobOfAJobWhileItEnds) {
  int ran = 0;
  {
    Worker worker({.threads = 2});
    worker.post([&] { worker.post([&ran] { ++ran; }); });
  }
  EXPECT_EQ(ran, 1);
}

TEST(Worker, RefusesMoreThanMayWait) {
  std::promise<void> started;
  std::promise<void> go;
  auto gate = go.get_future();
  int ran = 0;
  {
    Worker worker({.threads = 1, .waiting = 2});
    EXPECT_TRUE(worker.post([&] {
      started.set_value();
      gate.wait();
    }));
    started.get_future().wait();
    EXPECT_TRUE(worker.post([&ran] { ++ran; }));
    EXPECT_TRUE(worker.post([&ran] { ++ran; }));
    EXPECT_FALSE(worker.post([&ran] { ran += 100; }));
    go.set_value();
  }
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace freeway::store
