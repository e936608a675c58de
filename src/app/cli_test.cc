#include "app/cli.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/commands.h"
#include "app/test_outside.h"
#include "catalog/builtin.h"
#include "json/document.h"

namespace freeway::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kConfig = R"([catalog]
builtin = false
[[providers]]
id = "u1"
base_url = "http://127.0.0.1:9001/v1"
keys = ["k1", "k2"]
[[providers.models]]
id = "org/m1"
family = "m1"
context = 1000
tools = true
[[providers.models]]
id = "e1"
kind = "embedding"
[[providers.models]]
id = "t1"
kind = "translation"
[[providers]]
id = "u2"
base_url = "http://127.0.0.1:9002/v1"
keys = ["k3"]
[[providers.models]]
id = "m1"
[routing]
order = ["u2/m1", "u1/org/m1"]
)";

struct Ran {
  int code = -1;
  std::string out, err;
  std::vector<ServeOptions> served;
};

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    outside_.variables = {{"HOME", "/h"}};
    outside_.files = {{"/c.toml", kConfig}};
  }
  Ran run(const std::vector<std::string>& arguments) {
    Ran result;
    std::ostringstream out, err;
    auto serve = [&](const ServeOptions& options) {
      result.served.push_back(options);
      return 7;
    };
    result.code = app::run(arguments, outside_.outside(), Console{}, serve, out, err);
    result.out = out.str();
    result.err = err.str();
    return result;
  }
  TestOutside outside_;
};

TEST_F(CommandLine, UsageIsCodeTwo) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"serve", "--liste", "x"},
                                                {"route"},
                                                {"--nope"},
                                                {"check", "extra"},
                                                {"route", "Hello", "--privacy", "some"},
                                                {"clients", "add", "laptop", "--privacy", "No-Training"},
                                                {"clients", "add", "laptop", "--rpm", "-5"},
                                                {"clients", "add", "laptop", "--rpm", "0"},
                                                {"clients", "add", "laptop", "--tpd", "1.5"},
                                                {"clients", "add", "laptop", "--models", ""},
                                                {"catalog"},
                                                {"catalog", "pack", "folder"},
                                                {"serve", "--config"},
                                                {"serve", "--listen", "bogus"},
                                                {"serve", "--listen", "127.0.0.1:http"},
                                                {"keys", "add", "groq", "--proxy", "ftp://proxy:1"},
                                                {"catalog", "diff", "file", "--public-key", "short"},
                                                {"catalog", "pack", "d", "--key", "k", "-o", "o", "--as-of", "today"}}) {
    Ran result = run(wrong);
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr("--help"));
    EXPECT_TRUE(result.served.empty());
  }
}

TEST_F(CommandLine, UnknownCommandsSuggest) {
  Ran result = run({"sevre"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("did you mean \"serve\"?"));
}

TEST_F(CommandLine, HelpAndVersionGoToStandardOutput) {
  Ran help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("serve"));
  EXPECT_EQ(run({"serve", "--help"}).code, 0);
  EXPECT_EQ(run({"version"}).out, fmt::format("freeway {}\ncatalog {} of {}, built in\n", FREEWAY_VERSION,
                                              catalog::builtin_version(), catalog::builtin_as_of()));
  EXPECT_EQ(run({"version", "--config", "/missing.toml", "--data", "/missing"}).out, run({"version"}).out);
  EXPECT_EQ(run({"--version"}).out, std::string("freeway ") + FREEWAY_VERSION + "\n");
}

TEST_F(CommandLine, CommandsOfLaterVersionsFailSayingSo) {
  for (const char* command : {"simulate", "replay", "setup", "run"}) {
    Ran result = run({command, "list", "--json"});
    EXPECT_EQ(result.code, 1) << command;
    EXPECT_THAT(result.err, HasSubstr("comes with a later version"));
  }
}

TEST_F(CommandLine, ServeTakesFlagsOverVariablesOverDefaults) {
  Ran result = run({"serve"});
  EXPECT_EQ(result.code, 7);
  ASSERT_EQ(result.served.size(), 1U);
  EXPECT_EQ(result.served[0].config_path, "/h/.config/freeway/config.toml");
  EXPECT_FALSE(result.served[0].config_path_explicit);
  EXPECT_EQ(result.served[0].data_directory, "/h/.local/share/freeway");
  EXPECT_FALSE(result.served[0].listen.has_value());

  outside_.variables["FREEWAY_CONFIG"] = "/env.toml";
  outside_.variables["FREEWAY_DATA"] = "/env";
  result = run({"serve"});
  EXPECT_EQ(result.served[0].config_path, "/env.toml");
  EXPECT_TRUE(result.served[0].config_path_explicit);
  EXPECT_EQ(result.served[0].data_directory, "/env");

  result = run({"serve", "--config", "/f.toml", "--data", "/f", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(result.served[0].config_path, "/f.toml");
  EXPECT_TRUE(result.served[0].config_path_explicit);
  EXPECT_EQ(result.served[0].data_directory, "/f");
  EXPECT_EQ(result.served[0].listen, "127.0.0.1:0");
}

TEST_F(CommandLine, CheckTellsMistakesAndFails) {
  EXPECT_EQ(run({"check", "--config", "/c.toml"}).code, 0);
  outside_.files["/bad.toml"] = "[server]\nthread = 1\n";
  Ran result = run({"check", "--config", "/bad.toml"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("/bad.toml:2:1: error: server: unknown key \"thread\"; did you mean \"threads\"?"));
  EXPECT_EQ(run({"check", "--config", "/missing.toml"}).code, 1);
  EXPECT_EQ(run({"check"}).code, 0);  // nothing at the default place is an empty configuration
}

TEST_F(CommandLine, CheckPassesWithWarnings) {
  outside_.files["/short.toml"] = "[[client_keys]]\nkey = \"abcd\"\n";
  Ran result = run({"check", "--config", "/short.toml"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, HasSubstr("warning"));
}

TEST_F(CommandLine, ModelsListsWhatIsUsable) {
  Ran result = run({"models", "--config", "/c.toml", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  auto document = json::Document::parse(result.out);
  ASSERT_TRUE(document.has_value());
  ASSERT_EQ(document->root().size(), 3U);
  json::Value row = document->root().first();
  EXPECT_EQ(row["id"].string(), "u1/org/m1");
  EXPECT_EQ(row["provider"].string(), "u1");
  EXPECT_EQ(row["model"].string(), "org/m1");
  EXPECT_EQ(row["family"].string(), "m1");
  EXPECT_EQ(row["kind"].string(), "chat");
  EXPECT_EQ(row["context"].integer(), 1000);
  EXPECT_EQ(row["tools"].boolean(), true);
  EXPECT_TRUE(row["vision"].is(json::Type::null));
  EXPECT_EQ(row["keys"].integer(), 2);
  EXPECT_EQ(row["available"].boolean(), true);
}

std::vector<api::admin::Discovery> discoveries() {
  api::admin::Discovery told;
  told.provider = "u1";
  told.listed_at = WallTime(std::chrono::seconds(1'767'225'600));
  told.known = {{"org/m1", false, told.listed_at}};
  told.fresh = {
      {"a/\"free\"", 8192, true, {}}, {"dear", {}, false, {}}, {"draws", {}, true, false}, {"untold", {}, {}, true}};
  return {told};
}

TEST_F(CommandLine, ModelsMarksWhatItsProviderListsNoLonger) {
  auto loaded = load_config_text(kConfig, "c.toml", outside_.outside());
  ASSERT_TRUE(loaded.config);
  std::string text = list_models(loaded.config->providers, {}, discoveries(), {}, false, false);
  EXPECT_THAT(text, HasSubstr("tools; its provider lists it no longer, last on 2026-01-01 00:00\n"));
  std::string json = list_models(loaded.config->providers, {}, discoveries(), {}, false, true);
  EXPECT_THAT(json, HasSubstr(R"("listed":false,"listed_at":"2026-01-01T00:00:00.000Z")"));
  EXPECT_THAT(json, HasSubstr(R"("listed":null,"listed_at":null)"));
}

TEST_F(CommandLine, NewModelsCanBeCopiedIntoTheConfiguration) {
  std::string text = list_new_models(discoveries(), false, false);
  EXPECT_THAT(text, HasSubstr("# u1 lists 2 models that freeway does not know (on 2026-01-01 00:00 UTC)\n"
                              "# and 1 model that cost something; --all shows them too\n"));
  auto loaded = load_config_text("[[providers]]\nbase_url = \"http://127.0.0.1:1\"\n" + text.substr(text.find("id = ")),
                                 "new.toml", outside_.outside());
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  const auto& models = loaded.config->entries.at(0).provider.models;
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].id, "a/\"free\"");
  EXPECT_EQ(models[0].context, 8192U);
  EXPECT_EQ(models[1].id, "untold");
  EXPECT_THAT(list_new_models(discoveries(), true, false), HasSubstr("id = \"dear\""));
  EXPECT_THAT(list_new_models(discoveries(), true, false), testing::Not(HasSubstr("draws")));
  EXPECT_THAT(list_new_models(discoveries(), false, true),
              HasSubstr(R"({"id":"u1/draws","provider":"u1","model":"draws","context":null,"free":true,"chat":false)"));
  EXPECT_THAT(run({"models", "--config", "/c.toml", "--new"}).out, HasSubstr("--look"));
}

TEST_F(CommandLine, ModelsAllAlsoListsWhatIsNotAndWhy) {
  Ran result = run({"models", "--config", "/c.toml", "--all", "--json"});
  auto document = json::Document::parse(result.out);
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->root().size(), 4U);
  json::Value embeds = document->root().first().next();
  EXPECT_EQ(embeds["id"].string(), "u1/e1");
  EXPECT_EQ(embeds["available"].boolean(), true);
  json::Value translates = embeds.next();
  EXPECT_EQ(translates["id"].string(), "u1/t1");
  EXPECT_EQ(translates["available"].boolean(), false);
  EXPECT_THAT(translates["reason"].string().value_or(""), HasSubstr("no address asks"));
  std::string usable = run({"models", "--config", "/c.toml"}).out;
  EXPECT_THAT(usable, HasSubstr("u1/e1"));
  EXPECT_THAT(usable, testing::Not(HasSubstr("u1/t1")));
  EXPECT_THAT(run({"models", "--config", "/c.toml", "--all"}).out, HasSubstr("u1/t1"));
}

TEST_F(CommandLine, ModelsTakesItFromTheRunningServerWhatIsUsable) {
  auto loaded = load_config_text(kConfig, "c.toml", outside_.outside());
  ASSERT_TRUE(loaded.config);
  auto document = json::Document::parse(R"({"models":[
    {"id":"u1/org/m1","available":false,"reason":"u1: rate limited","until":"2030-01-31T08:49:37.000Z"},
    {"id":"u1/t1","available":true,"reason":null,"until":null},
    {"id":"u2/m1","available":true,"reason":null,"until":null},
    {"id":"idle/m9","available":true,"reason":null,"until":null}]})");
  ASSERT_TRUE(document);
  std::optional<ModelStates> running = read_model_states(document->root());
  Inactive idle;
  idle.provider = loaded.config->providers[1];
  idle.provider.id = "idle";
  idle.provider.models[0].id = "m9";
  auto list = [&](bool all, bool json) { return list_models(loaded.config->providers, {idle}, {}, running, all, json); };
  std::string usable = list(false, false);
  EXPECT_THAT(usable, testing::AllOf(HasSubstr("u2/m1"), HasSubstr("idle/m9"), testing::Not(HasSubstr("u1/"))));
  std::string all = list(true, false);
  EXPECT_THAT(all, HasSubstr("u1: rate limited (until 2030-01-31 08:49 UTC)"));
  EXPECT_THAT(all, HasSubstr("no address asks")) << "that is so whatever a server says";
  EXPECT_THAT(list(true, true),
              HasSubstr(R"("available":false,"reason":"u1: rate limited","until":"2030-01-31T08:49:37.000Z"})"));
  EXPECT_THAT(list(true, true), HasSubstr(R"("available":false,"reason":"the running server does not have it)")) << "u1/e1";
  EXPECT_THAT(list(true, true), HasSubstr(R"("available":true,"reason":null,"until":null})"));
  running = ModelStates{{"u2/m1", {false, "benched", {}}}};
  EXPECT_THAT(list(false, false), HasSubstr("`freeway models --all` tells why"));
  EXPECT_EQ(list(false, true), "[]\n");
}

TEST_F(CommandLine, ModelsOfABadConfigurationFail) {
  outside_.files["/bad.toml"] = "x = 1\n";
  Ran result = run({"models", "--config", "/bad.toml"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr("/bad.toml:1:1"));
}

std::vector<std::string> order_of(const Ran& result) {
  std::vector<std::string> found;
  auto document = json::Document::parse(result.out);
  EXPECT_TRUE(document.has_value()) << result.out << result.err;
  if (!document) return found;
  for (json::Value row : document->root()["candidates"]) found.push_back(row["route"].string().value_or("?"));
  return found;
}

TEST_F(CommandLine, RoutePlansWithoutACall) {
  Ran result = run({"route", "Hello there", "--config", "/c.toml", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(order_of(result), testing::ElementsAre("u2/m1 key#1", "u1/org/m1 key#1", "u1/org/m1 key#2"));
  auto document = json::Document::parse(result.out);
  EXPECT_EQ(document->root()["pinned"].boolean(), false);
  EXPECT_EQ(document->root()["strategy"].string(), "balanced");
  EXPECT_THAT(document->root()["candidates"].first()["parts"].string().value_or(""), HasSubstr("routing.order"));
}

TEST_F(CommandLine, RoutePinsAModel) {
  Ran result = run({"route", "--model", "u1/org/m1", "--json", "Hello", "--config", "/c.toml"});
  EXPECT_THAT(order_of(result), testing::ElementsAre("u1/org/m1 key#1", "u1/org/m1 key#2"));
  EXPECT_THAT(run({"route", "Hello", "--model", "u1/org/m1", "--config", "/c.toml"}).out,
              testing::AllOf(HasSubstr("1. u1/org/m1 key#1: "), HasSubstr("not measured lately"), HasSubstr("none runs")));
}

TEST_F(CommandLine, RouteTellsWhatIsLeftOutAndWhy) {
  Ran result = run({"route", std::string(20000, 'x') + " word", "--config", "/c.toml", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  auto document = json::Document::parse(result.out);
  ASSERT_TRUE(document.has_value());
  json::Value left = document->root()["left_out"].first();
  EXPECT_EQ(left["route"].string(), "u1/org/m1 key#1");
  EXPECT_EQ(left["why"].string(), "capability");
  EXPECT_THAT(left["reason"].string().value_or(""), testing::Not(IsEmpty()));
}

TEST_F(CommandLine, RouteObeysAPrivacyPolicy) {
  std::string month =
      fmt::format("{:%Y-%m}", fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  std::string& config = outside_.files["/c.toml"];
  std::string label = "data_use = { trains_on_prompts = \"no\", as_of = \"" + month + "\" }\n";
  config.insert(config.find("base_url = \"http://127.0.0.1:9002/v1\""), label);
  EXPECT_EQ(order_of(run({"route", "Hello", "--config", "/c.toml", "--json"})).size(), 3U);
  Ran result = run({"route", "Hello", "--privacy", "no-training", "--config", "/c.toml", "--json"});
  EXPECT_THAT(order_of(result), testing::ElementsAre("u2/m1 key#1"));
  EXPECT_THAT(result.out, HasSubstr("\"privacy\":\"no-training\""));
  EXPECT_THAT(result.out, HasSubstr("\"why\":\"privacy\",\"reason\":\"privacy no-training: it has no data-use label\""));
  EXPECT_THAT(run({"route", "Hello", "--privacy", "no-training", "--config", "/c.toml"}).out,
              testing::AllOf(HasSubstr("privacy no-training; about"), HasSubstr("it has no data-use label")));
}

TEST_F(CommandLine, RouteOfAnUnknownModelFails) {
  Ran result = run({"route", "Hello", "--model", "nope", "--config", "/c.toml"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("freeway models"));
}

}  // namespace
}  // namespace freeway::app
