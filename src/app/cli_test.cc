#include "app/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/test_outside.h"
#include "json/document.h"

namespace freeway::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kConfig = R"([[providers]]
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
    result.code = app::run(arguments, outside_.outside(), serve, out, err);
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
                                                {"serve", "--config"}}) {
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
  EXPECT_EQ(run({"version"}).out, std::string("freeway ") + FREEWAY_VERSION + "\n");
  EXPECT_EQ(run({"--version"}).out, std::string("freeway ") + FREEWAY_VERSION + "\n");
}

TEST_F(CommandLine, CommandsOfLaterVersionsFailSayingSo) {
  for (const char* command : {"keys", "clients", "status", "doctor", "backup", "restore", "rotate-master-key", "catalog",
                              "simulate", "replay", "setup", "run"}) {
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
  ASSERT_EQ(document->root().size(), 2U);
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

TEST_F(CommandLine, ModelsAllAlsoListsWhatIsNotAndWhy) {
  Ran result = run({"models", "--config", "/c.toml", "--all", "--json"});
  auto document = json::Document::parse(result.out);
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->root().size(), 3U);
  json::Value row = document->root().first().next();
  EXPECT_EQ(row["id"].string(), "u1/e1");
  EXPECT_EQ(row["available"].boolean(), false);
  EXPECT_THAT(row["reason"].string().value_or(""), HasSubstr("not served"));
  EXPECT_THAT(run({"models", "--config", "/c.toml"}).out, testing::Not(HasSubstr("u1/e1")));
  EXPECT_THAT(run({"models", "--config", "/c.toml", "--all"}).out, HasSubstr("u1/e1"));
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
  for (json::Value row : document->root()["order"]) found.push_back(row["route"].string().value_or("?"));
  return found;
}

TEST_F(CommandLine, RoutePlansWithoutACall) {
  Ran result = run({"route", "Hello there", "--config", "/c.toml", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(order_of(result), testing::ElementsAre("u2/m1 key#1", "u1/org/m1 key#1", "u1/org/m1 key#2"));
  auto document = json::Document::parse(result.out);
  EXPECT_EQ(document->root()["pinned"].boolean(), false);
  EXPECT_THAT(document->root()["order"].first()["reason"].string().value_or(""), HasSubstr("routing.order"));
}

TEST_F(CommandLine, RoutePinsAModel) {
  Ran result = run({"route", "--model", "u1/org/m1", "--json", "Hello", "--config", "/c.toml"});
  EXPECT_THAT(order_of(result), testing::ElementsAre("u1/org/m1 key#1", "u1/org/m1 key#2"));
  EXPECT_THAT(run({"route", "Hello", "--model", "u1/org/m1", "--config", "/c.toml"}).out, HasSubstr("1. u1/org/m1 key#1"));
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

TEST_F(CommandLine, RouteOfAnUnknownModelFails) {
  Ran result = run({"route", "Hello", "--model", "nope", "--config", "/c.toml"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("freeway models"));
}

}  // namespace
}  // namespace freeway::app
