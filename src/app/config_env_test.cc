// Every scalar of the file has a variable that goes over it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"
#include "app/test_outside.h"

namespace freeway::app {
namespace {

struct Variable {
  const char* section;
  const char* key;
  const char* in_file;  // TOML
  const char* text;     // the variable's
  std::string (*told)(const Config&);
  const char* expected;
};

template <class Value>
std::string spell(const Value& value) {
  return fmt::format("{}", value);
}

std::string spell(Duration value) { return fmt::format("{}ms", value / std::chrono::milliseconds(1)); }

// Names the case in a failure.
void PrintTo(const Variable& variable, std::ostream* out) { *out << variable.section << "." << variable.key; }

class ConfigVariable : public testing::TestWithParam<Variable> {
 protected:
  std::string file() const { return fmt::format("[{}]\n{} = {}\n", GetParam().section, GetParam().key, GetParam().in_file); }
  std::string name() const {
    std::string name = fmt::format("FREEWAY_{}_{}", GetParam().section, GetParam().key);
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
  }
};

TEST_P(ConfigVariable, GoesOverTheFile) {
  TestOutside outside;
  outside.variables[name()] = GetParam().text;
  Loaded loaded = load_config_text(file(), "c.toml", outside.outside());
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  EXPECT_EQ(GetParam().told(*loaded.config), GetParam().expected);
}

TEST_P(ConfigVariable, NeedsNoFile) {
  TestOutside outside;
  outside.variables[name()] = GetParam().text;
  Loaded loaded = load_config_text("", "c.toml", outside.outside());
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  EXPECT_EQ(GetParam().told(*loaded.config), GetParam().expected);
}

TEST_P(ConfigVariable, SetToNothingCountsAsNotSet) {
  TestOutside outside;
  Loaded without = load_config_text(file(), "c.toml", outside.outside());
  outside.variables[name()] = "";
  Loaded with = load_config_text(file(), "c.toml", outside.outside());
  EXPECT_EQ(describe(with.mistakes), describe(without.mistakes));
  ASSERT_EQ(with.config.has_value(), without.config.has_value());
  if (!with.config) return;
  EXPECT_EQ(GetParam().told(*with.config), GetParam().told(*without.config));
  EXPECT_NE(GetParam().told(*with.config), GetParam().expected) << "the file and the variable must differ";
}

TEST(ConfigVariables, AMisplacedSecretIsNotTold) {
  constexpr const char* kSecret = "sk-planted-0123456789";
  for (const char* name : {"FREEWAY_SERVER_THREADS", "FREEWAY_SERVER_LISTEN", "FREEWAY_LISTEN", "FREEWAY_SERVER_BODY_LIMIT",
                           "FREEWAY_ROUTING_STRATEGY", "FREEWAY_ROUTING_DEADLINE", "FREEWAY_ROUTING_HEDGE_SHARE",
                           "FREEWAY_IMAGES_FETCH", "FREEWAY_CATALOG_PUBLIC_KEY", "FREEWAY_LOG_MAX_SIZE"}) {
    TestOutside outside;
    outside.variables[name] = kSecret;
    Loaded loaded = load_config_text("", "c.toml", outside.outside());
    std::string told = describe(loaded.mistakes);
    EXPECT_THAT(told, testing::HasSubstr(name));
    EXPECT_THAT(told, testing::Not(testing::HasSubstr(kSecret)));
  }
  TestOutside outside;
  outside.variables["FREEWAY_SERVER_THREADS"] = kSecret;
  EXPECT_EQ(describe(load_config_text("", "c.toml", outside.outside()).mistakes),
            "FREEWAY_SERVER_THREADS: error: expected a whole number, found a text of 21 characters\n");
  outside.variables["FREEWAY_SERVER_THREADS"] = "two";
  EXPECT_EQ(describe(load_config_text("", "c.toml", outside.outside()).mistakes),
            "FREEWAY_SERVER_THREADS: error: expected a whole number, found \"two\"\n");
}

// A switch that changes nothing yet, as it was given.
std::string switched(const Config& config, std::string_view section) {
  for (const GivenSetting& one : *config.given)
    if (one.section == section && one.key == "enabled") return one.value;
  return "not given";
}

INSTANTIATE_TEST_SUITE_P(
    Scalars, ConfigVariable,
    testing::Values(
        Variable{"server", "listen", "\"127.0.0.1:1\"", "[::1]:2", [](const Config& c) { return c.server.listen; },
                 "[::1]:2"},
        Variable{"server", "admin_token", "\"of-the-file-0123\"", "of-the-variable-0123",
                 [](const Config& c) { return std::string(c.server.admin_token.reveal()); }, "of-the-variable-0123"},
        Variable{"server", "threads", "3", "5", [](const Config& c) { return spell(c.server.threads); }, "5"},
        Variable{"server", "body_limit", "\"1MiB\"", "2KiB", [](const Config& c) { return spell(c.server.body_limit); },
                 "2048"},
        Variable{"server", "upload_limit", "\"1MiB\"", "3KiB", [](const Config& c) { return spell(c.server.upload_limit); },
                 "3072"},
        Variable{"server", "upload_space", "\"1GiB\"", "3GiB", [](const Config& c) { return spell(c.server.upload_space); },
                 "3221225472"},
        Variable{"server", "stream_space", "\"1GiB\"", "3GiB", [](const Config& c) { return spell(c.server.stream_space); },
                 "3221225472"},
        Variable{"log", "keep", "\"1d\"", "2h", [](const Config& c) { return spell(c.log.keep); }, "7200000ms"},
        Variable{"log", "max_size", "\"1GiB\"", "2MiB", [](const Config& c) { return spell(c.log.max_size); }, "2097152"},
        Variable{"responses", "keep_for", "\"1d\"", "3h", [](const Config& c) { return spell(c.responses.keep_for); },
                 "10800000ms"},
        Variable{"responses", "max_bytes", "\"1GiB\"", "3MiB", [](const Config& c) { return spell(c.responses.max_bytes); },
                 "3145728"},
        Variable{"catalog", "builtin", "true", "false", [](const Config& c) { return spell(c.catalog_builtin); }, "false"},
        Variable{"images", "fetch", "true", "false", [](const Config& c) { return spell(c.relay.images.fetch); }, "false"},
        Variable{"images", "max_size", "\"1MiB\"", "2KiB", [](const Config& c) { return spell(c.relay.images.bytes); },
                 "2048"},
        Variable{"images", "max_count", "3", "7", [](const Config& c) { return spell(c.relay.images.count); }, "7"},
        Variable{"images", "timeout", "\"1s\"", "2s", [](const Config& c) { return spell(c.relay.images.patience); },
                 "2000ms"},
        Variable{"routing", "strategy", "\"fast\"", "spread", [](const Config& c) { return c.policy.strategy; }, "spread"},
        Variable{"routing", "max_attempts", "3", "7", [](const Config& c) { return spell(c.relay.max_attempts); }, "7"},
        Variable{"routing", "deadline", "\"11s\"", "12s", [](const Config& c) { return spell(c.relay.deadline); },
                 "12000ms"},
        Variable{"routing", "queue_wait", "\"3s\"", "0s", [](const Config& c) { return spell(c.relay.queue_wait); }, "0ms"},
        Variable{"routing", "session_ttl", "\"3m\"", "4m", [](const Config& c) { return spell(c.session_ttl); }, "240000ms"},
        Variable{"routing", "hedge_share", "0.5", "0.25",
                 [](const Config& c) { return fmt::format("{}", c.relay.hedge_share); }, "0.25"},
        Variable{"cache", "enabled", "true", "false", [](const Config& c) { return switched(c, "cache"); }, "false"},
        Variable{"ollama", "enabled", "true", "0", [](const Config& c) { return switched(c, "ollama"); }, "false"},
        Variable{"timeouts", "connect", "\"1s\"", "2s", [](const Config& c) { return spell(c.relay.connect); }, "2000ms"},
        Variable{"timeouts", "first_token", "\"1s\"", "3s", [](const Config& c) { return spell(c.relay.first_token); },
                 "3000ms"},
        Variable{"timeouts", "answer", "\"1s\"", "4s", [](const Config& c) { return spell(c.relay.answer); }, "4000ms"},
        Variable{"timeouts", "idle", "\"1s\"", "500ms", [](const Config& c) { return spell(c.relay.idle); }, "500ms"}));

}  // namespace
}  // namespace freeway::app
