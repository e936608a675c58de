#include "app/situation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/test_outside.h"

namespace freeway::app {
namespace {

constexpr const char* kConfig = R"([catalog]
builtin = false
[server]
listen = "127.0.0.1:1"
[[client_keys]]
name = "laptop"
key_file = "/key"
[[providers]]
id = "u1"
base_url = "http://h/v1"
keys = [{ env = "U1_KEY" }]
models = [{ id = "m1" }]
)";

class SituationTest : public testing::Test {
 protected:
  SituationTest() {
    outside_.files = {{"/c.toml", kConfig}, {"/key", "fw-0123456789abcdef"}};
    outside_.variables = {{"U1_KEY", "k1-0123456789abcdef"}};
    sources_.config_path = "/c.toml";
    sources_.config_path_explicit = true;
  }
  Situation read() {
    std::vector<Mistake> mistakes;
    auto made = read_situation(sources_, outside_.outside(), kept_, mistakes);
    EXPECT_TRUE(made) << describe(mistakes);
    return made ? std::move(*made) : Situation();
  }
  TestOutside outside_;
  SituationSources sources_;
  Kept kept_;
};

TEST_F(SituationTest, TheFlagGoesOverTheVariableAndTheVariableOverTheFile) {
  EXPECT_EQ(read().config.server.listen, "127.0.0.1:1");
  outside_.variables["FREEWAY_SERVER_LISTEN"] = "127.0.0.1:2";
  EXPECT_EQ(read().config.server.listen, "127.0.0.1:2");
  outside_.variables["FREEWAY_LISTEN"] = "127.0.0.1:3";
  EXPECT_EQ(read().config.server.listen, "127.0.0.1:3");
  sources_.listen = "127.0.0.1:4";
  EXPECT_EQ(read().config.server.listen, "127.0.0.1:4");
}

TEST_F(SituationTest, EqualIngredientsMakeEqualSituations) {
  kept_.clients.emplace_back().name = "phone";
  kept_.keys.emplace_back().provider = "u1";
  std::string before = read().made_of;
  EXPECT_EQ(read().made_of, before);
  kept_.clients[0].used = WallTime{};  // no part of it
  EXPECT_EQ(read().made_of, before);
}

TEST_F(SituationTest, WhateverIsReadMakesAnother) {
  kept_.keys.emplace_back().provider = "u1";
  kept_.clients.emplace_back().name = "phone";
  std::vector<std::string> seen = {read().made_of};
  auto now_differs = [&](const char* what) {
    std::string made_of = read().made_of;
    EXPECT_THAT(seen, testing::Not(testing::Contains(made_of))) << what;
    seen.push_back(made_of);
  };
  outside_.files["/c.toml"] += "[routing]\nmax_attempts = 3\n";
  now_differs("the file");
  outside_.files["/key"] = "fw-fedcba9876543210";
  now_differs("a file that it names");
  outside_.variables["U1_KEY"] = "k2-0123456789abcdef";
  now_differs("a variable that it names");
  outside_.variables["FREEWAY_ROUTING_DEADLINE"] = "7s";
  now_differs("a variable over the file");
  kept_.keys[0].secret = Secret("k3-0123456789abcdef");
  now_differs("a stored key's value");
  kept_.keys[0].disabled = true;
  now_differs("a stored key's state");
  kept_.clients[0].rpm = 5;
  now_differs("a client's limit");
  kept_.clients[0].privacy = "no-training";
  now_differs("a client's privacy");
  kept_.clients[0].expires = WallTime{};
  now_differs("a client's expiry");
  kept_.clients[0].revoked = WallTime{};
  now_differs("a client's end");
  kept_.preferences = R"({"order":["u1/m1"]})";
  now_differs("what a person prefers");
}

TEST_F(SituationTest, AStoredPrivacyThatNobodyKnowsIsTheStrictest) {
  kept_.clients.resize(3);
  for (auto [i, privacy] : {std::pair(0, "any"), std::pair(1, "no-training"), std::pair(2, "no-anything")}) {
    kept_.clients[static_cast<std::size_t>(i)].name = privacy;
    kept_.clients[static_cast<std::size_t>(i)].privacy = privacy;
  }
  Situation made = read();
  const auto& keys = made.config.client_keys;
  ASSERT_EQ(keys.size(), 4U);
  EXPECT_EQ(keys[1].privacy, catalog::Privacy::any);
  EXPECT_EQ(keys[2].privacy, catalog::Privacy::no_training);
  EXPECT_EQ(keys[3].privacy, catalog::Privacy::no_training);
  EXPECT_THAT(made.warnings, testing::ElementsAre(testing::HasSubstr("\"no-anything\", which is unknown here")));
}

}  // namespace
}  // namespace freeway::app
