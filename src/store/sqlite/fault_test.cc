// The disk says no, or the process dies: at every write that SQLite makes. SQLite lets its system calls be replaced.
#include <errno.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "base/log.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::store {
namespace {

std::atomic<bool> disk_full{false};
std::atomic<int> writes_to_live{-1};  // then the process dies; negative: for ever

ssize_t faulty_write(int file, const void* bytes, size_t size, off_t at) {
  if (disk_full) {
    errno = ENOSPC;
    return -1;
  }
  if (writes_to_live >= 0 && writes_to_live-- == 0) {
    // Half of the last write is on the disk.
    (void)!::pwrite(file, bytes, size / 2, at);
    ::_exit(9);
  }
  return ::pwrite(file, bytes, size, at);
}

class FaultTest : public ::testing::Test {
 protected:
  FaultTest() { replace(reinterpret_cast<sqlite3_syscall_ptr>(&faulty_write)); }
  ~FaultTest() override {
    disk_full = false;
    replace(nullptr);
  }
  static void replace(sqlite3_syscall_ptr call) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    ASSERT_EQ(vfs->xSetSystemCall(vfs, "pwrite", call), SQLITE_OK);
    ASSERT_EQ(vfs->xSetSystemCall(vfs, "pwrite64", call), SQLITE_OK);
  }
  std::string path() { return folder / "freeway.db"; }

  // Runs `live` in a process that dies at its n-th write; false if it lived to the end.
  template <class Live>
  bool dies_at(int n, Live live) {
    pid_t child = ::fork();
    if (child == 0) {
      writes_to_live = n;
      live();
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << status;
    EXPECT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9) << WEXITSTATUS(status);
    return WEXITSTATUS(status) == 9;
  }

  TestFolder folder;
  ManualClock clock;
};

TEST_F(FaultTest, AFullDiskCostsTheLogAndNothingElse) {
  auto store = std::move(*open_sqlite(path(), clock));
  store->log(test_record(1, clock.wall()));
  store->flush();
  disk_full = true;
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    store->log(test_record(2, clock.wall()));
    store->flush();
  }
  Changes changes;
  changes.facts["a"] = "b";
  auto done = store->apply(changes);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::io);
  EXPECT_EQ(done.error().message, fmt::format("the disk that holds {} is full; free some space", path()));
  EXPECT_EQ(store->status().dropped, 3U);
  EXPECT_EQ(store->status().trouble, done.error().message);
  EXPECT_TRUE(*store->request("req-1")) << "reading goes on";
  disk_full = false;
  store->log(test_record(3, clock.wall()));
  store->flush();
  EXPECT_EQ(store->status().logged, 2U);
  EXPECT_EQ(store->status().trouble, "");
  EXPECT_TRUE(*store->request("req-3"));
  EXPECT_TRUE(store->apply(changes));
  disk_full = true;
  store->log(test_record(4, clock.wall()));
  store->flush();
  disk_full = false;
  store->log(test_record(5, clock.wall()));
  store->flush();
  EXPECT_EQ(store->status().dropped, 4U);
  log::configure(log::Level::info, false);
  std::string out = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2) << out;
  EXPECT_NE(out.find("requests are served but not logged: the disk that holds"), std::string::npos) << out;
  EXPECT_NE(out.find("requests are logged again; 3 are missing"), std::string::npos) << out;
}

TEST_F(FaultTest, AFullDiskAtTheStartIsOneSentence) {
  disk_full = true;
  auto store = open_sqlite(path(), clock);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().message, fmt::format("the disk that holds {} is full; free some space", path()));
}

TEST_F(FaultTest, WhatFindsTheQueueFullIsCounted) {
  SqliteOptions options;
  options.queue = 4;
  auto store = std::move(*open_sqlite(path(), clock, options));
  constexpr std::uint64_t kRecords = 5000;
  for (std::uint64_t i = 0; i < kRecords; ++i) store->log(test_record(1, clock.wall()));
  store->flush();
  StoreStatus status = store->status();
  EXPECT_EQ(status.logged + status.dropped, kRecords);
  EXPECT_GT(status.dropped, 0U);
  EXPECT_EQ(store->usage({})->front().requests, status.logged);
}

// What `apply` said was done is there after any death; the log and its sums agree; the file is whole.
TEST_F(FaultTest, DiesAtAnyWriteWithoutHarm) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the thread sanitizer knows no threads after a fork";
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the thread sanitizer knows no threads after a fork";
#endif
#endif
  int deaths = 0;
  for (int n = 0;; n += 1 + n / 12) {
    std::string file = folder / fmt::format("n{}.db", n);
    std::string told = folder / fmt::format("told{}", n);
    bool died = dies_at(n, [&] {
      auto store = open_sqlite(file, clock);
      if (!store) return;
      for (int i = 0; i < 12; ++i) {
        Changes changes;
        changes.facts[fmt::format("a{}", i)] = changes.facts[fmt::format("b{}", i)] = std::string(3000, 'x');
        for (int j = 0; j < 50; ++j) (*store)->log(test_record(j, clock.wall()));
        if ((*store)->apply(changes)) std::ofstream(told, std::ios::app) << 'x';
        (*store)->flush();
      }
    });
    auto store = open_sqlite(file, clock);
    ASSERT_TRUE(store) << store.error().message;
    std::error_code none;
    auto acknowledged = static_cast<int>(std::filesystem::exists(told) ? std::filesystem::file_size(told, none) : 0);
    for (int i = 0; i < 12; ++i) {
      bool a = (*store)->fact(fmt::format("a{}", i))->has_value();
      ASSERT_EQ(a, (*store)->fact(fmt::format("b{}", i))->has_value());
      if (i < acknowledged) ASSERT_TRUE(a) << "said to be done, and lost";
    }
    auto database = sqlite::Database::open(file, sqlite::Database::Access::read);
    auto check = database->query("PRAGMA integrity_check");
    ASSERT_TRUE(check.next());
    ASSERT_EQ(check.text(0), "ok");
    auto count = [&database](const char* sql) { return database->number(sql).value_or(-1); };
    std::int64_t requests = count("SELECT coalesce(sum(count), 0) FROM log");
    RequestQuery all;
    all.limit = 1000;
    EXPECT_EQ(requests, std::ssize((*store)->requests(all)->requests)) << "whole segments";
    EXPECT_EQ(requests, count("SELECT coalesce(sum(answered), 0) FROM usage"));
    if (!died) break;
    ++deaths;
  }
  EXPECT_GT(deaths, 20);
}

}  // namespace
}  // namespace freeway::store
