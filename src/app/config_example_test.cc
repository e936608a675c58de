// The full example of the documented configuration: everything that may stand in the file stands in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "app/config.h"
#include "app/test_outside.h"

namespace freeway::app {
namespace {

constexpr const char* kExample = R"toml([server]
listen = "127.0.0.1:8420"
admin_token = "…"              # for the admin API without a browser; optional
threads = 0                    # 0 = one per core
body_limit = "32MiB"
upload_limit = "32MiB"         # of a form with a file; default: body_limit
upload_space = "2GiB"           # of the files of all forms at the same time
stream_space = "256MiB"        # of memory, for what all streams have in hand
allowed_hosts = []             # more names under which dashboard, admin, MCP and keyless paths may be reached
cors_origins = []              # for /v1 and /v1beta; dashboard and admin never
trusted_proxies = []           # whose X-Forwarded-For counts for throttling

[catalog]
builtin = true                 # false: only the providers below

[[client_keys]]
name = "laptop"
key = "fw-…"                   # or key_env = "NAME", key_file = "PATH"; 4 characters or more, `check` warns of short ones
models = ["auto", "m1"]        # optional allow-list; "auto" then means auto over the listed models
rpm = 60                       # optional; refused requests (403, 400) are not counted
tpd = 1000000                  # optional

[[providers]]
id = "u1"
dialect = "openai"             # openai | gemini | cohere | cloudflare | ollama | aihorde …
base_url = "http://127.0.0.1:9001/v1"
keys = ["k1", "k2"]            # each a string or { key | env | file, name, account, account_id, proxy }; [] = keyless
proxy = "socks5h://…"          # optional; a broken proxy fails closed
limits = { rpm = 20, rpd = 1000 }          # per key, over all models
day_clock = "UTC"              # zone of this provider's day and month
timeouts = { answer = "300s" } # optional, over [timeouts]; models too
  [[providers.models]]
  id = "m1"                    # the wire id, slashes and all
  family = "m1"                # default: the id
  kind = "chat"                # chat | embedding | image | speech | transcription | translation | rerank | moderation
  context = 128000
  max_output = 8192
  tools = true                 # tools, vision, json (= json_schema): false = never asked; left out = unknown, tried after the known
  vision = true
  json = true
  reasoning = false            # information only, never a filter
  limits = { rpm = 30, rpd = 1000, tpm = 60000, tpd = 500000, concurrency = 4 }   # per key
                               # embeddings: dimensions = 1024
  [[providers.pools]]          # for what `limits` can't say
  name = "account-day"
  scope = "account"            # key | account | model | family | address. Keys of a provider are one account unless `account` differs
  unit = "requests"            # requests | tokens | input_tokens | output_tokens | concurrent | neurons | audio_seconds | credit
  limit = 50
  window = "day America/Los_Angeles"   # sliding D | fixed D | day ZONE | month ZONE | month since DAY | bucket D (capacity `limit`, refills evenly over D) | once
  charge = "attempt"           # attempt | success | tokens | prompt+max_tokens
  models = ["*"]

[aliases]                      # names that clients use → what is meant; built-in defaults for Claude and Gemini names
"claude-opus-*" = "auto:smart"

[profiles]                     # auto:coding
coding = ["u1/m1", "u2/m1"]

[routing]
strategy = "balanced"          # priority | balanced | smart | fast | reliable | spread
order = ["u1/m1", "u2/m1"]     # for priority; default: the order of the file
max_attempts = 20
deadline = "60s"               # from arrival, waiting and all attempts included: streamed, to the first content;
                               # not streamed, to the start of the last attempt, which may run on to its own `answer`
queue_wait = "30s"             # of this, how long a request may wait when no route is admissible; "0s" = never
session_ttl = "30m"
hedge_share = 0.0

[images]                       # that clients name by address, for providers that take bytes alone
fetch = true
allow = []                     # networks, addresses and host names beside public ones: "10.0.0.0/8", "images.internal"
max_size = "20MiB"             # of all images of a request
max_count = 16
timeout = "10s"

[cache]
enabled = false                # exact response cache

[ollama]
enabled = false                # the Ollama surface

[timeouts]                     # of one attempt
connect = "5s"
first_token = "30s"            # streamed: to the first content token
answer = "120s"                # not streamed: to the end of the answer
idle = "60s"                   # streamed: between two pieces of content
)toml";

// Lines of the example that no configuration of this version can hold.
constexpr const char* kProxy = "proxy = \"socks5h://…\"";

Loaded load(const std::string& text) {
  TestOutside nothing;
  return load_config_text(text, "example.toml", nothing.outside());
}

int line_of(const std::string& text, std::string_view part) {
  std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

TEST(ConfigExample, LoadsWithoutItsProxyAndWithItsSecondProvider) {
  std::string text = kExample;
  text.erase(text.find(kProxy), std::string_view(kProxy).size());
  text += "[[providers]]\nid = \"u2\"\nbase_url = \"http://127.0.0.1:9002/v1\"\nmodels = [{ id = \"m1\" }]\n";
  Loaded loaded = load(text);
  ASSERT_TRUE(loaded.config) << describe(loaded.mistakes);
  const Config& config = *loaded.config;
  EXPECT_EQ(config.client_keys.at(0).name, "laptop");
  EXPECT_EQ(config.client_keys.at(0).rpm, 60U);
  const catalog::Provider& provider = config.providers.at(0);
  EXPECT_EQ(provider.keys.size(), 2U);
  EXPECT_EQ(provider.timeouts.answer, std::chrono::seconds(300));
  EXPECT_EQ(provider.models.at(0).pools.size(), 5U);
  ASSERT_EQ(provider.pools.size(), 3U);
  EXPECT_EQ(provider.pools[2].name, "account-day");
  EXPECT_EQ(provider.pools[2].window.zone, "America/Los_Angeles");
  EXPECT_THAT(config.policy.order, testing::ElementsAre("u1/m1", "u2/m1"));
  EXPECT_THAT(config.policy.profiles.at("coding"), testing::ElementsAre("u1/m1", "u2/m1"));
  for (const Mistake& mistake : loaded.mistakes) EXPECT_THAT(mistake.message, testing::HasSubstr("short"));
}

// Its values are the defaults, except where it shows a value for the sake of showing one.
TEST(ConfigExample, ShowsTheDefaults) {
  std::string text = kExample;
  text.erase(text.find(kProxy), std::string_view(kProxy).size());
  text += "[[providers]]\nid = \"u2\"\nbase_url = \"http://127.0.0.1:9002/v1\"\nmodels = [{ id = \"m1\" }]\n";
  Loaded example = load(text);
  Loaded empty = load("");
  ASSERT_TRUE(example.config && empty.config);
  EXPECT_EQ(example.config->server.listen, empty.config->server.listen);
  EXPECT_EQ(example.config->server.body_limit, empty.config->server.body_limit);
  EXPECT_EQ(example.config->server.upload_limit, empty.config->server.upload_limit);
  EXPECT_EQ(example.config->server.upload_space, empty.config->server.upload_space);
  EXPECT_EQ(example.config->server.stream_space, empty.config->server.stream_space);
  EXPECT_EQ(example.config->server.threads, empty.config->server.threads);
  EXPECT_EQ(example.config->policy.strategy, empty.config->policy.strategy);
  EXPECT_EQ(example.config->session_ttl, empty.config->session_ttl);
  EXPECT_EQ(example.config->relay.max_attempts, empty.config->relay.max_attempts);
  EXPECT_EQ(example.config->relay.deadline, empty.config->relay.deadline);
  EXPECT_EQ(example.config->relay.queue_wait, empty.config->relay.queue_wait);
  EXPECT_EQ(example.config->relay.images.fetch, empty.config->relay.images.fetch);
  EXPECT_EQ(example.config->relay.images.bytes, empty.config->relay.images.bytes);
  EXPECT_EQ(example.config->relay.images.count, empty.config->relay.images.count);
  EXPECT_EQ(example.config->relay.images.patience, empty.config->relay.images.patience);
  EXPECT_EQ(example.config->relay.images.guard->identity(), empty.config->relay.images.guard->identity());
  EXPECT_EQ(example.config->relay.connect, empty.config->relay.connect);
  EXPECT_EQ(example.config->relay.first_token, empty.config->relay.first_token);
  EXPECT_EQ(example.config->relay.answer, empty.config->relay.answer);
  EXPECT_EQ(example.config->relay.idle, empty.config->relay.idle);
}

TEST(ConfigExample, AsItStandsTellsWhatIsMissing) {
  std::string text = kExample;
  Loaded loaded = load(text);
  EXPECT_FALSE(loaded.config);
  std::vector<int> lines;
  for (const Mistake& mistake : loaded.mistakes) {
    if (!mistake.warning) lines.push_back(mistake.line);
  }
  EXPECT_THAT(lines, testing::ElementsAre(line_of(text, kProxy), line_of(text, "coding ="), line_of(text, "order =")))
      << describe(loaded.mistakes);
}

}  // namespace
}  // namespace freeway::app
