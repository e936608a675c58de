// A change of the master key, and what is left of it when the process dies in the middle.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "store/sqlite/sqlite.h"
#include "store/testing.h"
#include "vault/vault.h"

namespace freeway::vault {
namespace {

// A store that stops the process before or after the changes are on the disk, or refuses them.
class FaultyStore final : public store::Store {
 public:
  enum class Fault { none, dies_before, dies_after, refuses };
  explicit FaultyStore(std::unique_ptr<store::Store> real) : real_(std::move(real)) {}
  Fault fault = Fault::none;

  Result<void> apply(const store::Changes& changes) override {
    if (fault == Fault::refuses) return fail(ErrorKind::io, "the disk is full");
    if (fault == Fault::dies_before) ::_exit(9);
    auto done = real_->apply(changes);
    if (fault == Fault::dies_after) ::_exit(9);
    return done;
  }
  Result<std::vector<store::KeyRow>> keys() override { return real_->keys(); }
  Result<std::vector<store::ClientRow>> clients() override { return real_->clients(); }
  Result<std::optional<std::string>> fact(std::string_view name) override { return real_->fact(name); }
  Result<std::int64_t> reserve_key_ids(std::int64_t count) override { return real_->reserve_key_ids(count); }
  Result<void> note_key_check(std::int64_t id, std::string_view check, WallTime at) override {
    return real_->note_key_check(id, check, at);
  }
  void log(const store::RequestRecord&) override {}
  void flush() override {}
  Result<store::RequestPage> requests(const store::RequestQuery&) override { return store::RequestPage(); }
  Result<std::optional<store::RequestRecord>> request(std::string_view) override {
    return std::optional<store::RequestRecord>();
  }
  Result<std::vector<store::UsageRow>> usage(const store::UsageQuery&) override { return std::vector<store::UsageRow>(); }
  Result<store::Measured> measures(const store::MeasureQuery&) override { return store::Measured(); }
  Result<std::optional<store::RequestRecord>> last_failure() override { return std::nullopt; }
  store::StoreStatus status() const override { return {}; }
  store::AccountBook& accounts() override { return real_->accounts(); }
  Result<void> backup(const std::string&, const store::BackupChoice&) override { return {}; }

 private:
  std::unique_ptr<store::Store> real_;
};

class RotateTest : public ::testing::Test {
 protected:
  // Opens store and vault, does something with them, and closes them.
  template <class Use>
  void with_vault(Use use) {
    FaultyStore store(std::move(*store::open_sqlite(folder / "freeway.db", clock)));
    auto vault = Vault::open(store, {folder.path(), environment}, clock);
    ASSERT_TRUE(vault) << vault.error().message;
    use(**vault, store);
  }
  void add_keys() {
    with_vault([](Vault& vault, FaultyStore&) {
      std::vector<NewKey> keys;
      for (int i = 0; i < 20; ++i) {
        NewKey& key = keys.emplace_back();
        key.provider = "groq";
        key.value = Secret(fmt::format("secret-{}", i));
        key.proxy = Secret(fmt::format("http://proxy-{}", i));
      }
      auto ids = vault.add(keys);
      ASSERT_TRUE(ids);
      ASSERT_TRUE(vault.disable((*ids)[2], "no"));
      ASSERT_TRUE(vault.note_check((*ids)[2], "dead"));
    });
  }
  void expect_all_keys() {
    with_vault([](Vault& vault, FaultyStore&) {
      auto keys = vault.keys();
      ASSERT_EQ(keys->size(), 20U);
      for (std::size_t i = 0; i < 20; ++i) {
        ASSERT_EQ((*keys)[i].fault, "");
        EXPECT_EQ((*keys)[i].value.reveal(), fmt::format("secret-{}", i));
        EXPECT_EQ((*keys)[i].proxy.reveal(), fmt::format("http://proxy-{}", i));
      }
      EXPECT_TRUE((*keys)[2].disabled);
      EXPECT_EQ((*keys)[2].check, "dead");
    });
    EXPECT_FALSE(std::filesystem::exists(folder / "master.key.next"));
  }
  std::string key_id() { return MasterKey::parse(*read_file(folder / "master.key", 100))->id; }
  // In a process of its own; how it ended.
  template <class Live>
  int in_child(Live live) {
    pid_t child = ::fork();
    if (child == 0) {
      live();
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  static bool threads_after_fork() {
#if defined(__SANITIZE_THREAD__)
    return false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return false;
#endif
#endif
    return true;
  }

  store::TestFolder folder;
  ManualClock clock;
  std::optional<Secret> environment;
};

TEST_F(RotateTest, OpensEverythingWithTheNewKeyAlone) {
  add_keys();
  std::string before = *read_file(folder / "master.key", 100);
  std::string old_id = key_id();
  with_vault([](Vault& vault, FaultyStore&) { ASSERT_TRUE(vault.rotate_master_key()); });
  EXPECT_NE(key_id(), old_id);
  expect_all_keys();
  ASSERT_TRUE(replace_file(folder / "master.key", before, 0600));
  auto store = std::move(*store::open_sqlite(folder / "freeway.db", clock));
  EXPECT_FALSE(Vault::open(*store, {folder.path(), {}}, clock));
}

TEST_F(RotateTest, ARunningVaultGoesOnWithTheNewKey) {
  add_keys();
  with_vault([](Vault& vault, FaultyStore&) {
    ASSERT_TRUE(vault.rotate_master_key());
    ASSERT_TRUE(vault.rotate_master_key());
    NewKey key;
    key.provider = "later";
    key.value = Secret("later-secret");
    auto ids = vault.add({key});
    ASSERT_TRUE(ids);
    ASSERT_TRUE(vault.remove(ids->front()));
  });
  expect_all_keys();
}

TEST_F(RotateTest, DiesBeforeAnythingIsSealed) {
  if (!threads_after_fork()) GTEST_SKIP() << "the thread sanitizer knows no threads after a fork";
  add_keys();
  std::string old_id = key_id();
  EXPECT_EQ(in_child([this] {
              with_vault([](Vault& vault, FaultyStore& store) {
                store.fault = FaultyStore::Fault::dies_before;
                (void)vault.rotate_master_key();
              });
            }),
            9);
  EXPECT_TRUE(std::filesystem::exists(folder / "master.key.next"));
  expect_all_keys();
  EXPECT_EQ(key_id(), old_id);
}

TEST_F(RotateTest, DiesBeforeTheFileIsInPlace) {
  if (!threads_after_fork()) GTEST_SKIP() << "the thread sanitizer knows no threads after a fork";
  add_keys();
  std::string old_id = key_id();
  EXPECT_EQ(in_child([this] {
              with_vault([](Vault& vault, FaultyStore& store) {
                store.fault = FaultyStore::Fault::dies_after;
                (void)vault.rotate_master_key();
              });
            }),
            9);
  EXPECT_EQ(key_id(), old_id);
  expect_all_keys();
  EXPECT_NE(key_id(), old_id);
}

TEST_F(RotateTest, AFirstKeyMayDieToo) {
  if (!threads_after_fork()) GTEST_SKIP() << "the thread sanitizer knows no threads after a fork";
  NewKey key;
  key.provider = "groq";
  key.value = Secret("first");
  EXPECT_EQ(in_child([this, &key] {
              with_vault([&key](Vault& vault, FaultyStore& store) {
                store.fault = FaultyStore::Fault::dies_before;
                (void)vault.add({key});
              });
            }),
            9);
  add_keys();
  expect_all_keys();
}

TEST_F(RotateTest, ARefusedChangeLeavesTheOldKeyInForce) {
  add_keys();
  std::string old_id = key_id();
  with_vault([](Vault& vault, FaultyStore& store) {
    store.fault = FaultyStore::Fault::refuses;
    EXPECT_FALSE(vault.rotate_master_key());
    store.fault = FaultyStore::Fault::none;
    EXPECT_TRUE(vault.disable(4, "still works"));
    EXPECT_TRUE(vault.enable(4));
  });
  EXPECT_EQ(key_id(), old_id);
  expect_all_keys();
}

// Killed at any moment of a stream of changes.
TEST_F(RotateTest, KilledAnywhereLosesNothing) {
  if (!threads_after_fork()) GTEST_SKIP() << "the thread sanitizer knows no threads after a fork";
  add_keys();
  for (int round = 0; round < 25; ++round) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    pid_t child = ::fork();
    if (child == 0) {
      with_vault([&ready](Vault& vault, FaultyStore&) {
        for (;;) {
          (void)!::write(ready[1], "x", 1);
          if (!vault.rotate_master_key()) ::_exit(1);
        }
      });
      ::_exit(2);
    }
    ::close(ready[1]);
    char begun = 0;
    for (int i = 0; i <= round % 3; ++i) EXPECT_EQ(::read(ready[0], &begun, 1), 1);
    ::usleep(static_cast<useconds_t>(round * 700));  // only chooses where it dies
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
    ::close(ready[0]);
    expect_all_keys();
  }
}

TEST_F(RotateTest, AKeyFromTheEnvironmentIsChangedByTheCaller) {
  environment = MasterKey::generate().text();
  add_keys();
  EXPECT_FALSE(std::filesystem::exists(folder / "master.key"));
  MasterKey next = MasterKey::generate();
  with_vault([&next](Vault& vault, FaultyStore&) {
    EXPECT_EQ(vault.rotate_master_key().error().kind, ErrorKind::unsupported);
    ASSERT_TRUE(vault.rotate_to(next));
    ASSERT_TRUE(vault.disable(5, "x"));
    ASSERT_TRUE(vault.enable(5));
  });
  auto store = std::move(*store::open_sqlite(folder / "freeway.db", clock));
  EXPECT_FALSE(Vault::open(*store, {folder.path(), environment}, clock));
  store = nullptr;
  environment = next.text();
  expect_all_keys();
  EXPECT_FALSE(std::filesystem::exists(folder / "master.key"));
}

}  // namespace
}  // namespace freeway::vault
