// What a person chooses through the admin API: clients' rights, keys as one text, preferences; and the settings it shows.
#include <gmock/gmock.h>

#include "api/admin/testing.h"
#include "router/switched_off.h"

namespace freeway::api::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(AdminTest, AClientIsChangedWhereAMemberIsThere) {
  EXPECT_EQ(change_client(gate_, call("clients/laptop", "{}")).status, 501);
  ClientChange got;
  std::string name;
  office_.operations.change_client = [&](const std::string& whom, const ClientChange& change) -> Result<ClientView> {
    name = whom;
    got = change;
    ClientView view;
    view.name = whom;
    view.expires = change.expires.value_or(std::nullopt);
    return view;
  };
  auto answer = change_client(gate_, call("clients/a%2Fb", R"({"rpm":5,"tpd":null,"expires":"2026-01-02T00:00:00Z"})"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("expires":"2026-01-02T00:00:00.000Z")"));
  EXPECT_EQ(name, "a/b");
  EXPECT_FALSE(got.models);
  EXPECT_FALSE(got.privacy);
  EXPECT_EQ(got.rpm, std::optional<std::uint64_t>(5));
  ASSERT_TRUE(got.tpd);
  EXPECT_FALSE(*got.tpd);
  change_client(gate_, call("clients/x", R"({"models":[],"privacy":"no-training","expires":null})"));
  ASSERT_TRUE(got.models && got.expires);
  EXPECT_THAT(*got.models, IsEmpty());
  EXPECT_FALSE(*got.expires);
  EXPECT_EQ(got.privacy, catalog::Privacy::no_training);
  name.clear();
  for (const char* bad : {"", "[]", R"({"models":"m1"})", R"({"rpm":0})", R"({"tpd":-1})", R"({"privacy":"some"})",
                          R"({"expires":"soon"})", R"({"expires":5})", R"({"expires":"2025-12-31T00:00:00Z"})"})
    EXPECT_EQ(change_client(gate_, call("clients/x", bad)).status, 400) << bad;
  EXPECT_EQ(name, "");
}

TEST_F(AdminTest, AKeyTextIsShownWithoutItsValues) {
  EXPECT_EQ(preview_keys(gate_, call("keys/preview", R"({"text":"x"})")).status, 501);
  office_.operations.preview_keys = [](const std::string& text) -> Result<KeysFound> {
    KeysFound found;
    found.format = text;
    KeyFound row;
    row.line = 3;
    row.state = KeyFound::State::doubtful;
    row.candidates = {"u1", "u2"};
    row.message = "this key could be one of u1 or u2";
    found.rows.push_back(row);
    row.state = KeyFound::State::fresh;
    row.provider = "u1";
    row.unlocks = {"u1/m1"};
    found.rows.push_back(row);
    found.passed_over.push_back({1, "DATABASE_URL is no provider's variable"});
    return found;
  };
  auto body = preview_keys(gate_, call("keys/preview", R"({"text":"env"})")).body;
  EXPECT_THAT(body,
              HasSubstr(R"({"format":"env","rows":[{"line":3,"provider":null,"name":null,"hint":null,"state":"doubtful")"));
  EXPECT_THAT(body, HasSubstr(R"("candidates":["u1","u2"],"unlocks":[])"));
  EXPECT_THAT(body, HasSubstr(R"("provider":"u1","name":null,"hint":null,"state":"new")"));
  EXPECT_THAT(body, HasSubstr(R"("passed_over":[{"line":1,"message":"DATABASE_URL is no provider's variable"}])"));
  for (const char* bad : {"", "{}", R"({"text":1})"})
    EXPECT_EQ(preview_keys(gate_, call("keys/preview", bad)).status, 400) << bad;
  std::string huge(5UL * 1024 * 1024, 'x');
  EXPECT_EQ(preview_keys(gate_, call("keys/preview", R"({"text":")" + huge + "\"}")).status, 413);
}

TEST_F(AdminTest, AnImportSaysWhatCameOfEachLine) {
  ImportOrder got;
  office_.operations.import_keys = [&](const ImportOrder& order) -> Result<ImportDone> {
    got = order;
    ImportDone done;
    AddedKey added;
    added.id = "7";
    added.provider = "u1";
    added.name = "key-1";
    done.added.push_back(added);
    done.refused.push_back({4, "u2 refuses it"});
    return done;
  };
  auto answer = import_keys(gate_, call("keys/import", R"({"text":"t","check":true,"skip":[2,3],"provider":"u1"})"));
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, R"({"added":[{"id":"7","provider":"u1","name":"key-1","hint":null,"check":null}],)"
                         R"("refused":[{"line":4,"message":"u2 refuses it"}]})");
  EXPECT_EQ(got.text, "t");
  EXPECT_TRUE(got.check);
  EXPECT_THAT(got.skip, ElementsAre(2, 3));
  EXPECT_EQ(got.provider, "u1");
  for (const char* bad : {"{}", R"({"text":"t","skip":2})", R"({"text":"t","skip":[0]})", R"({"text":"t","skip":["2"]})"})
    EXPECT_EQ(import_keys(gate_, call("keys/import", bad)).status, 400) << bad;
}

TEST_F(AdminTest, KeysAreExportedToWhoMaySeeThem) {
  office_.operations.export_keys = [](const std::string& format) -> Result<std::string> { return format + kSecret; };
  Call stranger = call("keys/export", R"({"format":"csv"})");
  EXPECT_FALSE(may_reveal(stranger));
  auto refused = export_keys(gate_, stranger);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, Not(HasSubstr(kSecret)));
  stranger.from_owner = true;
  auto told = export_keys(gate_, stranger);
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.body, std::string("csv") + kSecret);
  EXPECT_EQ(told.fields.find("content-type"), "text/csv; charset=utf-8");
  stranger.body = R"({"format":"xml"})";
  EXPECT_EQ(export_keys(gate_, stranger).status, 400);
}

TEST_F(AdminTest, PreferencesAreReadAndSetWhole) {
  EXPECT_EQ(get_preferences(gate_, call("preferences")).status, 501);
  PreferencesView held;
  held.order = {"u2/m12"};
  office_.operations.preferences = [&]() -> Result<PreferencesView> { return held; };
  office_.operations.set_preferences = [&](Preferences wanted) -> Result<PreferencesView> {
    held.own = std::move(wanted);
    return held;
  };
  EXPECT_EQ(get_preferences(gate_, call("preferences")).body,
            R"({"order":[],"off":[],"profiles":{},"in_force":{"order":["u2/m12"],"profiles":{}}})");
  auto body = R"({"order":["u1/m1","u1/m12","u1/m1"],"off":["u2"],"profiles":{"a b":["u1/m1"]}})";
  EXPECT_EQ(set_preferences(gate_, call("preferences", body)).status, 200);
  EXPECT_THAT(held.own.order, ElementsAre("u1/m1", "u1/m12"));
  EXPECT_THAT(held.own.off, ElementsAre("u2"));
  EXPECT_THAT(held.own.profiles["a b"], ElementsAre("u1/m1"));
  Preferences before = held.own;
  for (const char* bad : {"", "[]", R"({"order":"u1/m1"})", R"({"order":[1]})", R"({"off":[""]})", R"({"profiles":[]})",
                          R"({"profiles":{"a":"u1/m1"}})"})
    EXPECT_EQ(set_preferences(gate_, call("preferences", bad)).status, 400) << bad;
  EXPECT_EQ(held.own, before);
  set_preferences(gate_, call("preferences", "{}"));
  EXPECT_EQ(held.own, Preferences()) << "what is left out is empty";
}

TEST_F(AdminTest, SettingsTellWhereTheyComeFrom) {
  EXPECT_EQ(get_settings(gate_, call("settings")).status, 501);
  office_.operations.settings = []() -> Result<std::vector<SettingView>> {
    SettingView view;
    view.section = "server";
    view.key = "threads";
    view.value = "4";
    view.standard = "0";
    view.source = SettingView::Source::environment;
    view.where = "FREEWAY_SERVER_THREADS";
    view.needs_restart = true;
    view.about = "How many.";
    return std::vector{view};
  };
  EXPECT_EQ(get_settings(gate_, call("settings")).body,
            R"({"settings":[{"section":"server","key":"threads","value":4,"default":0,"source":"environment",)"
            R"("where":"FREEWAY_SERVER_THREADS","secret":false,"needs_restart":true,"about":"How many."}]})");
}

TEST_F(AdminTest, WhatIsOffSaysSo) {
  auto off = test_provider("u2", {"m12"}, "sk-another-secret-of-u2");
  off.models[0].enabled = false;
  off.models[0].status = router::kSwitchedOff;
  use({test_provider("u1", {"m1"}, kSecret), off});
  auto models = get_models(gate_, call("models")).body;
  EXPECT_THAT(models, HasSubstr(R"("available":false,"reason":"switched off by you")"));
  EXPECT_THAT(get_status(gate_, call("status")).body,
              HasSubstr(R"("out_of_quota":0,"why":"switched off by you","why_code":"switched_off_by_you")"));
  office_.operations.keys = [] {
    KeyView key;
    key.id = "1";
    key.provider = "u2";
    key.name = "main";
    key.serving = true;
    return Result<std::vector<KeyView>>(std::vector{key});
  };
  EXPECT_THAT(get_keys(gate_, call("keys")).body, HasSubstr(R"("state":"unused","why":"none of its provider's models)"));
  constexpr const char* kQuestion = R"({"model":"%","messages":[{"role":"user","content":"hi"}]})";
  auto ask = [&](const std::string& model) {
    std::string body = kQuestion;
    return explain(gate_, call("explain", body.replace(body.find('%'), 1, model)));
  };
  EXPECT_THAT(ask("auto").body,
              HasSubstr(R"({"route":"u2/m12 main","provider":"u2","model":"m12","key":"main","why":"off",)"
                        R"("reason":"switched off by you","reason_code":"switched_off_by_you","reason_values":{},)"
                        R"("until":null,"pools":[]})"));
  EXPECT_THAT(ask("u1/m1").body, Not(HasSubstr("switched off")));
  for (const char* name : {"u2/m12", "m12"}) {
    auto refused = ask(name);
    EXPECT_EQ(refused.status, 404) << name;
    EXPECT_THAT(refused.body, HasSubstr("is switched off here")) << name;
  }
  use({off});
  auto nothing = ask("auto");
  EXPECT_EQ(nothing.status, 503);
  EXPECT_THAT(nothing.body, HasSubstr("Every model that 'auto' could mean is switched off here."));
}

}  // namespace
}  // namespace freeway::api::admin
