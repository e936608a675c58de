// How the configuration speaks of providers' own lists of models.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"
#include "app/test_outside.h"
#include "dialect/model_list.h"

namespace freeway::app {
namespace {

using testing::HasSubstr;

Loaded load(const std::string& text, const std::map<std::string, std::string>& variables = {}) {
  TestOutside outside;
  outside.variables = variables;
  return load_config_text(text, "c.toml", outside.outside());
}

const catalog::Provider& entry(const Loaded& loaded) { return loaded.config->entries.at(0).provider; }

TEST(ConfigList, SaysHowOftenListsAreLookedAt) {
  EXPECT_EQ(load("").config->discover_every, std::chrono::hours(24));
  EXPECT_EQ(load("[catalog]\ndiscover_every = \"2h\"").config->discover_every, std::chrono::hours(2));
  EXPECT_EQ(load("[catalog]\ndiscover_every = \"0s\"").config->discover_every, Duration::zero()) << "never";
  EXPECT_EQ(load("", {{"FREEWAY_CATALOG_DISCOVER_EVERY", "3h"}}).config->discover_every, std::chrono::hours(3));
  EXPECT_FALSE(load("[catalog]\ndiscover_every = 5").config);
  EXPECT_EQ(load("[keys]\ncheck_every = \"0s\"").config->check_keys, Duration::zero()) << "never";
}

TEST(ConfigList, SaysWhereAListIs) {
  auto loaded = load(R"([[providers]]
id = "own"
base_url = "http://127.0.0.1:1/v1"
list = { shape = "cohere", base = "https://api.example", path = "/v1/models" }
)");
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  EXPECT_EQ(entry(loaded).list.shape, catalog::ListShape::cohere);
  EXPECT_EQ(entry(loaded).list.base, "https://api.example");
  EXPECT_EQ(entry(loaded).list.path, "/v1/models");
}

TEST(ConfigList, TellsMistakes) {
  for (std::string_view wrong : {"shape = \"gemni\"", "base = \"nowhere\"", "path = \"models\"", "paths = []"}) {
    auto loaded =
        load(fmt::format("[[providers]]\nid = \"own\"\nbase_url = \"http://127.0.0.1:1\"\nlist = {{ {} }}", wrong));
    EXPECT_FALSE(loaded.config) << wrong;
    EXPECT_THAT(describe(loaded.mistakes), HasSubstr("c.toml:4:")) << wrong;
  }
}

TEST(ConfigList, AnotherAddressHasAnotherList) {
  auto kept = load("[[providers]]\nid = \"github\"\nkeys = [\"a-key-of-github\"]");
  ASSERT_TRUE(kept.config) << describe(kept.mistakes);
  EXPECT_EQ(entry(kept).list.path, "/catalog/models");
  auto moved = load("[[providers]]\nid = \"github\"\nbase_url = \"http://127.0.0.1:1/v1\"\nkeys = [\"a-key-of-github\"]");
  ASSERT_TRUE(moved.config) << describe(moved.mistakes);
  auto list = dialect::list_of(entry(moved));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->base + list->path, "http://127.0.0.1:1/v1/models");
}

// A key that is meant for one address must not be shown at another.
TEST(ConfigFollowUp, GoesWithTheAddress) {
  const std::string nvidia = "[[providers]]\nid = \"nvidia\"\nkeys = [\"a-key-of-nvidia\"]\n";
  auto kept = load(nvidia);
  ASSERT_TRUE(kept.config) << describe(kept.mistakes);
  EXPECT_EQ(entry(kept).follow_up_url, "https://api.nvcf.nvidia.com/v2/nvcf");
  auto moved = load(nvidia + "base_url = \"http://127.0.0.1:1/v1\"\n");
  ASSERT_TRUE(moved.config) << describe(moved.mistakes);
  EXPECT_EQ(entry(moved).follow_up_url, "");
  auto both = load(nvidia + "base_url = \"http://127.0.0.1:1/v1\"\nfollow_up_url = \"http://127.0.0.1:2/v2\"\n");
  ASSERT_TRUE(both.config) << describe(both.mistakes);
  EXPECT_EQ(entry(both).follow_up_url, "http://127.0.0.1:2/v2");
  auto wrong = load(nvidia + "follow_up_url = \"nowhere\"\n");
  EXPECT_FALSE(wrong.config);
  EXPECT_THAT(describe(wrong.mistakes), HasSubstr("c.toml:4:"));
}

}  // namespace
}  // namespace freeway::app
