#include "app/greeting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/test_outside.h"

namespace freeway::app {
namespace {

using testing::HasSubstr;
using testing::Not;

Config config(const std::string& text) {
  TestOutside nothing;
  Loaded loaded = load_config_text(text, "c.toml", nothing.outside());
  EXPECT_TRUE(loaded.config) << describe(loaded.mistakes);
  return std::move(*loaded.config);
}

constexpr const char* kText = R"([[client_keys]]
key = "client-secret-0123456789"
[[providers]]
id = "u1"
base_url = "https://api.one.example/v1"
keys = ["provider-secret"]
models = [{ id = "m1" }, { id = "m2" }]
[[providers]]
id = "open"
base_url = "http://10.0.0.2:9001/v1"
models = [{ id = "m3" }]
)";

TEST(Greeting, TellsWhereHowMuchAndWherePromptsGo) {
  std::string text = greeting(config(kText), {"127.0.0.1:8420", "/c.toml", "/d", false});
  EXPECT_THAT(text, HasSubstr("listens on 127.0.0.1:8420"));
  EXPECT_THAT(text, HasSubstr("2 with 3 models and 1 key\n"));
  EXPECT_THAT(text, HasSubstr("open: prompts go to 10.0.0.2:9001"));
  EXPECT_THAT(text, Not(HasSubstr("u1: prompts")));
  EXPECT_THAT(text, HasSubstr("curl http://127.0.0.1:8420/v1/chat/completions"));
  EXPECT_THAT(text, HasSubstr(R"({"model":"auto","messages":[{"role":"user","content":"Hello"}]})"));
  EXPECT_THAT(text, Not(HasSubstr("WARNING")));
}

TEST(Greeting, HoldsNoConfiguredSecret) {
  std::string text = greeting(config(kText), {"127.0.0.1:8420", "/c.toml", "/d", false});
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST(Greeting, SaysAloudThatOthersCanReachIt) {
  std::string text = greeting(config(kText), {"0.0.0.0:8420", "/c.toml", "/d", false});
  EXPECT_THAT(text, HasSubstr("WARNING"));
  EXPECT_THAT(text, HasSubstr("curl http://127.0.0.1:8420/v1"));  // 0.0.0.0 is no address to call
}

TEST(Greeting, SaysWhatToDoWithNothingConfigured) {
  Config nothing = config("[catalog]\nbuiltin = false\n");
  std::string text = greeting(nothing, {"127.0.0.1:1", "/etc/c.toml", "/d", true});
  EXPECT_THAT(text, HasSubstr("freeway keys add PROVIDER"));
  EXPECT_THAT(text, HasSubstr("shown once, at the first start"));
  EXPECT_THAT(start_notes(nothing, {"127.0.0.1:1", "", "", true}), testing::ElementsAre(HasSubstr("freeway keys add")));
}

TEST(Greeting, NamesEachProviderThatIsAskedWithoutAKeyAndItsLabel) {
  Config open = config(R"([[providers]]
id = "kilo"
keys = []
)");
  GreetingFacts facts{"127.0.0.1:1", "/c", "/d", true};
  facts.waiting = 40;
  std::string text = greeting(open, facts);
  EXPECT_THAT(text, HasSubstr("without a key     kilo: prompts go to api.kilo.ai"));
  EXPECT_THAT(text, testing::ContainsRegex("which (does|may|trains)"));
  EXPECT_THAT(text, HasSubstr("40 more wait for a key"));
  EXPECT_THAT(start_notes(open, facts), testing::Contains(HasSubstr("kilo is asked without a key: prompts go to")));
}

TEST(Greeting, TellsTheDashboardsAddressAndItsCodeWhereOthersCanReachIt) {
  Config open = config(kText);
  GreetingFacts facts{"127.0.0.1:8420", "/c", "/d", true};
  facts.setup_code = "k7mq-3xfe-w9ap";
  EXPECT_THAT(greeting(open, facts), HasSubstr("dashboard         http://127.0.0.1:8420/\n"));
  EXPECT_THAT(greeting(open, facts), Not(HasSubstr("k7mq")));
  EXPECT_THAT(start_notes(open, facts), Not(testing::Contains(HasSubstr("k7mq"))));
  facts.address = "0.0.0.0:8420";
  EXPECT_THAT(greeting(open, facts), HasSubstr("one-time code     k7mq-3xfe-w9ap"));
  EXPECT_THAT(start_notes(open, facts), testing::Contains(HasSubstr("needs the one-time code k7mq-3xfe-w9ap")));
  facts.setup_code = "";
  EXPECT_THAT(greeting(open, facts), Not(HasSubstr("one-time")));
  EXPECT_THAT(start_notes(open, facts), Not(testing::Contains(HasSubstr("one-time"))));
}

TEST(Greeting, FreshKeyStandsOnALineOfItsOwn) {
  EXPECT_TRUE(fresh_key_text(Secret("fw-abc"), "/d").starts_with("client key: fw-abc\n"));
}

TEST(Loopback, IsThisMachineOnly) {
  for (const char* address : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "LocalHost:1", "[::1]:1"}) {
    EXPECT_TRUE(is_loopback(address)) << address;
  }
  for (const char* address : {"0.0.0.0:1", ":1", "*:1", "[::]:1", "10.0.0.1:1", "gw.example:1", "127.evil.example:1"}) {
    EXPECT_FALSE(is_loopback(address)) << address;
  }
}

}  // namespace
}  // namespace freeway::app
