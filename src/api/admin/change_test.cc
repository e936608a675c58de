// What the admin API has done for it, how mistakes are told, and what it reads from the request log.
#include <gmock/gmock.h>

#include "api/admin/testing.h"

namespace freeway::api::admin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

TEST_F(AdminTest, KeysShowLittleOfThemselvesAndHowTheyStand) {
  office_.operations.keys = [] {
    KeyView key;
    key.id = "12";
    key.provider = "u1";
    key.name = "main";
    key.hint = mask(Secret(kSecret));
    key.serving = true;
    KeyView off = key;
    off.id = "u2:main";
    off.provider = "u2";
    off.source = KeyView::Source::environment;
    off.from = "U2_KEY";
    off.disabled = true;
    off.serving = false;
    off.why = {"disabled_by_hand", "disabled by hand"};
    return Result<std::vector<KeyView>>(std::vector{key, off});
  };
  bench("u1/m1 main", router::Reason::invalid_key, router::Blame::key, kNever - Instant());
  auto body = get_keys(gate_, call("keys")).body;
  EXPECT_THAT(body, HasSubstr(R"("id":"12","provider":"u1","name":"main","source":"store","from":null,"hint":"…f-u1")"));
  EXPECT_THAT(body, HasSubstr(R"("state":"invalid")"));
  EXPECT_THAT(body, HasSubstr(R"("source":"environment","from":"U2_KEY")"));
  EXPECT_THAT(body, HasSubstr(R"("state":"disabled","why":"disabled by hand")"));
  EXPECT_THAT(body, Not(HasSubstr("very-secret")));
  EXPECT_EQ(mask(Secret("short-key")), "…");
  EXPECT_EQ(mask(Secret()), "");
}

TEST_F(AdminTest, KeysAreAddedOneOrMany) {
  std::vector<NewKey> got;
  bool checked = false;
  office_.operations.add_keys = [&](std::vector<NewKey> keys, bool check) -> Result<std::vector<AddedKey>> {
    got = std::move(keys);
    checked = check;
    AddedKey added;
    added.id = "7";
    added.provider = got[0].provider;
    added.name = "key-1";
    if (check) added.check = KeyCheck{KeyCheck::Result::valid, "it works", {"u1/m1"}};
    return std::vector{added};
  };
  auto answer = add_keys(gate_, call("keys", R"({"provider":"u1","value":"sk-x","account":"team","check":true})"));
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(answer.body, HasSubstr(R"("id":"7","provider":"u1","name":"key-1")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("check":{"result":"valid","message":"it works","models":["u1/m1"]})"));
  EXPECT_THAT(answer.body, Not(HasSubstr("sk-x")));
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].value.reveal(), "sk-x");
  EXPECT_EQ(got[0].account, "team");
  EXPECT_TRUE(checked);
  add_keys(gate_, call("keys", R"({"keys":[{"provider":"a","value":"1"},{"provider":"b","value":""}]})"));
  EXPECT_EQ(got.size(), 2U);
  EXPECT_FALSE(checked);
  got.clear();
  for (const char* bad :
       {"", "{", "[]", "{}", R"({"provider":"u1"})", R"({"value":"x"})", R"({"keys":[]})", R"({"keys":[1]})"})
    EXPECT_EQ(add_keys(gate_, call("keys", bad)).status, 400) << bad;
  EXPECT_TRUE(got.empty());
}

TEST_F(AdminTest, AKeyThatIsTakenOrEnabledIsAskedAgain) {
  KeyCheck::Result says = KeyCheck::Result::invalid;
  office_.operations.keys = [] {
    KeyView key;
    key.id = "12";
    key.provider = "u1";
    key.name = "main";
    return Result<std::vector<KeyView>>(std::vector{key});
  };
  office_.operations.check_key = [&](const std::string&) -> Result<KeyCheck> { return KeyCheck{says, "", {}}; };
  office_.operations.enable_key = [](const std::string&) { return Result<void>(); };
  office_.operations.add_keys = [&](const std::vector<NewKey>&, bool) -> Result<std::vector<AddedKey>> {
    return std::vector{AddedKey{"12", "u1", "main", "", KeyCheck{says, "", {}}}};
  };
  const char* fresh = R"({"provider":"u1","value":"x","check":true})";
  auto dead = [&] { return benches_.all(clock_.now()).size(); };
  auto die = [&] { bench("u1/m1 main", router::Reason::invalid_key, router::Blame::key, Duration::max()); };
  die();
  check_key(gate_, call("keys/12"));
  add_keys(gate_, call("keys", fresh));
  EXPECT_EQ(dead(), 1U) << "it is still refused";
  says = KeyCheck::Result::valid;
  check_key(gate_, call("keys/12"));
  EXPECT_EQ(dead(), 0U);
  die();
  add_keys(gate_, call("keys", fresh));
  EXPECT_EQ(dead(), 0U);
  die();
  enable_key(gate_, call("keys/12"));
  EXPECT_EQ(dead(), 0U);
}

TEST_F(AdminTest, FailuresOfOperationsBecomeStatuses) {
  EXPECT_EQ(remove_key(gate_, call("keys/1")).status, 501);
  ErrorKind kind = ErrorKind::not_found;
  std::string asked;
  office_.operations.remove_key = [&](const std::string& id) -> Result<void> {
    asked = id;
    return fail(kind, "There is no such key.");
  };
  auto answer = remove_key(gate_, call("keys/u1:a%2Fb"));
  EXPECT_EQ(asked, "u1:a/b");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr(R"("message":"There is no such key.")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"not_found")"));
  for (auto [other, status] : {std::pair(ErrorKind::invalid, 400), std::pair(ErrorKind::exhausted, 409),
                               std::pair(ErrorKind::unsupported, 422), std::pair(ErrorKind::io, 500)}) {
    kind = other;
    EXPECT_EQ(remove_key(gate_, call("keys/1")).status, status);
  }
}

TEST_F(AdminTest, ANewClientIsToldItsKeyOnce) {
  office_.operations.add_client = [](NewClient wanted) -> Result<FreshClient> {
    FreshClient fresh;
    fresh.client.name = wanted.name;
    fresh.client.models = wanted.models;
    fresh.client.rpm = wanted.rpm;
    fresh.client.privacy = wanted.privacy;
    fresh.key = Secret("fw-fresh");
    return fresh;
  };
  auto answer = add_client(gate_, call("clients", R"({"name":"laptop","models":["auto","m1"],"rpm":60})"));
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(answer.body, HasSubstr(R"("name":"laptop","source":"store","models":["auto","m1"],"rpm":60,"tpd":null)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("privacy":"any")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("key":"fw-fresh")"));
  EXPECT_THAT(add_client(gate_, call("clients", R"({"name":"laptop","privacy":"no-training"})")).body,
              HasSubstr(R"("privacy":"no-training")"));
  for (const char* bad : {"{}", R"({"name":""})", R"({"name":"x","models":"m1"})", R"({"name":"x","models":[1]})",
                          R"({"name":"x","rpm":0})", R"({"name":"x","tpd":1.5})", R"({"name":"x","privacy":"No-Training"})",
                          R"({"name":"x","privacy":1})", R"({"name":"x","privacy":""})"})
    EXPECT_EQ(add_client(gate_, call("clients", bad)).status, 400) << bad;
}

TEST_F(AdminTest, MaintenanceIsPassedOn) {
  office_.operations.reload = [] { return Result<Reloaded>(fail(ErrorKind::invalid, "freeway.toml:3:1: error: no")); };
  EXPECT_EQ(reload(gate_, call("reload")).status, 400);
  BackupOrder order;
  office_.operations.backup = [&](BackupOrder wanted) {
    order = std::move(wanted);
    return Result<BackupDone>(BackupDone{"/tmp/b", 42});
  };
  Call owner = call("backup", R"({"path":"/tmp/b","requests":false})");
  owner.from_owner = true;
  EXPECT_EQ(back_up(gate_, owner).body, R"({"path":"/tmp/b","bytes":42})");
  EXPECT_EQ(order.path, "/tmp/b");
  EXPECT_FALSE(order.requests);
  EXPECT_FALSE(order.master_key);
}

TEST_F(AdminTest, BenchesAreLiftedOneOrAll) {
  bench("u1/m1 main", router::Reason::overloaded, router::Blame::route, seconds(30));
  bench("u1/m12 main", router::Reason::overloaded, router::Blame::route, seconds(30));
  bench("u2/m12 main", router::Reason::overloaded, router::Blame::route, seconds(30));
  EXPECT_EQ(lift_benches(gate_, call("benches/lift", R"({"scope":"nothing"})")).body, R"({"lifted":0})");
  EXPECT_EQ(lift_benches(gate_, call("benches/lift", R"({"scope":"u1/m1 main"})")).body, R"({"lifted":1})");
  EXPECT_FALSE(benches_.find(*routing_->catalog, route("u1/m1 main"), clock_.now()));
  EXPECT_TRUE(benches_.find(*routing_->catalog, route("u1/m12 main"), clock_.now()));
  EXPECT_EQ(lift_benches(gate_, call("benches/lift")).body, R"({"lifted":2})");
  EXPECT_TRUE(benches_.all(clock_.now()).empty());
  EXPECT_EQ(lift_benches(gate_, call("benches/lift", "{")).status, 400);
}

TEST_F(AdminTest, RequestsAreReadPageByPage) {
  for (int i = 1; i <= 5; ++i) {
    auto record = store::test_record(i, clock_.wall() + seconds(i));
    if (i == 3) record.end = store::End::cancelled;
    store_->log(record);
  }
  store_->flush();
  auto page = get_requests(gate_, call("requests?limit=2")).body;
  EXPECT_THAT(page, HasSubstr(R"({"id":"req-5","time":"2026-01-01T00:00:05.000Z","client":"laptop")"));
  EXPECT_THAT(page, HasSubstr(R"("id":"req-4")"));
  EXPECT_THAT(page, HasSubstr(R"("strategy":"balanced","attempts":1})"));
  EXPECT_THAT(page, Not(HasSubstr(R"("id":"req-3")")));
  auto next = page.substr(page.find("\"next\":") + 7);
  next.pop_back();
  EXPECT_THAT(get_requests(gate_, call("requests?limit=2&before=" + next)).body, HasSubstr(R"("id":"req-3")"));
  auto cancelled = get_requests(gate_, call("requests?end=cancelled")).body;
  EXPECT_THAT(cancelled, HasSubstr(R"("id":"req-3")"));
  EXPECT_THAT(cancelled, Not(HasSubstr(R"("id":"req-2")")));
  EXPECT_THAT(cancelled, HasSubstr(R"("next":null)"));
  for (const char* bad :
       {"requests?limit=0", "requests?limit=1001", "requests?limit=x", "requests?before=-1", "requests?end=odd"})
    EXPECT_EQ(get_requests(gate_, call(bad)).status, 400) << bad;

  auto one = get_request(gate_, call("requests/req-2")).body;
  EXPECT_THAT(one, HasSubstr(R"("attempts":[{"provider":"u1","model":"m1","key":"k1","outcome":"answered","status":200)"));
  EXPECT_EQ(get_request(gate_, call("requests/req-9")).status, 404);
}

TEST_F(AdminTest, UsageAddsUp) {
  for (int i = 1; i <= 4; ++i) store_->log(store::test_record(i, clock_.wall() + seconds(i)));
  auto all = get_usage(gate_, call("usage")).body;
  EXPECT_THAT(all, HasSubstr(R"("requests":4,"answered":4)"));
  EXPECT_THAT(all, HasSubstr(R"("prompt_tokens":50,"completion_tokens":20,"reasoning_tokens":8,"total_tokens":70)"));
  auto split = get_usage(gate_, call("usage?by=key,day&from=2026-01-01&to=2026-01-02")).body;
  EXPECT_THAT(split, HasSubstr(R"("time":"2026-01-01T00:00:00.000Z","key":"k1","requests":4)"));
  EXPECT_THAT(get_usage(gate_, call("usage?from=2026-01-02")).body, Not(HasSubstr("\"requests\":4")));
  EXPECT_EQ(get_usage(gate_, call("usage?by=mood")).status, 400);
  EXPECT_EQ(get_usage(gate_, call("usage?from=yesterday")).status, 400);
}

TEST_F(AdminTest, UsageTellsWhatItWouldHaveCost) {
  auto record = store::test_record(1, clock_.wall());
  record.attempts[0].tokens = record.tokens = {1000, 500, 0};
  store_->log(record);
  record.id = "other";
  record.provider = record.attempts[0].provider = "u2";
  record.model = record.attempts[0].model = "m12";
  store_->log(record);
  auto providers = std::vector{test_provider("u1", {"m1"}, kSecret), test_provider("u2", {"m12"}, "k")};
  providers[0].models[0].price = catalog::ListPrice{{600'000, 2'400'000}, "a page", "2026-01"};
  providers[0].models[0].enabled = false;
  use(providers);
  EXPECT_THAT(get_usage(gate_, call("usage")).body, HasSubstr(R"("requests":2,"answered":2,)"))
      << "as many rows as were asked for";
  for (const char* query : {"usage", "usage?by=client", "usage?by=hour"})
    EXPECT_THAT(get_usage(gate_, call(query)).body,
                HasSubstr(R"("total_tokens":3000,"cost_usd":0.0018,"unpriced_tokens":1500)"))
        << query << ": a model that is off now has its price";
  auto by = get_usage(gate_, call("usage?by=provider")).body;
  EXPECT_THAT(by, HasSubstr(R"("total_tokens":1500,"cost_usd":0.0018,"unpriced_tokens":0)"));
  EXPECT_THAT(by, HasSubstr(R"("total_tokens":1500,"cost_usd":null,"unpriced_tokens":1500)"));
  EXPECT_THAT(get_usage(gate_, call("usage?by=provider&format=csv")).body, HasSubstr(",1500,0.0018,0\r\n"));

  providers[0].models[0].id = "renamed";
  use(providers);
  EXPECT_THAT(get_usage(gate_, call("usage")).body, HasSubstr(R"("cost_usd":null,"unpriced_tokens":3000)"));
}

TEST_F(AdminTest, MeasuresAreOfTheLog) {
  for (int i = 1; i <= 20; ++i) {
    auto record = store::test_record(i, clock_.wall() + seconds(i));
    record.streamed = true;
    record.ttft = std::chrono::milliseconds(10 * i);
    record.total = std::chrono::milliseconds(10 * i + 500);
    if (i == 20) record.end = store::End::cancelled;
    if (i == 19) record.end = store::End::failed;
    store_->log(record);
  }
  auto all = get_measures(gate_, call("measures")).body;
  EXPECT_EQ(all, R"({"measures":[{"requests":20,"answered":18,"failed":1,"broken":0,"cancelled":1,)"
                 R"("success":0.9473684210526315,"ttft_p50_ms":90,"ttft_p95_ms":180,"total_p50_ms":590,"total_p95_ms":680,)"
                 R"("tokens_per_s_p50":10,"prompt_tokens":410,"completion_tokens":100}],"complete":true})");
  auto none = get_measures(gate_, call("measures?from=2026-02-01&by=provider,hour"));
  EXPECT_EQ(none.body, R"({"measures":[],"complete":true})");
  auto by = get_measures(gate_, call("measures?by=provider,hour&to=2026-01-01T00:00:03Z")).body;
  EXPECT_THAT(by, HasSubstr(R"([{"time":"2026-01-01T00:00:00.000Z","provider":"u1","requests":2,)"));
  EXPECT_EQ(get_measures(gate_, call("measures?by=mood")).status, 400);
  EXPECT_EQ(get_measures(gate_, call("measures?format=xml")).status, 400);
}

TEST_F(AdminTest, CsvHoldsTheSameRows) {
  auto record = store::test_record(1, clock_.wall());
  record.client = "my \"best\", laptop";
  record.attempts[0].tokens = record.tokens = {11, 5, 0};
  store_->log(record);
  auto usage = get_usage(gate_, call("usage?by=client&format=csv"));
  EXPECT_EQ(usage.fields.find("content-type"), "text/csv; charset=utf-8");
  EXPECT_EQ(usage.body,
            "client,requests,answered,failed,broken,cancelled,attempts,failed_attempts,estimated_attempts,prompt_tokens,"
            "completion_tokens,reasoning_tokens,total_tokens,cost_usd,unpriced_tokens\r\n"
            "\"my \"\"best\"\", laptop\",1,1,0,0,0,1,0,0,11,5,0,16,,16\r\n");
  auto measures = get_measures(gate_, call("measures?by=day&format=csv")).body;
  EXPECT_EQ(measures,
            "time,requests,answered,failed,broken,cancelled,success,ttft_p50_ms,ttft_p95_ms,total_p50_ms,total_p95_ms,"
            "tokens_per_s_p50,prompt_tokens,completion_tokens\r\n"
            "2026-01-01T00:00:00.000Z,1,1,0,0,0,1,,,1,1,,11,5\r\n");
  EXPECT_THAT(get_usage(gate_, call("usage?by=key&from=2026-02-01&format=csv")).body,
              testing::EndsWith("unpriced_tokens\r\n"))
      << "columns are named where there are no rows, too";
}

http::RequestHead head_of(const std::string& method, const std::string& target, const std::string& authorization = "") {
  http::RequestHead head;
  head.method = method;
  head.target = target;
  if (!authorization.empty()) head.fields.add("Authorization", authorization);
  return head;
}

TEST_F(AdminTest, OnlyTheTokenAndTheSocketOpenIt) {
  Settings settings;
  auto with = [&](const std::string& authorization, bool socket = false) {
    return identify(head_of("GET", "/admin/api/status", authorization), {"127.0.0.1", socket}, settings, nullptr).access;
  };
  EXPECT_EQ(with("Bearer "), Access::no_token);
  EXPECT_EQ(with("", true), Access::socket);
  settings.admin_token = Secret("right");
  EXPECT_EQ(with("Bearer right"), Access::token);
  EXPECT_EQ(with("bearer  right "), Access::token);
  for (const char* wrong : {"", "Bearer", "Bearer wrong", "Basic right", "right", "Bearer righ", "Bearer rightx"})
    EXPECT_EQ(with(wrong), Access::none) << wrong;
  EXPECT_EQ(with("", true), Access::socket);
}

TEST_F(AdminTest, UnknownPathsAndMethodsAreTold) {
  EXPECT_FALSE(Admin::refuse(head_of("GET", "/admin/api/status")));
  EXPECT_FALSE(Admin::refuse(head_of("HEAD", "/admin/api/status")));
  EXPECT_FALSE(Admin::refuse(head_of("POST", "/admin/api/keys/a%2Fb/check")));
  EXPECT_FALSE(Admin::refuse(head_of("GET", "/admin/api/requests/x?limit=1")));
  for (const char* path : {"/admin/api", "/admin/api/", "/admin/api/nothing", "/admin/api/status/", "/admin/api/status/x",
                           "/admin/api/keys/a/b/check", "/admin/api//status"})
    EXPECT_EQ(Admin::refuse(head_of("GET", path)).value_or(server::Answer()).status, 404) << path;
  auto answer = Admin::refuse(head_of("PUT", "/admin/api/keys"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 405);
  EXPECT_EQ(answer->fields.find("allow"), "GET, HEAD, POST");
}

TEST(ReadQuery, DecodesNamesAndValues) {
  auto parameters = read_query("a=1&b=x%2Fy+z&&c&a=2&%64=%zz");
  EXPECT_EQ(parameters["a"], "2");
  EXPECT_EQ(parameters["b"], "x/y z");
  EXPECT_EQ(parameters["c"], "");
  EXPECT_EQ(parameters["d"], "%zz");
  EXPECT_TRUE(read_query("").empty());
}

}  // namespace
}  // namespace freeway::api::admin
