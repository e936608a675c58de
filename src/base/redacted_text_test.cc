#include "base/redacted_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace freeway {
namespace {

// What leaves with each part, and at last what was held.
std::vector<std::string> outs(const SecretSet& set, const std::vector<std::string_view>& parts) {
  RedactedText text(set);
  std::vector<std::string> all;
  for (auto part : parts) {
    std::string out;
    if (text.passes(part)) {
      out = part;
    } else {
      text.feed(part, out);
    }
    all.push_back(out);
  }
  all.push_back(text.release());
  return all;
}

std::size_t longest_of(const std::vector<std::string>& values) {
  std::size_t longest = 0;
  for (const auto& value : values) longest = std::max(longest, value.size());
  return longest;
}

std::size_t marks_in(std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find(SecretSet::kMark); at != std::string_view::npos; at = text.find(SecretSet::kMark, at + 1))
    ++count;
  return count;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += part;
  return text;
}

using Parts = std::vector<std::string>;

TEST(RedactedText, HidesWhatIsCut) {
  SecretSet set({"gsk_abcdefgh", "12345678"});
  EXPECT_EQ(outs(set, {"a gsk_abcdefgh b"}), (Parts{"a [redacted] b", ""}));
  EXPECT_EQ(outs(set, {"a gsk_", "abc", "defgh b"}), (Parts{"a ", "", "[redacted] b", ""}));
  EXPECT_EQ(outs(set, {"gsk_abcdefg", "h1234", "5678"}), (Parts{"", "[redacted]", "[redacted]", ""}));
}

TEST(RedactedText, LetsThreeBytesOfABeginningLeave) {
  SecretSet set({"gsk_abcdefgh"});
  EXPECT_EQ(outs(set, {"a g", "s", "k", "_", "a", "bcdefgh", " b"}),
            (Parts{"a g", "s", "k", "", "", "[redacted]", " b", ""}));
  EXPECT_EQ(outs(set, {"g", "s", "k", " t"}), (Parts{"g", "s", "k", " t", ""}));
}

TEST(RedactedText, GivesBackWhatIsNoSecret) {
  SecretSet set({"gsk_abcdefgh"});
  EXPECT_EQ(outs(set, {"a gsk_a", "b", "d"}), (Parts{"a ", "", "gsk_abd", ""}));
  EXPECT_EQ(outs(set, {"gsk_gsk_", "gsk_abcdefgh"}), (Parts{"gsk_", "gsk_[redacted]", ""}));
  EXPECT_EQ(outs(set, {"a gsk_a"}), (Parts{"a ", "gsk_a"}));
}

TEST(RedactedText, HidesABeginningThatGivesHalfOfASecretAway) {
  SecretSet set({"gsk_abcdefgh", "https://user:password@proxy.example"});
  EXPECT_EQ(outs(set, {"a gsk_a"}), (Parts{"a ", "gsk_a"}));
  EXPECT_EQ(outs(set, {"a gsk_ab"}), (Parts{"a ", "[redacted]"}));
  EXPECT_EQ(outs(set, {"a g", "sk_abcdefg"}), (Parts{"a g", "", "[redacted]"}));
  EXPECT_EQ(outs(set, {"see https://"}), (Parts{"see ", "https://"}));
}

TEST(RedactedText, WaitsWhereAnotherSecretMayBeginInOne) {
  SecretSet set({"fw-alice", "fw-alice-7f3a9c", "ice-cream-van"});
  EXPECT_EQ(outs(set, {"a fw-alice", "-7f3a9c b"}), (Parts{"a ", "[redacted] b", ""}));
  EXPECT_EQ(outs(set, {"a fw-alice", "! b"}), (Parts{"a ", "[redacted]! b", ""}));
  EXPECT_EQ(outs(set, {"a fw-alice", "-cream", "-van!"}), (Parts{"a ", "", "[redacted]!", ""}));
  EXPECT_EQ(outs(set, {"a fw-alice"}), (Parts{"a ", "[redacted]"}));
  SecretSet same({"aaaaaaaa"});
  RedactedText text(same);
  std::string out;
  for (int i = 0; i < 10'000; ++i) text.feed("aaa", out);
  EXPECT_LE(text.size(), 200U) << "is decided at some point";
}

TEST(RedactedText, ReadsCharactersSpelledByNumber) {
  SecretSet set({"sk-upstream-secret"});
  for (std::string_view spelled : {R"({"k":"sk\u002dupstream\u002Dsecret"})", R"(sk\u002dupstream\u002Dsecret")"}) {
    for (std::size_t cut = 1; cut < spelled.size(); ++cut) {
      const std::string out = joined(outs(set, {spelled.substr(0, cut), spelled.substr(cut)}));
      EXPECT_EQ(out.find("secret"), std::string::npos) << cut << " " << out;
      EXPECT_NE(out.find("[redacted]\""), std::string::npos) << cut << " " << out;
    }
    std::vector<std::string_view> letters;
    for (std::size_t i = 0; i < spelled.size(); ++i) letters.push_back(spelled.substr(i, 1));
    EXPECT_EQ(joined(outs(set, letters)).find("secret"), std::string::npos);
  }
}

TEST(RedactedText, MarksASecretOnce) {
  SecretSet set({"fw-alice", "fw-alice-7f3a9c"});
  RedactedText text(set);
  std::string out;
  text.feed("a fw-alice", out);
  out += text.release();
  text.feed("! b", out);
  EXPECT_EQ(out, "a [redacted]! b");
}

TEST(RedactedText, GivesNoSecretAwayThatStandsInTheBeginningOfAnother) {
  SecretSet set({"http://u:hunter2hunter2@a-proxy-with-a-long-name.example:1080", "hunter2hunter2"});
  EXPECT_EQ(outs(set, {"see http://u:hunter2hunter"}), (Parts{"see ", "[redacted]"}));
  SecretSet chain({"abababab", "abab-password-long-tail-xxx", "-password-"});
  std::string part;
  for (int i = 0; i < 300; ++i) part += "ab";
  EXPECT_EQ(joined(outs(chain, {part + "-password-"})).find("-password-"), std::string::npos);
}

TEST(RedactedText, HidesTheRestOfWhatWasReleased) {
  SecretSet set({"gsk_abcdefgh"});
  RedactedText text(set);
  std::string out;
  text.feed("gsk_a", out);
  EXPECT_TRUE(text.holds());
  out += text.release();
  EXPECT_FALSE(text.holds());
  EXPECT_EQ(out, "gsk_a");
  EXPECT_FALSE(text.passes("bcd"));
  text.feed("bcd", out);
  text.feed("efgh!", out);
  EXPECT_EQ(out, "gsk_a[redacted]!");
}

TEST(RedactedText, KeepsLittleOfALargePart) {
  SecretSet set({"gsk_abcdefgh"});
  RedactedText text(set);
  std::string out;
  text.feed(std::string(100'000, 'x') + "gsk_", out);
  EXPECT_EQ(text.size(), 4U);
  EXPECT_TRUE(out.ends_with("xxx"));
}

TEST(RedactedText, PassesWhatCannotBeOne) {
  SecretSet set({"gsk_abcdefgh"});
  RedactedText text(set);
  for (auto part : {"g", "gs", "some text, gsk", "abcdefgh", "\u4f60"}) EXPECT_TRUE(text.passes(part)) << part;
}

// However a text is cut: no value is in what leaves; what is no part of one leaves, in order.
TEST(RedactedText, HoldsForAnyTextAndAnyCuts) {
  SeededRandom random(11);
  auto below = [&random](std::size_t bound) { return static_cast<std::size_t>(random.next() % bound); };
  auto draw = [&](std::size_t length, std::size_t letters) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + below(letters));
    return text;
  };
  std::size_t hidden = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::size_t letters = 1 + below(4);
    std::vector<std::string> values(1 + below(4));
    for (auto& value : values) value = draw(8 + below(round % 2 == 0 ? 4 : 40), letters);
    SecretSet set(std::vector<std::string_view>(values.begin(), values.end()));
    std::string text = draw(below(200), letters);
    if (!text.empty() && below(2) == 0) text.insert(below(text.size()), values.front());
    std::vector<std::string_view> parts;
    const std::size_t longest = 1 + below(12);
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t size = std::min(rest.size(), 1 + below(longest));
      parts.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    std::vector<std::string> all = outs(set, parts);
    const bool marked = all.back() == SecretSet::kMark;  // what was held at the end
    const std::string left = joined(all);
    for (const auto& value : values) ASSERT_EQ(left.find(value), std::string::npos) << text;
    std::string uncovered;
    std::size_t done = 0;
    for (const auto& place : set.places(text)) {
      uncovered.append(text, done, place.begin - done);
      done = place.end;
      ++hidden;
    }
    uncovered.append(text, done);
    // Of a secret at most three bytes leave at once. (With few letters so many begin in one another that some are given up.)
    const std::size_t marks = marks_in(left);
    if (letters > 2) ASSERT_LE(left.size() - marks * SecretSet::kMark.size(), uncovered.size() + 3 * (marks + 1)) << text;
    if (done == 0 && !marked) ASSERT_EQ(left, text);
    if (marked) uncovered.resize(uncovered.size() - std::min(uncovered.size(), longest_of(values)));
    auto at = left.begin();
    for (char c : uncovered) {
      at = std::find(at, left.end(), c);
      ASSERT_NE(at, left.end()) << text << " -> " << left;
      ++at;
    }
  }
  EXPECT_GT(hidden, 1000U);
}

}  // namespace
}  // namespace freeway
