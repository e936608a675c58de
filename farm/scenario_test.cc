#include "farm/scenario.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace freeway::farm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Scenario good(std::string_view toml) {
  auto scenario = parse_scenario(toml, "s.toml");
  EXPECT_TRUE(scenario) << scenario.error().message;
  return scenario ? std::move(*scenario) : Scenario{};
}

std::string mistake(std::string_view toml) {
  auto scenario = parse_scenario(toml, "s.toml");
  return scenario ? "" : scenario.error().message;
}

TEST(Scenario, ReadsAProviderWhole) {
  const auto scenario = good(R"(
seed = 7
minute = "2s"
day = "20s"
[[providers]]
id = "u1"
keys = ["k1", "k2"]
style = "groq"
limits = { rpm = 30, concurrency = 4 }
model_limits = { tpm = 100 }
latency = "50ms"
tokens = 3
script = ["429 retry-after=7", { kind = "close_mid_stream", after = 3, times = 2 }]
own_port = true
models = ["m1", { id = "m2", limits = { rpd = 5, day = "calendar" }, text = "hello there" }]
)");
  ASSERT_EQ(scenario.providers.size(), 1U);
  const auto& provider = scenario.providers[0];
  EXPECT_EQ(scenario.seed, 7U);
  EXPECT_EQ(provider.style, style_named("groq"));
  EXPECT_TRUE(provider.own_port);
  EXPECT_EQ(provider.limits.rpm, 30U);
  EXPECT_EQ(provider.limits.pace.minute, seconds(2));
  ASSERT_EQ(provider.models.size(), 2U);
  EXPECT_EQ(provider.models[0].limits.tpm, 100U);
  EXPECT_EQ(provider.models[0].limits.pace.day, seconds(20));
  EXPECT_EQ(provider.models[0].answer->latency, milliseconds(50));
  EXPECT_EQ(provider.models[0].answer->filler->bytes, "w0 w1 w2");
  EXPECT_TRUE(provider.models[1].limits.calendar_day);
  EXPECT_EQ(provider.models[1].limits.rpd, 5U);
  EXPECT_EQ(provider.models[1].limits.tpm, 100U);
  EXPECT_EQ(provider.models[1].answer->filler->bytes, "hello there");
  ASSERT_EQ(provider.behaviour.script.size(), 2U);
  EXPECT_EQ(provider.behaviour.script[0].fault.status, 429);
  EXPECT_EQ(provider.behaviour.script[0].fault.headers[0].name, "retry-after");
  EXPECT_EQ(provider.behaviour.script[1].fault.after, 3U);
  EXPECT_EQ(provider.behaviour.script[1].times, 2U);
}

TEST(Scenario, AWireBringsItsStyle) {
  const auto provider = [](const std::string& members) {
    return good("[[providers]]\nid = \"u1\"\nmodels = [\"m1\"]\n" + members).providers.at(0);
  };
  EXPECT_EQ(provider("").wire, &openai_wire());
  EXPECT_EQ(provider("style = \"groq\"").wire, &openai_wire());
  EXPECT_EQ(provider("wire = \"gemini\"").style, style_named("google"));
  EXPECT_EQ(provider("wire = \"ollama\"").style, style_named("ollama"));
  const auto mixed = provider("wire = \"cohere\"\nstyle = \"plain\"");
  EXPECT_EQ(mixed.wire, &cohere_wire());
  EXPECT_EQ(mixed.style, style_named("plain"));
}

TEST(Scenario, ReadsKindsOfModels) {
  const auto models = good(R"(
[[providers]]
id = "u1"
models = ["m1", { id = "m2", kind = "embedding", dimensions = 1024, max_inputs = 96 }, { id = "m3", kind = "moderation" }]
)")
                          .providers.at(0)
                          .models;
  EXPECT_EQ(models[0].kind, ModelKind::chat);
  EXPECT_EQ(models[1].kind, ModelKind::embedding);
  EXPECT_EQ(models[1].dimensions, 1024U);
  EXPECT_EQ(models[1].max_inputs, 96U);
  EXPECT_EQ(models[2].kind, ModelKind::moderation);
  EXPECT_EQ(models[2].dimensions, 8U);
}

TEST(Scenario, ReadsSubtables) {
  const auto scenario = good(R"(
[[providers]]
id = "u1"
  [[providers.models]]
  id = "vendor/m1"
  limits = { rpm = 2 }
  [[providers.rules]]
  match = "please 429"
  fault = { status = 429, headers = { retry-after = 3 }, body = { error = "slow down" } }
  [[providers.rules]]
  match = "use a tool"
  answer = { tool_calls = [{ name = "f", arguments = { a = 1 } }] }
)");
  const auto& rules = scenario.providers.at(0).behaviour.rules;
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].strike->fault.headers[0].value, "3");
  EXPECT_EQ(rules[0].strike->fault.body, R"({"error":"slow down"})");
  EXPECT_EQ(rules[1].answer->tool_calls.at(0).arguments, R"({"a":1})");
}

TEST(Scenario, ReadsPoolsPricesAndAccounts) {
  const auto scenario = good(R"(
time_scale = 60
[[providers]]
id = "u1"
limits = { rpm = 5, minute = "7s" }
keys = ["k1", { key = "k2", account = "b" }]
price = { input = 0.5, output = 2 }
foreign = { rpm = 3, key = "k2", model = "m2", input = 5 }
models = [{ id = "m1", family = "f", neurons = { input = 4000 } }, "m2"]
  [[providers.pools]]
  name = "account-day"
  scope = "account"
  limit = 50
  window = "day America/Los_Angeles"
  [[providers.pools]]
  unit = "credit"
  limit = 0.1
  window = "month since 17"
  models = ["m1"]
  hidden = true
  [[providers.pools]]
  unit = "tokens"
  limit = 100
  window = "sliding 60s"
  charge = "prompt+max_tokens"
)");
  const auto& provider = scenario.providers.at(0);
  EXPECT_EQ(provider.accounts, (std::vector<std::string>{"", "b"}));
  EXPECT_EQ(provider.limits.pace.minute, seconds(7));  // its own; pools have the provider's
  ASSERT_EQ(provider.pools.size(), 3U);
  EXPECT_EQ(provider.pools[0].scope, Scope::account);
  EXPECT_EQ(provider.pools[0].window.length, std::chrono::minutes(24));
  EXPECT_FALSE(provider.pools[0].narrow);
  EXPECT_EQ(provider.pools[1].name, "pool#2");
  EXPECT_EQ(provider.pools[1].limit, 100'000U);
  EXPECT_EQ(provider.pools[1].charge, Charge::tokens);
  EXPECT_TRUE(provider.pools[1].hidden);
  EXPECT_TRUE(provider.pools[1].narrow);
  EXPECT_EQ(provider.pools[2].charge, Charge::prompt_max_tokens);
  EXPECT_EQ(provider.pools[2].window.length, seconds(1));
  EXPECT_EQ(provider.models[0].prices.neurons.input, 4000);
  EXPECT_EQ(provider.models[1].prices.credit.output, 2);
  EXPECT_EQ(provider.models[0].family, "f");
  EXPECT_EQ(provider.models[1].family, "m2");
  EXPECT_EQ(provider.foreign.usage.input, 5U);
}

TEST(Scenario, NamesTheMistakeInAPool) {
  const auto pool = [](const std::string& members) {
    return mistake("[[providers]]\nid = \"u1\"\nmodels = [\"m1\"]\n[[providers.pools]]\n" + members);
  };
  EXPECT_NE(pool("window = \"once\"").find("providers[0].pools[0].limit: expected a number above 0"), std::string::npos);
  EXPECT_NE(pool("limit = 1.5\nwindow = \"once\"").find("expected a whole number"), std::string::npos);
  EXPECT_NE(pool("limit = 1").find("pools[0].window: expected \"sliding 60s\""), std::string::npos);
  EXPECT_NE(pool("limit = 1\nwindow = \"day Mars\"").find("no zone that the farm has: UTC,"), std::string::npos);
  EXPECT_NE(pool("limit = 1\nwindow = \"once\"\nscope = \"us\"").find("expected one of key, account"), std::string::npos);
  EXPECT_NE(pool("limit = 1\nwindow = \"once\"\nunit = \"audio_minutes\"").find("expected one of requests"),
            std::string::npos);
  EXPECT_NE(pool("limit = 1\nwindow = \"once\"\ncharge = \"tokens\"").find("by attempt or success"), std::string::npos);
  EXPECT_NE(pool("limit = 1\nwindow = \"once\"\nunit = \"tokens\"\ncharge = \"attempt\"").find("by tokens"),
            std::string::npos);
  EXPECT_NE(pool("limit = 1\nwindow = \"once\"\nunit = \"concurrent\"").find("have none"), std::string::npos);
  const std::string head = "[[providers]]\nid = \"u1\"\nmodels = [\"m1\"]\n";
  EXPECT_NE(mistake(head + "foreign = { rpm = 1, key = \"k\" }").find("no such key"), std::string::npos);
  EXPECT_NE(mistake(head + "style = \"loud\"").find("expected one of openai"), std::string::npos);
  EXPECT_NE(mistake(head + "keys = [{ account = \"a\" }]").find("providers[0].keys[0].key: is missing"), std::string::npos);
}

TEST(Scenario, NamesTheMistake) {
  EXPECT_TRUE(mistake("seed = \n").starts_with("s.toml:1:")) << mistake("seed = \n");
  EXPECT_NE(mistake("seed = 1").find("at least one [[providers]]"), std::string::npos);
  const std::string head = "[[providers]]\nid = \"u1\"\nmodels = [\"m1\"]\n";
  EXPECT_EQ(mistake(head + "latencyy = \"1s\"").substr(0, 50), "s.toml: providers[0].latencyy: unknown name; known");
  EXPECT_NE(mistake(head + "latency = 50").find("providers[0].latency: expected a duration"), std::string::npos);
  EXPECT_NE(mistake(head + "limits = { rpm = \"30\" }").find("providers[0].limits.rpm: expected a whole number"),
            std::string::npos);
  EXPECT_NE(mistake(head + "script = [\"ok\", \"explode\"]").find("providers[0].script[1]: \"explode\" is neither"),
            std::string::npos);
  EXPECT_NE(mistake(head + "fault = { kind = \"status\", status = 42 }").find("expected a number from 100 to 599"),
            std::string::npos);
  EXPECT_NE(mistake(head + "wire = \"soap\"").find("providers[0].wire: expected openai, gemini"), std::string::npos);
  const std::string model = "[[providers]]\nid = \"u1\"\nmodels = [{ id = \"m\", ";
  EXPECT_NE(mistake(model + "kind = \"psychic\" }]").find("models[0].kind: expected one of chat, embedding, rerank"),
            std::string::npos);
  EXPECT_NE(mistake(model + "dimensions = 0 }]").find("models[0].dimensions: expected a number above 0"), std::string::npos);
  EXPECT_NE(mistake(head + head).find("\"u1\" is there twice"), std::string::npos);
  EXPECT_NE(mistake("[[providers]]\nid = \"_farm\"\nmodels = [\"m\"]").find("providers[0].id"), std::string::npos);
  EXPECT_NE(mistake("[[providers]]\nid = \"u\"").find("providers[0].models: expected"), std::string::npos);
}

TEST(Scenario, OurOwnFilesAreGood) {
  for (const char* name : {"three.toml", "faults.toml", "bench.toml", "demo.toml", "wires.toml"}) {
    std::ifstream in(std::string(FARM_SCENARIOS "/") + name);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    EXPECT_FALSE(good(text).providers.empty()) << name;
  }
}

TEST(Strike, LinesAndTheirParameters) {
  const auto drip = parse_strike("drip interval=20ms");
  ASSERT_TRUE(drip);
  EXPECT_EQ(drip->fault.kind, FaultKind::drip);
  EXPECT_EQ(drip->fault.piece, 1U);
  EXPECT_EQ(drip->fault.interval, milliseconds(20));
  const auto redirect = parse_strike("redirect location=http://other/");
  ASSERT_TRUE(redirect);
  EXPECT_EQ(redirect->fault.location, "http://other/");
  const auto ok = parse_strike("ok x-ratelimit-remaining-requests=0 x-ratelimit-reset-requests=7s");
  ASSERT_TRUE(ok);
  EXPECT_EQ(ok->fault.headers.size(), 2U);
  const auto rare = parse_strike("429 probability=0.25 match=please piece=3");
  EXPECT_EQ(rare->probability, 0.25);
  EXPECT_EQ(rare->match, "please");
  EXPECT_EQ(rare->fault.piece, 3u);
  EXPECT_TRUE(rare->fault.headers.empty());
  EXPECT_FALSE(parse_strike("429 probability=2"));
  EXPECT_FALSE(parse_strike("429 probability=often"));
  EXPECT_FALSE(parse_strike(""));
  EXPECT_FALSE(parse_strike("700"));
  EXPECT_FALSE(parse_strike("hang nonsense"));
  EXPECT_FALSE(parse_strike("close_mid_stream after=two"));
}

}  // namespace
}  // namespace freeway::farm
