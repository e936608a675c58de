#include "store/sqlite/sqlite.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "store/sqlite/database.h"
#include "store/sqlite/records.h"
#include "store/sqlite/schema.h"
#include "store/testing.h"

namespace freeway::store {
namespace {

KeyRow test_key(std::int64_t id, const std::string& name) {
  KeyRow key;
  key.id = id;
  key.provider = "groq";
  key.name = name;
  key.sealed = std::string("\0\x01sealed", 8);
  key.account = "a1";
  key.account_id = "acc";
  key.sealed_proxy = "";
  key.created = at_second(1000);
  return key;
}

class SqliteTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open(const SqliteOptions& options = {}) {
    auto store = open_sqlite(folder / "freeway.db", clock, options);
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  TestFolder folder;
  ManualClock clock;
};

TEST_F(SqliteTest, KeepsKeysOverARestart) {
  auto store = open();
  EXPECT_EQ(store->reserve_key_ids(1), 1);
  EXPECT_EQ(store->reserve_key_ids(1), 2);
  Changes changes;
  changes.put_keys = {test_key(2, "b"), test_key(1, "a")};
  changes.put_keys[0].disabled = true;
  changes.put_keys[0].disabled_reason = "dead: 401";
  ASSERT_TRUE(store->apply(changes));
  ASSERT_TRUE(store->note_key_check(1, "valid", at_second(2000)));
  store = nullptr;
  store = open();
  auto keys = store->keys();
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[0].name, "a");
  EXPECT_EQ((*keys)[0].sealed, std::string("\0\x01sealed", 8));
  EXPECT_EQ((*keys)[0].account, "a1");
  EXPECT_EQ((*keys)[0].account_id, "acc");
  EXPECT_EQ((*keys)[0].created, at_second(1000));
  EXPECT_EQ((*keys)[0].check, "valid");
  EXPECT_EQ((*keys)[0].checked, at_second(2000));
  EXPECT_FALSE((*keys)[0].disabled);
  EXPECT_TRUE((*keys)[1].disabled);
  EXPECT_EQ((*keys)[1].disabled_reason, "dead: 401");
  EXPECT_FALSE((*keys)[1].checked);
  changes = {};
  changes.remove_keys = {2, 77};
  changes.put_keys = {test_key(1, "renamed")};
  ASSERT_TRUE(store->apply(changes));
  keys = store->keys();
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ((*keys)[0].name, "renamed");
  EXPECT_EQ((*keys)[0].check, "valid") << "what a check said is not for a change to undo";
  EXPECT_EQ(store->reserve_key_ids(1), 3);
}

TEST_F(SqliteTest, ChangesAllOrNothing) {
  auto store = open();
  Changes changes;
  changes.put_keys = {test_key(1, "a"), test_key(2, "a")};
  changes.facts["vault.check"] = "x";
  auto done = store->apply(changes);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::exhausted);
  EXPECT_EQ(done.error().message, "groq already has a key named a; choose another name");
  EXPECT_TRUE(store->keys()->empty());
  EXPECT_FALSE(*store->fact("vault.check"));
}

TEST_F(SqliteTest, KeepsClientsAndFacts) {
  auto store = open();
  ClientRow client;
  client.name = "laptop";
  client.digest = "abc";
  client.models = {"auto", "groq/openai/gpt-oss-120b"};
  client.rpm = 60;
  client.privacy = "no-training";
  client.expires = at_second(1000);
  client.created = at_second(5);
  Changes changes;
  changes.put_clients = {client};
  changes.facts = {{"one", "1"}, {"two", "2"}};
  ASSERT_TRUE(store->apply(changes));
  store->log(test_record(1, at_second(9)));
  store->flush();
  changes = {};
  changes.facts = {{"one", std::nullopt}, {"two", "zwei"}};
  ASSERT_TRUE(store->apply(changes));
  auto clients = store->clients();
  ASSERT_EQ(clients->size(), 1U);
  EXPECT_EQ((*clients)[0].models, client.models);
  EXPECT_EQ((*clients)[0].rpm, 60U);
  EXPECT_EQ((*clients)[0].privacy, "no-training");
  EXPECT_EQ((*clients)[0].expires, at_second(1000));
  EXPECT_FALSE((*clients)[0].tpd);
  EXPECT_EQ((*clients)[0].used, at_second(9));
  EXPECT_FALSE((*clients)[0].revoked);
  EXPECT_FALSE(*store->fact("one"));
  EXPECT_EQ(*store->fact("two"), "zwei");
  client.privacy = "any";
  client.expires.reset();
  changes = {};
  changes.put_clients = {client};
  ASSERT_TRUE(store->apply(changes));
  EXPECT_EQ((*store->clients())[0].privacy, "any");
  EXPECT_FALSE((*store->clients())[0].expires);
}

TEST_F(SqliteTest, CommitsTheWritesOfManyCallers) {
  auto store = open();
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&store, caller] {
      for (int i = 0; i < 20; ++i) {
        Changes changes;
        changes.facts[fmt::format("{}/{}", caller, i)] = "x";
        // Every other one fails, and must not take its neighbours with it.
        if (i % 2 == 1) changes.put_keys = {test_key(caller * 100 + i, "a"), test_key(caller * 100 + i + 50, "a")};
        EXPECT_EQ(store->apply(changes).has_value(), i % 2 == 0);
      }
    });
  }
  for (auto& caller : callers) caller.join();
  for (int caller = 0; caller < 8; ++caller) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(store->fact(fmt::format("{}/{}", caller, i))->has_value(), i % 2 == 0);
  }
}

TEST_F(SqliteTest, IsForItsOwnerAlone) {
  auto store = open();
  for (const char* name : {"freeway.db", "freeway.db-wal"}) {
    struct stat facts{};
    ASSERT_EQ(::stat((folder / name).c_str(), &facts), 0) << name;
    EXPECT_EQ(facts.st_mode & 0777U, 0600U) << name;
  }
}

std::string refusal(const std::string& path, ErrorKind kind) {
  ManualClock clock;
  auto store = open_sqlite(path, clock);
  if (store) return "opened";
  EXPECT_EQ(store.error().kind, kind);
  return store.error().message;
}

TEST_F(SqliteTest, RefusesTheDatabaseOfANewerFreeway) {
  open();
  {
    auto database = sqlite::Database::open(folder / "freeway.db", sqlite::Database::Access::write);
    ASSERT_TRUE(database->run("PRAGMA user_version = 99"));
  }
  EXPECT_EQ(
      refusal(folder / "freeway.db", ErrorKind::unsupported),
      fmt::format("{} was written by a newer freeway (its schema is 99, this one knows up to {}); install that version, or "
                  "choose another folder with --data",
                  folder / "freeway.db", sqlite::migrations().size()));
}

TEST_F(SqliteTest, RefusesAnotherProgramsDatabase) {
  {
    auto database = sqlite::Database::open(folder / "other.db", sqlite::Database::Access::write);
    ASSERT_TRUE(database->run("CREATE TABLE notes (text TEXT)"));
  }
  EXPECT_NE(refusal(folder / "other.db", ErrorKind::unsupported).find("is another program's database"), std::string::npos);
}

TEST_F(SqliteTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(folder / "freeway.db") << std::string(8192, 'x');
  EXPECT_NE(
      refusal(folder / "freeway.db", ErrorKind::io).find("is damaged (file is not a database); put a backup in its place"),
      std::string::npos);
}

TEST_F(SqliteTest, SaysWhereItMayNotWrite) {
  EXPECT_NE(
      refusal(folder / "none/freeway.db", ErrorKind::io).find("No such file or directory; make the file and its folder"),
      std::string::npos);
}

// Rows that are damaged in the middle of the file come to light when they are read, as an error and not as a crash.
TEST_F(SqliteTest, SurvivesDamagedPages) {
  {
    auto store = open();
    for (int i = 0; i < 2000; ++i) store->log(test_record(i, clock.wall()));
  }
  std::fstream file(folder / "freeway.db", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 12);
  for (int page = 12; page < 60; ++page) file << std::string(4096, '\xaa');
  file.close();
  auto store = open_sqlite(folder / "freeway.db", clock);
  if (!store) return;  // noticed at once: as good
  RequestQuery query;
  query.limit = 1000;
  auto page = (*store)->requests(query);
  if (page && page->next) {
    query.before = page->next;
    page = (*store)->requests(query);
  }
  ASSERT_FALSE(page);
  EXPECT_NE(page.error().message.find("is damaged"), std::string::npos) << page.error().message;
}

TEST_F(SqliteTest, MigratesFromEveryEarlierVersion) {
  for (std::size_t from = 0; from < sqlite::migrations().size(); ++from) {
    std::string path = folder / fmt::format("from{}.db", from);
    {
      auto database = sqlite::Database::open(path, sqlite::Database::Access::write);
      auto first = sqlite::migrations().begin();
      ASSERT_TRUE(sqlite::migrate(*database, {first, first + static_cast<std::ptrdiff_t>(from)}));
    }
    auto store = open_sqlite(path, clock);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->keys());
    EXPECT_TRUE((*store)->usage({}));
  }
}

TEST_F(SqliteTest, ClientsFromBeforeTheyHadAPrivacyHaveAny) {
  {
    auto database = sqlite::Database::open(folder / "first.db", sqlite::Database::Access::write);
    ASSERT_TRUE(sqlite::migrate(*database, {sqlite::migrations().front()}));
    ASSERT_TRUE(database->run("INSERT INTO clients (name, digest, models, created) VALUES ('laptop', 'abc', 'auto', 5)"));
  }
  auto store = open_sqlite(folder / "first.db", clock);
  ASSERT_TRUE(store) << store.error().message;
  auto clients = (*store)->clients();
  ASSERT_TRUE(clients) << clients.error().message;
  ASSERT_EQ(clients->size(), 1U);
  EXPECT_EQ((*clients)[0].digest, "abc");
  EXPECT_EQ((*clients)[0].privacy, "any");
}

// A log of before its records had errors: the same bytes but for the segments' version.
TEST_F(SqliteTest, RequestsFromBeforeTheyHadErrorsAreKept) {
  std::string path = folder / "fourth.db";
  {
    auto database = sqlite::Database::open(path, sqlite::Database::Access::write);
    auto first = sqlite::migrations().begin();
    ASSERT_TRUE(sqlite::migrate(*database, {first, first + 4}));
    sqlite::Batch batch;
    RequestRecord failed = test_record(1, clock.wall());
    failed.end = End::failed;
    failed.status = 502;
    failed.attempts[0].outcome = "server_error";
    failed.attempts[0].evidence = "500 no";
    batch.add(failed);
    batch.add(test_record(2, clock.wall()));
    ASSERT_TRUE(sqlite::write_batch(*database, batch));
    ASSERT_TRUE(database->run("UPDATE log SET records = CAST(X'01' || substr(records, 2) AS BLOB)"));
  }
  auto store = open_sqlite(path, clock);
  ASSERT_TRUE(store) << store.error().message;
  auto page = (*store)->requests({});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->requests.size(), 2U);
  const RequestRecord& failed = page->requests[1];
  EXPECT_EQ(failed.id, "req-1");
  EXPECT_EQ(failed.status, 502);
  EXPECT_EQ(failed.attempts[0].evidence, "500 no");
  EXPECT_EQ(failed.error_code + failed.error, "");
  EXPECT_EQ((*(*store)->last_failure())->id, "req-1");
  RequestRecord told = failed;
  told.id = "told";
  told.error_code = "all_routes_failed";
  told.error = "No provider could answer this request.";
  (*store)->log(told);
  (*store)->flush();
  EXPECT_EQ((*(*store)->last_failure())->error, told.error);
  EXPECT_EQ((*store)->requests({})->requests.size(), 3U);
}

TEST_F(SqliteTest, AStepThatFailsLeavesTheVersionBefore) {
  auto database = sqlite::Database::open(folder / "steps.db", sqlite::Database::Access::write);
  std::vector<const char*> steps{"CREATE TABLE a (x INTEGER) STRICT;",
                                 "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO none VALUES (1);"};
  EXPECT_FALSE(sqlite::migrate(*database, steps));
  EXPECT_EQ(database->number("PRAGMA user_version"), 1);
  EXPECT_EQ(database->number("SELECT count(*) FROM sqlite_schema"), 1);
  steps[1] = "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT '';";
  EXPECT_TRUE(sqlite::migrate(*database, steps));
  EXPECT_EQ(database->number("PRAGMA user_version"), 2);
}

}  // namespace
}  // namespace freeway::store
