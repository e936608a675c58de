#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/test_outside.h"

namespace freeway::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

#define PROVIDER "[[providers]]\nid = \"u1\"\nbase_url = \"http://h/v1\"\n"
#define MODEL PROVIDER "[[providers.models]]\nid = \"m1\"\n"

Loaded load(const std::string& text, const TestOutside& outside = {}) {
  return load_config_text(text, "c.toml", outside.outside());
}

Config good(const std::string& text, const TestOutside& outside = {}) {
  Loaded loaded = load(text, outside);
  EXPECT_TRUE(loaded.config.has_value()) << describe(loaded.mistakes);
  return loaded.config ? std::move(*loaded.config) : Config();
}

// A provider on lines 1 to 5, for tests of something else.
constexpr const char* kProvider = R"([[providers]]
id = "u1"
base_url = "http://127.0.0.1:9001/v1"
keys = ["k1"]
models = [{ id = "m1" }, { id = "m2", family = "f2" }]
)";

TEST(Config, EmptyFileIsTheDefaults) {
  Config config = good("");
  EXPECT_EQ(config.server.listen, "127.0.0.1:8420");
  EXPECT_EQ(config.server.body_limit, 32U * 1024 * 1024);
  EXPECT_EQ(config.server.upload_limit, 32U * 1024 * 1024);
  EXPECT_EQ(config.server.upload_space, 2ULL << 30);
  EXPECT_EQ(config.server.stream_space, 256ULL << 20);
  EXPECT_EQ(config.server.threads, 0U);
  EXPECT_EQ(config.log.keep, std::chrono::hours(30 * 24));
  EXPECT_EQ(config.log.max_size, 512U * 1024 * 1024);
  EXPECT_TRUE(config.catalog_builtin);
  EXPECT_TRUE(config.entries.empty());
  EXPECT_EQ(config.policy.strategy, "balanced");
  EXPECT_EQ(config.relay.max_attempts, 20U);
  EXPECT_EQ(config.relay.hedge_share, 0);
  EXPECT_EQ(config.relay.deadline, seconds(60));
  EXPECT_EQ(config.session_ttl, minutes(30));
}

TEST(Config, ReadsEveryScalar) {
  Config config = good(R"([server]
listen = "0.0.0.0:1"
admin_token = "0123456789abcdef"
threads = 3
body_limit = 1000
upload_limit = "2KiB"
upload_space = "5GiB"
stream_space = "32MiB"
allowed_hosts = ["gw.example"]
cors_origins = ["https://a.example", "*"]
trusted_proxies = ["10.0.0.1", "fd00::/8"]
[catalog]
builtin = false
[images]
fetch = false
allow = ["10.0.0.0/8", "images.internal"]
max_size = "1KiB"
max_count = 3
timeout = "2s"
[routing]
strategy = "priority"
max_attempts = 2
deadline = "1500ms"
queue_wait = "0s"
session_ttl = "1h"
hedge_share = 0.05
[cache]
enabled = false
[ollama]
enabled = false
[timeouts]
connect = "1s"
first_token = "2s"
answer = "3s"
idle = "4s"
)");
  EXPECT_EQ(config.server.listen, "0.0.0.0:1");
  EXPECT_EQ(config.server.admin_token.reveal(), "0123456789abcdef");
  EXPECT_EQ(config.server.threads, 3U);
  EXPECT_EQ(config.server.body_limit, 1000U);
  EXPECT_EQ(config.server.upload_limit, 2048U);
  EXPECT_EQ(config.server.upload_space, 5ULL << 30);
  EXPECT_EQ(config.server.stream_space, 32ULL << 20);
  EXPECT_THAT(config.server.allowed_hosts, ElementsAre("gw.example"));
  EXPECT_THAT(config.server.cors_origins, ElementsAre("https://a.example", "*"));
  EXPECT_THAT(config.server.trusted_proxies, ElementsAre("10.0.0.1", "fd00::/8"));
  EXPECT_FALSE(config.catalog_builtin);
  EXPECT_FALSE(config.relay.images.fetch);
  EXPECT_TRUE(config.relay.images.guard->allows(*net::Address::parse("10.1.2.3"), 9000));
  EXPECT_TRUE(config.relay.images.guard->trusts("images.internal"));
  EXPECT_EQ(config.relay.images.bytes, 1024U);
  EXPECT_EQ(config.relay.images.count, 3U);
  EXPECT_EQ(config.relay.images.patience, seconds(2));
  EXPECT_EQ(config.policy.strategy, "priority");
  EXPECT_EQ(config.relay.max_attempts, 2U);
  EXPECT_EQ(config.relay.hedge_share, 0.05);
  EXPECT_EQ(config.relay.deadline, milliseconds(1500));
  EXPECT_EQ(config.relay.queue_wait, seconds(0));
  EXPECT_EQ(config.session_ttl, std::chrono::hours(1));
  EXPECT_EQ(config.relay.connect, seconds(1));
  EXPECT_EQ(config.relay.first_token, seconds(2));
  EXPECT_EQ(config.relay.answer, seconds(3));
  EXPECT_EQ(config.relay.idle, seconds(4));
}

TEST(Config, VariablesGoOverTheFile) {
  TestOutside outside;
  outside.variables = {{"FREEWAY_ROUTING_DEADLINE", "5s"},   {"FREEWAY_SERVER_THREADS", "2"},
                       {"FREEWAY_CATALOG_BUILTIN", "false"}, {"FREEWAY_SERVER_LISTEN", "127.0.0.1:5"},
                       {"FREEWAY_TIMEOUTS_IDLE", "9s"},      {"FREEWAY_ROUTING_HEDGE_SHARE", "0.0"},
                       {"FREEWAY_SERVER_BODY_LIMIT", ""},    {"FREEWAY_NO_SUCH", "1"}};
  Config config = good("[routing]\ndeadline = \"60s\"\n[server]\nthreads = 1\nbody_limit = 7\n", outside);
  EXPECT_EQ(config.relay.deadline, seconds(5));
  EXPECT_EQ(config.server.threads, 2U);
  EXPECT_FALSE(config.catalog_builtin);
  EXPECT_EQ(config.server.listen, "127.0.0.1:5");
  EXPECT_EQ(config.relay.idle, seconds(9));
  EXPECT_EQ(config.server.body_limit, 7U);  // set to nothing is not set
  EXPECT_EQ(config.server.upload_limit, 7U) << "that of all bodies, unless somebody wants another";
  outside.variables["FREEWAY_LISTEN"] = "127.0.0.1:6";
  EXPECT_EQ(good("", outside).server.listen, "127.0.0.1:6");
}

TEST(Config, MistakesOfVariablesNameTheVariable) {
  TestOutside outside;
  outside.variables = {{"FREEWAY_ROUTING_DEADLINE", "soon"}};
  Loaded loaded = load("[routing]\ndeadline = \"60s\"\n", outside);
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(loaded.mistakes[0].file, "FREEWAY_ROUTING_DEADLINE");
  EXPECT_EQ(loaded.mistakes[0].line, 0);
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr("\"soon\""));
  outside.variables = {{"FREEWAY_SERVER_THREADS", "2x"}};
  loaded = load("", outside);
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(loaded.mistakes[0].file, "FREEWAY_SERVER_THREADS");
}

TEST(Config, SecretsComeFromTextVariablesAndFiles) {
  TestOutside outside;
  outside.variables = {{"K2", "secret-of-variable"}};
  outside.files = {{"/etc/fw/key", "secret-of-file\n"}, {"/abs", "another-secret-of-file\r\n"}};
  Loaded loaded = load_config_text(R"([[providers]]
id = "u1"
base_url = "http://h"
models = [{ id = "m" }]
keys = ["k1", { env = "K2", name = "second", account = "a", account_id = "id" }, { file = "key" }]
[[client_keys]]
key_file = "/abs"
models = ["auto", "m"]
rpm = 2
tpd = 3
)",
                                   "/etc/fw/config.toml", outside.outside());
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  const auto& keys = loaded.config->providers[0].keys;
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_EQ(keys[0].secret.reveal(), "k1");
  EXPECT_EQ(keys[0].name, "key#1");
  EXPECT_EQ(keys[1].secret.reveal(), "secret-of-variable");
  EXPECT_EQ(keys[1].name, "second");
  EXPECT_EQ(keys[1].account, "a");
  EXPECT_EQ(keys[1].account_id, "id");
  EXPECT_EQ(keys[2].secret.reveal(), "secret-of-file");
  EXPECT_EQ(keys[2].name, "key#3");
  const auto& client = loaded.config->client_keys.at(0);
  EXPECT_EQ(client.key.reveal(), "another-secret-of-file");
  EXPECT_EQ(client.name, "client#1");
  EXPECT_THAT(client.models, ElementsAre("auto", "m"));
  EXPECT_EQ(client.rpm, 2U);
  EXPECT_EQ(client.tpd, 3U);
}

TEST(Config, NoKeysIsKeyless) {
  for (const char* keys : {"keys = []\n", ""}) {
    Config config = good(std::string(PROVIDER) + keys + "models = [{ id = \"m\" }]\n");
    ASSERT_EQ(config.providers[0].keys.size(), 1U);
    EXPECT_TRUE(config.providers[0].keys[0].secret.empty());
  }
}

TEST(Config, ReadsModelsAndQuirks) {
  Config config = good(PROVIDER R"(day_clock = "America/Los_Angeles"
timeouts = { answer = "300s" }
[providers.quirks]
drop = ["logit_bias"]
rename = { max_completion_tokens = "max_tokens" }
stream_options = false
parallel_tool_calls = false
strict_schema = false
tool_id_length = 9
text_parts = false
image_addresses = false
[[providers.models]]
id = "org/m1"
kind = "embedding"
context = 128000
max_output = 8192
tools = true
vision = false
json = true
reasoning = false
dimensions = 1024
timeouts = { idle = "2s" }
)");
  const catalog::Provider& provider = config.providers.at(0);
  EXPECT_EQ(provider.timeouts.answer, seconds(300));
  EXPECT_FALSE(provider.timeouts.idle);
  EXPECT_THAT(provider.quirks.drop, ElementsAre("logit_bias"));
  EXPECT_THAT(provider.quirks.rename, ElementsAre(testing::Pair("max_completion_tokens", "max_tokens")));
  EXPECT_FALSE(provider.quirks.stream_options);
  EXPECT_FALSE(provider.quirks.parallel_tool_calls);
  EXPECT_FALSE(provider.quirks.strict_schema);
  EXPECT_FALSE(provider.quirks.text_parts);
  EXPECT_EQ(provider.quirks.image_addresses, false);
  EXPECT_EQ(provider.quirks.tool_id_length, 9U);
  const catalog::Model& model = provider.models.at(0);
  EXPECT_EQ(model.id, "org/m1");
  EXPECT_EQ(model.family, "org/m1");
  EXPECT_EQ(model.kind, catalog::Kind::embedding);
  EXPECT_EQ(model.context, 128000U);
  EXPECT_EQ(model.max_output, 8192U);
  EXPECT_EQ(model.tools, true);
  EXPECT_EQ(model.vision, false);
  EXPECT_EQ(model.json, true);
  EXPECT_EQ(model.reasoning, false);
  EXPECT_EQ(model.dimensions, 1024U);
  EXPECT_EQ(model.timeouts.idle, seconds(2));
  EXPECT_FALSE(good(MODEL).providers[0].models[0].tools.has_value());
}

TEST(Config, LimitsBecomePools) {
  Config config = good(PROVIDER R"(day_clock = "America/Los_Angeles"
limits = { rpm = 20, rpd = 1000 }
[[providers.models]]
id = "m1"
limits = { tpm = 6, tpd = 7, concurrency = 4 }
)");
  const catalog::Provider& provider = config.providers.at(0);
  ASSERT_EQ(provider.pools.size(), 2U);
  const catalog::PoolSpec& rpm = provider.pools[0];
  EXPECT_EQ(rpm.name, "rpm");
  EXPECT_EQ(rpm.limit, 20U);
  EXPECT_EQ(rpm.scope, catalog::Scope::key);
  EXPECT_EQ(rpm.unit, catalog::Unit::requests);
  EXPECT_EQ(rpm.charge, catalog::Charge::attempt);
  EXPECT_EQ(rpm.window.kind, catalog::Window::Kind::sliding);
  EXPECT_EQ(rpm.window.length, seconds(60));
  EXPECT_THAT(rpm.models, ElementsAre("*"));
  EXPECT_EQ(provider.pools[1].window.kind, catalog::Window::Kind::day);
  auto built = catalog::Catalog::build(config.providers);  // fills in the provider's clock
  ASSERT_TRUE(built.has_value());
  EXPECT_EQ(built->providers()[0].pools[1].window.zone, "America/Los_Angeles");
  const auto& pools = provider.models.at(0).pools;
  ASSERT_EQ(pools.size(), 3U);
  EXPECT_EQ(pools[0].unit, catalog::Unit::tokens);
  EXPECT_EQ(pools[0].charge, catalog::Charge::tokens);
  EXPECT_EQ(pools[0].window.kind, catalog::Window::Kind::sliding);
  EXPECT_THAT(pools[0].models, ElementsAre("m1"));
  EXPECT_EQ(pools[1].window.kind, catalog::Window::Kind::day);
  EXPECT_EQ(pools[1].charge, catalog::Charge::tokens);
  EXPECT_EQ(pools[2].unit, catalog::Unit::concurrent);
  EXPECT_EQ(pools[2].limit, 4U);
}

TEST(Config, ReadsPools) {
  Config config = good(PROVIDER R"(models = [{ id = "m1" }]
limits = { rpm = 1 }
[[providers.pools]]
name = "account-month"
scope = "account"
unit = "output_tokens"
limit = 50
window = "month since 17"
charge = "prompt+max_tokens"
models = ["m*"]
[[providers.pools]]
limit = 2
unit = "concurrent"
)");
  const auto& pools = config.providers.at(0).pools;
  ASSERT_EQ(pools.size(), 3U);
  EXPECT_EQ(pools[1].name, "account-month");
  EXPECT_EQ(pools[1].scope, catalog::Scope::account);
  EXPECT_EQ(pools[1].unit, catalog::Unit::output_tokens);
  EXPECT_EQ(pools[1].limit, 50U);
  EXPECT_EQ(pools[1].window.kind, catalog::Window::Kind::month_since);
  EXPECT_EQ(pools[1].window.day, 17);
  EXPECT_EQ(pools[1].charge, catalog::Charge::prompt_max_tokens);
  EXPECT_THAT(pools[1].models, ElementsAre("m*"));
  EXPECT_EQ(pools[2].unit, catalog::Unit::concurrent);
  EXPECT_EQ(pools[2].scope, catalog::Scope::key);
}

// Words of one's own go before those that are built in.
TEST(Config, ReadsErrorsOverThoseOfABuiltInProvider) {
  Config config = good(R"([[providers]]
id = "openrouter"
keys = ["k"]
[[providers.errors]]
status = 429
message = "free-models"
reason = "overloaded"
scope = "route"
)");
  auto named = [](const catalog::Provider& provider) { return provider.id == "openrouter"; };
  auto provider = std::find_if(config.providers.begin(), config.providers.end(), named);
  ASSERT_NE(provider, config.providers.end());
  ASSERT_GT(provider->errors.size(), 3U);
  EXPECT_EQ(provider->errors[0].reason, chat::Reason::overloaded);
  EXPECT_THAT(provider->errors[1].message, ElementsAre("free-models-per-day"));
}

// What a name becomes, the way the router reads the list: the first pattern that covers it.
std::string alias_of(const Config& config, std::string_view name) {
  for (const auto& [pattern, target] : config.policy.aliases) {
    if (catalog::matches(pattern, name)) return target;
  }
  return "";
}

TEST(Config, BuiltInAliasesStandForWhatIsMeant) {
  Config config = good("");
  EXPECT_EQ(alias_of(config, "claude-opus-4-1"), "auto:smart");
  EXPECT_EQ(alias_of(config, "claude-3-opus-20240229"), "auto:smart");
  EXPECT_EQ(alias_of(config, "claude-sonnet-4-5"), "auto");
  EXPECT_EQ(alias_of(config, "claude-haiku-4-5"), "auto:fast");
  EXPECT_EQ(alias_of(config, "claude-fable-5"), "auto:smart");
  EXPECT_EQ(alias_of(config, "claude-2.1"), "auto");
  EXPECT_EQ(alias_of(config, "opus"), "auto:smart");
  EXPECT_EQ(alias_of(config, "sonnet"), "auto");
  EXPECT_EQ(alias_of(config, "haiku"), "auto:fast");
  EXPECT_EQ(alias_of(config, "gemini-2.5-pro"), "auto:smart");
  EXPECT_EQ(alias_of(config, "gemini-2.5-flash"), "auto");
  EXPECT_EQ(alias_of(config, "gemini-2.5-flash-lite"), "auto:fast");
  EXPECT_EQ(alias_of(config, "gemini-embedding-001"), "");
  EXPECT_EQ(alias_of(config, "m1"), "");
}

TEST(Config, OwnAliasesGoFirstExactOnesBeforePatternsAndLongBeforeShort) {
  Config config = good(std::string(kProvider) + R"([aliases]
"claude-*" = "u1/m1"
"claude-opus-*" = "f2"
claude-opus-4 = "auto"
[profiles]
coding = ["u1/m2"]
)");
  EXPECT_EQ(alias_of(config, "claude-opus-4"), "auto");
  EXPECT_EQ(alias_of(config, "claude-opus-5"), "f2");
  EXPECT_EQ(alias_of(config, "claude-haiku-5"), "u1/m1");
  EXPECT_EQ(config.policy.aliases[0].first, "claude-opus-4");
  EXPECT_THAT(config.policy.profiles.at("coding"), ElementsAre("u1/m2"));
}

TEST(Config, BuiltInAliasesDoNotHideConfiguredModels) {
  std::string text = PROVIDER "models = [{ id = \"gemini-2.5-pro\" }]\n";
  Loaded loaded = load(text);
  ASSERT_TRUE(loaded.config);
  EXPECT_TRUE(loaded.mistakes.empty()) << describe(loaded.mistakes);
  EXPECT_EQ(alias_of(*loaded.config, "gemini-2.5-pro"), "gemini-2.5-pro");
  EXPECT_EQ(alias_of(*loaded.config, "gemini-3-pro"), "auto:smart");
  EXPECT_EQ(alias_of(good(text + "[aliases]\n\"gemini-*\" = \"auto\"\n"), "gemini-2.5-pro"), "auto");
}

TEST(ConfigFile, MayBeMissingOnlyAtTheDefaultPlace) {
  TestOutside outside;
  EXPECT_TRUE(load_config("/none", false, outside.outside()).config);
  Loaded loaded = load_config("/none", true, outside.outside());
  EXPECT_FALSE(loaded.config);
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(loaded.mistakes[0].file, "/none");
}

TEST(ConfigFile, DefaultPathFollowsXdg) {
  TestOutside outside;
  outside.variables = {{"HOME", "/h"}};
  EXPECT_EQ(default_config_path(outside.outside()), "/h/.config/freeway/config.toml");
  outside.variables["XDG_CONFIG_HOME"] = "/x";
  EXPECT_EQ(default_config_path(outside.outside()), "/x/freeway/config.toml");
  outside.variables["FREEWAY_CONFIG"] = "/f.toml";
  EXPECT_EQ(default_config_path(outside.outside()), "/f.toml");
}

TEST(Config, AKeysProxyAndItsProviders) {
  Loaded loaded = load(
      "[[providers]]\nid = \"u1\"\nbase_url = \"http://h/v1\"\nproxy = \"http://me:s3cret@p:3128\"\n"
      "keys = [\"k1-0123456789abcdef\", { key = \"k2-0123456789abcdef\", proxy = \"socks5h://q:1080\" }]\n"
      "models = [{ id = \"m1\" }]\n");
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  const catalog::Provider& provider = loaded.config->providers.back();
  EXPECT_EQ(provider.proxy, "http://me:s3cret@p:3128");
  EXPECT_EQ(provider.keys.at(0).proxy, "");
  EXPECT_EQ(provider.keys.at(1).proxy, "socks5h://q:1080");
}

}  // namespace
}  // namespace freeway::app
