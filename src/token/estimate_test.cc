#include "token/estimate.h"

#include <gtest/gtest.h>

#include <string>

namespace freeway::token {
namespace {

TEST(Estimate, KnowsTheWeightOfEveryKindOfByte) {
  EXPECT_EQ(estimate(""), 0u);
  EXPECT_EQ(estimate("a"), 1u);
  EXPECT_EQ(estimate("\x80"), 1u);  // not UTF-8
  EXPECT_EQ(estimate("azAZ \n\t~"), (7 * 9 + 27 + 39) / 40u);
  EXPECT_EQ(estimate("0123456789"), 6u);
  EXPECT_EQ(estimate("{}[]()\",:;/@`!~."), 11u);
  EXPECT_EQ(estimate("\xd0\x96\xd0\x96\xd0\x96\xd0\x96"), 2u);      // four of two bytes
  EXPECT_EQ(estimate("\xe4\xba\xba\xe5\xb7\xa5\xe6\x99\xba"), 3u);  // three of three bytes
  EXPECT_EQ(estimate("\xf0\x9f\x98\x80"), 2u);                      // one of four bytes
}

TEST(Estimate, AddsUpOverBlocks) {
  for (std::size_t size : {127u, 128u, 129u, 255u, 256u, 257u, 100'000u}) {
    EXPECT_EQ(estimate(std::string(size, 'x')), (size * 9 + 39) / 40);
    EXPECT_EQ(estimate(std::string(size, '{')), (size * 27 + 39) / 40);
    EXPECT_EQ(estimate(std::string(size, '\xf0')), size * 2);
  }
}

TEST(Estimate, WeighsTheSameWhateverStandsBesideIt) {
  std::string ascii(128, 'x'), digits(128, '7'), signs(128, '{'), foreign;
  while (foreign.size() < 128) foreign += "\xd0\x96";
  std::uint64_t apart = 128 * 9 + 128 * 24 + 128 * 27 + 64 * 20;
  EXPECT_EQ(estimate(ascii + digits + signs + foreign), (apart + 39) / 40);
  // The same bytes, so that every block holds some of each kind.
  std::string mixed;
  for (std::size_t i = 0; i < 128; i += 2)
    mixed += ascii.substr(i, 2) + digits.substr(i, 2) + signs.substr(i, 2) + foreign.substr(i, 2);
  EXPECT_EQ(estimate(mixed), (apart + 39) / 40);
}

// The true counts are those of the vocabularies cl100k_base and o200k_base.
TEST(Estimate, IsCloseForProseAndCode) {
  std::string_view prose = "The quick brown fox jumps over the lazy dog, and then it sleeps for the rest of the day.";
  EXPECT_GE(estimate(prose), 21u);
  EXPECT_LE(estimate(prose), 25u);
  std::string_view code = "for (int i = 0; i < n; ++i) sum += a[i];";
  EXPECT_GE(estimate(code), 16u);
  EXPECT_LE(estimate(code), 25u);
}

}  // namespace
}  // namespace freeway::token
