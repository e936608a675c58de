#include "dialect/openai/digest.h"

#include <gtest/gtest.h>

#include <set>

namespace freeway::dialect::openai {
namespace {

TEST(Digest, IsTheSameInEveryProcess) {
  // Frozen: sessions and minted ids must not change under a running conversation.
  EXPECT_EQ(Digest().add("").hex().size(), 32u);
  EXPECT_EQ(Digest().add("user").add("hi").hex(), "ca94f0f0f9e85e1a8012e2d4e804c633");
}

TEST(Digest, TellsFieldsApart) {
  std::set<std::string> seen;
  seen.insert(Digest().add("ab").add("c").hex());
  seen.insert(Digest().add("a").add("bc").hex());
  seen.insert(Digest().add("abc").hex());
  seen.insert(Digest().add("abc").add("").hex());
  seen.insert(Digest().add(std::string_view("abc\0", 4)).hex());
  seen.insert(Digest().add("cab").hex());
  EXPECT_EQ(seen.size(), 6u);
}

TEST(Digest, SpreadsNearbyInputs) {
  std::set<std::string> seen, letters;
  std::string text(40, 'a');
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (char c = 'b'; c <= 'z'; ++c) {
      std::string changed = text;
      changed[i] = c;
      seen.insert(Digest().add(changed).hex());
      letters.insert(Digest().add(changed).letters(9));
    }
  }
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(letters.size(), 1000u);
}

TEST(Digest, MintsIdsThatEveryoneTakes) {
  std::string id = mint_call_id(Digest().add(std::uint64_t{1}));
  EXPECT_EQ(id.size(), 29u);
  EXPECT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos);
}

}  // namespace
}  // namespace freeway::dialect::openai
