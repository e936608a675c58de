#include "catalog/builtin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/read_provider.h"
#include "catalog/review.h"
#include "reader/section.h"

namespace freeway::catalog {
namespace {

TEST(Builtin, HoldsEveryFileOfTheFolder) {
  std::set<std::string> on_disk, built_in;
  for (const auto& entry : std::filesystem::directory_iterator(CATALOG_FOLDER)) {
    if (entry.path().extension() == ".toml") on_disk.insert(entry.path().stem());
  }
  for (const CatalogFile& file : builtin_files()) built_in.emplace(file.id);
  EXPECT_EQ(built_in, on_disk);
  EXPECT_GE(on_disk.size(), 50U);
}

TEST(Builtin, EveryFileReadsWithoutAMistake) {
  for (const CatalogFile& file : builtin_files()) {
    auto provider = read_catalog_file(file.text, file.id);
    EXPECT_TRUE(provider) << provider.error().message;
  }
  EXPECT_EQ(builtin().size(), builtin_files().size());
}

TEST(Builtin, MakesACatalogAsItIs) {
  auto catalog = Catalog::build(builtin());
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_GT(catalog->families().size(), 100U);
}

TEST(Builtin, EveryFileHoldsWhatItMust) {
  for (const Provider& provider : builtin()) {
    for (const reader::Mistake& mistake : review(provider)) ADD_FAILURE() << mistake.file << ": " << mistake.message;
  }
}

TEST(Builtin, IsWorthHaving) {
  std::size_t on = 0, models = 0;
  for (const Provider& provider : builtin()) {
    if (!provider.enabled) continue;
    ++on;
    models += static_cast<std::size_t>(std::count_if(provider.models.begin(), provider.models.end(), [](const Model& model) {
      return model.served() && model.kind == Kind::chat;
    }));
  }
  EXPECT_GE(on, 25U);
  EXPECT_GE(models, 200U);
}

// An entry over a known provider with a source for its limits and those of its models.
Provider over_known(std::string_view text) {
  auto known = read_catalog_file(R"(
id = "u1"
base_url = "https://u1.example/v1"
source = "a page"
as_of = "2026-01"
limits = { rpm = 30 }
[[models]]
id = "m1"
source = "another page"
limits = { rpd = 1000, tpm = 500 }
price = { input = 0.075, output = 0.3, source = "a list", as_of = "2026-03" }
[[models]]
id = "m2"
)",
                                 "u1");
  EXPECT_TRUE(known) << known.error().message;
  reader::Report report("freeway.toml");
  auto table = reader::parse_toml(text, report);
  Provider provider = *known;
  reader::Section section(*table, "", report);
  read_provider(section, provider);
  EXPECT_FALSE(report.failed());
  return provider;
}

TEST(Builtin, ALimitWrittenOverAKnownOneHasNoSource) {
  auto provider = over_known(R"(
limits = { rpm = 5, rpd = 50 }
models = [{ id = "m1", limits = { rpd = 3 } }, { id = "m2", limits = { rpm = 2 } }]
)");
  for (const PoolSpec& pool : provider.pools) EXPECT_EQ(pool.source + pool.as_of, "") << pool.name;
  const auto& pools = provider.models[0].pools;
  EXPECT_EQ(pools[0].limit, 3u);
  EXPECT_EQ(pools[0].source + pools[0].as_of, "");
  EXPECT_EQ(pools[1].source, "another page") << "the one that nobody wrote over keeps its own";
  EXPECT_EQ(provider.models[1].pools[0].source, "");
  EXPECT_EQ(provider.source, "a page");
  EXPECT_EQ(provider.as_of, "2026-01");
  EXPECT_EQ(provider.models[0].source, "another page");
}

TEST(Builtin, ALimitWrittenOverAKnownOneHasTheSourceThatItsEntryNames) {
  auto provider = over_known(R"(
source = "a letter"
limits = { rpm = 5 }
models = [{ id = "m1", source = "a post", as_of = "2026-02", limits = { rpd = 3 } }, { id = "m2", limits = { rpm = 2 } }]
)");
  EXPECT_EQ(provider.pools[0].source, "a letter");
  EXPECT_EQ(provider.source, "a letter");
  EXPECT_EQ(provider.as_of, "") << "the known one's date is of another source";
  EXPECT_EQ(provider.models[0].pools[0].source, "a post");
  EXPECT_EQ(provider.models[0].pools[0].as_of, "2026-02");
  EXPECT_EQ(provider.models[1].pools[0].source, "a letter");
}

TEST(Builtin, APriceIsInMillionthsOfADollarAndHasASourceOfItsOwn) {
  auto provider = over_known("models = [{ id = \"m2\", source = \"a post\", price = { input = 1, output = 0 } }]");
  ASSERT_TRUE(provider.models[0].price);
  EXPECT_EQ(price_in(provider.models[0], Unit::credit)->input, 75'000U);
  EXPECT_EQ(price_in(provider.models[0], Unit::credit)->output, 300'000U);
  EXPECT_EQ(provider.models[0].price->source, "a list");
  EXPECT_EQ(provider.models[0].price->as_of, "2026-03");
  ASSERT_TRUE(provider.models[1].price);
  EXPECT_EQ(provider.models[1].price->source, "") << "not the model's: it says where the rest of it was read";
  EXPECT_EQ(price_in(provider.models[1], Unit::neurons), nullptr);
}

TEST(Builtin, APriceWrittenOverAKnownOneHasNoSource) {
  auto provider = over_known("models = [{ id = \"m1\", price = { input = 2, output = 4 } }]");
  ASSERT_TRUE(provider.models[0].price);
  EXPECT_EQ(provider.models[0].price->rate.output, 4'000'000U);
  EXPECT_EQ(provider.models[0].price->source + provider.models[0].price->as_of, "");
}

TEST(Builtin, HasTheVersionOfItsFolder) {
  std::ifstream file(std::string(CATALOG_FOLDER) + "/VERSION");
  std::uint64_t version = 0;
  std::string as_of;
  file >> version >> as_of;
  EXPECT_GT(version, 0U);
  EXPECT_EQ(builtin_version(), version);
  EXPECT_EQ(builtin_as_of(), as_of);
}

// A list of models that everybody can read proves nothing about a key.
TEST(Builtin, NoProbeAsksAPublicListOfModels) {
  for (std::string_view id :
       {"nvidia", "openrouter", "huggingface", "kilo", "opencode", "modelscope", "aion", "aihorde", "ovh", "xkiro"}) {
    auto same = [&](const Provider& provider) { return provider.id == id; };
    auto found = std::find_if(builtin().begin(), builtin().end(), same);
    ASSERT_NE(found, builtin().end()) << id;
    if (!found->probe) continue;
    for (const std::string& path : found->probe->paths) EXPECT_FALSE(path.ends_with("/models")) << id;
    if (!found->probe->model.empty()) {
      auto asked = [&](const Model& model) { return model.id == found->probe->model && model.served(); };
      EXPECT_TRUE(std::any_of(found->models.begin(), found->models.end(), asked)) << id;
    }
  }
}

// Where facts were collected does not matter to users, and other programs' rankings are not ours.
TEST(Builtin, NamesNoOtherGateway) {
  for (std::string_view word : {"freellm", "omniroute", "cheahjs", "mnfst", "awesome-", "models.dev", "pi-catalog",
                                "oh-my-pi", "free-coding", "litellm", "swe-bench", "intelligence"}) {
    for (const CatalogFile& file : builtin_files()) {
      EXPECT_EQ(ifind(file.text, word), std::string_view::npos) << file.id << " says " << word;
    }
  }
}

TEST(Probe, JudgesByTheMostExactSign) {
  Probe probe;
  probe.valid = {{200, "active"}};
  probe.invalid = {{401, ""}, {403, ""}, {400, "API_KEY_INVALID"}};
  probe.inconclusive = {{403, "SERVICE_DISABLED"}};
  EXPECT_EQ(judge(probe, 200, R"({"status":"active"})"), ProbeResult::valid);
  EXPECT_EQ(judge(probe, 200, R"({"status":"disabled"})"), ProbeResult::inconclusive);
  EXPECT_EQ(judge(probe, 401, ""), ProbeResult::invalid);
  EXPECT_EQ(judge(probe, 403, "service_disabled"), ProbeResult::inconclusive);
  EXPECT_EQ(judge(probe, 403, "no"), ProbeResult::invalid);
  EXPECT_EQ(judge(probe, 400, "api_key_invalid"), ProbeResult::invalid);
  EXPECT_EQ(judge(probe, 400, "bad model"), ProbeResult::inconclusive);
  EXPECT_EQ(judge(probe, 500, ""), ProbeResult::inconclusive);
}

TEST(Probe, ReadsSigns) {
  auto sign = ProbeSign::parse("400 API key not valid");
  ASSERT_TRUE(sign);
  EXPECT_EQ(sign->status, 400);
  EXPECT_EQ(sign->text, "API key not valid");
  EXPECT_FALSE(ProbeSign::parse("4x"));
  EXPECT_FALSE(ProbeSign::parse("99"));
  EXPECT_FALSE(ProbeSign::parse("401text"));
}

TEST(Provider, FillsTheAccountIntoItsAddress) {
  Provider provider;
  provider.base_url = "https://api.example/accounts/{account_id}/ai";
  Key key;
  key.account_id = "abc";
  EXPECT_EQ(base_url(provider.base_url, key), "https://api.example/accounts/abc/ai");
}

TEST(Catalog, GivesModelsThatAreOffNoRoutes) {
  Provider provider;
  provider.id = "p";
  for (std::string_view id : {"on", "off", "gone"}) provider.models.emplace_back().id = id;
  provider.models[1].enabled = false;
  provider.models[2].retired = "2026-07-30";
  auto catalog = Catalog::build({provider});
  ASSERT_TRUE(catalog);
  EXPECT_EQ(catalog->full_names(), std::vector<std::string>{"p/on"});
  EXPECT_EQ(catalog->routes().size(), 1U);
  EXPECT_TRUE(catalog->by_wire_id("off").empty());
  EXPECT_TRUE(catalog->by_full_name("p/gone").empty());
}

}  // namespace
}  // namespace freeway::catalog
