// A gate with everything behind it, for tests of the admin API: two providers, a store on the disk, a clock that stands.
#pragma once

#include <gtest/gtest.h>

#include "api/admin/admin.h"
#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::api::admin {

inline catalog::Provider test_provider(const std::string& id, const std::vector<std::string>& models,
                                       const std::string& secret, std::optional<std::uint64_t> rpm = std::nullopt) {
  catalog::Provider provider;
  provider.id = id;
  provider.base_url = "http://127.0.0.1:1/v1";
  provider.keys.resize(1);
  provider.keys[0].name = "main";
  provider.keys[0].secret = Secret(secret);
  for (const auto& model : models) {
    provider.models.emplace_back();
    provider.models.back().id = model;
  }
  if (rpm) {
    catalog::PoolSpec pool;
    pool.name = "rpm";
    pool.limit = *rpm;
    pool.window = catalog::Window::parse("sliding 60s").value();
    pool.source = "https://u1.example/limits";
    pool.as_of = "2026-01-01";
    provider.pools.push_back(pool);
  }
  return provider;
}

class AdminTest : public testing::Test {
 protected:
  static constexpr const char* kSecret = "sk-very-secret-value-of-u1";

  AdminTest() : gate_{settings_, services(), limits_, random_, draining_, office_} {
    store_ = store::open_sqlite(folder_ / "freeway.db", clock_).value();
    office_.store = store_.get();
    office_.secrets = &secrets_;
    office_.vitals.version = "1.2.3";
    office_.vitals.started = clock_.now();
    office_.vitals.started_wall = clock_.wall();
    use({test_provider("u1", {"m1", "m12"}, kSecret, 2), test_provider("u2", {"m12"}, "sk-another-secret-of-u2")});
  }

  relay::Services services() {
    return {clock_,        ledger_,   benches_, sessions_,   waiting_room_,
            token_counts_, measures_, hedges_,  signatures_, stream_space_};
  }

  void use(std::vector<catalog::Provider> providers) {
    auto routing = std::make_shared<router::Snapshot>();
    routing->catalog = std::make_shared<catalog::Catalog>(catalog::Catalog::build(std::move(providers)).value());
    routing->bindings = ledger_.bind(*routing->catalog);
    routing_ = routing;
    auto settings = std::make_shared<Settings>();
    settings->routing = routing;
    settings->hash = "0123456789abcdef";
    settings->admin_token = Secret("token-of-the-administrator");
    settings_.store(settings);
  }

  Call call(const std::string& target, const std::string& body = "") {
    Call made;
    made.settings = settings_.load();
    made.method = "GET";
    auto question = std::min(target.find('?'), target.size());
    made.path = split_path("/admin/api/" + target.substr(0, question));
    if (question < target.size()) made.parameters = read_query(target.substr(question + 1));
    made.body = body;
    made.now = clock_.now();
    made.wall = clock_.wall();
    return made;
  }

  // The catalog's route of this name: "u1/m1 main".
  catalog::RouteId route(const std::string& name) {
    for (catalog::RouteId one = 0; one < routing_->catalog->routes().size(); ++one)
      if (routing_->catalog->route_name(one) == name) return one;
    ADD_FAILURE() << "no route " << name;
    return 0;
  }

  // Uses one place of the route's pools for good.
  void spend(const std::string& name) {
    auto reservation = ledger_.reserve(*routing_->bindings, route(name), {}, {clock_.now(), clock_.wall()});
    ASSERT_TRUE(reservation) << name;
    ledger_.dispatched(*reservation, {clock_.now(), clock_.wall()});
    ledger_.settle(std::move(*reservation), ledger::Outcome{true, {}}, {clock_.now(), clock_.wall()});
  }

  void bench(const std::string& name, router::Reason reason, router::Blame blame, std::optional<Duration> length) {
    router::Verdict verdict;
    verdict.reason = reason;
    verdict.blame = blame;
    verdict.bench = length;
    verdict.told = true;
    benches_.apply(*routing_->catalog, route(name), verdict, "said so", clock_.now(), clock_.now());
  }

  store::TestFolder folder_;
  ManualClock clock_;
  SeededRandom random_{1};
  ledger::Ledger ledger_{ledger::Ledger::Options{}};
  router::Benches benches_{router::Benches::Options{}};
  router::Sessions sessions_{router::Sessions::Options{}};
  relay::WaitingRoom waiting_room_{100};
  relay::HedgeBudget hedges_;
  chat::Signatures signatures_;
  Budget stream_space_{256ULL << 20};
  relay::TokenCounts token_counts_;
  router::Measures measures_;
  ClientLimits limits_;
  Published<SecretSet> secrets_{std::make_shared<const SecretSet>(std::vector<std::string_view>{kSecret})};
  std::atomic<bool> draining_{false};
  Office office_{1};
  Published<Settings> settings_;
  Gate gate_;
  std::shared_ptr<const router::Snapshot> routing_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace freeway::api::admin
