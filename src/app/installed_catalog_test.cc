#include "app/installed_catalog.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "app/provider_set.h"
#include "app/test_outside.h"
#include "base/file.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "store/testing.h"

namespace freeway::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Secret private_key(char filled) { return Secret(std::string(crypto::kSigningKeyBytes, filled)); }
std::string public_text(char filled) { return crypto::to_base64(*crypto::public_key_of(private_key(filled).reveal())); }

// The built-in catalog with groq alone of its providers, which has one model, and a new provider.
std::string catalog_text(std::uint64_t version, char key = 'k', const std::string& model = "brand/new") {
  std::string groq = fmt::format(
      "id = \"groq\"\nbase_url = \"https://api.groq.com/openai/v1\"\nenv = [\"GROQ_API_KEY\"]\nmodels = [{{ id = \"{}\" "
      "}}]\n",
      model);
  catalog::Release release;
  release.version = version;
  release.as_of = "2026-12-01";
  release.files = {{"groq", groq},
                   {"newcomer", "id = \"newcomer\"\nbase_url = \"http://n.example\"\nmodels = [{ id = \"n\" }]\n"}};
  auto text = catalog::write_release(release, private_key(key));
  EXPECT_TRUE(text) << text.error().message;
  return text.value_or("");
}

const std::uint64_t kNext = catalog::builtin_version() + 1;

class InstalledCatalog : public testing::Test {
 protected:
  InstalledCatalog() : outside_(real_outside()) {
    outside_.variable = [](const std::string&) { return std::optional<std::string>(); };
  }
  std::string data() const { return folder_ / "data"; }
  CatalogInForce now(char key = 'k') { return find_catalog(data(), public_text(key), outside_); }
  void install(std::uint64_t version) {
    auto done = install_catalog(data(), catalog_text(version), version, now().installed, WallTime{});
    ASSERT_TRUE(done) << done.error().message;
  }
  void put(const std::string& text) {
    std::filesystem::create_directories(catalog_folder(data()));
    ASSERT_TRUE(replace_file(installed_path(data()), text, 0600));
  }
  Result<std::optional<std::uint64_t>> undo() {
    return undo_catalog(data(), *crypto::public_key_of(private_key('k').reveal()), WallTime{});
  }

  store::TestFolder folder_;
  Outside outside_;
};

TEST_F(InstalledCatalog, TakesThePlaceOfTheBuiltInOne) {
  EXPECT_FALSE(now().installed);
  EXPECT_EQ(now().version, catalog::builtin_version());
  install(kNext);
  CatalogInForce found = now();
  EXPECT_TRUE(found.installed);
  EXPECT_THAT(found.trouble, IsEmpty());
  EXPECT_EQ(found.version, kNext);
  EXPECT_EQ(found.as_of, "2026-12-01");
  EXPECT_EQ(found.installed_on, "1970-01-01");
  ASSERT_TRUE(found.providers);
  auto newcomer = [](const catalog::Provider& provider) { return provider.id == "newcomer"; };
  EXPECT_TRUE(std::any_of(found.providers->begin(), found.providers->end(), newcomer));
  struct stat status{};
  ASSERT_EQ(::stat(data().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(InstalledCatalog, OneThatIsDamagedIsToldAndTheBuiltInOneIsInForce) {
  std::string good = catalog_text(kNext);
  std::string changed = good;
  changed[changed.size() - 3] = 'x';
  for (const std::string& text : {std::string(), good.substr(0, good.size() / 2), changed, std::string("\0\xff\n", 3)}) {
    put(text);
    CatalogInForce found = now();
    EXPECT_FALSE(found.installed);
    EXPECT_EQ(found.version, catalog::builtin_version());
    EXPECT_EQ(found.providers, nullptr);
    EXPECT_THAT(found.trouble, HasSubstr("not used, but the built-in one"));
  }
  put(good);
  EXPECT_TRUE(now().installed);
  std::filesystem::remove(installed_path(data()));
  std::filesystem::create_directory(installed_path(data()));
  EXPECT_THAT(now().trouble, HasSubstr("can't read"));
}

TEST_F(InstalledCatalog, IsTrustedByThePinnedKeyAlone) {
  install(kNext);
  EXPECT_THAT(now('x').trouble, HasSubstr("pinned key"));
  EXPECT_FALSE(now('x').installed);
  EXPECT_THAT(find_catalog(data(), "", outside_).trouble, HasSubstr("public_key"));
  EXPECT_TRUE(now().installed);
}

TEST_F(InstalledCatalog, OneThatIsOlderThanTheBuiltInOneIsNotInForce) {
  if (catalog::builtin_version() == 1) {
    EXPECT_FALSE(judge_version(1, {}, 2, 0));
    return;
  }
  put(catalog_text(catalog::builtin_version() - 1));
  EXPECT_THAT(now().trouble, HasSubstr("older than"));
}

TEST_F(InstalledCatalog, WhatThisProgramCannotReadIsNotInForce) {
  catalog::Release release;
  release.version = kNext;
  release.as_of = "2026-12-01";
  release.files = {{"a", "id = \"a\"\nbase_url = \"http://a\"\ndialect = \"of the future\"\nmodels = [{ id = \"m\" }]\n"}};
  put(*catalog::write_release(release, private_key('k')));
  EXPECT_THAT(now().trouble, HasSubstr("a.toml:3:"));
  EXPECT_FALSE(now().installed);
}

TEST_F(InstalledCatalog, UndoGoesBackOneAndThenToTheBuiltInOne) {
  EXPECT_EQ(undo().error().kind, ErrorKind::not_found);
  install(kNext);
  install(kNext + 3);
  EXPECT_EQ(now().version, kNext + 3);
  auto once = undo();
  ASSERT_TRUE(once) << once.error().message;
  EXPECT_EQ(*once, kNext);
  EXPECT_EQ(now().version, kNext);
  auto twice = undo();
  ASSERT_TRUE(twice);
  EXPECT_EQ(*twice, std::nullopt);
  EXPECT_FALSE(now().installed);
  EXPECT_THAT(now().trouble, IsEmpty());
  EXPECT_EQ(undo().error().kind, ErrorKind::not_found);
}

TEST_F(InstalledCatalog, UndoPassesByWhatIsDamaged) {
  install(kNext);
  install(kNext + 1);
  ASSERT_TRUE(replace_file(previous_path(data()), "damaged", 0600));
  auto undone = undo();
  ASSERT_TRUE(undone);
  EXPECT_EQ(*undone, std::nullopt);
  put("damaged");
  undone = undo();
  ASSERT_TRUE(undone);
  EXPECT_EQ(*undone, std::nullopt);
  EXPECT_THAT(now().trouble, IsEmpty());
}

TEST_F(InstalledCatalog, AnUndoneOneLeavesTheFloor) {
  install(kNext + 5);
  ASSERT_TRUE(undo());
  auto text = freeway::read_file(catalog_state_path(data()), 1000);
  ASSERT_TRUE(text);
  EXPECT_EQ(CatalogState::parse(*text).floor, kNext + 5);
  EXPECT_FALSE(judge_version(kNext + 4, {}, catalog::builtin_version(), kNext + 5));
  EXPECT_TRUE(judge_version(kNext + 5, {}, catalog::builtin_version(), kNext + 5));
}

TEST(CatalogVersion, OnlyRises) {
  auto why_not = [](std::uint64_t version, std::optional<std::uint64_t> installed, std::uint64_t built_in,
                    std::uint64_t floor) {
    auto judged = judge_version(version, installed, built_in, floor);
    EXPECT_TRUE(judged || judged.error().kind == ErrorKind::denied);
    return judged ? std::string() : judged.error().message;
  };
  EXPECT_THAT(why_not(5, {}, 4, 0), IsEmpty());
  EXPECT_THAT(why_not(5, 4, 3, 4), IsEmpty());
  EXPECT_THAT(why_not(4, {}, 4, 0), IsEmpty());
  EXPECT_THAT(why_not(4, 4, 3, 4), HasSubstr("installed already"));
  EXPECT_THAT(why_not(3, 4, 1, 4), HasSubstr("older than 4"));
  EXPECT_THAT(why_not(3, {}, 4, 0), HasSubstr("older than 4, which is built in"));
  EXPECT_THAT(why_not(5, 4, 3, 6), HasSubstr("older than 6, which was installed before"));
}

TEST(CatalogState, WhatCannotBeReadIsAsIfItWereNotThere) {
  CatalogState state;
  state.floor = 7;
  state.installed = "2026-11-22";
  CatalogState read = CatalogState::parse(state.text());
  EXPECT_EQ(read.floor, 7U);
  EXPECT_EQ(read.installed, "2026-11-22");
  for (const char* text : {"", "floor = ", "floor = -3\n", "floor = \"x\"\ninstalled = 3\n"}) {
    EXPECT_EQ(CatalogState::parse(text).floor, 0U) << text;
    EXPECT_EQ(CatalogState::parse(text).installed, "") << text;
  }
}

// --- under a configuration ---

class UpdatedCatalog : public testing::Test {
 protected:
  UpdatedCatalog() { outside_.files[installed_path("/data")] = catalog_text(kNext); }
  Loaded load(const std::string& text) {
    return load_config_text(fmt::format("{}\n[catalog]\npublic_key = \"{}\"\n", text, public_text('k')), "c.toml",
                            outside_.outside(), "/data");
  }
  static const catalog::Provider* find(const ProviderSet& set, std::string_view id) {
    for (const Inactive& one : set.inactive) {
      if (one.provider.id == id) return &one.provider;
    }
    for (const catalog::Provider& one : set.active) {
      if (one.id == id) return &one;
    }
    return nullptr;
  }
  TestOutside outside_;
};

TEST_F(UpdatedCatalog, EntriesLieOverItAsOverTheBuiltInOne) {
  outside_.variables["GROQ_API_KEY"] = "gsk-0123456789abcdef";
  auto loaded = load("[[providers]]\nid = \"groq\"\nmodels = [{ id = \"brand/new\", context = 77 }]\n");
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  ASSERT_EQ(loaded.config->providers.size(), 1U);
  const catalog::Model& model = loaded.config->providers[0].models[0];
  EXPECT_EQ(model.id, "brand/new");
  EXPECT_EQ(model.context, 77U);
  EXPECT_EQ(loaded.config->providers[0].keys.at(0).secret.reveal(), "gsk-0123456789abcdef");
}

TEST_F(UpdatedCatalog, NamesThatItNoLongerServesAreWarnings) {
  auto loaded = load("aliases = { a = \"groq/qwen/qwen3.8-27b\" }\nrouting = { order = [\"groq/qwen/qwen3.8-27b\"] }\n");
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  EXPECT_THAT(describe(loaded.mistakes), HasSubstr("served no longer"));
  EXPECT_THAT(loaded.config->policy.order, testing::ElementsAre("groq/qwen/qwen3.8-27b"));
  EXPECT_FALSE(load("routing = { order = [\"groq/never-there\"] }\n").config);
}

TEST_F(UpdatedCatalog, WhatItDropsIsHistoryForWhoHasAKeyAndElseGone) {
  auto loaded = load("");
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  auto without = use_providers(*loaded.config, {}, outside_.outside());
  EXPECT_NE(find(without, "newcomer"), nullptr);
  EXPECT_EQ(find(without, "mistral"), nullptr);
  StoredKey key;
  key.provider = "mistral";
  key.id = "1";
  key.secret = Secret("secret-0123456789");
  auto with = use_providers(*loaded.config, {key}, outside_.outside());
  const catalog::Provider* kept = find(with, "mistral");
  ASSERT_NE(kept, nullptr);
  EXPECT_THAT(kept->status, HasSubstr(fmt::format("no longer in the catalog since version {}", kNext)));
  EXPECT_TRUE(with.active.empty());
  EXPECT_THAT(with.notes, IsEmpty());
}

TEST_F(UpdatedCatalog, AnEntryForWhatItDropsStaysGoodAndMaySayOtherwise) {
  auto off = load("[[providers]]\nid = \"mistral\"\nkeys = [\"k-0123456789abcdef\"]\n");
  ASSERT_TRUE(off.config) << describe(off.mistakes);
  EXPECT_TRUE(off.config->providers.empty());
  auto on = load("[[providers]]\nid = \"mistral\"\nenabled = true\nkeys = [\"k-0123456789abcdef\"]\n");
  ASSERT_TRUE(on.config);
  EXPECT_EQ(on.config->providers.size(), 1U);
}

TEST_F(UpdatedCatalog, ADamagedOneIsAWarningThatNamesTheFile) {
  outside_.files[installed_path("/data")] += "x";
  auto loaded = load("");
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(describe(loaded.mistakes), HasSubstr("/data/catalog/installed: warning: the installed catalog is not used"));
  EXPECT_EQ(loaded.config->catalog.version, catalog::builtin_version());
}

TEST_F(UpdatedCatalog, IsNotLookedAtWhereNoneIsWanted) {
  auto loaded = load_config_text("[catalog]\nbuiltin = false\n", "c.toml", outside_.outside(), "/data");
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.mistakes, IsEmpty());
  EXPECT_TRUE(catalog_of(*loaded.config).empty());
}

TEST_F(UpdatedCatalog, AKeyThatIsNoneIsAMistake) {
  auto loaded = load_config_text("[catalog]\npublic_key = \"abc\"\n", "c.toml", outside_.outside());
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(describe(loaded.mistakes), HasSubstr("c.toml:2:14: error: catalog.public_key: expected an Ed25519 key"));
}

}  // namespace
}  // namespace freeway::app
