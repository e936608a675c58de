#include "app/provider_set.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "app/test_outside.h"
#include "catalog/builtin.h"

namespace freeway::app {
namespace {

using catalog::DataUse;
using catalog::Provider;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Provider known(std::string id, std::string variable) {
  Provider provider;
  provider.id = std::move(id);
  provider.base_url = "https://" + provider.id + ".example/v1";
  provider.env = {std::move(variable)};
  provider.models.emplace_back().id = "m";
  return provider;
}

// Four built-in ones: two that want a key, one keyless and private, one keyless that trains.
std::vector<Provider> some() {
  auto open = known("open", "OPEN_KEY");
  open.keyless = true;
  open.data_use.trains = DataUse::Trains::no;
  auto nosy = known("nosy", "NOSY_KEY");
  nosy.keyless = true;
  nosy.data_use.trains = DataUse::Trains::yes;
  return {known("a", "A_KEY"), known("b", "B_KEY"), nosy, open};
}

ProviderEntry entry(Provider provider, bool keys_named, bool builtin = true) {
  ProviderEntry made;
  made.provider = std::move(provider);
  made.keys_named = keys_named;
  made.builtin = builtin;
  return made;
}

StoredKey stored(std::string provider, std::string id, std::string secret) {
  StoredKey key;
  key.provider = std::move(provider);
  key.id = std::move(id);
  key.secret = Secret(std::move(secret));
  return key;
}

std::vector<std::string> active(const ProviderSet& set) {
  std::vector<std::string> ids;
  for (const Provider& provider : set.active) ids.push_back(provider.id);
  return ids;
}

std::string why(const ProviderSet& set, std::string_view id) {
  for (const Inactive& one : set.inactive) {
    if (one.provider.id == id) return one.why.text();
  }
  return "active";
}

// "a/A_KEY environment A_KEY", a line each.
std::vector<std::string> origins(const ProviderSet& set) {
  constexpr std::array kNames = {"configuration", "environment", "store", "none"};
  std::vector<std::string> lines;
  for (const KeyOrigin& key : set.keys) {
    lines.push_back(key.provider + "/" + key.key + " " + kNames.at(static_cast<std::size_t>(key.source)) + " " + key.from);
  }
  return lines;
}

ProviderSet choose(const std::vector<ProviderEntry>& entries, const std::vector<StoredKey>& keys,
                   const TestOutside& outside) {
  return choose_providers(entries, some(), keys, outside.outside().variable);
}

TEST(ProviderSet, WithNothingServesOnlyThroughKeylessOnesThatDoNotTrain) {
  auto set = choose({}, {}, {});
  EXPECT_THAT(active(set), ElementsAre("open"));
  EXPECT_TRUE(set.keyless_by_default);
  EXPECT_THAT(origins(set), ElementsAre("open/key#1 none "));
  EXPECT_TRUE(set.active[0].keys.at(0).secret.empty());
  EXPECT_THAT(why(set, "nosy"), HasSubstr("keys = []"));
  EXPECT_THAT(why(set, "a"), HasSubstr("set A_KEY, or run `freeway keys add a`"));
}

TEST(ProviderSet, AnyKeyTurnsTheKeylessOnesOff) {
  TestOutside outside;
  outside.variables["A_KEY"] = "secret-a";
  auto by_variable = choose({}, {}, outside);
  EXPECT_THAT(active(by_variable), ElementsAre("a"));
  EXPECT_FALSE(by_variable.keyless_by_default);
  EXPECT_THAT(origins(by_variable), ElementsAre("a/A_KEY environment A_KEY"));
  EXPECT_THAT(active(choose({}, {stored("b", "7", "s")}, {})), ElementsAre("b"));
  auto mine = known("mine", "MINE");
  mine.keys.emplace_back().secret = Secret("own");
  EXPECT_THAT(active(choose({entry(mine, true, false)}, {}, {})), ElementsAre("mine"));
  outside.variables["A_KEY"] = "";
  EXPECT_THAT(active(choose({}, {}, outside)), ElementsAre("open"));
}

TEST(ProviderSet, AProviderOfTheFileWithoutAKeyLeavesTheKeylessOnesServing) {
  auto set = choose({entry(known("mine", "MINE"), false, false), entry(some()[0], false)}, {}, {});
  EXPECT_THAT(active(set), ElementsAre("mine", "open"));
  EXPECT_TRUE(set.keyless_by_default);
}

TEST(ProviderSet, AKeylessOneThatTheFileChangesKeepsItsPlace) {
  auto set = choose({entry(some()[3], false), entry(known("mine", "MINE"), false, false)}, {}, {});
  EXPECT_THAT(active(set), ElementsAre("open", "mine"));
  auto off = some()[3];
  off.enabled = false;
  EXPECT_THAT(active(choose({entry(off, false)}, {}, {})), IsEmpty());
}

TEST(ProviderSet, AKeyThatCanNotBeUsedLeavesTheKeylessOnesServing) {
  auto off = known("off", "OFF_KEY");
  off.enabled = false;
  auto lacking = known("lacking", "LACKING_KEY");
  lacking.base_url = "https://lacking.example/{account_id}/v1";
  auto providers = some();
  providers.push_back(off);
  providers.push_back(lacking);
  TestOutside outside;
  outside.variables = {{"OFF_KEY", "one"}, {"LACKING_KEY", "two"}};
  auto set = choose_providers({}, providers, {stored("off", "1", "three")}, outside.outside().variable);
  EXPECT_THAT(active(set), ElementsAre("open"));
  EXPECT_TRUE(set.keyless_by_default);
  EXPECT_THAT(set.notes, ElementsAre(HasSubstr("account id")));
}

// A yes to one that trains is a stored key without a value; it is no key, so the private ones go on to serve.
TEST(ProviderSet, AYesToAskingWithoutAKeyAddsToThoseThatServeAnyway) {
  ProviderSet set = choose({}, {stored("nosy", "keyless:nosy", "")}, {});
  EXPECT_THAT(active(set), ::testing::UnorderedElementsAre("nosy", "open"));
  EXPECT_TRUE(set.keyless_by_default);
}

TEST(ProviderSet, AnEmptyListOfKeysIsTheYesToAskingWithoutOne) {
  auto providers = some();
  EXPECT_THAT(active(choose({entry(providers[2], true)}, {}, {})), ElementsAre("nosy", "open"));
  auto unnamed = choose({entry(providers[2], false)}, {}, {});
  EXPECT_THAT(active(unnamed), ElementsAre("open"));
  auto refused = choose({entry(providers[0], true)}, {}, {});
  EXPECT_THAT(active(refused), ElementsAre("open"));
  EXPECT_THAT(why(refused, "a"), HasSubstr("no key"));
}

TEST(ProviderSet, AddsUpKeysAndCountsEqualOnesOnce) {
  auto provider = some()[0];
  catalog::Key own;
  own.name = "work";
  own.secret = Secret("one");
  provider.keys = {own};
  TestOutside outside;
  outside.variables["A_KEY"] = "two";
  auto disabled = stored("a", "3", "four");
  disabled.disabled = true;
  auto named = stored("a", "4", "five");
  named.name = "work";
  auto set = choose({entry(provider, true)}, {stored("a", "1", "one"), stored("a", "2", "three"), disabled, named}, outside);
  ASSERT_THAT(active(set), ElementsAre("a"));
  EXPECT_THAT(origins(set),
              ElementsAre("a/work configuration ", "a/A_KEY environment A_KEY", "a/key-2 store 2", "a/work#2 store 4"));
  EXPECT_EQ(set.active[0].keys.at(2).secret.reveal(), "three");
  EXPECT_THAT(set.notes, ElementsAre(HasSubstr("key-1 is the same key as work")));
}

TEST(ProviderSet, TakesTheFirstVariableThatIsSet) {
  auto provider = known("a", "FIRST");
  provider.env.emplace_back("SECOND");
  TestOutside outside;
  outside.variables["SECOND"] = "s2";
  auto pick = [&] { return choose_providers({}, {provider}, {}, outside.outside().variable); };
  EXPECT_THAT(origins(pick()), ElementsAre("a/SECOND environment SECOND"));
  outside.variables["FIRST"] = "s1";
  EXPECT_THAT(origins(pick()), ElementsAre("a/FIRST environment FIRST"));
  outside.variables["FIRST"] = "not sendable\n";
  auto broken = pick();
  EXPECT_THAT(active(broken), IsEmpty());
  EXPECT_THAT(broken.notes, ElementsAre(HasSubstr("the key in FIRST")));
}

TEST(ProviderSet, WhatIsOffStaysOffWhateverKeysThereAre) {
  auto provider = known("a", "A_KEY");
  provider.enabled = false;
  provider.status = "its free tier could not be confirmed";
  TestOutside outside;
  outside.variables["A_KEY"] = "s";
  auto set = choose_providers({}, {provider}, {}, outside.outside().variable);
  EXPECT_THAT(active(set), IsEmpty());
  EXPECT_EQ(why(set, "a"), "off: its free tier could not be confirmed");
  EXPECT_TRUE(set.inactive[0].provider.keys.empty());
}

TEST(ProviderSet, NeedsTheAccountThatAnAddressNames) {
  auto provider = known("a", "A_KEY");
  provider.base_url = "https://a.example/accounts/{account_id}/v1";
  provider.account_env = "A_ACCOUNT";
  TestOutside outside;
  outside.variables["A_KEY"] = "s";
  auto without = choose_providers({}, {provider}, {}, outside.outside().variable);
  EXPECT_THAT(active(without), IsEmpty());
  EXPECT_THAT(why(without, "a"), HasSubstr("A_ACCOUNT"));
  EXPECT_THAT(without.notes, ElementsAre(HasSubstr("account id")));
  outside.variables["A_ACCOUNT"] = "0123";
  auto with = choose_providers({}, {provider}, {}, outside.outside().variable);
  ASSERT_THAT(active(with), ElementsAre("a"));
  EXPECT_EQ(catalog::base_url(with.active[0].base_url, with.active[0].keys[0]), "https://a.example/accounts/0123/v1");
}

TEST(ProviderSet, NotesStoredKeysOfNobody) {
  EXPECT_THAT(choose({}, {stored("nobody", "1", "s")}, {}).notes, ElementsAre(HasSubstr("\"nobody\"")));
}

// --- together with the configuration file and the real catalog ---

Config loaded(std::string_view text, const TestOutside& outside) {
  Loaded result = load_config_text(text, "config.toml", outside.outside());
  EXPECT_TRUE(result.config) << describe(result.mistakes);
  return result.config.value_or(Config{});
}

const catalog::Model* find_model(const Provider& provider, std::string_view id) {
  for (const catalog::Model& model : provider.models) {
    if (model.id == id) return &model;
  }
  return nullptr;
}

TEST(CatalogOverlay, ChangesOnlyWhatItNames) {
  Config config = loaded(R"([[providers]]
id = "groq"
keys = ["k1"]
limits = { concurrency = 2 }
timeouts = { answer = "200s" }
  [[providers.models]]
  id = "openai/gpt-oss-120b"
  limits = { rpm = 7 }
  [[providers.models]]
  id = "brand/new"
  tools = true
)",
                         {});
  ASSERT_EQ(config.providers.size(), 1U);
  const Provider& groq = config.providers[0];
  auto same = [](const Provider& provider) { return provider.id == "groq"; };
  const Provider& original = *std::find_if(catalog::builtin().begin(), catalog::builtin().end(), same);
  EXPECT_EQ(groq.base_url, original.base_url);
  EXPECT_EQ(groq.quirks.drop, original.quirks.drop);
  EXPECT_EQ(groq.timeouts.answer, std::chrono::seconds(200));
  EXPECT_EQ(groq.models.size(), original.models.size() + 1);
  ASSERT_EQ(groq.pools.size(), original.pools.size() + 1);
  auto named = [](const catalog::PoolSpec& pool) { return pool.name == "concurrency"; };
  EXPECT_EQ(std::count_if(groq.pools.begin(), groq.pools.end(), named), 1);
  const auto* model = find_model(groq, "openai/gpt-oss-120b");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->context, find_model(original, "openai/gpt-oss-120b")->context);
  ASSERT_EQ(model->pools.size(), 4U);
  EXPECT_EQ(model->pools[0].limit, 7U);
  EXPECT_EQ(model->pools[0].scope, catalog::Scope::account);
  EXPECT_EQ(model->pools[1].limit, find_model(original, "openai/gpt-oss-120b")->pools[1].limit);
  EXPECT_EQ(find_model(groq, "brand/new")->tools, true);
}

TEST(CatalogOverlay, IsNeedlessWhereTheEnvironmentHasAKey) {
  TestOutside outside;
  outside.variables["GROQ_API_KEY"] = "gsk-1";
  outside.variables["CEREBRAS_API_KEY"] = "off-anyway";
  Config config = loaded("", outside);
  ASSERT_EQ(config.providers.size(), 1U);
  EXPECT_EQ(config.providers[0].id, "groq");
  EXPECT_EQ(config.providers[0].keys.at(0).secret.reveal(), "gsk-1");
  EXPECT_TRUE(loaded("[catalog]\nbuiltin = false\n", outside).providers.empty());
}

TEST(CatalogOverlay, AnEntryWithoutKeysUsesTheEnvironments) {
  TestOutside outside;
  outside.variables["GROQ_API_KEY"] = "gsk-1";
  Config config = loaded("[[providers]]\nid = \"groq\"\nlimits = { rpm = 5 }\n", outside);
  ASSERT_EQ(config.providers.size(), 1U);
  EXPECT_EQ(config.providers[0].keys.size(), 1U);
  auto in_use = [](const Config& without) {
    return std::any_of(without.providers.begin(), without.providers.end(),
                       [](const Provider& one) { return one.id == "groq"; });
  };
  EXPECT_FALSE(in_use(loaded("[[providers]]\nid = \"groq\"\n", {})));
  EXPECT_FALSE(in_use(loaded("[[providers]]\nid = \"groq\"\nenabled = false\n", outside)));
}

TEST(CatalogOverlay, NamesOfTheCatalogMayBeOrderedBeforeTheirKeysCome) {
  Config config = loaded("[routing]\norder = [\"groq/openai/gpt-oss-120b\", \"gpt-oss-20b\"]\n", {});
  EXPECT_THAT(config.policy.order, ElementsAre("groq/openai/gpt-oss-120b", "gpt-oss-20b"));
}

TEST(CatalogOverlay, BuiltInAliasesNeverHideAModelInUse) {
  auto meaning = [](const Config& config, std::string_view name) {
    for (const auto& [pattern, target] : config.policy.aliases) {
      if (catalog::matches(pattern, name)) return target;
    }
    return std::string(name);
  };
  EXPECT_EQ(meaning(loaded("", {}), "gemini-2.5-flash"), "auto");
  TestOutside outside;
  outside.variables["GEMINI_API_KEY"] = "AIza";
  Config config = loaded("", outside);
  EXPECT_EQ(meaning(config, "gemini-2.5-flash"), "gemini-2.5-flash");
  EXPECT_EQ(meaning(config, "gemini-99-flash"), "auto");
  EXPECT_EQ(meaning(config, "claude-opus-9"), "auto:smart");
  use_providers(config, {}, TestOutside{}.outside());
  EXPECT_EQ(meaning(config, "gemini-2.5-flash"), "auto");
}

TEST(CatalogOverlay, WithNothingAtAllOnlyPrivateKeylessProvidersServe) {
  Config config = loaded("", {});
  EXPECT_FALSE(config.providers.empty());
  for (const Provider& provider : config.providers) {
    EXPECT_TRUE(provider.keyless) << provider.id;
    EXPECT_EQ(provider.data_use.trains, DataUse::Trains::no) << provider.id;
  }
}

}  // namespace
}  // namespace freeway::app
