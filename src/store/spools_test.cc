#include "store/spools.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

namespace freeway::store {
namespace {

namespace fs = std::filesystem;

// A loop of one thread: the test's own.
class Queue {
 public:
  Spools::Home home() {
    return [this](std::move_only_function<void()> work) {
      std::lock_guard lock(mutex_);
      works_.push_back(std::move(work));
      changed_.notify_one();
    };
  }
  // Runs works until it holds.
  void until(const std::function<bool()>& met) {
    while (!met()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !works_.empty(); });
      auto work = std::move(works_.front());
      works_.pop_front();
      lock.unlock();
      work();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> works_;
};

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    folder_ = fs::path(testing::TempDir()) / fmt::format("freeway-spools-{}", ::getpid());
    fs::create_directories(folder_);
    open();
  }
  ~SpoolTest() override {
    spool_.reset();
    spools_.reset();
    fs::remove_all(folder_);
  }
  void open(std::size_t waiting = 1024, bool nameless = true) {
    spool_.reset();
    Spools::Options options;
    options.folder = folder_;
    options.memory = 1000;
    options.waiting = waiting;
    options.nameless = nameless;
    spools_ = std::make_unique<Spools>(std::move(options));
    spool_ = spools_->open(queue_.home(), [this] { ++changes_; });
  }
  void append(std::string_view bytes) {
    spool_->append(bytes);
    queue_.until([this] { return spool_->idle(); });
  }
  // Some bytes that differ from place to place.
  static std::string noise(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 1;
    for (char& byte : bytes) {
      state = state * 1664525U + 1013904223U;
      byte = static_cast<char>(state >> 24);
    }
    return bytes;
  }
  std::string fetch(std::uint64_t from, std::size_t count) {
    std::optional<Result<std::string>> got;
    spool_->fetch(from, count, [&got](Result<std::string> bytes) { got = std::move(bytes); });
    EXPECT_FALSE(got.has_value()) << "not inside the call";
    queue_.until([&got] { return got.has_value(); });
    return *got ? **got : "failed: " + got->error().message;
  }
  // Files are freed on the threads.
  void wait_until_empty() const {
    while (spools_->on_disk() > 0) std::this_thread::yield();
  }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {})); }
  // Descriptors of this process on files that lie, or lay, in the folder.
  std::size_t descriptors() const {
    std::size_t count = 0;
    for (const auto& one : fs::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      if (fs::read_symlink(one, gone).string().starts_with(folder_.string() + "/")) ++count;
    }
    return count;
  }

  fs::path folder_;
  Queue queue_;
  std::unique_ptr<Spools> spools_;
  std::unique_ptr<FileSpool> spool_;
  int changes_ = 0;
};

TEST_F(SpoolTest, ALittleStaysInMemory) {
  append("hello ");
  append("world");
  EXPECT_EQ(spool_->size(), 11U);
  EXPECT_EQ(spool_->held(6), "world");
  EXPECT_EQ(fetch(4, 3), "o w");
  EXPECT_EQ(changes_, 0);
  EXPECT_EQ(descriptors(), 0U);
}

TEST_F(SpoolTest, MuchGoesToAFileThatNobodySees) {
  std::string all = noise(10'500);
  for (std::size_t at = 0; at < all.size(); at += 300) append(std::string_view(all).substr(at, 300));
  EXPECT_EQ(spool_->size(), all.size());
  EXPECT_GT(changes_, 5);
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(descriptors(), 1U);
  EXPECT_EQ(fetch(0, all.size()), all);
  EXPECT_EQ(spool_->held(0), "");
  EXPECT_EQ(spool_->held(all.size() - 10), all.substr(all.size() - 10));
  for (std::size_t from : {0UL, 1UL, 999UL, 5000UL, 9900UL, 10'400UL})
    for (std::size_t count : {1UL, 7UL, 100UL}) EXPECT_EQ(fetch(from, count), all.substr(from, count)) << from;
  spool_.reset();
  spools_.reset();
  EXPECT_EQ(descriptors(), 0U);
}

TEST_F(SpoolTest, WhatIsLetGoWhileItIsWrittenIsFreed) {
  spool_->append(noise(5000));
  EXPECT_FALSE(spool_->idle());
  spool_.reset();
  spools_.reset();
  EXPECT_EQ(changes_, 0);
  EXPECT_EQ(descriptors(), 0U);
  EXPECT_EQ(files(), 0U);
}

TEST_F(SpoolTest, OutlivesItsThreads) {
  append(noise(5000));
  spools_.reset();
  EXPECT_EQ(fetch(0, 100), "failed: too many uploads wait for the disk");
  spool_.reset();
  EXPECT_EQ(descriptors(), 0U);
}

TEST_F(SpoolTest, AFolderThatIsGoneIsTold) {
  fs::remove_all(folder_);
  append(noise(5000));
  ASSERT_TRUE(spool_->failure().has_value());
  EXPECT_EQ(spool_->failure()->kind, ErrorKind::io);
  EXPECT_NE(spool_->failure()->message.find(folder_.string()), std::string::npos) << spool_->failure()->message;
  EXPECT_EQ(spool_->size(), 0U);
}

TEST_F(SpoolTest, AFullDiskIsTold) {
  // A process that may write no larger files is told EFBIG, as by a disk that has no more room.
  auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  rlimit small = old;
  small.rlim_cur = 4000;
  setrlimit(RLIMIT_FSIZE, &small);
  append(noise(3000));
  EXPECT_FALSE(spool_->failure().has_value());
  append(noise(3000));
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, before);
  ASSERT_TRUE(spool_->failure().has_value());
  EXPECT_EQ(spool_->failure()->kind, ErrorKind::exhausted);
}

TEST_F(SpoolTest, AllTogetherTakeNoMoreThanTheirSpace) {
  spools_->set_space(8000);
  auto other = spools_->open(queue_.home(), [] {});
  append(noise(5000));
  EXPECT_EQ(spools_->on_disk(), 5000U);
  other->append(noise(4000));
  EXPECT_TRUE(other->idle());
  ASSERT_TRUE(other->failure().has_value());
  EXPECT_EQ(other->failure()->kind, ErrorKind::too_large);
  EXPECT_EQ(other->size(), 0U);
  EXPECT_EQ(spools_->on_disk(), 5000U) << "what does not fit takes nothing";
  append(noise(3000));
  EXPECT_FALSE(spool_->failure().has_value()) << "to the last byte";
  EXPECT_EQ(spools_->on_disk(), 8000U);
  append(noise(2000));
  ASSERT_TRUE(spool_->failure().has_value());
  wait_until_empty();

  // A smaller space, and a larger one, count from now on.
  other = spools_->open(queue_.home(), [] {});
  spools_->set_space(1500);
  other->append(noise(2000));
  EXPECT_TRUE(other->failure().has_value());
  other = spools_->open(queue_.home(), [] {});
  spools_->set_space(2000);
  other->append(noise(2000));
  EXPECT_FALSE(other->failure().has_value());
  other.reset();  // while it is written
  wait_until_empty();
}

TEST_F(SpoolTest, WhatIsHeldAndWhatBreaksTakesNoSpace) {
  append(noise(900));
  EXPECT_EQ(spools_->on_disk(), 0U);
  fs::remove_all(folder_);
  append(noise(5000));
  ASSERT_TRUE(spool_->failure().has_value());
  wait_until_empty();
}

TEST_F(SpoolTest, TooMuchThatWaitsIsTold) {
  open(0);
  append(noise(5000));
  ASSERT_TRUE(spool_->failure().has_value());
  EXPECT_EQ(spool_->failure()->kind, ErrorKind::io);
}

TEST_F(SpoolTest, AFileThatMustHaveANameLosesItAtOnce) {
  open(1024, false);
  auto other = spools_->open(queue_.home(), [] {});
  std::string all = noise(5000);
  spool_->append(all);
  other->append(all);
  queue_.until([&] { return spool_->idle() && other->idle(); });
  EXPECT_FALSE(spool_->failure() || other->failure());
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(descriptors(), 2U);
  EXPECT_EQ(fetch(0, all.size()), all);
}

TEST_F(SpoolTest, WhatACrashHasLeftIsRemoved) {
  std::ofstream(folder_ / "upload.tmp") << "half a recording";
  open();
  EXPECT_EQ(files(), 0U);
}

}  // namespace
}  // namespace freeway::store
