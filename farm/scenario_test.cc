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
  EXPECT_EQ(provider.style, Style::groq);
  EXPECT_TRUE(provider.own_port);
  EXPECT_EQ(provider.limits.rpm, 30U);
  EXPECT_EQ(provider.limits.minute, seconds(2));
  ASSERT_EQ(provider.models.size(), 2U);
  EXPECT_EQ(provider.models[0].limits.tpm, 100U);
  EXPECT_EQ(provider.models[0].limits.day, seconds(20));
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
  EXPECT_NE(mistake(head + head).find("\"u1\" is there twice"), std::string::npos);
  EXPECT_NE(mistake("[[providers]]\nid = \"_farm\"\nmodels = [\"m\"]").find("providers[0].id"), std::string::npos);
  EXPECT_NE(mistake("[[providers]]\nid = \"u\"").find("providers[0].models: expected"), std::string::npos);
}

TEST(Scenario, OurOwnFilesAreGood) {
  for (const char* name : {"three.toml", "faults.toml", "bench.toml", "demo.toml"}) {
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
  EXPECT_FALSE(parse_strike(""));
  EXPECT_FALSE(parse_strike("700"));
  EXPECT_FALSE(parse_strike("hang nonsense"));
  EXPECT_FALSE(parse_strike("close_mid_stream after=two"));
}

}  // namespace
}  // namespace freeway::farm
