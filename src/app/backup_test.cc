#include "app/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "journal/journal.h"
#include "store/sqlite/sqlite.h"
#include "store/testing.h"
#include "vault/carry.h"

namespace freeway::app {
namespace {

using store::TestFolder;
using ::testing::HasSubstr;

// Counts the sessions that a journal tells of.
class Counted final : public journal::Replica {
 public:
  void apply(const journal::Record& record) override {
    if (record.kind == journal::Kind::session) ++sessions;
  }
  void restart(journal::Moment, Duration) override {}
  void write(journal::Draft& draft, journal::Moment at) override {
    for (std::uint64_t i = 0; i < sessions; ++i) {
      std::uint64_t payload[] = {i};
      draft.add(journal::Kind::session, at, payload);
    }
  }
  std::uint64_t sessions = 0;
};

// A gateway's data directory, opened.
struct Home {
  Home(const TestFolder& folder, const Clock& clock, std::optional<Secret> environment = {}) {
    auto opened = store::open_sqlite(folder / "freeway.db", clock);
    EXPECT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
    auto unlocked = vault::Vault::open(*store, {folder.path(), std::move(environment)}, clock);
    EXPECT_TRUE(unlocked) << unlocked.error().message;
    if (unlocked) vault = std::move(*unlocked);
  }
  std::unique_ptr<store::Store> store;
  std::unique_ptr<vault::Vault> vault;
};

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    Home home(here, clock);
    vault::NewKey key;
    key.provider = "groq";
    key.value = Secret("gsk_planted-secret-1");
    key.proxy = Secret("http://me:planted-password@127.0.0.1:1");
    EXPECT_TRUE(home.vault->add({key}));
    auto client = home.vault->add_client({.name = "laptop", .models = {}, .rpm = {}, .tpd = {}});
    client_key = std::string(client->key.reveal());
    for (int i = 0; i < 10; ++i) home.store->log(store::test_record(i, clock.wall()));
    std::ofstream(here / "journal") << "journal-bytes" << std::string(100, '\0');
    std::ofstream(here / "journal.new") << "newer-bytes";
  }
  std::string backup(const BackupPlan& wanted = {}) {
    Home home(here, clock);
    BackupPlan plan = wanted;
    plan.path = outside / "backup";
    auto made = make_backup(*home.store, *home.vault, here.path(), plan, clock.wall());
    EXPECT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->bytes, std::filesystem::file_size(plan.path));
    return plan.path;
  }
  RestorePlan plan(const std::string& path) { return {path, there.path(), false, {}, {there.path(), {}}}; }
  void expect_the_same(std::optional<Secret> environment = {}) {
    Home home(there, clock, std::move(environment));
    ASSERT_TRUE(home.vault);
    auto keys = home.vault->keys();
    ASSERT_EQ(keys->size(), 1U);
    EXPECT_EQ(keys->front().fault, "");
    EXPECT_EQ(keys->front().value.reveal(), "gsk_planted-secret-1");
    EXPECT_EQ(keys->front().proxy.reveal(), "http://me:planted-password@127.0.0.1:1");
    EXPECT_EQ(home.vault->clients()->front().name, "laptop");
    EXPECT_EQ(home.store->usage({})->front().requests, 10U);
    EXPECT_FALSE(*home.store->fact("backup.master_key"));
    EXPECT_TRUE(read_file(there / "journal", 1 << 20)->starts_with("journal-bytes"));
    EXPECT_EQ(std::filesystem::file_size(there / "journal"), 4096U);
    EXPECT_TRUE(read_file(there / "journal.new", 1 << 20)->starts_with("newer-bytes"));
  }

  void make_another_there() {
    Home other(there, clock);
    vault::NewKey key;
    key.provider = "other";
    key.value = Secret("other-secret");
    ASSERT_TRUE(other.vault->add({key}));
  }
  // The master key that a database's rows are sealed with.
  std::string key_id(const std::string& database) {
    auto store = std::move(*store::open_sqlite(database, clock));
    return vault::sealing_key({{"vault.check", (*store->fact("vault.check")).value_or("")}}).value_or("");
  }
  // The two files are whole: together they open.
  void expect_the_other(const std::string& database, const std::string& key_file) {
    ASSERT_TRUE(std::filesystem::exists(database));
    auto text = read_file(key_file, 100);
    ASSERT_TRUE(text) << text.error().message;
    auto store = std::move(*store::open_sqlite(database, clock));
    TestFolder empty;
    auto unlocked = vault::Vault::open(*store, {empty.path(), Secret(*text)}, clock);
    ASSERT_TRUE(unlocked) << unlocked.error().message;
    EXPECT_EQ((*unlocked)->keys()->front().value.reveal(), "other-secret");
  }

  TestFolder outside;
  TestFolder here;
  TestFolder there;
  ManualClock clock;
  std::string client_key;
};

TEST_F(BackupTest, RestoresOnAFreshHostWithAPassphrase) {
  BackupPlan with_key;
  with_key.passphrase = Secret("correct horse");
  RestorePlan restore = plan(backup(with_key));
  restore.passphrase = with_key.passphrase;
  auto done = restore_backup(restore);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->made, "2026-01-01T00:00:00Z");
  EXPECT_EQ(done->missing_master_key, "");
  EXPECT_EQ(done->kept, "");
  expect_the_same();
}

TEST_F(BackupTest, SaysWhichMasterKeyItLacks) {
  RestorePlan restore = plan(backup());
  auto done = restore_backup(restore);
  ASSERT_TRUE(done) << done.error().message;
  auto master = vault::MasterKey::parse(*read_file(here / "master.key", 100));
  EXPECT_EQ(done->missing_master_key, master->id);
  {
    auto store = std::move(*store::open_sqlite(there / "freeway.db", clock));
    auto vault = vault::Vault::open(*store, {there.path(), {}}, clock);
    ASSERT_FALSE(vault);
    EXPECT_THAT(vault.error().message, HasSubstr(master->id));
  }
  expect_the_same(master->text());
  ASSERT_TRUE(replace_file(there / "master.key", master->text().reveal(), 0600));
  expect_the_same();
}

TEST_F(BackupTest, RefusesAWrongPassphraseAndTouchesNothing) {
  BackupPlan with_key;
  with_key.passphrase = Secret("correct horse");
  RestorePlan restore = plan(backup(with_key));
  restore.passphrase = Secret("wrong horse");
  EXPECT_EQ(restore_backup(restore).error().kind, ErrorKind::denied);
  EXPECT_TRUE(std::filesystem::is_empty(there.path()));
  restore.path = outside / "none";
  EXPECT_EQ(restore_backup(restore).error().kind, ErrorKind::not_found);
  EXPECT_TRUE(std::filesystem::is_empty(there.path()));
}

TEST_F(BackupTest, ReplacesOnlyIfTold) {
  BackupPlan with_key;
  with_key.passphrase = Secret("correct horse");
  RestorePlan restore = plan(backup(with_key));
  restore.passphrase = with_key.passphrase;
  make_another_there();
  auto refused = restore_backup(restore);
  EXPECT_EQ(refused.error().kind, ErrorKind::exhausted);
  EXPECT_EQ(Home(there, clock).vault->keys()->front().value.reveal(), "other-secret");
  restore.replace = true;
  // What a process that died here left behind.
  std::ofstream(there / "freeway.db.restored") << "half";
  auto done = restore_backup(restore);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->kept, there / "freeway.db.before-restore");
  EXPECT_TRUE(std::filesystem::exists(done->kept));
  expect_the_same();
  auto again = restore_backup(restore);
  ASSERT_TRUE(again) << again.error().message;
  expect_the_same();
  EXPECT_NE(again->kept, done->kept);
  expect_the_other(done->kept, there / "master.key.before-restore-" + key_id(done->kept));
}

TEST_F(BackupTest, KeepsTheMasterKeyOfWhatItReplaces) {
  BackupPlan with_key;
  with_key.passphrase = Secret("correct horse");
  RestorePlan restore = plan(backup(with_key));
  make_another_there();
  restore.replace = true;
  for (bool sealed : {false, true}) {
    restore.passphrase = sealed ? with_key.passphrase : std::nullopt;
    auto done = restore_backup(restore);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->missing_master_key.empty(), sealed);
    expect_the_other(there / "freeway.db.before-restore", done->kept_key);
  }
  auto same = restore_backup(restore);
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_EQ(same->kept_key, "") << "it opens both";
}

// A run that died before it put the backup in place has moved the database away, wholly or without its log.
TEST_F(BackupTest, AnInterruptedRunIsFinishedWithoutALoss) {
  BackupPlan with_key;
  with_key.passphrase = Secret("correct horse");
  RestorePlan restore = plan(backup(with_key));
  restore.passphrase = with_key.passphrase;
  restore.replace = true;
  make_another_there();
  std::string aside = there / "freeway.db.before-restore";
  ASSERT_TRUE(move_file(there / "freeway.db", aside));
  std::ofstream(there / "freeway.db-wal") << "what the log holds";
  auto done = restore_backup(restore);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->kept, aside);
  EXPECT_EQ(*read_file(aside + "-wal", 100), "what the log holds");
  EXPECT_FALSE(std::filesystem::exists(there / "freeway.db-wal"));
  std::filesystem::remove(aside + "-wal");
  expect_the_same();
  expect_the_other(aside, done->kept_key);
}

TEST_F(BackupTest, AMasterKeyThatCantBeReadIsNotReplaced) {
  BackupPlan with_key;
  with_key.passphrase = Secret("correct horse");
  RestorePlan restore = plan(backup(with_key));
  restore.passphrase = with_key.passphrase;
  std::ofstream(there / "master.key") << "scribble";
  EXPECT_THAT(restore_backup(restore).error().message, HasSubstr("move it away first"));
  EXPECT_EQ(*read_file(there / "master.key", 100), "scribble");
  EXPECT_FALSE(std::filesystem::exists(there / "freeway.db"));
}

// Taken while the journal is written; what it told so far is there afterwards.
TEST_F(BackupTest, BringsTheJournal) {
  auto counted = [] { return std::make_unique<Counted>(); };
  auto open = [&](const TestFolder& folder) {
    journal::Journal::Options options;
    options.path = folder / "journal";
    options.boot = "a boot";
    options.thread = false;
    return std::make_unique<journal::Journal>(options, std::vector<journal::Journal::Make>{counted},
                                              journal::Moment{clock.now(), clock.wall()});
  };
  auto live = open(here);
  for (std::uint64_t i = 0; i < 500; ++i) {
    std::uint64_t payload[] = {i << 56};
    live->append(journal::Kind::session, {clock.now(), clock.wall()}, payload);
  }
  auto done = restore_backup(plan(backup()));
  ASSERT_TRUE(done) << done.error().message;
  auto told = open(there)->take();
  EXPECT_EQ(static_cast<Counted&>(*told.front()).sessions, 500U);
}

// By value, whatever is in the file.
TEST_F(BackupTest, HoldsNoSecretInPlain) {
  BackupPlan with_key;
  with_key.passphrase = Secret("correct horse");
  auto content = *read_file(backup(with_key), 1 << 24);
  std::string master = *read_file(here / "master.key", 100);
  auto bytes = std::string(vault::MasterKey::parse(master)->bytes.reveal());
  for (const std::string& secret : {std::string("gsk_planted-secret-1"), std::string("planted-password"),
                                    std::string("correct horse"), client_key, master.substr(0, 64), bytes}) {
    EXPECT_EQ(content.find(secret), std::string::npos) << secret;
  }
}

TEST_F(BackupTest, LeavesFreewaysOwnFilesAlone) {
  Home home(here, clock);
  std::string master = *read_file(here / "master.key", 100);
  std::filesystem::create_directory(here / "backups");
  std::filesystem::create_directory_symlink(here.path(), outside / "link");
  BackupPlan plan;
  for (const std::string& path : {here / "master.key", here / "journal", here / "fresh", here / "backups/../lock",
                                  outside / "link/fresh", here / "catalog/fresh"}) {
    plan.path = path;
    EXPECT_EQ(make_backup(*home.store, *home.vault, here.path(), plan, clock.wall()).error().kind, ErrorKind::invalid)
        << path;
  }
  EXPECT_EQ(*read_file(here / "master.key", 100), master);
  for (const std::string& path : {here / "backups/b", outside / "b"}) {
    plan.path = path;
    auto made = make_backup(*home.store, *home.vault, here.path(), plan, clock.wall());
    EXPECT_TRUE(made) << made.error().message;
  }
}

TEST_F(BackupTest, WantsARealPassphrase) {
  Home home(here, clock);
  BackupPlan short_one;
  short_one.path = outside / "backup";
  short_one.passphrase = Secret("1234567");
  EXPECT_EQ(make_backup(*home.store, *home.vault, here.path(), short_one, clock.wall()).error().kind, ErrorKind::invalid);
  EXPECT_FALSE(std::filesystem::exists(short_one.path));
}

}  // namespace
}  // namespace freeway::app
