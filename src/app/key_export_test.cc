#include "app/key_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/key_import.h"
#include "base/random.h"

namespace freeway::app {

namespace {

using testing::IsEmpty;

const KeyOwners& owners() {
  static const KeyOwners made = [] {
    std::vector<catalog::Provider> all(5);
    all[0].id = "groq";
    all[0].env = {"GROQ_API_KEY"};
    all[1].id = "google";
    all[1].env = {"GEMINI_API_KEY", "GOOGLE_API_KEY"};
    all[2].id = "cloudflare";
    all[2].env = {"CLOUDFLARE_API_TOKEN"};
    all[2].account_env = "CLOUDFLARE_ACCOUNT_ID";
    all[3].id = "mistral";
    all[4].id = "home-box";
    return KeyOwners(all);
  }();
  return made;
}

std::vector<std::string> complaints(const KeyImport& import) {
  std::vector<std::string> all;
  for (const ImportProblem& problem : import.problems) all.push_back(std::to_string(problem.line) + ": " + problem.message);
  return all;
}

// X8: random keys with whatever people put into labels come back from every format, and a masked export gives none.
TEST(KeyExport, X8EveryFormatGivesTheSameKeysBack) {
  SeededRandom random(20261123);
  const std::vector<std::string> labels = {"",
                                           "laptop",
                                           "a \"quoted\" 'label'",
                                           "two\nlines",
                                           "crlf\r\nhere",
                                           "comma, and;semi\tand tab",
                                           "ключ 🔑 日本",
                                           "#hash = $x `y` \\z",
                                           " blanks ",
                                           "{\"json\":1}",
                                           "\xE2\x80\xA8",
                                           "key",
                                           "provider: groq",
                                           "\x1b[31mred"};
  const std::vector<std::string> providers = {"groq", "google", "cloudflare", "home-box", "mistral"};
  constexpr std::string_view kLetters = "ABCabc019_-./+=:,;#'\"\\$`|{}!";
  for (int round = 0; round < 200; ++round) {
    std::vector<KeyRow> keys;
    std::size_t size = random.next() % 9;
    for (std::size_t i = 0; i < size; ++i) {
      KeyRow row;
      row.provider = providers[random.next() % providers.size()];
      row.name = labels[random.next() % labels.size()];
      if (!row.name.empty()) row.name += " " + std::to_string(i);
      std::string value;
      std::size_t length = 1 + random.next() % 50;
      for (std::size_t k = 0; k < length; ++k) value += kLetters[random.next() % kLetters.size()];
      row.value = Secret(value + std::to_string(i));
      if (random.next() % 3 == 0) row.account = labels[random.next() % labels.size()];
      if (random.next() % 3 == 0) row.account_id = "id" + std::to_string(i);
      if (random.next() % 3 == 0) row.proxy = Secret("socks5h://us%40er:p,a\"s's@127.0.0.1:1080");
      if (random.next() % 5 == 0) row.disabled_reason = "by hand, \"because\"";
      keys.push_back(std::move(row));
    }
    for (KeyFormat format : {KeyFormat::env, KeyFormat::json, KeyFormat::csv, KeyFormat::text}) {
      std::string text = write_keys(keys, format, owners(), true);
      for (bool told : {true, false}) {
        if (keys.empty() && !told) continue;
        ImportChoice choice;
        if (told) choice.format = format;
        KeyImport import = read_keys(text, owners(), choice);
        settle_import(import, {});
        ASSERT_THAT(complaints(import), IsEmpty()) << name_of(format) << "\n" << text;
        ASSERT_EQ(import.keys.size(), keys.size()) << name_of(format) << "\n" << text;
        for (std::size_t i = 0; i < keys.size(); ++i) {
          const KeyRow& row = import.keys[i].row;
          EXPECT_EQ(row.provider, keys[i].provider);
          EXPECT_EQ(row.name, keys[i].name) << text;
          EXPECT_EQ(row.value.reveal(), keys[i].value.reveal()) << text;
          EXPECT_EQ(row.account, keys[i].account);
          EXPECT_EQ(row.account_id, keys[i].account_id);
          EXPECT_EQ(row.proxy.reveal(), keys[i].proxy.reveal());
          EXPECT_EQ(row.disabled_reason, keys[i].disabled_reason);
          EXPECT_THAT(import.keys[i].duplicate, IsEmpty());
        }
      }
      KeyImport masked = read_keys(write_keys(keys, format, owners(), false), owners());
      EXPECT_THAT(masked.keys, IsEmpty()) << name_of(format);
    }
  }
}

}  // namespace

}  // namespace freeway::app
