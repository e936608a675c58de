#include "app/preferences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/situation.h"
#include "app/test_outside.h"
#include "router/switched_off.h"
#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kConfig = R"([catalog]
builtin = false
[routing]
order = ["u2/m2", "u1/m1"]
[profiles]
coding = ["u1/m1"]
quick = ["u2/m2"]
[[providers]]
id = "u1"
base_url = "http://h/v1"
keys = []
models = [{ id = "m1" }, { id = "m2" }, { id = "old", enabled = false, status = "no longer free" }]
[[providers]]
id = "u2"
base_url = "http://h/v1"
keys = []
models = [{ id = "m2" }]
)";

class PreferencesTest : public testing::Test {
 protected:
  PreferencesTest() { outside_.files = {{"/c.toml", kConfig}}; }
  Situation with(const Preferences& preferences) { return with_text(as_kept(preferences)); }
  Situation with_text(const std::string& preferences) {
    SituationSources sources;
    sources.config_path = "/c.toml";
    Kept kept;
    kept.preferences = preferences;
    std::vector<Mistake> mistakes;
    auto made = read_situation(sources, outside_.outside(), kept, mistakes);
    EXPECT_TRUE(made) << describe(mistakes);
    return made ? std::move(*made) : Situation();
  }
  std::string judged(const Preferences& wanted, const Preferences& before = {}) {
    auto done = judge_preferences(wanted, before, all_providers(with({})));
    return done ? "" : done.error().message;
  }
  TestOutside outside_;
};

TEST_F(PreferencesTest, OutliveTheProcess) {
  store::TestFolder folder;
  ManualClock clock;
  Preferences wanted{{"u1/m2"}, {"u2"}, {{"coding", {"u1/m2", "u2/m2"}}}};
  {
    auto store = store::open_sqlite(folder / "freeway.db", clock).value();
    EXPECT_EQ(kept_preferences(*store).value(), "");
    ASSERT_TRUE(keep_preferences(*store, wanted));
  }
  auto store = store::open_sqlite(folder / "freeway.db", clock).value();
  EXPECT_EQ(parse_preferences(kept_preferences(*store).value()).value(), wanted);
  ASSERT_TRUE(keep_preferences(*store, {}));
  EXPECT_EQ(kept_preferences(*store).value(), "");
}

TEST_F(PreferencesTest, GoBeforeTheFileAndLeaveTheRestOfIt) {
  Situation made = with({{"u1/m2"}, {}, {{"coding", {"u1/m2"}}, {"mine", {"m1"}}}});
  EXPECT_THAT(made.config.policy.order, ElementsAre("u1/m2", "u2/m2", "u1/m1"));
  EXPECT_THAT(made.config.policy.profiles["coding"], ElementsAre("u1/m2"));
  EXPECT_THAT(made.config.policy.profiles["quick"], ElementsAre("u2/m2"));
  EXPECT_THAT(made.config.policy.profiles["mine"], ElementsAre("m1"));
  EXPECT_THAT(with({{"u1/m1"}, {}, {}}).config.policy.order, ElementsAre("u1/m1", "u2/m2"));
  EXPECT_THAT(made.warnings, IsEmpty());
}

TEST_F(PreferencesTest, WhatIsOffHasNoRoutesAndSaysWhy) {
  Situation made = with({{}, {"u1/m2", "u1/old", "u2"}, {}});
  auto catalog = catalog::Catalog::build(made.config.providers).value();
  EXPECT_THAT(catalog.full_names(), ElementsAre("u1/m1"));
  const auto& models = catalog.providers()[0].models;
  EXPECT_EQ(models[1].status, router::kSwitchedOff);
  EXPECT_EQ(models[2].status, "no longer free") << "the configuration's own reason stays";
  EXPECT_EQ(catalog.providers()[1].models[0].status, router::kSwitchedOff);
  EXPECT_EQ(catalog::Catalog::build(with({}).config.providers).value().full_names().size(), 3U);
}

TEST_F(PreferencesTest, AreTakenBackAndChangedWithoutTheFile) {
  Situation made = with({{"u1/m2"}, {"u2"}, {{"coding", {"u1/m2"}}}});
  outside_.files["/c.toml"] = "broken [";
  Kept kept;
  made = with_kept(std::move(made), kept, outside_.outside());
  EXPECT_THAT(made.config.policy.order, ElementsAre("u2/m2", "u1/m1"));
  EXPECT_THAT(made.config.policy.profiles["coding"], ElementsAre("u1/m1"));
  EXPECT_EQ(catalog::Catalog::build(made.config.providers).value().full_names().size(), 3U);
  kept.preferences = as_kept({{"u1/m1"}, {}, {}});
  kept.clients.emplace_back().name = "phone";
  kept.clients.back().digest = "d";
  made = with_kept(std::move(made), kept, outside_.outside());
  made = with_kept(std::move(made), kept, outside_.outside());
  EXPECT_THAT(made.config.policy.order, ElementsAre("u1/m1", "u2/m2"));
  EXPECT_EQ(made.config.client_keys.size(), 1U);
}

TEST_F(PreferencesTest, NameOnlyWhatThereIs) {
  EXPECT_EQ(judged({{"u1/m1", "m2", "u1/old"}, {"u1", "u2/m2", "u1/old"}, {{"coding", {"m1", "u2/m2"}}}}), "");
  EXPECT_THAT(judged({{"u1/m11"}, {}, {}}), HasSubstr("no model is called \"u1/m11\" (order); did you mean \"u1/m1\"?"));
  EXPECT_THAT(judged({{}, {"m1"}, {}}), HasSubstr("\"m1\" (off)"));
  EXPECT_THAT(judged({{}, {"u3"}, {}}), HasSubstr("\"u3\" (off)"));
  EXPECT_THAT(judged({{}, {}, {{"coding", {"u3/m1"}}}}), HasSubstr("\"u3/m1\" (profile \"coding\")"));
  EXPECT_THAT(judged({{}, {}, {{"coding", {}}}}), HasSubstr("names no model"));
  EXPECT_THAT(judged({{}, {}, {{"fast", {"m1"}}}}), HasSubstr("means the strategy of that name"));
  for (const char* name : {"", "two words", "a*b", "\n"})
    EXPECT_THAT(judged({{}, {}, {{name, {"m1"}}}}), HasSubstr("a profile's name")) << name;
}

TEST_F(PreferencesTest, WhatHasGoneSinceMayStay) {
  Preferences before{{"u3/m1"}, {"u4"}, {{"coding", {"u3/m1"}}}};
  Preferences wanted = before;
  wanted.order.insert(wanted.order.begin(), "u1/m2");
  EXPECT_EQ(judged(wanted, before), "");
  EXPECT_NE(judged(wanted), "");
  Situation made = with(wanted);
  EXPECT_THAT(made.config.policy.order, ElementsAre("u1/m2", "u3/m1", "u2/m2", "u1/m1"));
  EXPECT_THAT(made.warnings, ElementsAre("the preferences (order) name \"u3/m1\", which is not here any more",
                                         "the preferences (off) name \"u4\", which is not here any more",
                                         "the preferences (profile coding) name \"u3/m1\", which is not here any more"));
}

TEST_F(PreferencesTest, ThatCantBeReadHoldNobodyUp) {
  for (const char* text : {"{", "[]", R"({"order":5})"}) {
    Situation made = with_text(text);
    EXPECT_THAT(made.config.policy.order, ElementsAre("u2/m2", "u1/m1")) << text;
    EXPECT_THAT(made.warnings, ElementsAre(HasSubstr("the stored preferences can't be read"))) << text;
  }
}

}  // namespace
}  // namespace freeway::app
