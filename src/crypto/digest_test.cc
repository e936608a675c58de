#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace freeway::crypto {
namespace {

TEST(Digest, MatchesPublishedVectors) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, CountsZeroBytes) { EXPECT_NE(sha256_hex(std::string_view("\0", 1)), sha256_hex("")); }

TEST(RandomToken, HasTheLengthAskedAndOnlyLettersAndDigits) {
  for (std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{40}, std::size_t{1000}}) {
    std::string token = random_token(count);
    EXPECT_EQ(token.size(), count);
    EXPECT_TRUE(std::all_of(token.begin(), token.end(), [](unsigned char c) { return std::isalnum(c) != 0; }));
  }
}

TEST(RandomToken, DiffersEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_token(32));
  EXPECT_EQ(seen.size(), 100U);
}

// 62 characters from 256 byte values: taking the remainder alone would give the first eight a quarter more.
TEST(RandomToken, FavoursNoCharacter) {
  std::array<int, 128> counts{};
  constexpr int kSamples = 62 * 4000;
  for (char c : random_token(kSamples)) ++counts[static_cast<unsigned char>(c)];
  for (int c = 'A'; c <= 'H'; ++c) EXPECT_LT(counts[static_cast<std::size_t>(c)], 4000 * 115 / 100) << static_cast<char>(c);
}

}  // namespace
}  // namespace freeway::crypto
