#include "app/key_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/table.h"
#include "base/random.h"

namespace freeway::app {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

catalog::Provider provider(std::string id, std::string name, std::vector<std::string> env, std::string account_env = {}) {
  catalog::Provider made;
  made.id = std::move(id);
  made.name = std::move(name);
  made.env = std::move(env);
  made.account_env = std::move(account_env);
  return made;
}

const KeyOwners& owners() {
  static const KeyOwners made({
      provider("groq", "Groq", {"GROQ_API_KEY"}),
      provider("google", "Google AI Studio (Gemini API)", {"GEMINI_API_KEY", "GOOGLE_API_KEY"}),
      provider("huggingface", "Hugging Face", {"HF_TOKEN", "HUGGINGFACE_API_KEY"}),
      provider("openrouter", "OpenRouter", {"OPENROUTER_API_KEY"}),
      provider("cloudflare", "Cloudflare Workers AI", {"CLOUDFLARE_API_TOKEN"}, "CLOUDFLARE_ACCOUNT_ID"),
      provider("mistral", "Mistral", {"MISTRAL_API_KEY"}),
      provider("codestral", "Codestral", {"CODESTRAL_API_KEY"}),
      provider("zhipu", "Z.ai (BigModel)", {"ZHIPU_API_KEY", "ZAI_API_KEY", "BIGMODEL_API_KEY"}),
      provider("ollama", "Ollama Cloud", {"OLLAMA_API_KEY"}),
      provider("siliconflow", "SiliconFlow", {"SILICONFLOW_API_KEY"}),
      provider("dashscope", "DashScope", {"DASHSCOPE_API_KEY"}),
      provider("home-box", "", {}),
  });
  return made;
}

constexpr std::string_view kGroq = "gsk_0123456789abcdefghijx7Qa";

// "provider value", by line, and "provider value name" where there is a name.
std::vector<std::string> found(const KeyImport& import) {
  std::vector<std::string> all;
  for (const ImportedKey& key : import.keys) {
    std::string text = std::to_string(key.line) + " " + key.row.provider + " " + std::string(key.row.value.reveal());
    if (!key.row.name.empty()) text += " " + key.row.name;
    all.push_back(text);
  }
  return all;
}

std::vector<std::string> complaints(const KeyImport& import) {
  std::vector<std::string> all;
  for (const ImportProblem& problem : import.problems) {
    all.push_back((problem.skipped ? "(" : "") + std::to_string(problem.line) + ": " + problem.message +
                  (problem.skipped ? ")" : ""));
  }
  return all;
}

KeyImport read(std::string_view text) { return read_keys(text, owners()); }

TEST(KeyImport, EnvFile) {
  KeyImport import = read(
      "\xEF\xBB\xBF# keys\r\n"
      "export GROQ_API_KEY=gsk_0123456789abcdefghijx7Qa  # work\r\n"
      "\r\n"
      "GEMINI_API_KEY = \"AIza-0123456789-abc\\\"d\"\r\n"
      "MISTRAL_API_KEY='a$b#c\\d'\r\n"
      "DATABASE_URL=postgres://u:p@h/db\r\n"
      "GROQ_API_KEY_2=gsk_98765432109876543210y8Rb");
  EXPECT_EQ(import.format, KeyFormat::env);
  EXPECT_THAT(found(import), ElementsAre("2 groq gsk_0123456789abcdefghijx7Qa", "4 google AIza-0123456789-abc\"d",
                                         "5 mistral a$b#c\\d", "7 groq gsk_98765432109876543210y8Rb"));
  EXPECT_THAT(complaints(import), ElementsAre("(6: DATABASE_URL is no provider's variable)"));
  EXPECT_EQ(import.mistakes(), 0U);
}

TEST(KeyImport, EnvVariablesAsPeopleNameThem) {
  auto owner = [](std::string_view name) {
    auto got = owners().by_variable(name);
    return got ? got->provider + (got->account_id ? " account" : "") + " " + got->mark : std::string("nobody");
  };
  EXPECT_EQ(owner("GROQ_API_KEY"), "groq ");
  EXPECT_EQ(owner("groq_api_key"), "groq ");
  EXPECT_EQ(owner("GROQ_API_KEYS"), "groq ");
  EXPECT_EQ(owner("GROQ_API_KEY_2"), "groq 2");
  EXPECT_EQ(owner("GROQ_API_KEY12"), "groq 12");
  EXPECT_EQ(owner("GROQ_API_KEY_WORK"), "groq work");
  EXPECT_EQ(owner("GROQ_KEY"), "groq ");
  EXPECT_EQ(owner("HF_API_KEY"), "huggingface ");
  EXPECT_EQ(owner("MY_GROQ_API_KEY"), "groq ");
  EXPECT_EQ(owner("HOME_BOX_API_KEY"), "home-box ");
  EXPECT_EQ(owner("CLOUDFLARE_ACCOUNT_ID_2"), "cloudflare account 2");
  EXPECT_EQ(owner("OPENAI_API_KEY"), "nobody");
  EXPECT_EQ(owner("GROQ_BASE_URL"), "nobody");
  EXPECT_EQ(owner("PATH"), "nobody");
}

TEST(KeyImport, EnvListsAccountsAndMistakes) {
  KeyImport import = read(
      "GROQ_API_KEYS=\"gsk_0123456789abcdefghijx7Qa, gsk_98765432109876543210y8Rb\"\n"
      "CLOUDFLARE_API_TOKEN=tok-0123456789abcdefgh\n"
      "CLOUDFLARE_ACCOUNT_ID=acc1\n"
      "CLOUDFLARE_API_TOKEN_2=tok-abcdefgh0123456789\n"
      "CLOUDFLARE_ACCOUNT_ID_2=acc2\n"
      "MISTRAL_API_KEY=your-key-here\n"
      "OPENROUTER_API_KEY=\n"
      "SOMEBODY_API_KEY=k3y0123456789abcdefMnop\n"
      "what is this\n"
      "CODESTRAL_API_KEY=\"never closed\n");
  EXPECT_THAT(found(import), ElementsAre("1 groq gsk_0123456789abcdefghijx7Qa", "1 groq gsk_98765432109876543210y8Rb",
                                         "2 cloudflare tok-0123456789abcdefgh", "4 cloudflare tok-abcdefgh0123456789"));
  EXPECT_EQ(import.keys[2].row.account_id, "acc1");
  EXPECT_EQ(import.keys[3].row.account_id, "acc2");
  EXPECT_NE(import.keys[2].row.account, import.keys[3].row.account) << "another id is another account";
  EXPECT_THAT(complaints(import),
              ElementsAre("6: MISTRAL_API_KEY holds a stand-in, no key", "(7: OPENROUTER_API_KEY is empty)",
                          "8: whose key SOMEBODY_API_KEY holds can't be told: name the provider", "9: expected NAME=value",
                          "10: the quote is never closed"));
}

TEST(KeyImport, JsonObjectOfNames) {
  KeyImport import = read(R"({
    "GROQ_API_KEY": "gsk_0123456789abcdefghijx7Qa",
    "google": ["AIza0123456789abcdef", "AIzb0123456789abcdef"],
    "mistral": {"laptop \u00fc": "k3y0123456789abcdefMnop", "desk": {"key": "k3z0123456789abcdefMnop", "account": "b"}},
    "nobody": ["k3y0123456789abcdefMnop"],
    "PORT": 8080
  })");
  EXPECT_EQ(import.format, KeyFormat::json);
  EXPECT_THAT(found(import), ElementsAre("2 groq gsk_0123456789abcdefghijx7Qa", "3 google AIza0123456789abcdef",
                                         "3 google AIzb0123456789abcdef", "4 mistral k3y0123456789abcdefMnop laptop ü",
                                         "4 mistral k3z0123456789abcdefMnop desk"));
  EXPECT_EQ(import.keys[4].row.account, "b");
  EXPECT_THAT(complaints(import), ElementsAre("5: no provider is called \"nobody\"", "(6: \"PORT\" holds no key)"));
}

TEST(KeyImport, JsonRows) {
  KeyImport import = read(R"([
    {"provider": "Groq", "apiKey": "gsk_0123456789abcdefghijx7Qa", "label": "my \"key\"", "enabled": false},
    {"platform": "cloudflare", "key": "tok-0123456789abcdefgh", "accountId": "acc1", "proxy": "socks5h://u:p@127.0.0.1:1080"},
    {"key": "gsk_98765432109876543210y8Rb"},
    {"provider": "groq"},
    {"provider": "grok", "key": "k3y0123456789abcdefMnop"},
    {"provider": "groq", "key": "k3y0123456789abcdefMnop", "proxy": "ftp://x"},
    "AIza0123456789abcdef",
    17
  ])");
  EXPECT_THAT(found(import),
              ElementsAre("2 groq gsk_0123456789abcdefghijx7Qa my \"key\"", "3 cloudflare tok-0123456789abcdefgh",
                          "4 groq gsk_98765432109876543210y8Rb", "8 google AIza0123456789abcdef"));
  EXPECT_FALSE(import.keys[0].row.disabled_reason.empty());
  EXPECT_EQ(import.keys[1].row.account_id, "acc1");
  EXPECT_EQ(import.keys[1].row.proxy.reveal(), "socks5h://u:p@127.0.0.1:1080");
  ASSERT_EQ(import.problems.size(), 4U) << testing::PrintToString(complaints(import));
  EXPECT_THAT(complaints(import)[0], HasSubstr("5: it names no key"));
  EXPECT_THAT(complaints(import)[1], HasSubstr("6: no provider is called \"grok\"; did you mean \"groq\"?"));
  EXPECT_THAT(complaints(import)[2], HasSubstr("7: the proxy: "));
  EXPECT_THAT(complaints(import)[3], HasSubstr("9: expected a key"));
  EXPECT_THAT(complaints(read("{\"a\": }")), ElementsAre(HasSubstr("no JSON")));
}

TEST(KeyImport, JsonByProvider) {
  KeyImport import = read(R"({"providers": [{"id": "groq", "keys": ["gsk_0123456789abcdefghijx7Qa",
                                            {"key": "gsk_98765432109876543210y8Rb", "name": "b"}]}]})");
  EXPECT_THAT(found(import), ElementsAre("1 groq gsk_0123456789abcdefghijx7Qa", "2 groq gsk_98765432109876543210y8Rb b"));
}

TEST(KeyImport, CsvWithHeader) {
  KeyImport import = read(
      "Provider;API Key;Label;Notes\r\n"
      "groq;\"gsk_0123456789abcdefghijx7Qa\";\"two\r\nlines; \"\"quoted\"\"\";x\r\n"
      "\r\n"
      "Google AI Studio;AIza0123456789abcdef;日本;\r\n"
      "groq;a;b;c;d\r\n"
      ";k3y0123456789abcdefMnop;;\r\n");
  EXPECT_EQ(import.format, KeyFormat::csv);
  EXPECT_THAT(found(import), ElementsAre("2 groq gsk_0123456789abcdefghijx7Qa two\r\nlines; \"quoted\"",
                                         "5 google AIza0123456789abcdef 日本"));
  EXPECT_THAT(complaints(import), ElementsAre(HasSubstr("6: 5 cells, but the header names 4"),
                                              HasSubstr("7: whose key this is can't be told by its form")));
}

TEST(KeyImport, CsvWithoutHeader) {
  EXPECT_THAT(found(read("groq,gsk_0123456789abcdefghijx7Qa,laptop\nmistral,k3y0123456789abcdefMnop,\n")),
              ElementsAre("1 groq gsk_0123456789abcdefghijx7Qa laptop", "2 mistral k3y0123456789abcdefMnop"));
  EXPECT_THAT(found(read("k3y0123456789abcdefMnop\tMISTRAL_API_KEY\ngsk_0123456789abcdefghijx7Qa\tgroq\n")),
              ElementsAre("1 mistral k3y0123456789abcdefMnop", "2 groq gsk_0123456789abcdefghijx7Qa"));
  KeyImport broken = read("provider,key\ngroq,\"abc\nmistral,x\n");
  EXPECT_THAT(found(broken), IsEmpty());
  EXPECT_THAT(complaints(broken), ElementsAre("2: the quote is never closed"));
}

TEST(KeyImport, PlainTextAndNotes) {
  KeyImport import = read(
      "My keys, do not lose!\n"
      "gsk_0123456789abcdefghijx7Qa\n"
      "mistral: k3y0123456789abcdefMnop\n"
      "- **Hugging Face**: `hf_0123456789abcdef` (old)\n"
      "\n"
      "## Codestral\n"
      "k3z0123456789abcdefMnop\n"
      "my second groq key is gsk_98765432109876543210y8Rb, thanks.\n"
      "ZAI_API_KEY: 0123456789abcdef0123456789abcdef.Qwertyuiop123456\n"
      "gemini = AIza0123456789abcdef\n"
      "foo: k4y0123456789abcdefMnop\n");
  EXPECT_EQ(import.format, KeyFormat::text);
  EXPECT_THAT(found(import),
              ElementsAre("2 groq gsk_0123456789abcdefghijx7Qa", "3 mistral k3y0123456789abcdefMnop",
                          "4 huggingface hf_0123456789abcdef", "7 codestral k3z0123456789abcdefMnop",
                          "8 groq gsk_98765432109876543210y8Rb", "9 zhipu 0123456789abcdef0123456789abcdef.Qwertyuiop123456",
                          "10 google AIza0123456789abcdef"));
  EXPECT_THAT(complaints(import), ElementsAre("(1: no key found in this line)", "11: no provider is called \"foo\""));
}

TEST(KeyImport, FormsThatSeveralProvidersUse) {
  KeyImport import =
      read("sk-0123456789abcdef0123\n0123456789abcdef0123456789abcdef.Qwertyuiop123456\nk3y0123456789abcdefMnop\n");
  EXPECT_THAT(found(import), IsEmpty());
  EXPECT_THAT(complaints(import), ElementsAre("1: this key could be one of dashscope or siliconflow: name the provider",
                                              "2: this key could be one of ollama or zhipu: name the provider",
                                              "3: whose key this is can't be told by its form: name the provider"));
  ImportChoice choice;
  choice.provider = "siliconflow";
  EXPECT_THAT(found(read_keys("sk-0123456789abcdef0123\n", owners(), choice)),
              ElementsAre("1 siliconflow sk-0123456789abcdef0123"));
}

TEST(KeyImport, BadText) {
  EXPECT_THAT(complaints(read("GROQ_API_KEY=a\nB=\xC3\x28\n")), ElementsAre(HasSubstr("2: this line is no UTF-8")));
  EXPECT_THAT(complaints(read(std::string_view("\xFF\xFEG\0", 4))), ElementsAre(HasSubstr("UTF-16")));
  EXPECT_THAT(complaints(read("GROQ_API_KEY=\"ab cd\"\nMISTRAL_API_KEY=schl\xC3\xBCssel-123456789\n")),
              ElementsAre("2: MISTRAL_API_KEY holds a character that no header can carry"));
  EXPECT_THAT(complaints(read("provider,key\ngroq,gsk_01 2345678901234\n")),
              ElementsAre("2: the key holds a blank, so it is no key"));
  EXPECT_TRUE(read("").keys.empty());
}

TEST(KeyImport, DuplicatesAndTakenNames) {
  KeyImport import = read(
      "provider,key,name\n"
      "groq,gsk_0123456789abcdefghijx7Qa,a\n"
      "groq,gsk_0123456789abcdefghijx7Qa,b\n"
      "groq,gsk_98765432109876543210y8Rb,old\n"
      "mistral,gsk_0123456789abcdefghijx7Qa,old\n"
      "groq,gsk_3,c\n");
  settle_import(import, {{"groq", "old", Secret("gsk_1")}, {"groq", "older", Secret("gsk_3")}});
  EXPECT_THAT(import.keys[0].duplicate, IsEmpty());
  EXPECT_EQ(import.keys[1].duplicate, "the same key as the one in line 2");
  EXPECT_EQ(import.keys[2].row.name, "old-2");
  EXPECT_THAT(import.keys[2].note, HasSubstr("\"old\" is taken"));
  EXPECT_THAT(import.keys[3].duplicate, IsEmpty()) << "another provider's";
  EXPECT_EQ(import.keys[4].duplicate, "the same key as \"older\", which is there already");
  EXPECT_EQ(import.fresh(), 3U);
}

TEST(KeyImport, PreviewShowsNoKey) {
  KeyImport import = read(
      "GROQ_API_KEY=gsk_0123456789abcdefghijx7Qa\nMISTRAL_API_KEY=k3y0123456789abcdefMnop\nX_KEY=k3y0123456789abcdefMnop\n");
  settle_import(import, {});
  for (const std::string& text : {import_preview(import), import_preview_json(import)}) {
    EXPECT_THAT(text, HasSubstr("gsk_…x7Qa"));
    EXPECT_THAT(text, Not(HasSubstr(std::string(kGroq))));
    EXPECT_THAT(text, Not(HasSubstr("0123456789abcdef")));
  }
  EXPECT_THAT(import_preview(import), HasSubstr("2 keys to add, 1 line that can't be used"));
}

TEST(KeyRow, MasksShowLittle) {
  EXPECT_EQ(mask_key("gsk_0123456789abcdefghijx7Qa"), "gsk_…x7Qa");
  EXPECT_EQ(mask_key("0123456789abcdef"), "…cdef");
  EXPECT_EQ(mask_key("gsk_123"), "…");
  EXPECT_EQ(mask_key(""), "");
  EXPECT_EQ(mask_proxy("socks5h://user:pass@host:1"), "socks5h://…@host:1");
  EXPECT_EQ(mask_proxy("http://host:1"), "http://host:1");
  SeededRandom random(7);
  for (int i = 0; i < 500; ++i) {
    std::string key = random_id(random, 1 + random.next() % 60);
    if (random.next() % 2 == 0) key.insert(random.next() % key.size(), "_");
    std::string shown = mask_key(key);
    EXPECT_LE((shown.size() - 3) * 3, key.size()) << key;
    EXPECT_TRUE(is_masked(shown));
  }
}

// Whatever the bytes are: an answer, and no key in what is shown.
TEST(KeyImport, AnyBytes) {
  SeededRandom random(11);
  const std::vector<std::string> pieces = {"GROQ_API_KEY",
                                           "=",
                                           "\"",
                                           "'",
                                           "\n",
                                           "\r\n",
                                           ",",
                                           ";",
                                           "\t",
                                           "{",
                                           "}",
                                           "[",
                                           "]",
                                           ":",
                                           "groq",
                                           "gsk_0123456789abcdefghijx7Qa",
                                           "# freeway {\"provider\":\"groq\"}",
                                           "# ",
                                           " ",
                                           "\\",
                                           "\xC3",
                                           "key",
                                           "provider",
                                           "null",
                                           "…",
                                           "export ",
                                           "sk-0123456789abcdef"};
  for (int i = 0; i < 4000; ++i) {
    std::string text;
    for (std::uint64_t n = random.next() % 14; n > 0; --n) text += pieces[random.next() % pieces.size()];
    ImportChoice choice;
    if (i % 5 != 0) choice.format = static_cast<KeyFormat>(i % 5 - 1);
    KeyImport import = read_keys(text, owners(), choice);
    settle_import(import, {});
    EXPECT_THAT(import_preview(import), Not(HasSubstr("0123456789abcdef"))) << text;
    EXPECT_THAT(import_preview_json(import), Not(HasSubstr("0123456789abcdef"))) << text;
  }
}

TEST(Table, ColumnsOfAnyScript) {
  EXPECT_EQ(table({{"A", "B"}, {"日本", "x"}, {"e\xCC\x81", ""}, {"\x1b[31m", "y"}}),
            "A         B\n日本      x\ne\xCC\x81\n\\x1b[31m  y\n");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(999), "999");
}

}  // namespace

}  // namespace freeway::app
