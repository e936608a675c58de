// What the admin API tells of providers, routes, pools and benches.
#include <gmock/gmock.h>

#include "api/admin/testing.h"
#include "json/document.h"

namespace freeway::api::admin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

// A parsed answer; the text lives as long as it does.
struct Seen {
  explicit Seen(server::Answer answer) : status(answer.status), text(std::move(answer.body)) {
    auto parsed = json::Document::parse(text);
    EXPECT_TRUE(parsed) << text;
    if (parsed) document = std::move(*parsed);
  }
  // The element of a list whose member has this value.
  json::Value of(std::string_view list, std::string_view member, std::string_view value) {
    for (json::Value one : document.root()[list])
      if (one[member].equals(value)) return one;
    ADD_FAILURE() << "no " << value << " in " << text;
    return {};
  }
  int status;
  std::string text;
  json::Document document;
};

TEST_F(AdminTest, PoolsTellTheirLevelsAndWhereTheFigureIsFrom) {
  spend("u1/m1 main");
  clock_.advance(seconds(10));
  Seen seen(get_pools(gate_, call("pools")));
  auto pool = seen.of("pools", "name", "u1/main/rpm");
  EXPECT_EQ(pool["provider"].string(), "u1");
  EXPECT_EQ(pool["key"].string(), "main");
  EXPECT_TRUE(pool["model"].is(json::Type::null));
  EXPECT_EQ(pool["scope"].string(), "key");
  EXPECT_EQ(pool["unit"].string(), "requests");
  EXPECT_EQ(pool["window"].string(), "sliding 60s");
  EXPECT_EQ(pool["limit"].integer(), 2);
  EXPECT_EQ(pool["used"].integer(), 1);
  EXPECT_EQ(pool["in_flight"].integer(), 0);
  EXPECT_EQ(pool["resets_at"].string(), "2026-01-01T00:01:00.300Z");
  EXPECT_NEAR(*pool["resets_in_s"].number(), 50.3, 0.001);
  EXPECT_EQ(pool["source"].string(), "https://u1.example/limits");
  EXPECT_EQ(seen.document.root()["pools"].size(), 1U) << "a pool that two models share is one pool";
  EXPECT_EQ(Seen(get_pools(gate_, call("pools?provider=u2"))).document.root()["pools"].size(), 0U);
}

TEST_F(AdminTest, RoutesTellWhetherTheyServeNowAndWhyNot) {
  spend("u1/m1 main");
  spend("u1/m1 main");
  bench("u2/m12 main", router::Reason::overloaded, router::Blame::route, seconds(30));
  Seen seen(get_routes(gate_, call("routes")));
  auto spent = seen.of("routes", "route", "u1/m1 main");
  EXPECT_EQ(spent["available"].boolean(), false);
  EXPECT_THAT(*spent["reason"].string(), HasSubstr("2 of 2 used"));
  EXPECT_EQ(spent["until"].string(), "2026-01-01T00:01:00.300Z");
  EXPECT_TRUE(spent["place"].is(json::Type::null));
  auto benched = seen.of("routes", "route", "u2/m12 main");
  EXPECT_EQ(benched["available"].boolean(), false);
  EXPECT_THAT(*benched["reason"].string(), HasSubstr("overloaded"));
  EXPECT_EQ(benched["until"].string(), "2026-01-01T00:00:30.000Z");
  clock_.advance(seconds(31));
  Seen later(get_routes(gate_, call("routes?provider=u2")));
  auto open = later.of("routes", "route", "u2/m12 main");
  EXPECT_EQ(open["available"].boolean(), true);
  EXPECT_TRUE(open["reason"].is(json::Type::null));
  EXPECT_EQ(open["place"].integer(), 0);
  EXPECT_EQ(later.document.root()["routes"].size(), 1U);
  EXPECT_EQ(get_routes(gate_, call("routes?strategy=luck")).status, 400);
}

TEST_F(AdminTest, ModelsThatCannotServeAreNotHidden) {
  auto providers = std::vector{test_provider("u1", {"m1", "m2"}, kSecret, 1), test_provider("u3", {"old", "gone"}, "k")};
  providers[1].models[0].retired = "2026-02-03";
  providers[1].models[1].enabled = false;
  use(providers);
  spend("u1/m1 main");
  Seen seen(get_models(gate_, call("models")));
  auto spent = seen.of("models", "id", "u1/m2");
  EXPECT_EQ(spent["available"].boolean(), false);
  EXPECT_THAT(*spent["reason"].string(), HasSubstr("1 of 1 used"));
  EXPECT_EQ(spent["keys"].integer(), 1);
  EXPECT_EQ(spent["kind"].string(), "chat");
  EXPECT_TRUE(spent["tools"].is(json::Type::null)) << "unknown is not false";
  EXPECT_EQ(seen.of("models", "id", "u3/old")["reason"].string(), "retired on 2026-02-03");
  EXPECT_EQ(seen.of("models", "id", "u3/gone")["reason"].string(), "switched off");
  EXPECT_EQ(seen.of("models", "id", "u3/gone")["keys"].integer(), 0);
}

TEST_F(AdminTest, ModelsTellTheirPrice) {
  auto provider = test_provider("u1", {"m1", "m2", "m3"}, kSecret);
  provider.models[0].price = catalog::ListPrice{{75'000, 300'000}, "https://u1.example/prices", "2026-11-30"};
  provider.models[1].price = catalog::ListPrice{{1'000'000, 0}, "", ""};
  use({provider});
  auto body = get_models(gate_, call("models")).body;
  EXPECT_THAT(
      body, HasSubstr(R"("price":{"input":0.075,"output":0.3,"source":"https://u1.example/prices","as_of":"2026-11-30"})"));
  EXPECT_THAT(body, HasSubstr(R"("price":{"input":1,"output":0,"source":null,"as_of":null})"));
  EXPECT_THAT(body, HasSubstr(R"("price":null)"));
}

TEST_F(AdminTest, ModelsAndDiscoveriesTellWhatProvidersList) {
  EXPECT_EQ(get_discoveries(gate_, call("discoveries")).status, 501);
  EXPECT_TRUE(Seen(get_models(gate_, call("models"))).of("models", "id", "u1/m1")["listed"].is(json::Type::null));
  auto all = [this] {
    Discovery told;
    told.provider = "u1";
    told.looked = told.listed_at = clock_.wall();
    told.listed = 2;
    told.known = {{"m1", true, clock_.wall()}, {"m12", false, {}}};
    told.fresh.push_back({"org/new", 8192, true, {}});
    return Result<std::vector<Discovery>>({told, {}});
  };
  office_.operations.discoveries = all;
  std::string wanted = "nobody";
  office_.operations.discover = [&](const std::string& provider) {
    wanted = provider;
    return all();
  };
  Seen models(get_models(gate_, call("models")));
  EXPECT_EQ(models.of("models", "id", "u1/m1")["listed"].boolean(), true);
  EXPECT_EQ(models.of("models", "id", "u1/m1")["listed_at"].string(), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(models.of("models", "id", "u1/m12")["listed"].boolean(), false);
  EXPECT_TRUE(models.of("models", "id", "u1/m12")["listed_at"].is(json::Type::null));
  EXPECT_TRUE(models.of("models", "id", "u2/m12")["listed"].is(json::Type::null)) << "nobody has looked";
  Seen seen(get_discoveries(gate_, call("discoveries?provider=u1")));
  EXPECT_EQ(seen.document.root()["discoveries"].size(), 1U);
  auto told = seen.of("discoveries", "provider", "u1");
  EXPECT_EQ(told["listed"].integer(), 2);
  EXPECT_EQ(told["vanished"].raw(), R"(["u1/m12"])");
  EXPECT_EQ(told["new"].raw(), R"([{"id":"u1/org/new","model":"org/new","context":8192,"free":true,"chat":null}])");
  EXPECT_EQ(discover(gate_, call("discoveries", R"({"provider":"u1"})")).status, 200);
  EXPECT_EQ(wanted, "u1");
  EXPECT_EQ(discover(gate_, call("discoveries")).status, 200);
  EXPECT_EQ(wanted, "");
}

TEST_F(AdminTest, StatusCountsProvidersByWhatTheyCanDo) {
  spend("u1/m1 main");
  spend("u1/m1 main");
  bench("u2/m12 main", router::Reason::invalid_key, router::Blame::key, kNever - Instant());
  office_.operations.condition = [] {
    Condition condition;
    condition.config_path = "/etc/freeway.toml";
    condition.warnings = {"a short key"};
    IdleProvider idle;
    idle.id = "groq";
    idle.why = {"no_key", "no key"};
    idle.awaits_key = true;
    idle.keyless = true;
    idle.signup = "https://keys.example";
    idle.env = {"GROQ_API_KEY"};
    condition.idle.push_back(idle);
    return condition;
  };
  clock_.advance(seconds(7));
  Seen seen(get_status(gate_, call("status")));
  auto root = seen.document.root();
  EXPECT_EQ(root["version"].string(), "1.2.3");
  EXPECT_EQ(root["state"].string(), "ready");
  EXPECT_EQ(root["uptime_s"].integer(), 7);
  EXPECT_EQ(root["started_at"].string(), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(root["configuration"]["path"].string(), "/etc/freeway.toml");
  EXPECT_EQ(root["configuration"]["hash"].string(), "0123456789abcdef");
  EXPECT_EQ(root["configuration"]["warnings"].size(), 1U);
  EXPECT_EQ(root["routes"]["total"].integer(), 3);
  EXPECT_EQ(root["routes"]["open"].integer(), 0);
  EXPECT_EQ(seen.of("providers", "id", "u1")["state"].string(), "out_of_quota");
  EXPECT_EQ(seen.of("providers", "id", "u1")["until"].string(), "2026-01-01T00:01:00.300Z");
  EXPECT_EQ(seen.of("providers", "id", "u2")["state"].string(), "benched");
  EXPECT_EQ(seen.of("providers", "id", "groq")["state"].string(), "no_key");
  EXPECT_EQ(seen.of("providers", "id", "groq")["signup"].string(), "https://keys.example");
  EXPECT_EQ(seen.of("providers", "id", "groq")["keyless"].boolean(), true);
  EXPECT_EQ(root["log"]["dropped"].integer(), 0);
  draining_ = true;
  EXPECT_EQ(Seen(get_status(gate_, call("status"))).document.root()["state"].string(), "draining");
}

TEST_F(AdminTest, StatusTellsHowItWentLatelyAndWhereKeysAreFrom) {
  auto providers = std::vector{test_provider("u1", {"m1"}, kSecret)};
  providers[0].signup = "https://u1.example/keys";
  use(providers);
  EXPECT_EQ(Seen(get_status(gate_, call("status"))).of("providers", "id", "u1")["signup"].string(),
            "https://u1.example/keys");
  for (int i = 1; i <= 3; ++i) {
    auto record = store::test_record(i, clock_.wall() + std::chrono::minutes(i));
    record.streamed = true;
    record.ttft = std::chrono::milliseconds(100 * i);
    if (i == 2) {
      record.end = store::End::failed;
      record.status = 502;
      record.provider = record.model = record.key = "";
      record.attempts[0].outcome = "server_error";
      record.attempts[0].evidence = "500 no";
      record.error_code = "all_routes_failed";
      record.error = "No provider could answer this request.";
    }
    store_->log(record);
  }
  store_->flush();
  clock_.advance(std::chrono::minutes(17));
  Seen seen(get_status(gate_, call("status")));
  EXPECT_EQ(seen.document.root()["recent"].raw(),
            R"({"span_s":900,"requests":2,"answered":1,"failed":1,"success":0.5,"ttft_p50_ms":300,"ttft_p95_ms":300,)"
            R"("last_failure":{"id":"req-2","time":"2026-01-01T00:02:00.000Z","asked":"auto","provider":"u1","model":"m1",)"
            R"("status":502,"error_code":"all_routes_failed","error":"No provider could answer this request.",)"
            R"("evidence":"500 no"}})");
  office_.store = nullptr;
  EXPECT_TRUE(Seen(get_status(gate_, call("status"))).document.root()["recent"].is(json::Type::null));
}

TEST_F(AdminTest, ModelsTellTheirMeasuresAndWhoFollowsTheOnesThatAreGone) {
  auto providers = std::vector{test_provider("u1", {"m1", "old"}, kSecret), test_provider("u2", {"m1-new", "x"}, "k")};
  providers[0].models[1].family = providers[1].models[0].family = "m";
  providers[0].models[1].retired = "2026-02-03";
  use(providers);
  auto snapshot = std::make_shared<router::Snapshot>(*routing_);
  snapshot->rankings =
      std::make_shared<router::Rankings>(snapshot->catalog, snapshot->policy, measures_, measures_.bind(*snapshot->catalog));
  router::Sample sample;
  sample.end = router::Sample::End::answered;
  sample.streamed = true;
  sample.first = std::chrono::milliseconds(300);
  sample.whole = std::chrono::milliseconds(1300);
  sample.tokens = 150;
  measures_.record(snapshot->rankings->bound(), route("u1/m1 main"), sample, clock_.now());
  snapshot->rankings->refresh(ledger_, *snapshot->bindings, {clock_.now(), clock_.wall()});
  auto settings = std::make_shared<Settings>(*settings_.load());
  settings->routing = snapshot;
  settings_.store(settings);
  Seen seen(get_models(gate_, call("models")));
  auto measures = seen.of("models", "id", "u1/m1")["measures"];
  EXPECT_DOUBLE_EQ(*measures["calls"].number(), 1);
  EXPECT_NEAR(*measures["ttft_ms"].number(), 300, 1);
  EXPECT_NEAR(*measures["tokens_per_s"].number(), 150, 1);
  EXPECT_GT(*measures["success"].number(), 0.95);
  EXPECT_TRUE(seen.of("models", "id", "u2/x")["measures"].is(json::Type::null)) << "nobody has asked it";
  EXPECT_TRUE(seen.of("models", "id", "u1/old")["measures"].is(json::Type::null));
  EXPECT_EQ(seen.of("models", "id", "u1/old")["successor"].string(), "u2/m1-new");
  EXPECT_TRUE(seen.of("models", "id", "u2/m1-new")["successor"].is(json::Type::null)) << "it is there";
}

TEST_F(AdminTest, BenchesTellScopeReasonAndEnd) {
  bench("u1/m1 main", router::Reason::rate_limited, router::Blame::route, seconds(20));
  clock_.advance(seconds(5));
  Seen seen(get_benches(gate_, call("benches")));
  ASSERT_EQ(seen.document.root()["benches"].size(), 1U);
  auto one = seen.document.root()["benches"].first();
  EXPECT_EQ(one["scope"].string(), "u1/m1 main");
  EXPECT_EQ(one["reason"].string(), "rate_limited");
  EXPECT_EQ(one["until"].string(), "2026-01-01T00:00:20.000Z");
  EXPECT_DOUBLE_EQ(*one["remaining_s"].number(), 15);
  EXPECT_EQ(one["evidence"].string(), "said so");
}

TEST_F(AdminTest, MetricsTellLevelsAndBenchesWithoutSecrets) {
  spend("u1/m1 main");
  bench("u2/m12 main", router::Reason::overloaded, router::Blame::route, seconds(30));
  auto text = get_metrics(gate_, call("")).body;
  EXPECT_THAT(text, HasSubstr("freeway_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("freeway_pool_limit{pool=\"u1/main/rpm\",unit=\"requests\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("freeway_pool_used{pool=\"u1/main/rpm\",unit=\"requests\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("freeway_bench_seconds{scope=\"u2/m12 main\",reason=\"overloaded\"} 30\n"));
  EXPECT_THAT(text, HasSubstr("freeway_log_records_total{outcome=\"dropped\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

// Every line is a comment or "name{labels} value", every family is declared once before its samples.
TEST_F(AdminTest, MetricsFollowTheTextFormat) {
  office_.metrics.tally(0).request(Area::chat_completions, Fate::answered, 200);
  office_.metrics.tally(0).duration.observe(seconds(1));
  auto text = get_metrics(gate_, call("")).body;
  std::set<std::string> declared;
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("# TYPE ")) {
      auto name = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(declared.insert(name).second) << line;
      continue;
    }
    if (line.starts_with("# HELP ")) continue;
    auto name = line.substr(0, line.find_first_of("{ "));
    for (std::string_view suffix : {"_bucket", "_sum", "_count"})
      if (name.ends_with(suffix) && !declared.contains(name)) name.resize(name.size() - suffix.size());
    EXPECT_TRUE(declared.contains(name)) << line;
    EXPECT_THAT(line, testing::MatchesRegex(R"([a-z_]+(\{.*\})? [-+0-9.eInf]+)"));
  }
  EXPECT_GT(declared.size(), 15U);
}

}  // namespace
}  // namespace freeway::api::admin
