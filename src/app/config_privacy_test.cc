#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"
#include "app/test_outside.h"

namespace freeway::app {
namespace {

Config good(const std::string& text, const TestOutside& outside = {}) {
  Loaded loaded = load_config_text(text, "c.toml", outside.outside());
  EXPECT_TRUE(loaded.config.has_value()) << describe(loaded.mistakes);
  return loaded.config ? std::move(*loaded.config) : Config();
}

TEST(ConfigPrivacy, PrivacyOfClientsAndTheAgeOfLabels) {
  Config config = good("");
  EXPECT_EQ(config.policy.label_age, std::chrono::hours(24 * 365));
  config = good(
      "[privacy]\nlabel_age = \"30d\"\n"
      "[[client_keys]]\nkey = \"0123456789abcdef\"\nprivacy = \"no-training\"\n"
      "[[client_keys]]\nkey = \"fedcba9876543210\"\nprivacy = \"any\"\n"
      "[[client_keys]]\nkey = \"0123456789fedcba\"\n");
  EXPECT_EQ(config.policy.label_age, std::chrono::hours(24 * 30));
  ASSERT_EQ(config.client_keys.size(), 3U);
  EXPECT_EQ(config.client_keys[0].privacy, catalog::Privacy::no_training);
  EXPECT_EQ(config.client_keys[1].privacy, catalog::Privacy::any);
  EXPECT_EQ(config.client_keys[2].privacy, catalog::Privacy::any);
  TestOutside outside;
  outside.variables = {{"FREEWAY_PRIVACY_LABEL_AGE", "7d"}};
  EXPECT_EQ(good("[privacy]\nlabel_age = \"30d\"\n", outside).policy.label_age, std::chrono::hours(24 * 7));
}

// What is said anew is not as old, and not about the same host, as what the catalog says.
TEST(ConfigPrivacy, ALabelHoldsForItsClaimAndItsAddressAlone) {
  auto label_of = [](const std::string& members) {
    return good("[[providers]]\nid = \"groq\"\n" + members).entries.at(0).provider.data_use;
  };
  auto builtin = label_of("");
  EXPECT_EQ(builtin.trains, catalog::DataUse::Trains::no);
  ASSERT_FALSE(builtin.as_of.empty());
  auto claimed = label_of("data_use = { trains_on_prompts = \"no\" }\n");
  EXPECT_EQ(claimed.trains, catalog::DataUse::Trains::no);
  EXPECT_EQ(claimed.as_of, "");
  EXPECT_EQ(label_of("data_use = { as_of = \"2026-01\" }\n").as_of, "2026-01");
  EXPECT_EQ(label_of("data_use = { as_of = \"2026-01\" }\n").trains, catalog::DataUse::Trains::no);
  EXPECT_EQ(label_of("base_url = \"http://elsewhere.example/v1\"\n").trains, catalog::DataUse::Trains::unknown);
  // A model of it that is asked elsewhere is not covered either.
  std::string moved = "models = [{ id = \"whisper-large-v3\", base_url = \"http://elsewhere.example/v1\" }]\n";
  EXPECT_EQ(label_of(moved).trains, catalog::DataUse::Trains::unknown);
  EXPECT_EQ(label_of(moved + "data_use = { trains_on_prompts = \"no\" }\n").trains, catalog::DataUse::Trains::no);
  EXPECT_EQ(label_of("models = [{ id = \"whisper-large-v3\", enabled = false }]\n").trains, catalog::DataUse::Trains::no);
  auto own = label_of(
      "base_url = \"http://elsewhere.example/v1\"\ndata_use = { trains_on_prompts = \"no\", as_of = \"2026-01\" }\n");
  EXPECT_EQ(own.trains, catalog::DataUse::Trains::no);
  EXPECT_EQ(own.as_of, "2026-01");
}

}  // namespace
}  // namespace freeway::app
