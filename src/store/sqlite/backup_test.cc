#include "store/sqlite/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::store {
namespace {

using ::testing::HasSubstr;

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() : store(open("freeway.db")) {
    Changes changes;
    changes.facts = {{"vault.check", "c0ffee"}};
    KeyRow key;
    key.id = *store->reserve_key_ids(1);
    key.provider = "groq";
    key.name = "a";
    key.sealed = std::string("\0\xff", 2);
    changes.put_keys = {key};
    ClientRow client;
    client.name = "laptop";
    client.digest = "d";
    client.models = {"m1"};
    changes.put_clients = {client};
    EXPECT_TRUE(store->apply(changes));
    for (int i = 0; i < 100; ++i) store->log(test_record(i, clock.wall()));
    store->flush();
  }
  std::unique_ptr<Store> open(const std::string& name) {
    auto opened = open_sqlite(folder / name, clock);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  TestFolder folder;
  ManualClock clock;
  std::unique_ptr<Store> store;
};

TEST_F(BackupTest, RestoresTheIdenticalState) {
  BackupChoice choice;
  choice.facts = {{"backup.made", "today"}};
  choice.files = {{"journal", std::string("\0\1\2", 3)}};
  auto done = store->backup(folder / "b", choice);
  ASSERT_TRUE(done) << done.error().message;
  struct stat facts{};
  ASSERT_EQ(::stat((folder / "b").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  auto contents = read_backup(folder / "b");
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->facts, (std::map<std::string, std::string>{{"backup.made", "today"}, {"vault.check", "c0ffee"}}));
  EXPECT_EQ(contents->files, choice.files);
  EXPECT_FALSE(*store->fact("backup.made")) << "in the copy only";

  ASSERT_TRUE(restore_sqlite(folder / "b", folder / "fresh.db", {"backup.made"}));
  auto fresh = open("fresh.db");
  EXPECT_EQ(*fresh->fact("vault.check"), "c0ffee");
  EXPECT_FALSE(*fresh->fact("backup.made"));
  auto keys = fresh->keys();
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().sealed, std::string("\0\xff", 2));
  EXPECT_EQ(fresh->clients()->front().models, std::vector<std::string>{"m1"});
  EXPECT_EQ(fresh->reserve_key_ids(1), 2) << "ids go on where they were";
  EXPECT_EQ((*fresh->request("req-42"))->attempts.size(), 1U);
  EXPECT_EQ(fresh->usage({})->front().tokens, store->usage({})->front().tokens);
  ASSERT_TRUE(fresh->backup(folder / "b2", choice)) << "a restored store can be backed up again";
  EXPECT_EQ(read_backup(folder / "b2")->files, choice.files);
}

TEST_F(BackupTest, LeavesTheRequestLogOutIfAsked) {
  BackupChoice choice;
  choice.requests = false;
  ASSERT_TRUE(store->backup(folder / "b", choice));
  ASSERT_TRUE(restore_sqlite(folder / "b", folder / "fresh.db", {}));
  auto fresh = open("fresh.db");
  EXPECT_TRUE(fresh->requests({})->requests.empty());
  EXPECT_EQ(fresh->usage({})->front().requests, 100U);
  EXPECT_EQ(fresh->keys()->size(), 1U);
}

TEST_F(BackupTest, HoldsNothingThatWasRemoved) {
  store->log([&] {
    RequestRecord record = test_record(1, clock.wall());
    record.asked = "remove-me-please";
    return record;
  }());
  store->flush();
  {
    auto database = sqlite::Database::open(folder / "freeway.db", sqlite::Database::Access::write);
    ASSERT_TRUE(database->run("DELETE FROM log"));
  }
  ASSERT_TRUE(store->backup(folder / "b", {}));
  EXPECT_EQ(read_file(folder / "b", 1 << 24)->find("remove-me-please"), std::string::npos);
}

TEST_F(BackupTest, WritersGoOnMeanwhile) {
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; !done; ++i) {
      Changes changes;
      changes.facts["n"] = changes.facts["m"] = std::to_string(i);
      EXPECT_TRUE(store->apply(changes));
    }
  });
  for (int i = 0; i < 10; ++i) {
    std::string path = folder / fmt::format("b{}", i);
    EXPECT_TRUE(store->backup(path, {}));
    auto contents = read_backup(path);
    if (!contents) {
      ADD_FAILURE() << contents.error().message;
      break;
    }
    EXPECT_EQ(contents->facts["n"], contents->facts["m"]) << "of one moment";
  }
  done = true;
  writer.join();
}

TEST_F(BackupTest, RefusesWhatIsNoBackup) {
  EXPECT_EQ(read_backup(folder / "none").error().kind, ErrorKind::not_found);
  std::ofstream(folder / "text")
      << "hello, I am not a database, but long enough to look like one at a glance ........................";
  EXPECT_FALSE(read_backup(folder / "text"));
  std::ofstream(folder / "empty") << "";
  EXPECT_EQ(read_backup(folder / "empty").error().kind, ErrorKind::malformed);
  EXPECT_EQ(read_backup(folder / "freeway.db").error().kind, ErrorKind::malformed) << "a database in use is no backup";
  ASSERT_TRUE(store->backup(folder / "b", {}));
  auto whole = *read_file(folder / "b", 1 << 24);
  ASSERT_TRUE(replace_file(folder / "cut", std::string_view(whole).substr(0, whole.size() / 2), 0600));
  EXPECT_FALSE(read_backup(folder / "cut"));
  for (const char* own : {"freeway.db", "freeway.db-wal"}) {
    EXPECT_EQ(store->backup(folder / own, {}).error().kind, ErrorKind::invalid);
  }
  EXPECT_EQ(restore_sqlite(folder / "b", folder / "freeway.db", {}).error().kind, ErrorKind::exhausted);
  EXPECT_THAT(store->backup(folder / "none/b", {}).error().message, HasSubstr("No such file or directory"));
}

TEST_F(BackupTest, OverwritesBackupsAlone) {
  ASSERT_TRUE(store->backup(folder / "b", {}));
  std::ofstream(folder / "b.new") << "somebody's";
  std::ofstream(folder / "notes") << "somebody's";
  std::filesystem::create_symlink(folder / "b", folder / "link");
  auto other = open("other.db");
  other.reset();
  for (const char* taken : {"notes", "link", "other.db", ""}) {
    EXPECT_EQ(store->backup(folder / taken, {}).error().kind, ErrorKind::exhausted) << taken;
  }
  EXPECT_EQ(*read_file(folder / "notes", 100), "somebody's");
  BackupChoice choice;
  choice.facts = {{"backup.made", "today"}};
  ASSERT_TRUE(store->backup(folder / "b", choice));
  EXPECT_EQ(read_backup(folder / "b")->facts["backup.made"], "today");
  EXPECT_EQ(*read_file(folder / "b.new", 100), "somebody's");
}

std::atomic<int> writes_to_live{-1};

ssize_t dying_write(int file, const void* bytes, size_t size, off_t at) {
  if (writes_to_live >= 0 && writes_to_live-- == 0) ::_exit(9);
  return ::pwrite(file, bytes, size, at);
}

// The backup that was there stays, whole, until the new one takes its place.
TEST_F(BackupTest, DyingLeavesThePreviousBackup) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the thread sanitizer knows no threads after a fork";
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the thread sanitizer knows no threads after a fork";
#endif
#endif
  BackupChoice choice;
  choice.facts = {{"backup.made", "yesterday"}};
  ASSERT_TRUE(store->backup(folder / "b", choice));
  store = nullptr;
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  auto replace = [vfs](sqlite3_syscall_ptr call) {
    vfs->xSetSystemCall(vfs, "pwrite", call);
    vfs->xSetSystemCall(vfs, "pwrite64", call);
  };
  int deaths = 0;
  for (int n = 0;; n += 3) {
    pid_t child = ::fork();
    if (child == 0) {
      replace(reinterpret_cast<sqlite3_syscall_ptr>(&dying_write));
      auto live = open_sqlite(folder / "freeway.db", clock);
      if (!live) ::_exit(1);
      writes_to_live = n;
      BackupChoice next;
      next.facts = {{"backup.made", "today"}};
      ::_exit((*live)->backup(folder / "b", next) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    auto contents = read_backup(folder / "b");
    ASSERT_TRUE(contents) << contents.error().message;
    if (WEXITSTATUS(status) == 0) {
      EXPECT_EQ(contents->facts["backup.made"], "today");
      break;
    }
    ASSERT_EQ(WEXITSTATUS(status), 9);
    ASSERT_EQ(contents->facts["backup.made"], "yesterday");
    ++deaths;
  }
  EXPECT_GT(deaths, 3);
  EXPECT_FALSE(std::filesystem::exists(folder / "b.freeway-draft")) << "the next backup takes the draft's place";
}

}  // namespace
}  // namespace freeway::store
