#include "app/settings_list.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "app/config_parts.h"
#include "app/process.h"
#include "app/test_outside.h"

namespace freeway::app {
namespace {

using api::admin::SettingView;
using testing::HasSubstr;
using testing::Not;
using Source = SettingView::Source;

constexpr const char* kNobody = "qqqqqqqqqqqqqqqqqqqqqqqq";

class SettingsListTest : public testing::Test {
 protected:
  std::vector<SettingView> list(const std::string& config, const std::string& preferences = "") {
    outside_.files["/c.toml"] = config;
    SituationSources sources = sources_;
    sources.config_path = "/c.toml";
    Kept kept;
    kept.preferences = preferences;
    std::vector<Mistake> mistakes;
    auto made = read_situation(sources, outside_.outside(), kept, mistakes);
    EXPECT_TRUE(made) << describe(mistakes);
    return made ? list_settings(*made, sources) : std::vector<SettingView>();
  }
  static SettingView of(const std::vector<SettingView>& all, std::string_view section, std::string_view key) {
    for (const SettingView& one : all)
      if (one.section == section && one.key == key) return one;
    ADD_FAILURE() << "no " << section << "." << key;
    return {};
  }
  // What the reader knows in this place, as it tells who wrote a key that nobody knows.
  static std::set<std::string> known_to_reader(const std::string& text) {
    TestOutside nothing;
    for (const Mistake& mistake : load_config_text(text, "c.toml", nothing.outside()).mistakes) {
      std::string_view told = mistake.message;
      constexpr std::string_view kMark = "known here: ";
      std::size_t at = told.find(kMark);
      if (at == std::string_view::npos) continue;
      std::set<std::string> names;
      for (told.remove_prefix(at + kMark.size()); !told.empty();) {
        std::size_t end = std::min(told.find(", "), told.size());
        names.emplace(told.substr(0, end));
        told.remove_prefix(std::min(end + 2, told.size()));
      }
      return names;
    }
    ADD_FAILURE() << "nothing is told of " << text;
    return {};
  }

  TestOutside outside_;
  SituationSources sources_;
};

TEST_F(SettingsListTest, HoldsEachKeyThatTheReaderKnowsAndNoOther) {
  std::map<std::string, std::set<std::string>> listed;
  for (const KnownSetting& one : known_settings()) listed[std::string(one.section)].emplace(one.key);
  for (const auto& [section, keys] : listed)
    EXPECT_EQ(known_to_reader(fmt::format("[{}]\n{} = 1\n", section, kNobody)), keys) << section;
  std::set<std::string> sections = {"aliases", "profiles", "client_keys", "providers"};
  for (const auto& [section, keys] : listed) sections.insert(section);
  EXPECT_EQ(known_to_reader(fmt::format("{} = 1\n", kNobody)), sections);
}

// The decisions of an untouched configuration, and of one that spells every default out.
TEST_F(SettingsListTest, TellsTheDefaultsThatHold) {
  TestOutside nothing;
  std::map<std::string_view, std::string> tables;
  for (const KnownSetting& one : known_settings()) {
    EXPECT_FALSE(one.about.empty()) << one.key;
    if (one.standard == "null" || one.standard == "[]") continue;
    tables[one.section] += fmt::format("{} = {}\n", one.key, one.standard);
  }
  std::string text;
  for (const auto& [section, keys] : tables) text += fmt::format("[{}]\n{}", section, keys);
  auto spelled = load_config_text(text, "c.toml", nothing.outside());
  auto bare = load_config_text("", "c.toml", nothing.outside());
  ASSERT_TRUE(spelled.config) << describe(spelled.mistakes);
  const Config& a = *spelled.config;
  const Config& b = *bare.config;
  EXPECT_EQ(config_hash(a), config_hash(b));
  EXPECT_EQ(a.server.listen, b.server.listen);
  EXPECT_EQ(a.server.threads, b.server.threads);
  EXPECT_EQ(a.server.body_limit, b.server.body_limit);
  EXPECT_EQ(a.server.upload_limit, b.server.upload_limit);
  EXPECT_EQ(a.server.upload_space, b.server.upload_space);
  EXPECT_EQ(a.server.stream_space, b.server.stream_space);
  EXPECT_EQ(a.log.keep, b.log.keep);
  EXPECT_EQ(a.log.max_size, b.log.max_size);
  EXPECT_EQ(a.responses.keep_for, b.responses.keep_for);
  EXPECT_EQ(a.responses.max_bytes, b.responses.max_bytes);
  EXPECT_EQ(a.catalog_builtin, b.catalog_builtin);
  EXPECT_EQ(a.discover_every, b.discover_every);
  EXPECT_EQ(a.check_keys, b.check_keys);
  EXPECT_EQ(a.policy.label_age, b.policy.label_age);
  EXPECT_EQ(a.relay.images.fetch, b.relay.images.fetch);
  EXPECT_EQ(a.relay.images.bytes, b.relay.images.bytes);
  EXPECT_EQ(a.relay.images.count, b.relay.images.count);
  EXPECT_EQ(a.relay.images.patience, b.relay.images.patience);
  EXPECT_EQ(a.relay.hedge_share, b.relay.hedge_share);
}

TEST_F(SettingsListTest, SaysWhoSetAValue) {
  outside_.variables["FREEWAY_ROUTING_MAX_ATTEMPTS"] = "7";
  auto all = list("[catalog]\nbuiltin = false\n[server]\nthreads = 2\n[routing]\nmax_attempts = 3\ndeadline = \"90s\"\n");
  SettingView threads = of(all, "server", "threads");
  EXPECT_EQ(threads.value, "2");
  EXPECT_EQ(threads.standard, "0");
  EXPECT_EQ(threads.source, Source::file);
  EXPECT_EQ(threads.where, "/c.toml:4");
  EXPECT_TRUE(threads.needs_restart);
  SettingView attempts = of(all, "routing", "max_attempts");
  EXPECT_EQ(attempts.value, "7") << "the variable goes over the file";
  EXPECT_EQ(attempts.source, Source::environment);
  EXPECT_EQ(attempts.where, "FREEWAY_ROUTING_MAX_ATTEMPTS");
  EXPECT_EQ(of(all, "routing", "deadline").value, "\"90s\"");
  SettingView strategy = of(all, "routing", "strategy");
  EXPECT_EQ(strategy.value, "\"balanced\"");
  EXPECT_EQ(strategy.source, Source::standard);
  EXPECT_EQ(strategy.where, "");
}

TEST_F(SettingsListTest, KnowsTheThreeWaysToListen) {
  outside_.variables["FREEWAY_SERVER_LISTEN"] = "127.0.0.1:2";
  EXPECT_EQ(of(list(""), "server", "listen").where, "FREEWAY_SERVER_LISTEN");
  outside_.variables["FREEWAY_LISTEN"] = "127.0.0.1:3";
  EXPECT_EQ(of(list(""), "server", "listen").where, "FREEWAY_LISTEN");
  sources_.listen = "127.0.0.1:4";
  SettingView flag = of(list(""), "server", "listen");
  EXPECT_EQ(flag.value, "\"127.0.0.1:4\"");
  EXPECT_EQ(flag.source, Source::flag);
  EXPECT_EQ(flag.where, "--listen");
}

TEST_F(SettingsListTest, TellsWhatTheFileNamesItself) {
  outside_.variables["U1_KEY"] = "sk-9876543210zyxwvutsrqp";
  auto all = list(R"([catalog]
builtin = false
[aliases]
"gpt-4*" = "auto"
[[client_keys]]
name = "laptop"
key = "fw-0123456789abcdefghij"
rpm = 5
[[providers]]
id = "u1"
base_url = "http://h/v1"
proxy = "socks5h://user:hush-hush@proxy.example:1080"
headers = { x-team = "team-secret-of-everybody" }
keys = ["sk-0123456789abcdefghij", { env = "U1_KEY", name = "second" }]
limits = { rpm = 30 }
[[providers.models]]
id = "org/m1"
context = 8192
[profiles]
coding = ["u1/org/m1"]
)");
  std::string text;
  for (const SettingView& one : all) text += one.section + "." + one.key + "=" + one.value + "\n";
  EXPECT_THAT(text, HasSubstr("aliases.gpt-4*=\"auto\"\n"));
  EXPECT_THAT(text, HasSubstr("client_keys.laptop.rpm=5\n"));
  EXPECT_THAT(text, HasSubstr("client_keys.laptop.key=\"…ghij\"\n"));
  EXPECT_THAT(text, HasSubstr("providers.u1.base_url=\"http://h/v1\"\n"));
  EXPECT_THAT(text, HasSubstr("providers.u1.limits.rpm=30\n"));
  EXPECT_THAT(text, HasSubstr("providers.u1.models.org/m1.context=8192\n"));
  EXPECT_THAT(text, HasSubstr("profiles.coding=[\"u1/org/m1\"]\n"));
  EXPECT_THAT(text, HasSubstr("providers.u1.proxy=\"socks5h://…@proxy.example:1080\"\n"));
  SettingView keys = of(all, "providers.u1", "keys");
  EXPECT_EQ(keys.value, R"(["…ghij",{"env":"U1_KEY","name":"second"}])");
  EXPECT_TRUE(keys.secret);
  EXPECT_EQ(keys.where, "/c.toml:14");
  for (const char* secret : {"0123456789", "9876543210", "hush-hush", "team-secret"})
    EXPECT_THAT(text, Not(HasSubstr(secret)));
}

TEST_F(SettingsListTest, HidesTheToken) {
  SettingView unset = of(list(""), "server", "admin_token");
  EXPECT_EQ(unset.value, "null");
  EXPECT_TRUE(unset.secret);
  outside_.variables["FREEWAY_SERVER_ADMIN_TOKEN"] = "token-of-the-administrator";
  SettingView set = of(list(""), "server", "admin_token");
  EXPECT_EQ(set.value, "\"…ator\"");
  EXPECT_TRUE(set.secret);
}

TEST_F(SettingsListTest, TellsWhatTheDashboardSet) {
  constexpr const char* kConfig =
      "[catalog]\nbuiltin = false\n[routing]\norder = [\"m2\"]\n[profiles]\ncoding = [\"m1\"]\n"
      "[[providers]]\nid = \"u1\"\nbase_url = \"http://h/v1\"\n"
      "models = [{ id = \"m1\" }, { id = \"m2\" }]\n";
  EXPECT_EQ(of(list(kConfig), "routing", "order").source, Source::file);
  auto all = list(kConfig, R"({"order":["u1/m1"],"profiles":{"coding":["u1/m2"],"mine":["u1/m1"]}})");
  SettingView order = of(all, "routing", "order");
  EXPECT_EQ(order.value, R"(["u1/m1","m2"])");
  EXPECT_EQ(order.source, Source::dashboard);
  EXPECT_EQ(of(all, "profiles", "coding").value, R"(["u1/m2"])");
  EXPECT_EQ(of(all, "profiles", "coding").source, Source::dashboard);
  EXPECT_EQ(of(all, "profiles", "mine").source, Source::dashboard);
}

}  // namespace
}  // namespace freeway::app
