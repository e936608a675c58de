#include "store/accounts.h"

#include <gtest/gtest.h>

#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::store {
namespace {

class AccountsTest : public ::testing::Test {
 protected:
  AccountsTest() { open("freeway.db"); }
  void open(const std::string& name) {
    store = nullptr;
    store = std::move(*open_sqlite(folder / name, clock));
  }
  AccountBook& book() { return store->accounts(); }
  static AccountRow account(const std::string& name) { return {name, "$argon2id$x", at_second(1), at_second(1)}; }
  static LoginRow login(const std::string& id, int second) {
    return {id, "digest-" + id, "admin", "127.0.0.1", "a browser", at_second(second), at_second(second)};
  }
  TestFolder folder;
  ManualClock clock;
  std::unique_ptr<Store> store;
};

TEST_F(AccountsTest, TheFirstAccountIsTheOnlyOne) {
  EXPECT_TRUE(book().all()->empty());
  ASSERT_TRUE(book().add_first(account("admin")));
  EXPECT_EQ(book().add_first(account("admin")).error().kind, ErrorKind::exhausted);
  EXPECT_EQ(book().add_first(account("other")).error().kind, ErrorKind::exhausted);
  ASSERT_TRUE(book().set_password("admin", "$argon2id$y", at_second(9)));
  open("freeway.db");
  auto all = book().all();
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ((*all)[0].name, "admin");
  EXPECT_EQ((*all)[0].password, "$argon2id$y");
  EXPECT_EQ((*all)[0].created, at_second(1));
  EXPECT_EQ((*all)[0].changed, at_second(9));
}

TEST_F(AccountsTest, LoginsOutliveAStartUntilTheyEnd) {
  for (int i : {3, 1, 2}) ASSERT_TRUE(book().add_login(login("l" + std::to_string(i), i)));
  ASSERT_TRUE(book().note_login("l2", at_second(50)));
  ASSERT_TRUE(book().end_logins({"l1", "nobody"}));
  open("freeway.db");
  auto logins = book().logins();
  ASSERT_EQ(logins->size(), 2U);
  EXPECT_EQ((*logins)[0].id, "l2");
  EXPECT_EQ((*logins)[0].seen, at_second(50));
  EXPECT_EQ((*logins)[0].digest, "digest-l2");
  EXPECT_EQ((*logins)[0].agent, "a browser");
  EXPECT_EQ((*logins)[1].id, "l3");
}

TEST_F(AccountsTest, TheAuditIsReadPageByPage) {
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(book().add_audit({0, at_second(i), "admin", "::1", "keys.add", "groq key-" + std::to_string(i), i != 3}));
  }
  auto page = book().audit({}, 2);
  ASSERT_EQ(page->rows.size(), 2U);
  EXPECT_EQ(page->rows[0].subject, "groq key-5");
  EXPECT_EQ(page->rows[0].who, "admin");
  EXPECT_EQ(page->rows[0].address, "::1");
  EXPECT_EQ(page->rows[0].action, "keys.add");
  EXPECT_EQ(page->rows[0].time, at_second(5));
  EXPECT_TRUE(page->rows[0].done);
  page = book().audit(page->next, 2);
  EXPECT_EQ(page->rows[0].subject, "groq key-3");
  EXPECT_FALSE(page->rows[0].done);
  page = book().audit(page->next, 2);
  ASSERT_EQ(page->rows.size(), 1U);
  EXPECT_FALSE(page->next);
}

TEST_F(AccountsTest, TheOldestRowsGoAndRefusalsPushOutRefusalsAlone) {
  store = nullptr;
  SqliteOptions options;
  options.audit_done = 4;
  options.audit_refused = 3;
  store = std::move(*open_sqlite(folder / "freeway.db", clock, options));
  for (int i = 1; i <= 6; ++i) ASSERT_TRUE(book().add_audit({0, at_second(i), "admin", "", "reload", "", true}));
  for (int i = 11; i <= 20; ++i) ASSERT_TRUE(book().add_audit({0, at_second(i), "", "", "session.add", "", false}));
  std::vector<WallTime> times;
  for (auto page = book().audit({}, 100); const auto& row : page->rows) times.push_back(row.time);
  EXPECT_EQ(times, (std::vector{at_second(20), at_second(19), at_second(18), at_second(6), at_second(5), at_second(4),
                                at_second(3)}));
}

TEST_F(AccountsTest, ABackupHasTheAccountAndNoLogins) {
  ASSERT_TRUE(book().add_first(account("admin")));
  ASSERT_TRUE(book().add_login(login("l1", 1)));
  ASSERT_TRUE(book().add_audit({0, at_second(1), "admin", "", "reload", "", true}));
  ASSERT_TRUE(store->backup(folder / "b", {}));
  ASSERT_TRUE(restore_sqlite(folder / "b", folder / "restored.db", {}));
  open("restored.db");
  EXPECT_EQ(book().all()->size(), 1U);
  EXPECT_TRUE(book().logins()->empty());
  EXPECT_EQ(book().audit({}, 10)->rows.size(), 1U);
}

}  // namespace
}  // namespace freeway::store
