#include "farm/provider.h"

#include <gtest/gtest.h>

#include "farm/world.h"

namespace freeway::farm {
namespace {

using std::chrono::seconds;

constexpr std::string_view kBody = R"({"model":"m1","messages":[{"role":"user","content":"hello"}]})";

Scenario scenario(std::string_view toml) {
  auto parsed = parse_scenario(toml, "s.toml");
  EXPECT_TRUE(parsed) << parsed.error().message;
  return std::move(*parsed);
}

class ProviderTest : public testing::Test {
 protected:
  Provider::Decision ask(std::string_view body = kBody, std::string_view key = "k1") {
    auto decision = provider_->decide({clock_.now(), clock_.wall()}, key, body, ++serial_);
    provider_->release({clock_.now(), clock_.wall()}, decision.ticket, true);
    return decision;
  }
  void make(const std::string& members) {
    auto all = scenario("[[providers]]\nid = \"u1\"\nkeys = [\"k1\", \"k2\"]\nmodels = [\"m1\", \"m2\"]\n" + members);
    provider_ = std::make_unique<Provider>(std::move(all.providers[0]), 1);
  }
  std::string stats() {
    std::string out;
    json::Writer writer(out);
    provider_->write_stats({clock_.now(), clock_.wall()}, writer);
    return out;
  }
  ManualClock clock_;
  std::unique_ptr<Provider> provider_;
  std::uint64_t serial_ = 0;
};

TEST_F(ProviderTest, EnforcesPerKeyAndModelAndOverAllModels) {
  make("model_limits = { rpm = 2 }\nlimits = { rpm = 3 }");
  EXPECT_EQ(ask().outcome, "ok");
  EXPECT_EQ(ask().outcome, "ok");
  EXPECT_EQ(ask().outcome, "refused");
  const std::string other = R"({"model":"m2","messages":[{"role":"user","content":"x"}]})";
  EXPECT_EQ(ask(other).outcome, "ok");
  EXPECT_EQ(ask(other).outcome, "refused");
  EXPECT_EQ(ask(other, "k2").outcome, "ok");
  clock_.advance(seconds(60));
  EXPECT_EQ(ask().outcome, "ok");
  const auto text = stats();
  EXPECT_NE(text.find(R"("rpm":{"limit":2,"arrived_max":3,"admitted_max":2})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("rpm":{"limit":3,"arrived_max":5,"admitted_max":3})"), std::string::npos) << text;
}

TEST_F(ProviderTest, ARefusalTellsWhenToComeBack) {
  make("model_limits = { rpm = 1 }");
  ask();
  clock_.advance(seconds(10) + std::chrono::milliseconds(500));
  const auto refused = ask();
  EXPECT_EQ(refused.status, 429);
  ASSERT_TRUE(refused.scene.plain);
  EXPECT_EQ(refused.scene.plain->headers.at(0).value, "50");
  EXPECT_NE(refused.scene.plain->body.find("Please try again in 49.5s"), std::string::npos) << refused.scene.plain->body;
}

TEST_F(ProviderTest, TokensCountAsUsed) {
  make("model_limits = { tpm = 30 }\ntokens = 10");
  const auto first = ask();
  EXPECT_EQ(first.scene.answer.prompt_tokens + first.scene.answer.completion_tokens, 16U);
  EXPECT_EQ(ask().outcome, "refused");
  clock_.advance(seconds(60));
  EXPECT_EQ(ask().outcome, "ok");
}

TEST_F(ProviderTest, ScriptRulesAndFaultsInTheirOrder) {
  make(R"(
script = ["429 retry-after=7", "hang times=2"]
faults = ["500 key=k2", "503 model=m2"]
[[providers.rules]]
match = "please 402"
fault = "402"
)");
  EXPECT_EQ(ask(R"({"model":"m1","messages":[{"role":"user","content":"now please 402!"}]})").status, 402);
  EXPECT_EQ(ask().status, 429);
  EXPECT_EQ(ask().outcome, "hang");
  EXPECT_EQ(ask().outcome, "hang");
  EXPECT_EQ(ask().outcome, "ok");
  EXPECT_EQ(ask(kBody, "k2").status, 500);
  EXPECT_EQ(ask(R"({"model":"m2","messages":[{"role":"user","content":"x"}]})").status, 503);
}

TEST_F(ProviderTest, ARuleMayBeForBeforeAToolsResultAlone) {
  make(R"(
[[providers.rules]]
match = "look it up"
after_tool = false
fault = "402"
)");
  const std::string asked = R"({"model":"m1","messages":[{"role":"user","content":"look it up"})";
  EXPECT_EQ(ask(asked + "]}").status, 402);
  EXPECT_EQ(ask(asked + R"(,{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f",)"
                        R"("arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"x"}]})")
                .outcome,
            "ok");
}

TEST_F(ProviderTest, OccasionsSpeakAsTheProviderDoes) {
  make("style = \"zhipu\"\nscript = [\"status occasion=busy\", { kind = \"status\", occasion = \"gone\" }]");
  const auto busy = ask();
  EXPECT_EQ(busy.status, 429);
  EXPECT_NE(busy.scene.plain->body.find("\"1305\""), std::string::npos);
  EXPECT_EQ(ask().status, 400);
  EXPECT_EQ(ask(kBody, "nobody").status, 401);
}

TEST_F(ProviderTest, ChanceIsSeeded) {
  const auto draw = [this] {
    make("faults = [{ status = 500, probability = 0.5 }]");
    std::string drawn;
    for (int i = 0; i < 64; ++i) drawn += ask().outcome == "ok" ? '.' : '!';
    return drawn;
  };
  const auto first = draw();
  EXPECT_EQ(first, draw());
  EXPECT_NE(first.find('!'), std::string::npos);
  EXPECT_NE(first.find('.'), std::string::npos);
}

TEST_F(ProviderTest, WrongRequestsAreTurnedAwayAndNotCounted) {
  make("reject = [\"logit_bias\"]\ntool_id_length = 9\ncontext = 100\nmodel_limits = { rpm = 1 }");
  EXPECT_EQ(ask(kBody, "nobody").status, 401);
  EXPECT_EQ(ask("{").status, 400);
  EXPECT_EQ(ask(R"({"model":"m9","messages":[{"role":"user","content":"x"}]})").status, 404);
  EXPECT_EQ(ask(R"({"model":"m1","logit_bias":{},"messages":[{"role":"user","content":"x"}]})").status, 400);
  EXPECT_EQ(ask(R"({"model":"m1","messages":[{"role":"tool","tool_call_id":"call_1","content":"x"}]})").status, 400);
  const auto large = ask(R"({"model":"m1","messages":[{"role":"user","content":")" + std::string(500, 'x') + R"("}]})");
  EXPECT_NE(large.scene.plain->body.find("context_length_exceeded"), std::string::npos);
  EXPECT_EQ(ask().outcome, "ok");
}

TEST_F(ProviderTest, StyleShowsInHeadersAndBody) {
  make("style = \"groq\"\nmodel_limits = { rpd = 100, tpm = 6000 }\ntokens = 10");
  const auto first = ask();
  std::string headers;
  for (const auto& field : first.scene.headers) headers += field.name + "=" + field.value + ";";
  EXPECT_EQ(headers,
            "x-ratelimit-limit-requests=100;x-ratelimit-remaining-requests=99;x-ratelimit-reset-requests=24h0m0s;"
            "x-ratelimit-limit-tokens=6000;x-ratelimit-remaining-tokens=5984;x-ratelimit-reset-tokens=1m0s;");
  make("style = \"google\"\nmodel_limits = { rpm = 1 }");
  ask();
  EXPECT_NE(ask().scene.plain->body.find(R"("retryDelay":"60s")"), std::string::npos);
}

TEST(World, ControlChangesResetsAndAmends) {
  ManualClock clock;
  World world(clock, scenario("[[providers]]\nid = \"u1\"\nmodels = [\"m1\"]\n"), std::nullopt);
  const auto arrive = [&](World::Exchange& exchange) {
    exchange.provider = world.find("u1");
    http::RequestHead head;
    head.method = "POST";
    head.target = "/u1/v1/chat/completions";
    return world.arrive(exchange, std::move(head), "/chat/completions", std::string(kBody));
  };
  World::Exchange exchange;
  arrive(exchange);
  EXPECT_NE(world.stats().find("\"concurrent\":1"), std::string::npos);
  world.settle(exchange, Ended::complete);
  EXPECT_NE(world.stats().find("\"ok\":1,\"aborted\":0"), std::string::npos);
  world.settle(exchange, Ended::client_left);
  EXPECT_NE(world.stats().find("\"ok\":0,\"aborted\":1"), std::string::npos);

  EXPECT_TRUE(world.change("u1", R"({"fault":"503"})"));
  EXPECT_EQ(arrive(exchange)->fault().status, 503);
  EXPECT_TRUE(world.change("u1", R"({"fault":null,"answer":{"text":"new words"}})"));
  EXPECT_EQ(arrive(exchange)->fault().kind, FaultKind::ok);
  const auto wrong = world.change("u1", R"({"up":false,"falut":"503"})");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("falut: unknown name"), std::string::npos);
  EXPECT_TRUE(world.is_up(*world.find("u1")));
  EXPECT_EQ(world.change("u2", "{}").error().kind, ErrorKind::not_found);
  world.reset();
  EXPECT_NE(world.stats().find("\"received\":0"), std::string::npos);
  world.settle(exchange, Ended::client_left);  // of before the reset: counts nowhere
  EXPECT_NE(world.stats().find("\"aborted\":0"), std::string::npos);
  EXPECT_EQ(world.requests("", 0, 10), R"({"requests":[]})");
}

TEST(Journal, KeepsTheLastAndDropsLargeBodies) {
  Journal journal;
  for (int i = 0; i < 2100; ++i) {
    Entry entry;
    entry.provider = i % 2 == 0 ? "a" : "b";
    entry.body = i == 2099 ? std::string(70'000, 'x') : "small";
    journal.add(std::move(entry));
  }
  EXPECT_EQ(journal.find(100), nullptr);
  ASSERT_NE(journal.find(101), nullptr);
  EXPECT_EQ(journal.find(101)->serial, 101U);
  EXPECT_TRUE(journal.find(2100)->body.empty());
  EXPECT_EQ(journal.find(2100)->body_size, 70'000U);
  EXPECT_EQ(journal.find(2100)->sha256.size(), 64U);
  EXPECT_EQ(journal.find(2101), nullptr);
  const auto last = journal.to_json("b", 2096, 10, Instant());
  EXPECT_NE(last.find("\"serial\":2098,"), std::string::npos);
  EXPECT_NE(last.find("\"serial\":2100,"), std::string::npos);
  EXPECT_EQ(last.find("\"serial\":2099,"), std::string::npos);
}

}  // namespace
}  // namespace freeway::farm
