#include "vault/vault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "crypto/digest.h"
#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::vault {
namespace {

using ::testing::HasSubstr;

NewKey key_for(std::string provider, std::string value, std::string name = {}) {
  NewKey key;
  key.provider = std::move(provider);
  key.value = Secret(std::move(value));
  key.name = std::move(name);
  return key;
}

class VaultTest : public ::testing::Test {
 protected:
  VaultTest() { open_store(); }
  void open_store() {
    store = nullptr;
    auto opened = store::open_sqlite(folder / "freeway.db", clock);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }
  MasterKeySource source() const { return {folder.path(), environment}; }
  std::unique_ptr<Vault> open() {
    auto vault = Vault::open(*store, source(), clock);
    EXPECT_TRUE(vault) << vault.error().message;
    return vault ? std::move(*vault) : nullptr;
  }
  std::string refusal() {
    auto vault = Vault::open(*store, source(), clock);
    if (vault) return "opened";
    EXPECT_EQ(vault.error().kind, ErrorKind::denied);
    return vault.error().message;
  }
  static std::vector<std::string> values(const Vault& vault) {
    std::vector<std::string> all;
    for (const auto& key : *vault.keys()) all.push_back(key.fault.empty() ? std::string(key.value.reveal()) : "!");
    return all;
  }

  store::TestFolder folder;
  ManualClock clock;
  std::optional<Secret> environment;
  std::unique_ptr<store::Store> store;
};

using Values = std::vector<std::string>;

TEST_F(VaultTest, KeepsKeysSealed) {
  NewKey first = key_for("groq", "gsk_the-first-secret");
  first.account = "work";
  first.account_id = "42";
  first.proxy = Secret("socks5h://me:proxy-password@127.0.0.1:9");
  {
    auto vault = open();
    EXPECT_FALSE(std::filesystem::exists(folder / "master.key")) << "nobody needs one yet";
    auto ids =
        vault->add({first, key_for("groq", "gsk_the-second-secret"), key_for("google", "AIza-another-secret", "mine")});
    ASSERT_TRUE(ids) << ids.error().message;
    EXPECT_EQ(*ids, (std::vector<std::int64_t>{1, 2, 3}));
  }
  open_store();
  auto vault = open();
  auto keys = vault->keys();
  ASSERT_EQ(keys->size(), 3U);
  EXPECT_EQ((*keys)[0].provider, "google");
  EXPECT_EQ((*keys)[0].name, "mine");
  EXPECT_EQ((*keys)[1].name, "key-1");
  EXPECT_EQ((*keys)[1].value.reveal(), "gsk_the-first-secret");
  EXPECT_EQ((*keys)[1].account, "work");
  EXPECT_EQ((*keys)[1].account_id, "42");
  EXPECT_EQ((*keys)[1].proxy.reveal(), "socks5h://me:proxy-password@127.0.0.1:9");
  EXPECT_EQ((*keys)[1].created, clock.wall());
  EXPECT_EQ((*keys)[2].name, "key-2");
  struct stat facts{};
  ASSERT_EQ(::stat((folder / "master.key").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  store = nullptr;
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    auto content = read_file(file.path().string(), 1 << 24);
    ASSERT_TRUE(content);
    for (const char* secret : {"gsk_the-first", "gsk_the-second", "AIza-another", "proxy-password"}) {
      EXPECT_EQ(content->find(secret), std::string::npos) << secret << " in " << file.path();
    }
  }
}

TEST_F(VaultTest, ChangesOneKeyAtATime) {
  auto vault = open();
  int changes = 0;
  vault->on_change([&] {
    ++changes;
    EXPECT_FALSE(vault->secrets().empty());
  });
  ASSERT_TRUE(vault->add({key_for("groq", "one"), key_for("groq", "two")}));
  EXPECT_TRUE(vault->disable(1, "401 invalid_api_key"));
  EXPECT_FALSE(vault->keys()->front().usable());
  EXPECT_EQ(vault->keys()->front().disabled_reason, "401 invalid_api_key");
  EXPECT_EQ(vault->keys()->front().value.reveal(), "one");
  EXPECT_TRUE(vault->enable(1));
  EXPECT_TRUE(vault->keys()->front().usable());
  EXPECT_EQ(vault->keys()->front().disabled_reason, "");
  EXPECT_TRUE(vault->note_check(1, "valid"));
  EXPECT_EQ(vault->keys()->front().check, "valid");
  EXPECT_EQ(vault->keys()->front().checked, clock.wall());
  EXPECT_TRUE(vault->remove(1));
  EXPECT_EQ(values(*vault), Values{"two"});
  EXPECT_EQ(changes, 5);
  EXPECT_EQ(vault->remove(1).error().kind, ErrorKind::not_found);
  EXPECT_EQ(vault->disable(9, "").error().kind, ErrorKind::not_found);
  ASSERT_TRUE(vault->add({key_for("groq", "three")}));
  EXPECT_EQ(vault->keys()->back().id, 3) << "an id is never used again";
  EXPECT_EQ(vault->keys()->back().name, "key-1");
}

TEST_F(VaultTest, AddsAllOrNone) {
  auto vault = open();
  ASSERT_TRUE(vault->add({key_for("groq", "one", "a")}));
  auto refused = [&](std::vector<NewKey> keys, ErrorKind kind = ErrorKind::exhausted) {
    auto done = vault->add(std::move(keys));
    EXPECT_FALSE(done);
    EXPECT_EQ(done.error().kind, kind);
    EXPECT_EQ(values(*vault), Values{"one"});
    return done.error().message;
  };
  EXPECT_EQ(refused({key_for("groq", "two"), key_for("groq", "one")}), "groq already has this key, under the name a");
  EXPECT_EQ(refused({key_for("groq", "two"), key_for("groq", "two")}, ErrorKind::invalid),
            "the same key for groq is given twice");
  EXPECT_EQ(refused({key_for("groq", "two"), key_for("groq", "three", "a")}),
            "groq already has a key named a; choose another name");
  EXPECT_EQ(refused({key_for("groq", "")}, ErrorKind::invalid), "the key for groq is empty");
  EXPECT_TRUE(vault->add({key_for("google", "one", "a")})) << "another provider is another matter";
}

TEST_F(VaultTest, RefusesAWrongMasterKey) {
  ASSERT_TRUE(open()->add({key_for("groq", "one")}));
  std::string good = *read_file(folder / "master.key", 100);
  std::string id = MasterKey::parse(good)->id;
  MasterKey other = MasterKey::generate();
  ASSERT_TRUE(replace_file(folder / "master.key", other.text().reveal(), 0600));
  EXPECT_EQ(refusal(),
            fmt::format("wrong master key: {} holds key {}, but the stored keys are sealed with key {}; give that one",
                        folder / "master.key", other.id, id));
  std::filesystem::remove(folder / "master.key");
  EXPECT_THAT(refusal(), HasSubstr("and there is no " + (folder / "master.key")));
  ASSERT_TRUE(replace_file(folder / "master.key", "nonsense", 0600));
  EXPECT_THAT(refusal(), HasSubstr("holds no master key: a master key is 32 bytes"));
  environment = other.text();
  EXPECT_THAT(refusal(), HasSubstr("wrong master key: FREEWAY_MASTER_KEY holds key " + other.id));
  environment = Secret("abc");
  EXPECT_EQ(refusal().find("abc"), std::string::npos);
  environment = Secret(" " + good);
  EXPECT_EQ(values(*open()), Values{"one"});
  environment = {};
  ASSERT_TRUE(replace_file(folder / "master.key", good, 0640));
  EXPECT_THAT(refusal(), HasSubstr("can be read by other users; run `chmod 600 "));
}

TEST_F(VaultTest, ReadsAMasterKeyHoweverItIsWritten) {
  std::string hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  auto key = MasterKey::parse(hex);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->text().reveal(), hex);
  EXPECT_EQ(key->id.size(), 16U);
  for (const char* spelling : {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                               "\n000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F "}) {
    auto same = MasterKey::parse(spelling);
    ASSERT_TRUE(same) << spelling;
    EXPECT_EQ(same->id, key->id);
  }
  EXPECT_FALSE(MasterKey::parse(""));
  EXPECT_FALSE(MasterKey::parse(hex.substr(2)));
  EXPECT_FALSE(MasterKey::parse("AAECAwQFBgcICQoLDA0ODw=="));
}

TEST_F(VaultTest, NoticesSwappedRowsAndServesTheOthers) {
  ASSERT_TRUE(open()->add({key_for("groq", "one"), key_for("groq", "two"), key_for("groq", "three")}));
  auto rows = *store->keys();
  std::swap(rows[0].sealed, rows[1].sealed);
  store::Changes changes;
  changes.put_keys = rows;
  ASSERT_TRUE(store->apply(changes));
  auto vault = open();
  EXPECT_EQ(values(*vault), (Values{"!", "!", "three"}));
  EXPECT_EQ(
      vault->keys()->front().fault,
      "the stored key key-1 of groq does not open: it was changed, or belongs to another row; remove it and add it again");
  EXPECT_FALSE(vault->keys()->front().usable());
  EXPECT_TRUE(vault->disable(1, "x"));
  EXPECT_TRUE(vault->remove(1));
  EXPECT_EQ(values(*vault), (Values{"!", "three"}));
}

TEST_F(VaultTest, NoticesWhateverARowIsBoundTo) {
  NewKey with_proxy = key_for("groq", "one");
  with_proxy.proxy = Secret("http://u:p@h:1");
  ASSERT_TRUE(open()->add({with_proxy}));
  auto row = store->keys()->front();
  auto opens = [&](const std::function<void(store::KeyRow&)>& tamper) {
    store::KeyRow changed = row;
    tamper(changed);
    store::Changes changes;
    changes.remove_keys = {row.id, changed.id};
    changes.put_keys = {changed};
    EXPECT_TRUE(store->apply(changes));
    bool fine = open()->keys()->front().fault.empty();
    changes.remove_keys = {changed.id};
    changes.put_keys = {row};
    EXPECT_TRUE(store->apply(changes));
    return fine;
  };
  EXPECT_TRUE(opens([](auto&) {}));
  EXPECT_FALSE(opens([](auto& r) { r.id = 7; }));
  EXPECT_FALSE(opens([](auto& r) { r.provider = "evil"; }));
  EXPECT_FALSE(opens([](auto& r) { std::swap(r.sealed, r.sealed_proxy); }));
  EXPECT_FALSE(opens([](auto& r) { r.sealed.back() ^= 1; }));
  EXPECT_FALSE(opens([](auto& r) { r.sealed_proxy[12] ^= 1; }));
  EXPECT_FALSE(opens([](auto& r) { r.sealed.clear(); }));
  EXPECT_FALSE(opens([](auto& r) { r.sealed[0] = 2; }));
}

TEST_F(VaultTest, HashesClientKeys) {
  auto vault = open();
  NewClient laptop;
  laptop.name = "laptop";
  laptop.models = {"auto", "m1"};
  laptop.rpm = 60;
  laptop.privacy = "no-training";
  auto fresh = vault->add_client(laptop);
  ASSERT_TRUE(fresh);
  EXPECT_TRUE(fresh->key.reveal().starts_with("fw-"));
  EXPECT_EQ(fresh->key.reveal().size(), 43U);
  EXPECT_EQ(fresh->row.digest, crypto::sha256_hex(fresh->key.reveal()));
  EXPECT_EQ(vault->add_client(laptop).error().message, "there is a client named laptop already; choose another name");
  EXPECT_EQ(vault->add_client({}).error().kind, ErrorKind::invalid);
  clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(vault->revoke_client("laptop"));
  EXPECT_TRUE(vault->revoke_client("laptop"));
  EXPECT_EQ(vault->revoke_client("phone").error().kind, ErrorKind::not_found);
  open_store();
  auto clients = open()->clients();
  ASSERT_EQ(clients->size(), 1U);
  EXPECT_EQ(clients->front().models, laptop.models);
  EXPECT_EQ(clients->front().privacy, "no-training");
  EXPECT_EQ(clients->front().revoked, clock.wall());
  EXPECT_EQ(clients->front().digest, fresh->row.digest);
}

TEST_F(VaultTest, ChangesWhatIsSaidOfAClientAndNothingElse) {
  auto vault = open();
  NewClient laptop;
  laptop.name = "laptop";
  laptop.models = {"m1"};
  laptop.rpm = 60;
  laptop.expires = clock.wall() + std::chrono::hours(1);
  auto fresh = vault->add_client(laptop);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(vault->clients()->front().expires, laptop.expires);
  ClientChange change;
  change.rpm = std::optional<std::uint64_t>();
  change.tpd = 1000;
  ASSERT_TRUE(vault->change_client("laptop", change));
  open_store();
  vault = open();
  const auto row = vault->clients()->front();
  EXPECT_FALSE(row.rpm);
  EXPECT_EQ(row.tpd, 1000U);
  EXPECT_EQ(row.models, laptop.models);
  EXPECT_EQ(row.expires, laptop.expires);
  EXPECT_EQ(row.digest, fresh->row.digest);
  change = {};
  change.models = std::vector<std::string>();
  change.privacy = "no-training";
  change.expires = std::optional<WallTime>();
  ASSERT_TRUE(vault->change_client("laptop", change));
  EXPECT_TRUE(vault->clients()->front().models.empty());
  EXPECT_EQ(vault->clients()->front().privacy, "no-training");
  EXPECT_FALSE(vault->clients()->front().expires);
  EXPECT_EQ(vault->change_client("phone", change).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(vault->revoke_client("laptop"));
  EXPECT_EQ(vault->change_client("laptop", change).error().kind, ErrorKind::unsupported) << "it can't come back";
}

}  // namespace
}  // namespace freeway::vault
