#include "base/secret_set.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace freeway {
namespace {

std::string redacted(const SecretSet& set, std::string text) {
  set.redact(text);
  return text;
}

TEST(SecretSet, FindsValuesWhereverTheyStand) {
  SecretSet set({"sk-or-v1-0123456789abcdef", "gsk_abcd", "a password with blanks"});
  for (std::size_t before = 0; before < 70; ++before) {
    for (std::size_t after : {0, 1, 5, 40}) {
      std::string lead(before, 'x');
      std::string tail(after, 'y');
      EXPECT_EQ(redacted(set, lead + "sk-or-v1-0123456789abcdef" + tail), lead + "[redacted]" + tail);
      EXPECT_EQ(redacted(set, lead + "gsk_abcd" + tail), lead + "[redacted]" + tail);
      EXPECT_TRUE(set.found(lead + "a password with blanks" + tail));
      EXPECT_FALSE(set.found(lead + "sk-or-v1-0123456789abcde" + tail));
    }
  }
}

TEST(SecretSet, MergesWhatOverlapsAndKeepsWhatTouchesApart) {
  SecretSet set({"abcdefghij", "fghijklmnop", "12345678"});
  EXPECT_EQ(redacted(set, "<abcdefghijklmnop>"), "<[redacted]>");
  EXPECT_EQ(redacted(set, "1234567812345678"), "[redacted][redacted]");
  EXPECT_EQ(redacted(set, "123456781234567"), "[redacted]1234567");
}

TEST(SecretSet, KnowsValuesAsUrlsAndJsonSpellThem) {
  SecretSet set({"p@ss/wo\"rd+1"});
  EXPECT_EQ(redacted(set, "http://u:p%40ss%2Fwo%22rd%2B1@h"), "http://u:[redacted]@h");
  EXPECT_EQ(redacted(set, R"({"k":"p@ss/wo\"rd+1"})"), R"({"k":"[redacted]"})");
  EXPECT_EQ(redacted(set, R"({"k":"p@ss\/wo\"rd+1"})"), R"({"k":"[redacted]"})");
}

TEST(SecretSet, LeavesShortValuesAlone) {
  SecretSet set({"secret", "", "1234567"});
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(redacted(set, "a secret 1234567"), "a secret 1234567");
}

TEST(SecretSet, KnowsCharactersSpelledByNumber) {
  SecretSet set({"key+with=signs", "\\u0041bcdefgh"});
  EXPECT_EQ(redacted(set, R"({"k":"key\u002bwith\u003Dsigns"})"), R"({"k":"[redacted]"})");
  EXPECT_EQ(redacted(set, R"(\u003c\u006bey+with=sign\u0073\u003e \u004)"), R"(\u003c[redacted]\u003e \u004)");
  EXPECT_EQ(redacted(set, R"("{\"k\":\"key\\u002bwith=\\u0073igns\",\"\\\"}")"), R"("{\"k\":\"[redacted]\",\"\\\"}")");
  EXPECT_EQ(redacted(set, R"(\u0041bcdefgh)"), "[redacted]");
  EXPECT_TRUE(set.found(R"(key\u002bwith=signs)"));
}

TEST(SecretSet, HidesWhatStandsBeforeACut) {
  SecretSet set({"sk-upstream-secret"});
  auto hidden = [&set](std::string text) {
    set.redact_excerpts(text);
    return text;
  };
  EXPECT_EQ(hidden("it is sk-upstream… (401: sk-up…) sk-upstream"), "it is [redacted]… (401: [redacted]…) sk-upstream");
  EXPECT_EQ(hidden("it is sk-… sk-upstream-secret…"), "it is sk-… [redacted]…");
  EXPECT_EQ(hidden(R"(it is sk\u002dup…)"), "it is [redacted]…");
  SecretSet nested({"fw-alice", "fw-alice-7f3a9c"});
  std::string text = "for fw-alice-7f3a…";
  nested.redact_excerpts(text);
  EXPECT_EQ(text, "for [redacted]…");
}

TEST(SecretSet, SaysWhatAStreamMustHoldBack) {
  SecretSet set({"abcdefgh", "xyzxyzxyz"});
  EXPECT_EQ(set.begun("nothing"), 0U);
  EXPECT_EQ(set.begun("...abc"), 0U);  // too few to say
  EXPECT_EQ(set.begun("...abcd"), 4U);
  EXPECT_EQ(set.begun("...abcdefg"), 7U);
  EXPECT_EQ(set.begun("...abcdefgh"), 0U);
  EXPECT_EQ(set.begun("xyzxyz"), 6U);
  EXPECT_EQ(set.begun("axyzx"), 4U);
  EXPECT_EQ(set.begun(""), 0U);
  EXPECT_EQ(SecretSet().begun("abcd"), 0U);
}

// A plain search for every value, one after the other, must find the same places. Few letters make near misses, overlaps and
// repeats the rule.
TEST(SecretSet, AgreesWithAPlainSearch) {
  SeededRandom random(7);
  auto draw = [&random](std::size_t length, int letters) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + random.next() % static_cast<unsigned>(letters));
    return text;
  };
  std::size_t hits = 0;
  for (int round = 0; round < 3000; ++round) {
    int letters = 1 + static_cast<int>(random.next() % 4);
    std::vector<std::string> values(1 + random.next() % 6);
    for (auto& value : values) value = draw(8 + random.next() % (round % 2 == 0 ? 8 : 60), letters);
    std::string text = draw(random.next() % 300, letters);
    if (!text.empty() && random.next() % 2 == 0) text.insert(random.next() % text.size(), values.front());
    std::vector<bool> covered(text.size());
    for (const auto& value : values) {
      for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + 1)) {
        ++hits;
        std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(at), value.size(), true);
      }
    }
    SecretSet set(std::vector<std::string_view>(values.begin(), values.end()));
    bool any = std::find(covered.begin(), covered.end(), true) != covered.end();
    ASSERT_EQ(set.found(text), any) << text;
    // What is left beside the marks is exactly what no value covers.
    std::string clean = redacted(set, text);
    std::string rest;
    for (std::size_t at = 0; at < clean.size();) {
      if (clean.compare(at, SecretSet::kMark.size(), SecretSet::kMark) == 0) {
        at += SecretSet::kMark.size();
      } else {
        rest += clean[at++];
      }
    }
    std::string expected;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!covered[i]) expected += text[i];
    }
    ASSERT_EQ(rest, expected) << text;
  }
  EXPECT_GT(hits, 1000U);
}

}  // namespace
}  // namespace freeway
