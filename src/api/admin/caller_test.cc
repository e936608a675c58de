// Who a request's head says it is, and what it is called in the audit.
#include "api/admin/caller.h"

#include <gtest/gtest.h>

#include "api/admin/audit.h"
#include "api/admin/testing.h"

namespace freeway::api::admin {
namespace {

class CallerTest : public AdminTest {
 protected:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  CallerTest() {
    Accounts::Options options;
    options.cost = {8UL * 1024, 1};
    accounts_ = std::move(*Accounts::open(store_->accounts(), clock_, options));
    auto admitted = accounts_->set_up("admin", "correct horse battery", {});
    token_ = std::string(admitted->token.reveal());
    login_ = admitted->login;
    office_.accounts = accounts_.get();
  }

  static http::RequestHead head(const Fields& fields, int minor = 1) {
    http::RequestHead made;
    made.method = "POST";
    made.target = "/admin/api/reload";
    made.minor_version = minor;
    made.fields.add("Host", "127.0.0.1:8420");
    for (const auto& [name, value] : fields) made.fields.set(name, value);
    return made;
  }
  Caller caller(const Fields& fields, const std::string& peer = "127.0.0.1", int minor = 1) {
    return identify(head(fields, minor), {peer, false}, *settings_.load(), accounts_.get());
  }

  std::unique_ptr<Accounts> accounts_;
  std::string token_;
  std::shared_ptr<Login> login_;
};

TEST_F(CallerTest, ACookieIsALogin) {
  for (const std::string& cookie : {"freeway_session=" + token_, "a=b; freeway_session=" + token_ + "; c=d",
                                    "freeway_session=stale;freeway_session=" + token_}) {
    auto one = caller({{"Cookie", cookie}});
    EXPECT_EQ(one.access, Access::login) << cookie;
    EXPECT_EQ(one.login, login_);
    EXPECT_EQ(one.who(), "admin");
    EXPECT_EQ(one.address, "127.0.0.1");
    EXPECT_EQ(one.csrf, csrf_of(token_));
  }
  for (const std::string& cookie : {"freeway_sessio=" + token_, "xfreeway_session=" + token_, "freeway_session" + token_,
                                    "freeway_session2=" + token_, "other=freeway_session=" + token_})
    EXPECT_EQ(caller({{"Cookie", cookie}}).access, Access::none) << cookie;
  for (const std::string& cookie :
       {std::string("freeway_session="), "freeway_session=" + token_ + "x", "freeway_session=" + token_.substr(1)})
    EXPECT_EQ(caller({{"Cookie", cookie}}).access, Access::login_over) << cookie;
}

TEST_F(CallerTest, ATokenIsJudgedAloneAndACookieNeverBesideIt) {
  std::string cookie = "freeway_session=" + token_;
  auto right = caller({{"Cookie", cookie}, {"Authorization", "Bearer token-of-the-administrator"}});
  EXPECT_EQ(right.access, Access::token);
  EXPECT_EQ(right.who(), "token");
  EXPECT_EQ(right.login, nullptr);
  auto wrong = caller({{"Cookie", cookie}, {"Authorization", "Bearer fw-client-key"}});
  EXPECT_EQ(wrong.access, Access::none);
  EXPECT_EQ(wrong.who(), "");
}

TEST_F(CallerTest, TheCsrfTokenIsTheLoginsOwn) {
  auto one = caller({{"Cookie", "freeway_session=" + token_}});
  EXPECT_TRUE(one.csrf_right(head({{"X-Freeway-Csrf", csrf_of(token_)}})));
  for (const Fields& fields : {Fields{}, Fields{{"x-freeway-csrf", ""}}, Fields{{"x-freeway-csrf", csrf_of("other")}},
                               Fields{{"x-freeway-csrf", token_}}})
    EXPECT_FALSE(one.csrf_right(head(fields)));
  EXPECT_FALSE(caller({}).csrf_right(head({{"x-freeway-csrf", ""}})));
  EXPECT_EQ(csrf_of(token_).find(token_.substr(0, 8)), std::string::npos);
}

TEST_F(CallerTest, HereIsThisMachineWithoutASignOfAProxy) {
  EXPECT_TRUE(caller({}).here);
  EXPECT_TRUE(caller({}, "::1").here);
  EXPECT_TRUE(caller({{"Host", "localhost:8420"}, {"Origin", "http://localhost:8420"}}).here);
  EXPECT_FALSE(caller({}, "10.0.0.1").here);
  EXPECT_FALSE(caller({}, "unix").here);
  for (const char* sign : {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"})
    EXPECT_FALSE(caller({{sign, "127.0.0.1"}}).here) << sign;
  EXPECT_FALSE(caller({}, "127.0.0.1", 0).here) << "proxies ask with HTTP/1.0";
  EXPECT_FALSE(caller({{"Host", "gateway.example"}}).here);
  EXPECT_FALSE(caller({{"Origin", "http://127.0.0.1:3000"}}).here) << "another page on this machine";
  EXPECT_FALSE(caller({{"Origin", "null"}}).here);
  EXPECT_TRUE(identify(head({{"Host", "x"}}), {"unix", true}, *settings_.load(), nullptr).here);
}

TEST(ActionOf, NamesChanges) {
  for (auto [method, path, action] :
       {std::tuple("GET", "keys", ""), std::tuple("HEAD", "status", ""), std::tuple("POST", "keys", "keys.add"),
        std::tuple("POST", "keys/*/check", "keys.check"), std::tuple("POST", "keys/reveal", "keys.reveal"),
        std::tuple("DELETE", "keys/*", "keys.remove"), std::tuple("PATCH", "clients/*", "clients.change"),
        std::tuple("PUT", "preferences", "preferences.set"), std::tuple("POST", "reload", "reload"),
        std::tuple("POST", "session", "session.add"), std::tuple("DELETE", "session", "session.remove")})
    EXPECT_EQ(action_of(method, path), action) << method << ' ' << path;
}

class AuditTest : public CallerTest {
 protected:
  Call by_login(const std::string& method, const std::string& target, const std::string& body = "") {
    Call made = call(target, body);
    made.method = method;
    made.caller.login = login_;
    made.caller.access = Access::login;
    made.caller.address = "10.0.0.1";
    return made;
  }
  store::AuditRow last() { return store_->accounts().audit({}, 1)->rows.at(0); }
};

TEST_F(AuditTest, TellsWhoDidWhatToWhatAndHowItEnded) {
  office_.operations.keys = [] {
    KeyView key;
    key.id = "12";
    key.provider = "u1";
    key.name = "main";
    return Result<std::vector<KeyView>>(std::vector{key});
  };
  bool there = true;
  office_.operations.remove_key = [&](const std::string&) -> Result<void> {
    if (!there) return fail(ErrorKind::not_found, "There is no such key.");
    return {};
  };
  Call remove = by_login("DELETE", "keys/12");
  EXPECT_EQ(answer_audited(gate_, remove, remove_key, "keys.remove").status, 200);
  auto row = last();
  EXPECT_EQ(row.who, "admin");
  EXPECT_EQ(row.address, "10.0.0.1");
  EXPECT_EQ(row.action, "keys.remove");
  EXPECT_EQ(row.subject, "u1 main") << "named before it went";
  EXPECT_TRUE(row.done);
  EXPECT_EQ(row.time, clock_.wall());
  there = false;
  EXPECT_EQ(answer_audited(gate_, remove, remove_key, "keys.remove").status, 404);
  EXPECT_FALSE(last().done);
}

TEST_F(AuditTest, HoldsNoSecret) {
  Call lift = by_login("POST", "benches/lift", R"({"scope":")" + std::string(kSecret) + R"("})");
  answer_audited(gate_, lift, lift_benches, "benches.lift");
  EXPECT_EQ(last().subject, "[redacted]");
  Call enter = by_login("POST", "session", R"({"account":"admin","password":"correct horse battery"})");
  EXPECT_EQ(answer_audited(gate_, enter, log_in, "session.add").status, 200);
  EXPECT_EQ(last().subject, "");
  EXPECT_EQ(last().who, "admin");
  enter.body = R"({"account":"admin","password":"wrong password"})";
  EXPECT_EQ(answer_audited(gate_, enter, log_in, "session.add").status, 401);
  EXPECT_EQ(last().who, "") << "nobody came in";
}

TEST_F(AuditTest, ReadingLeavesNoRow) {
  answer_audited(gate_, by_login("GET", "benches"), get_benches, "");
  EXPECT_TRUE(store_->accounts().audit({}, 10)->rows.empty());
}

}  // namespace
}  // namespace freeway::api::admin
