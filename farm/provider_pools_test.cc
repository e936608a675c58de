// A provider's pools: whose each is, what it charges, and who else draws on it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "farm/provider.h"
#include "json/document.h"

namespace freeway::farm {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// The prompt is 6 tokens and the answer as many as the scenario says.
std::string chat(std::string_view model, std::string_view more = "") {
  return fmt::format(R"({{"model":"{}","messages":[{{"role":"user","content":"hello"}}]{}}})", model, more);
}

class PoolsTest : public testing::Test {
 protected:
  void make(const std::string& members) {
    auto parsed = parse_scenario(
        "[[providers]]\nid = \"u1\"\nkeys = [\"k1\", \"k2\", { key = \"k3\", account = \"b\" }]\ntokens = 10\n"
        "models = [{ id = \"m1\", family = \"f\" }, { id = \"m2\", family = \"f\" }, \"other\"]\n" +
            members,
        "s.toml");
    ASSERT_TRUE(parsed) << parsed.error().message;
    provider_ = std::make_unique<Provider>(std::move(parsed->providers[0]), 1);
  }
  Moment now() const { return {clock_.now(), clock_.wall()}; }
  // Asks and leaves the answer running.
  Provider::Decision begin(std::string_view model, std::string_view key, std::string_view more = "") {
    return provider_->decide(now(), key, chat(model, more), ++serial_);
  }
  bool ask(std::string_view model, std::string_view key, std::string_view more = "") {
    const auto decision = begin(model, key, more);
    provider_->release(now(), decision.ticket, harmless(decision.scene.fault.kind));
    return decision.outcome != "refused";
  }
  std::string said(std::string_view model, std::string_view key) {
    return begin(model, key).scene.plain.value_or(Plain()).body;
  }
  std::string headers(const Provider::Decision& decision) {
    std::string all;
    for (const auto& field : decision.scene.headers) all += field.name + "=" + field.value + ";";
    if (decision.scene.plain) {
      for (const auto& field : decision.scene.plain->headers) all += field.name + "=" + field.value + ";";
    }
    return all;
  }
  // A figure of one instance of a pool, from the stats.
  double stat(std::string_view pool, std::string_view of, std::string_view figure) {
    std::string out;
    json::Writer writer(out);
    provider_->write_stats(now(), writer);
    const auto document = json::Document::parse(out);
    EXPECT_TRUE(document);
    const auto value = document->root()["pools"][pool]["of"][of][figure].number();
    EXPECT_TRUE(value) << pool << ' ' << of << ' ' << figure << " in " << out;
    return value.value_or(-1);
  }

  ManualClock clock_;
  std::unique_ptr<Provider> provider_;
  std::uint64_t serial_ = 0;
};

TEST_F(PoolsTest, EachScopeHasItsOwn) {
  struct Case {
    const char* scope;
    bool other_key, other_account, other_model, other_family;
  };
  for (const auto& [scope, other_key, other_account, other_model, other_family] :
       {Case{"key", true, true, false, false}, Case{"account", false, true, false, false},
        Case{"model", false, false, true, true}, Case{"family", false, false, false, true},
        Case{"address", false, false, false, false}}) {
    make(fmt::format("[[providers.pools]]\nscope = \"{}\"\nlimit = 1\nwindow = \"sliding 60s\"\n", scope));
    EXPECT_TRUE(ask("m1", "k1")) << scope;
    EXPECT_FALSE(ask("m1", "k1")) << scope;
    EXPECT_EQ(ask("m1", "k2"), other_key) << scope;
    EXPECT_EQ(ask("m1", "k3"), other_account) << scope;
    EXPECT_EQ(ask("m2", "k1"), other_model) << scope;
    EXPECT_EQ(ask("other", "k1"), other_family) << scope;
  }
}

TEST_F(PoolsTest, OnlyModelsItNamesDrawOnIt) {
  make("[[providers.pools]]\nname = \"p\"\nlimit = 1\nwindow = \"once\"\nmodels = [\"m*\"]\n");
  EXPECT_TRUE(ask("other", "k1"));
  EXPECT_TRUE(ask("other", "k1"));
  EXPECT_TRUE(ask("m1", "k1"));
  EXPECT_FALSE(ask("m2", "k1"));
  EXPECT_EQ(stat("p", "k1", "admitted_max"), 1);
  EXPECT_EQ(stat("p", "k1", "arrived_max"), 2);
  EXPECT_EQ(stat("p", "k1", "refused"), 1);
}

TEST_F(PoolsTest, EachUnitCountsItsOwn) {
  make(R"(
neurons = { input = 1000000, output = 2000000 }
price = { input = 0.5, output = 2 }
[[providers.pools]]
name = "tokens"
unit = "tokens"
limit = 1000
window = "day UTC"
[[providers.pools]]
name = "in"
unit = "input_tokens"
limit = 1000
window = "day UTC"
[[providers.pools]]
name = "out"
unit = "output_tokens"
limit = 1000
window = "day UTC"
[[providers.pools]]
name = "neurons"
unit = "neurons"
limit = 40
window = "day UTC"
[[providers.pools]]
name = "credit"
unit = "credit"
limit = 0.1
window = "month UTC"
[[providers.pools]]
name = "calls"
unit = "concurrent"
limit = 2
)");
  const auto first = begin("m1", "k1");
  EXPECT_EQ(stat("tokens", "k1", "used"), 16);
  EXPECT_EQ(stat("in", "k1", "used"), 6);
  EXPECT_EQ(stat("out", "k1", "used"), 10);
  EXPECT_EQ(stat("neurons", "k1", "used"), 26);
  EXPECT_NEAR(stat("credit", "k1", "used"), 0.000023, 1e-9);
  EXPECT_EQ(stat("calls", "k1", "used"), 1);
  provider_->release(now(), first.ticket, true);
  EXPECT_EQ(stat("calls", "k1", "used"), 0);
  EXPECT_FALSE(ask("m1", "k1"));  // 52 neurons
  EXPECT_TRUE(ask("m1", "k1", R"(,"max_tokens":1)"));
  EXPECT_EQ(stat("neurons", "k1", "used"), 34);
  EXPECT_EQ(stat("neurons", "k1", "refused"), 1);
  EXPECT_EQ(stat("tokens", "k1", "refused"), 0);
  clock_.advance(hours(24));
  EXPECT_EQ(stat("neurons", "k1", "used"), 0);
  EXPECT_EQ(stat("neurons", "k1", "admitted"), 34);
}

TEST_F(PoolsTest, EachChargeTakesWhatItSays) {
  make(R"(
max_tokens = 50
script = ["ok", "503", "close_mid_stream after=2", "ok"]
[[providers.pools]]
name = "attempt"
limit = 100
window = "sliding 60s"
[[providers.pools]]
name = "success"
limit = 100
window = "sliding 60s"
charge = "success"
[[providers.pools]]
name = "tokens"
unit = "tokens"
limit = 1000
window = "sliding 60s"
[[providers.pools]]
name = "up-front"
unit = "tokens"
limit = 1000
window = "sliding 60s"
charge = "prompt+max_tokens"
)");
  EXPECT_TRUE(ask("m1", "k1"));
  EXPECT_TRUE(ask("m1", "k1"));
  EXPECT_TRUE(ask("m1", "k1"));
  EXPECT_TRUE(ask("m1", "k1", R"(,"max_tokens":20)"));
  EXPECT_EQ(stat("attempt", "k1", "used"), 4);
  EXPECT_EQ(stat("success", "k1", "used"), 2);
  EXPECT_EQ(stat("success", "k1", "admitted"), 2);
  EXPECT_EQ(stat("tokens", "k1", "used"), 16 + 0 + 8 + 16);
  EXPECT_EQ(stat("up-front", "k1", "used"), 3 * 56 + 26);
}

TEST_F(PoolsTest, SuccessIsHeldWhileInFlight) {
  make("fault = \"hang\"\n[[providers.pools]]\nname = \"p\"\nlimit = 1\nwindow = \"day UTC\"\ncharge = \"success\"\n");
  const auto hanging = begin("m1", "k1");
  EXPECT_FALSE(ask("m1", "k1"));
  provider_->release(now(), hanging.ticket, false);
  EXPECT_EQ(stat("p", "k1", "used"), 0);
  EXPECT_NE(begin("m1", "k1").outcome, "refused");
}

TEST_F(PoolsTest, HeadersTellOfOpenPoolsAndNotOfOthers) {
  const std::string pool = "[[providers.pools]]\nlimit = 20\nwindow = \"sliding 60s\"\n";
  make(pool);
  EXPECT_EQ(headers(begin("m1", "k1")),
            "x-ratelimit-limit-requests=20;x-ratelimit-remaining-requests=19;x-ratelimit-reset-requests=1m0s;");
  make(pool + "headers = false\n");
  EXPECT_EQ(headers(begin("m1", "k1")), "");
  make(pool + "hidden = true\n");
  EXPECT_EQ(headers(begin("m1", "k1")), "");
}

TEST_F(PoolsTest, AHiddenLimitRefusesWithoutAFigure) {
  const std::string pool = "[[providers.pools]]\nlimit = 37\nwindow = \"day UTC\"\n";
  for (const char* style : {"openai", "groq", "google", "openrouter", "github", "cohere", "minimax", "plain"}) {
    for (const bool hidden : {false, true}) {
      make(fmt::format("style = \"{}\"\n{}hidden = {}\n", style, pool, hidden));
      for (int i = 0; i < 37; ++i) ASSERT_TRUE(ask("m1", "k1"));
      const auto refused = begin("m1", "k1");
      ASSERT_EQ(refused.outcome, "refused");
      const auto all = headers(refused) + refused.scene.plain->body;
      const std::string_view told(style);
      const bool tells = told != "minimax" && told != "plain" && told != "cohere";
      EXPECT_EQ(all.find("37") != std::string::npos, tells && !hidden) << all;
      if (hidden) EXPECT_EQ(headers(refused), "");
    }
  }
}

TEST_F(PoolsTest, SomebodyElseDrawsOnThePoolsToo) {
  make(
      "limits = { rpm = 20 }\nforeign = { rpm = 6 }\n[[providers.pools]]\nname = \"p\"\nlimit = 100\nwindow = \"day "
      "UTC\"\n");
  ask("m1", "k1");
  clock_.advance(seconds(30));
  EXPECT_NE(headers(begin("m1", "k1")).find("x-ratelimit-remaining-requests=15;"), std::string::npos);
  EXPECT_EQ(stat("p", "k1", "used"), 5);  // 2 of ours and 3 at 10, 20 and 30 seconds
  clock_.advance(seconds(60));
  EXPECT_EQ(stat("p", "k1", "used"), 11);
  EXPECT_NE(headers(begin("m1", "k1")).find("x-ratelimit-remaining-requests=13;"), std::string::npos);
}

TEST_F(PoolsTest, SomebodyElseIsTurnedAwayLikeAnybody) {
  make(
      "foreign = { rpm = 60, key = \"k2\", input = 3 }\n[[providers.pools]]\nname = \"p\"\nunit = \"tokens\"\nlimit = 9\n"
      "window = \"sliding 60s\"\n");
  ask("m1", "k1");
  clock_.advance(seconds(59));
  EXPECT_EQ(stat("p", "k2", "used"), 9);
  EXPECT_EQ(stat("p", "k2", "admitted_max"), 9);
  EXPECT_EQ(stat("p", "k2", "arrived_max"), 59 * 3);
  EXPECT_EQ(stat("p", "k1", "used"), 0);  // 16 did not fit
}

TEST_F(PoolsTest, ControlChangesPools) {
  make("[[providers.pools]]\nname = \"p\"\nlimit = 1\nwindow = \"once\"\n");
  EXPECT_TRUE(ask("m1", "k1"));
  EXPECT_FALSE(ask("m1", "k1"));
  const auto change = json::Document::parse(R"({"pools":[{"name":"p","limit":2,"window":"once"}]})");
  Problem problem;
  Table table(change->root(), "", problem);
  provider_->change(table);
  EXPECT_FALSE(problem.any()) << problem.text();
  EXPECT_TRUE(ask("m1", "k1"));
  EXPECT_TRUE(ask("m1", "k1"));
  EXPECT_FALSE(ask("m1", "k1"));
  provider_->reset();
  EXPECT_TRUE(ask("m1", "k1"));
  EXPECT_FALSE(ask("m1", "k1"));
}

}  // namespace
}  // namespace freeway::farm
