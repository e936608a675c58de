// Every mistake that a configuration can hold, with its line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"
#include "app/test_outside.h"

namespace freeway::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Loaded load(const std::string& text) {
  TestOutside nothing;
  return load_config_text(text, "c.toml", nothing.outside());
}

// The one mistake of a text: where, and what it says.
struct Wrong {
  const char* text;
  int line;
  const char* says;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.text; }

class ConfigMistake : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigMistake, IsToldWithItsLine) {
  Loaded loaded = load(GetParam().text);
  EXPECT_FALSE(loaded.config.has_value());
  ASSERT_EQ(loaded.mistakes.size(), 1U) << describe(loaded.mistakes);
  EXPECT_EQ(loaded.mistakes[0].file, "c.toml");
  EXPECT_EQ(loaded.mistakes[0].line, GetParam().line) << loaded.mistakes[0].message;
  EXPECT_FALSE(loaded.mistakes[0].warning);
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr(GetParam().says));
}

#define PROVIDER "[[providers]]\nid = \"u1\"\nbase_url = \"http://h/v1\"\n"
#define MODEL PROVIDER "[[providers.models]]\nid = \"m1\"\n"
#define POOL PROVIDER "models = [{ id = \"m1\" }]\n[[providers.pools]]\n"

INSTANTIATE_TEST_SUITE_P(Syntax, ConfigMistake,
                         testing::Values(Wrong{"[server]\nlisten = \n", 2, "not TOML"},
                                         Wrong{"a = 1\na = 2\n", 2, "not TOML"}, Wrong{"[server\n", 1, "not TOML"},
                                         Wrong{"x = \"\xff\"\n", 1, "not TOML"}));

INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, ConfigMistake,
    testing::Values(
        Wrong{"\n[sever]\n", 2, "did you mean \"server\"?"},
        Wrong{"[server]\nlisten = \"127.0.0.1:1\"\nlsiten = \"x\"\n", 3, "did you mean \"listen\"?"},
        Wrong{"[server]\nzzzzzzzz = 1\n", 2, "known here: listen, admin_token"},
        Wrong{"[routing]\nhedge_shard = 0.0\n", 2, "did you mean \"hedge_share\"?"},
        Wrong{"[timeouts]\nfirst_tokn = \"1s\"\n", 2, "did you mean \"first_token\"?"},
        Wrong{"[cache]\nenable = false\n", 2, "did you mean \"enabled\"?"},
        Wrong{"[catalog]\nbuiltins = true\n", 2, "did you mean \"builtin\"?"},
        Wrong{"[privacy]\nlabel_ages = \"1d\"\n", 2, "did you mean \"label_age\"?"},
        Wrong{"[privacy]\nlabel_age = 365\n", 2, "label_age"},
        Wrong{"[images]\nfetches = true\n", 2, "did you mean \"fetch\"?"},
        Wrong{"[images]\nallow = [\"10.0.0.0/8\",\n\"10.0.0.0/33\"]\n", 3, "or a host's name, found \"10.0.0.0/33\""},
        Wrong{"[images]\nallow = [\"http://h/\"]\n", 2, "or a host's name"},
        Wrong{"[images]\nmax_size = \"49MiB\"\n", 2, "max_size"}, Wrong{"[images]\nmax_count = 0\n", 2, "from 1 to 100"},
        Wrong{"[images]\ntimeout = \"0s\"\n", 2, "timeout"},
        Wrong{"[[client_keys]]\nkey = \"0123456789abcdef\"\nrpms = 2\n", 3, "did you mean \"rpm\"?"},
        Wrong{MODEL "contxt = 5\n", 6, "did you mean \"context\"?"},
        Wrong{MODEL "limits = { rmp = 5 }\n", 6, "did you mean \"rpm\"?"},
        Wrong{PROVIDER "models = []\nquirks = { stream_option = true }\n", 5, "did you mean \"stream_options\"?"},
        Wrong{PROVIDER "models = []\nkeys = [{ key = \"k\", acount = \"a\" }]\n", 5, "did you mean \"account\"?"},
        Wrong{POOL "limit = 1\nwindow = \"once\"\nwindws = 1\n", 8, "did you mean \"window\"?"}));

INSTANTIATE_TEST_SUITE_P(
    Types, ConfigMistake,
    testing::Values(Wrong{"server = 3\n", 1, "expected a table, found the integer 3"},
                    Wrong{"[server]\nthreads = \"two\"\n", 2, "expected a whole number from 0 to 1024, found a string"},
                    Wrong{"[server]\nthreads = -1\n", 2, "found the integer -1"},
                    Wrong{"[server]\nbody_limit = \"much\"\n", 2, "expected a size such as \"32MiB\""},
                    Wrong{"[server]\nbody_limit = 0\n", 2, "expected a size"},
                    Wrong{"[server]\nbody_limit = \"5GiB\"\n", 2, "expected a size"},
                    Wrong{"[server]\nupload_limit = \"5GiB\"\n", 2, "expected a size"},
                    Wrong{"[server]\nupload_limit = \"2MiB\"\nupload_space = \"1MiB\"\n", 3,
                          "expected 2097152 bytes or more, which one upload may have (upload_limit), found 1048576"},
                    Wrong{"[server]\nstream_space = \"31MiB\"\n", 2, "expected 33554432 bytes or more"},
                    Wrong{"[server]\nadmin_token = 5\n", 2, "expected a string"},
                    Wrong{"[server]\nallowed_hosts = \"a\"\n", 2, "expected an array of strings, found a string"},
                    Wrong{"[server]\nallowed_hosts = [\n\"a\",\n3]\n", 4,
                          "expected a string in this array, found the integer 3"},
                    Wrong{"[server]\nallowed_hosts = [\"http://a\"]\n", 2, "without scheme"},
                    Wrong{"[server]\ncors_origins = [\"a.example\"]\n", 2, "expected an origin"},
                    Wrong{"[server]\ntrusted_proxies = [\"10.0.0.0/33\"]\n", 2, "expected an address"},
                    Wrong{"[server]\nlisten = \"127.0.0.1\"\n", 2, "expected an address and a port"},
                    Wrong{"[log]\nkeep = 30\n", 2, "expected a duration such as \"30s\", found the integer 30"},
                    Wrong{"[log]\nkeep = \"0s\"\n", 2, "longer than zero"},
                    Wrong{"[log]\nmax_size = \"1000KiB\"\n", 2, "expected 1MiB or more"},
                    Wrong{"[log]\nmax_size = \"much\"\n", 2, "expected a size"},
                    Wrong{"[log]\nlevel = \"debug\"\n", 2, "unknown key"},
                    Wrong{"[catalog]\nbuiltin = \"yes\"\n", 2, "expected true or false, found a string"},
                    Wrong{"[cache]\nenabled = \"yes\"\n", 2, "expected true or false, found a string"},
                    Wrong{"[ollama]\nenabled = 1\n", 2, "expected true or false, found the integer 1"},
                    Wrong{"[routing]\ndeadline = 30\n", 2, "expected a duration such as \"30s\", found the integer 30"},
                    Wrong{"[routing]\ndeadline = \"30\"\n", 2, "expected a duration such as \"30s\""},
                    Wrong{"[routing]\ndeadline = \"0s\"\n", 2, "longer than zero"},
                    Wrong{"[routing]\ndeadline = \"800d\"\n", 2, "at most 366 days"},
                    Wrong{"[routing]\nqueue_wait = 2026-01-01\n", 2, "found a date or time"},
                    Wrong{"[routing]\nmax_attempts = 0\n", 2, "expected a whole number from 1 to 1000, found the integer 0"},
                    Wrong{"[routing]\nstrategy = \"fats\"\n", 2, "did you mean \"fast\"?"},
                    Wrong{"[routing]\nhedge_share = 2\n", 2, "expected a number from 0 to 1"},
                    Wrong{"[timeouts]\nidle = \"-1s\"\n", 2, "expected a duration"}));

INSTANTIATE_TEST_SUITE_P(
    Proxies, ConfigMistake,
    testing::Values(Wrong{PROVIDER "models = []\nproxy = \"socks5://p:1\"\n", 5, "socks5h:// lets the proxy resolve"},
                    Wrong{PROVIDER "models = []\nproxy = \"https://p:1\"\n", 5, "TLS to the proxy itself is not supported"},
                    Wrong{PROVIDER "models = []\nkeys = [{ key = \"k\", proxy = \"http://p\" }]\n", 5, "port is missing"}));

INSTANTIATE_TEST_SUITE_P(
    ClientKeys, ConfigMistake,
    testing::Values(Wrong{"[[client_keys]]\nname = \"a\"\n", 1, "expected exactly one of"},
                    Wrong{"[[client_keys]]\nkey = \"0123456789abcdef\"\nkey_env = \"A\"\n", 1, "found several"},
                    Wrong{"[[client_keys]]\nkey = \"abc\"\n", 1, "expected 4 characters or more"},
                    Wrong{"[[client_keys]]\nkey = \"abc def ghi jkl mno\"\n", 2, "a space or a control character"},
                    Wrong{"[[client_keys]]\nkey_env = \"NOT_SET\"\n", 2, "NOT_SET is not set"},
                    Wrong{"[[client_keys]]\nkey_file = \"/missing\"\n", 2, "can't read /missing"},
                    Wrong{"[[client_keys]]\nkey = \"0123456789abcdef\"\nrpm = 0\n", 3, "of at least 1"},
                    Wrong{"[[client_keys]]\nkey = \"0123456789abcdef\"\nmodels = []\n", 3, "empty allow-list"},
                    Wrong{"[[client_keys]]\nkey = \"0123456789abcdef\"\nprivacy = \"no-trainin\"\n", 3,
                          "expected one of any, no-training; found \"no-trainin\"; did you mean \"no-training\"?"},
                    Wrong{"[[client_keys]]\nname = \"a\"\nkey = \"0123456789abcdef\"\n[[client_keys]]\nname = \"a\"\n"
                          "key = \"0123456789abcdeg\"\n",
                          5, "the name \"a\" is used twice"},
                    Wrong{"[[client_keys]]\nkey = \"0123456789abcdef\"\n[[client_keys]]\nkey = \"0123456789abcdef\"\n", 3,
                          "has the same key as \"client#1\""},
                    Wrong{"client_keys = 5\n", 1, "expected an array of tables, [[client_keys]]"}));

INSTANTIATE_TEST_SUITE_P(
    Providers, ConfigMistake,
    testing::Values(
        Wrong{"[[providers]]\nbase_url = \"http://h\"\nmodels = []\n", 1, "id is missing"},
        Wrong{"[[providers]]\nid = \"a/b\"\nbase_url = \"http://h\"\nmodels = []\n", 2, "without spaces and '/'"},
        Wrong{"[[providers]]\nid = \"a\"\nmodels = []\n", 1, "base_url is missing"},
        Wrong{"[[providers]]\nid = \"a\"\nbase_url = \"ftp://h\"\nmodels = []\n", 3, "expected an address such as"},
        Wrong{PROVIDER "models = []\n" PROVIDER "models = []\n", 6, "the id \"u1\" is used twice"},
        Wrong{PROVIDER "models = []\ndialect = \"opnai\"\n", 5, "did you mean \"openai\"?"},
        Wrong{PROVIDER "models = []\nday_clock = \"Mars/Olympus\"\n", 5, "Mars/Olympus"},
        Wrong{PROVIDER "models = []\nkeys = \"k\"\n", 5, "expected an array, found a string"},
        Wrong{PROVIDER "models = []\nkeys = [\n\"k\", 5]\n", 6, "expected a string or a table"},
        Wrong{PROVIDER "models = []\nkeys = [\"\"]\n", 5, "`keys = []`"},
        Wrong{PROVIDER "models = []\nkeys = [\n\"k\",\n\"k\"]\n", 7, "is the same key as number 1"},
        Wrong{PROVIDER "models = []\nkeys = [{ key = \"a\", name = \"n\" },\n{ key = \"b\", name = \"n\" }]\n", 6,
              "the name \"n\" is used twice"},
        Wrong{PROVIDER "models = []\nkeys = [{ env = \"NOT_SET\" }]\n", 5, "NOT_SET is not set"},
        Wrong{PROVIDER "models = []\nlimits = { rpm = 0 }\n", 5, "of at least 1, found the integer 0"},
        Wrong{PROVIDER "models = []\ntimeouts = { answer = 5 }\n", 5, "expected a duration"},
        Wrong{PROVIDER "models = []\nquirks = { tool_id_length = 99 }\n", 5, "from 0 to 64"},
        Wrong{PROVIDER "[[providers.models]]\nfamily = \"f\"\n", 4, "id is missing"},
        Wrong{MODEL "kind = \"chatt\"\n", 6, "did you mean \"chat\"?"},
        Wrong{MODEL "tools = 1\n", 6, "expected true or false, found the integer 1"},
        Wrong{MODEL "context = 0\n", 6, "of at least 1"}, Wrong{MODEL "limits = { tpm = -5 }\n", 6, "found the integer -5"},
        Wrong{MODEL "limits = { concurrency = 0 }\n", 6, "of at least 1"},
        Wrong{MODEL "[[providers.models]]\nid = \"m1\"\n", 7, "the model \"m1\" is listed twice"},
        Wrong{POOL "limit = 1\n", 5, "window is missing"}, Wrong{POOL "window = \"once\"\n", 5, "limit is missing"},
        Wrong{POOL "limit = 1\nwindow = \"sliding\"\n", 7, "sliding 60s"},
        Wrong{POOL "limit = 1\nwindow = \"once\"\nscope = \"keys\"\n", 8, "did you mean \"key\"?"},
        Wrong{POOL "limit = 1\nwindow = \"once\"\ncharge = \"tokens\"\n", 8, "the unit is not tokens"},
        Wrong{POOL "limit = 1\nwindow = \"once\"\nmodels = []\n", 8, "covers no model"},
        Wrong{POOL "unit = \"neurons\"\nlimit = 1\nwindow = \"once\"\n", 5, "covers \"m1\", of which nothing is known"},
        Wrong{MODEL "neurons = { input = 1 }\n", 6, "output is missing"},
        Wrong{MODEL "price = { input = 1, output = -2 }\n", 6, "from 0 to"},
        Wrong{MODEL "price = { input = 1, output = 2, per = \"hour\" }\n", 6, "known here: input, output, source, as_of"},
        Wrong{PROVIDER "models = []\n[[providers.limit_fields]]\nlimit = \"x\"\n", 5, "per is missing"},
        Wrong{PROVIDER "models = []\n[[providers.limit_fields]]\nper = \"day\"\n", 5, "names no field"},
        Wrong{PROVIDER "models = []\n[[providers.limit_fields]]\nper = \"dya\"\nlimit = \"x\"\n", 6,
              "did you mean \"day\"?"}));

INSTANTIATE_TEST_SUITE_P(Names, ConfigMistake,
                         testing::Values(Wrong{MODEL "[routing]\norder = [\n\"u1/m1\", \"u1/mm\"]\n", 8,
                                               "did you mean \"u1/m1\"?"},
                                         Wrong{MODEL "[profiles]\ncoding = [\"u2/m1\"]\n", 7, "did you mean \"u1/m1\"?"},
                                         Wrong{MODEL "[profiles]\ncoding = []\n", 7, "names no model"},
                                         Wrong{MODEL "[profiles]\ncoding = \"u1/m1\"\n", 7, "expected an array of strings"},
                                         Wrong{MODEL "[aliases]\nfoo = \"auto:smrt\"\n", 7, "did you mean \"auto:smart\"?"},
                                         Wrong{MODEL "[aliases]\nfoo = 3\n", 7, "expected a string"}));

// The TOML reader takes nested tables apart by recursion.
TEST(Config, AKeyOfManyPartsIsAMistakeAndNoCrash) {
  std::string dots;
  for (int i = 0; i < 200'000; ++i) dots += "a.";
  for (const std::string& text :
       {"\n" + dots + "a = 1\n", "\n[" + dots + "a]\n", "\nx = [\"\"\"\"\"\"\"\", { " + dots + "a = 1 }]\n"}) {
    Loaded loaded = load(text);
    ASSERT_EQ(loaded.mistakes.size(), 1U);
    EXPECT_EQ(loaded.mistakes[0].line, 2);
    EXPECT_THAT(loaded.mistakes[0].message, HasSubstr("too many parts"));
  }
}

TEST(Config, DotsInStringsAndCommentsAreNoKeys) {
  std::string dots(50, '.');
  std::string text = "[server] # " + dots + "\nallowed_hosts = ['a" + dots + "', \"b\\\"" + dots + "\"]\n[profiles]\n";
  Loaded loaded = load(text + "x = [\"\"\"\n\\\"" + dots + "\"\"\"]\n");
  ASSERT_EQ(loaded.mistakes.size(), 1U) << describe(loaded.mistakes);
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr("is configured"));
}

// Every mistake at once, in the order of the file.
TEST(Config, TellsAllMistakesInOrder) {
  Loaded loaded = load("[timeouts]\nidle = 5\n[server]\nthreads = true\nlisten = \":x\"\n");
  std::vector<int> lines;
  for (const Mistake& mistake : loaded.mistakes) lines.push_back(mistake.line);
  EXPECT_THAT(lines, ElementsAre(2, 4, 5));
  EXPECT_FALSE(loaded.config);
}

TEST(Config, MistakesAreDescribedALineEach) {
  Loaded loaded = load("[cache]\n  enabled = 1\n");
  EXPECT_EQ(describe(loaded.mistakes), "c.toml:2:13: error: cache.enabled: expected true or false, found the integer 1\n");
}

// A key's content may be quoted in messages only where it is no secret.
TEST(Config, MistakesHoldNoSecret) {
  Loaded loaded = load(
      "[server]\nadmin_token = \"s3cret token\"\n[[client_keys]]\nkey = \"s3cret one\"\n[[client_keys]]\nkey = \"s3c\"\n"
      "[[providers]]\nid = \"u1\"\nbase_url = \"http://me:s3cret@h/v1\"\nproxy = \"socks5h://s3cret@h\"\nmodels = []\n"
      "keys = [\"s3cret key\", \"s3cret key\"]\n");
  EXPECT_GE(loaded.mistakes.size(), 6U);
  EXPECT_THAT(describe(loaded.mistakes), testing::Not(HasSubstr("s3c")));
}

TEST(Config, DescriptionsAreSafeForATerminal) {
  Loaded loaded = load("\"a\\u001b[31m\\nb\" = 1\n");
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_THAT(describe(loaded.mistakes), HasSubstr("a\\x1b[31m\\x0ab"));
}

struct Doubt {
  std::string text;
  int line;
  const char* says;
};
class ConfigWarning : public testing::TestWithParam<Doubt> {};

TEST_P(ConfigWarning, IsToldButServes) {
  Loaded loaded = load(GetParam().text);
  EXPECT_TRUE(loaded.config.has_value()) << describe(loaded.mistakes);
  ASSERT_EQ(loaded.mistakes.size(), 1U) << describe(loaded.mistakes);
  EXPECT_TRUE(loaded.mistakes[0].warning);
  EXPECT_EQ(loaded.mistakes[0].line, GetParam().line);
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(NotBuiltYet, ConfigWarning,
                         testing::Values(Doubt{"[cache]\nenabled = true\n", 2,
                                               "the response cache is not available in this"},
                                         Doubt{"[ollama]\nenabled = true\n", 2, "the Ollama surface is not available in"}));

INSTANTIATE_TEST_SUITE_P(
    Doubts, ConfigWarning,
    testing::Values(Doubt{"[[client_keys]]\nkey = \"abcd\"\n", 1, "the key is short"},
                    Doubt{"[server]\nadmin_token = \"abcd\"\n", 2, "is short"},
                    Doubt{"[[client_keys]]\nkey = \"0123456789abcdef\"\nmodels = [\"nope\"]\n", 3, "nothing is called"},
                    Doubt{MODEL "[aliases]\nm1 = \"auto\"\n", 7, "shadows the model \"m1\""},
                    Doubt{MODEL "[aliases]\n\"u1/*\" = \"auto\"\n", 7, "shadows the model \"u1/m1\""},
                    Doubt{MODEL "[aliases]\nauto = \"u1/m1\"\n", 7, "shadows \"auto\""},
                    Doubt{MODEL "[aliases]\n\"auto:fast\" = \"u1/m1\"\n", 7, "shadows \"auto:fast\""},
                    Doubt{MODEL "[profiles]\nfast = [\"u1/m1\"]\n", 7, "the name of a strategy"},
                    Doubt{MODEL "[routing]\norder = [\"u1/m1\", \"u1/m1\"]\n", 7, "listed twice"},
                    Doubt{PROVIDER, 1, "serves nothing"},
                    Doubt{PROVIDER "models = [{ id = \"a\", family = \"b\" },\n{ id = \"b\", family = \"c\" }]\n", 5,
                          "the name \"b\" means the family of that name; clients reach this one as \"u1/b\""},
                    Doubt{PROVIDER "models = [{ id = \"a\" },\n{ id = \"c\", family = \"u1/a\" }]\n", 5,
                          "means the model of that full name"},
                    Doubt{PROVIDER "models = [{ id = \"a\" },\n{ id = \"u1/a\", family = \"c\" }]\n", 5,
                          "means the model of that full name"},
                    Doubt{PROVIDER "models = [{ id = \"auto\" }]\n", 4, "freeway's own"},
                    Doubt{POOL "limit = 1\nwindow = \"once\"\nmodels = [\"x*\"]\n", 8, "covers no model"}));

TEST(Config, WarnsOfAnAliasThatHidesAModelOfABuiltInProviderInUse) {
  const std::string text = "[aliases]\n\"gpt-oss-120b\" = \"auto\"\n[catalog]\n";
  TestOutside outside;
  outside.variables["GROQ_API_KEY"] = "gsk-0123456789abcdef";
  auto told = load_config_text(text, "c.toml", outside.outside()).mistakes;
  ASSERT_EQ(told.size(), 1U) << describe(told);
  EXPECT_TRUE(told[0].warning);
  EXPECT_EQ(told[0].line, 2);
  EXPECT_THAT(told[0].message, HasSubstr("shadows the model \"gpt-oss-120b\""));
  told = load_config_text(text + "builtin = false\n", "c.toml", outside.outside()).mistakes;
  EXPECT_TRUE(told.empty()) << describe(told);
}

TEST(Config, WarnsOfAModelWhoseNameMeansAFamilyOfABuiltInProviderInUse) {
  TestOutside outside;
  outside.variables["GROQ_API_KEY"] = "gsk-0123456789abcdef";
  auto told = load_config_text(PROVIDER "keys = [\"k\"]\nmodels = [{ id = \"gpt-oss-120b\", family = \"own\" }]\n", "c.toml",
                               outside.outside())
                  .mistakes;
  ASSERT_EQ(told.size(), 1U) << describe(told);
  EXPECT_THAT(told[0].message, HasSubstr("the name \"gpt-oss-120b\" means the family of that name"));
}

}  // namespace
}  // namespace freeway::app
