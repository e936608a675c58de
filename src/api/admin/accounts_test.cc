// The account, its logins, and who may try passwords.
#include "api/admin/accounts.h"

#include <gtest/gtest.h>

#include <thread>

#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::api::admin {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kPassword = "correct horse battery";

class AccountsTest : public ::testing::Test {
 protected:
  AccountsTest() {
    options.cost = {8UL * 1024, 1};
    store = std::move(*store::open_sqlite(folder / "freeway.db", clock));
    open();
  }
  void open() { accounts = std::move(*Accounts::open(store->accounts(), clock, options)); }
  Accounts::Admitted set_up() { return *accounts->set_up("admin", kPassword, {"10.0.0.1", "a browser"}); }
  Accounts::Admitted log_in() { return *accounts->log_in("admin", kPassword, {"10.0.0.2", "another"}); }
  bool in(const Accounts::Admitted& one) { return accounts->find(one.token.reveal()) != nullptr; }

  store::TestFolder folder;
  ManualClock clock;
  Accounts::Options options;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Accounts> accounts;
};

TEST_F(AccountsTest, OfManyFirstAccountsOneIsMade) {
  std::atomic<int> made{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([this, i, &made] {
      auto admitted = accounts->set_up("admin" + std::to_string(i), kPassword, {});
      if (admitted) ++made;
      EXPECT_TRUE(admitted || admitted.error().kind == ErrorKind::exhausted);
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(store->accounts().all()->size(), 1U);
  EXPECT_EQ(accounts->name(), store->accounts().all()->front().name);
  EXPECT_EQ(accounts->logins().size(), 1U);
}

TEST_F(AccountsTest, TheCodeEndsWithTheFirstAccount) {
  std::string code = accounts->code();
  ASSERT_EQ(code.size(), 14U);
  EXPECT_TRUE(accounts->code_matches(code));
  std::string spoken = code.substr(0, 4) + " " + code.substr(5);
  EXPECT_TRUE(accounts->code_matches(spoken));
  for (const std::string& wrong : {std::string(), code.substr(1), code + "a", std::string("aaaa-aaaa-aaaa")})
    EXPECT_FALSE(accounts->code_matches(wrong)) << wrong;
  std::string before = code;
  open();
  EXPECT_NE(accounts->code(), before) << "a start makes another";
  code = accounts->code();
  set_up();
  EXPECT_EQ(accounts->code(), "");
  EXPECT_FALSE(accounts->code_matches(code));
}

TEST_F(AccountsTest, OnlyTheRightPasswordOfTheRightAccountLogsIn) {
  EXPECT_EQ(accounts->log_in("admin", kPassword, {}).error().kind, ErrorKind::denied) << "there is no account yet";
  set_up();
  for (auto [name, password] : {std::pair("admin", "correct horse batterx"), std::pair("admin", ""),
                                std::pair("", kPassword), std::pair("Admin", kPassword), std::pair("nobody", kPassword)})
    EXPECT_EQ(accounts->log_in(name, password, {}).error().kind, ErrorKind::denied) << name;
  auto admitted = log_in();
  EXPECT_EQ(accounts->find(admitted.token.reveal()), admitted.login);
  EXPECT_EQ(admitted.login->row.address, "10.0.0.2");
  for (const std::string& wrong : {std::string(), std::string(43, 'a'), admitted.login->row.digest, admitted.login->row.id})
    EXPECT_EQ(accounts->find(wrong), nullptr) << wrong;
}

TEST_F(AccountsTest, TheDiskHoldsNeitherPasswordNorToken) {
  auto admitted = set_up();
  auto account = store->accounts().all()->front();
  EXPECT_TRUE(account.password.starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << account.password;
  auto row = store->accounts().logins()->front();
  for (const std::string& text : {row.id, row.digest, row.account, row.agent})
    EXPECT_EQ(text.find(admitted.token.reveal()), std::string::npos);
}

TEST_F(AccountsTest, LoginsEndUnusedAndInTheEndInAnyCase) {
  auto admitted = set_up();
  for (int day = 0; day < 29; day += 6) {
    EXPECT_TRUE(in(admitted)) << day;
    clock.advance(hours(24 * 6));
  }
  EXPECT_FALSE(in(admitted)) << "30 days are the most";
  auto other = log_in();
  clock.advance(hours(24 * 7) - seconds(1));
  EXPECT_TRUE(in(other));
  clock.advance(hours(24 * 7));
  EXPECT_FALSE(in(other));
  EXPECT_TRUE(accounts->logins().empty());
  auto last = log_in();
  EXPECT_EQ(store->accounts().logins()->size(), 1U) << "what has ended is forgotten";
  EXPECT_TRUE(in(last));
}

TEST_F(AccountsTest, LoginsOutliveAStart) {
  auto admitted = set_up();
  auto other = log_in();
  ASSERT_TRUE(accounts->end(other.login->row.id));
  clock.advance(hours(24 * 5));
  auto login = accounts->find(admitted.token.reveal());
  accounts->keep(*login);
  open();
  EXPECT_FALSE(in(other));
  clock.advance(hours(24 * 5));
  EXPECT_TRUE(in(admitted)) << "it was seen five days ago, and the disk knows";
  clock.advance(hours(24 * 8));
  open();
  EXPECT_FALSE(in(admitted));
  EXPECT_TRUE(store->accounts().logins()->empty());
}

TEST_F(AccountsTest, TheDiskIsToldNowAndThen) {
  auto admitted = set_up();
  auto stored = [this] { return store->accounts().logins()->front().seen; };
  auto began = stored();
  clock.advance(minutes(4));
  accounts->keep(*accounts->find(admitted.token.reveal()));
  EXPECT_EQ(stored(), began);
  clock.advance(minutes(2));
  accounts->keep(*accounts->find(admitted.token.reveal()));
  EXPECT_EQ(stored(), began + minutes(6));
}

TEST_F(AccountsTest, EndedLoginsAreOutAtOnce) {
  auto admitted = set_up();
  auto held = accounts->find(admitted.token.reveal());
  ASSERT_TRUE(accounts->end(held->row.id));
  EXPECT_FALSE(held->good(clock.wall()));
  EXPECT_FALSE(in(admitted));
  EXPECT_EQ(accounts->end(held->row.id).error().kind, ErrorKind::not_found);
}

TEST_F(AccountsTest, TheOldestOfTooManyLoginsEnds) {
  options.most_logins = 3;
  open();
  auto first = set_up();
  std::vector<Accounts::Admitted> more;
  for (int i = 0; i < 3; ++i) {
    clock.advance(seconds(1));
    more.push_back(log_in());
  }
  EXPECT_FALSE(in(first));
  for (const auto& one : more) EXPECT_TRUE(in(one));
  EXPECT_EQ(accounts->logins().front(), more.back().login);
  EXPECT_EQ(store->accounts().logins()->size(), 3U);
}

TEST_F(AccountsTest, APasswordShownAgainCountsForFiveMinutes) {
  auto admitted = set_up();
  EXPECT_FALSE(admitted.login->confirmed(clock.now())) << "logging in is no confirmation";
  EXPECT_EQ(accounts->confirm(*admitted.login, "wrong password").error().kind, ErrorKind::denied);
  EXPECT_FALSE(admitted.login->confirmed(clock.now()));
  ASSERT_TRUE(accounts->confirm(*admitted.login, kPassword));
  clock.advance(minutes(5) - seconds(1));
  EXPECT_TRUE(admitted.login->confirmed(clock.now()));
  clock.advance(seconds(1));
  EXPECT_FALSE(admitted.login->confirmed(clock.now()));
}

TEST_F(AccountsTest, AnotherPasswordEndsAllOtherLogins) {
  auto first = set_up();
  auto other = log_in();
  ASSERT_TRUE(accounts->set_password("another password", first.login.get()));
  EXPECT_TRUE(in(first));
  EXPECT_FALSE(in(other));
  EXPECT_FALSE(accounts->password_right("admin", kPassword));
  open();
  EXPECT_TRUE(accounts->password_right("admin", "another password"));
  EXPECT_TRUE(in(first));
  ASSERT_TRUE(accounts->set_password(kPassword, nullptr));
  EXPECT_TRUE(accounts->logins().empty());
}

TEST_F(AccountsTest, GuessesCountByAddressBeforeTheyAreTried) {
  auto now = clock.now();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(accounts->guess("10.0.0.1", false, now));
  EXPECT_EQ(accounts->guess("10.0.0.1", false, now + seconds(20)), Duration(seconds(40)));
  EXPECT_FALSE(accounts->guess("10.0.0.2", false, now));
  EXPECT_FALSE(accounts->guess("10.0.0.1", true, now)) << "through a proxy is not here";
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(accounts->guess("", false, now));
  accounts->no_guess("10.0.0.1", false);
  EXPECT_FALSE(accounts->guess("10.0.0.1", false, now));
  EXPECT_TRUE(accounts->guess("10.0.0.1", false, now));
  accounts->forgive("10.0.0.1", false);
  EXPECT_FALSE(accounts->guess("10.0.0.1", false, now));
}

TEST_F(AccountsTest, KnowsWhereLoginsCameFrom) {
  EXPECT_FALSE(accounts->knows("10.0.0.1"));
  auto admitted = set_up();
  EXPECT_TRUE(accounts->knows("10.0.0.1"));
  EXPECT_FALSE(accounts->knows("10.0.0.2"));
  ASSERT_TRUE(accounts->end(admitted.login->row.id));
  EXPECT_FALSE(accounts->knows("10.0.0.1"));
}

TEST(PasswordRules, CountCharactersAndNotBytes) {
  for (const char* good : {"0123456789", "ääääääääää", "a password with blanks"})
    EXPECT_TRUE(check_password_rules(good)) << good;
  for (const char* weak : {"", "012345678", "äääää"}) EXPECT_FALSE(check_password_rules(weak)) << weak;
  EXPECT_TRUE(check_password_rules(std::string(1024, 'a')));
  EXPECT_FALSE(check_password_rules(std::string(1025, 'a')));
}

}  // namespace
}  // namespace freeway::api::admin
