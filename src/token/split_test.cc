#include "token/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freeway::token {
namespace {

using testing::ElementsAre;

std::vector<std::string> pieces(Encoding encoding, std::string_view text) {
  std::vector<std::string> all;
  Splitter splitter(encoding, text);
  for (std::string_view piece = splitter.next(); !piece.empty(); piece = splitter.next()) all.emplace_back(piece);
  return all;
}

TEST(Split, CutsAtCapitalsByOneEncodingAlone) {
  EXPECT_THAT(pieces(Encoding::cl100k, "camelCase HTTPServer"), ElementsAre("camelCase", " HTTPServer"));
  EXPECT_THAT(pieces(Encoding::o200k, "camelCase HTTPServer"), ElementsAre("camel", "Case", " HTTPServer"));
  EXPECT_THAT(pieces(Encoding::o200k,
                     "\xe4\xba\xba"
                     "AA"),
              ElementsAre("\xe4\xba\xba", "AA"));
}

TEST(Split, PutsContractionsWhereTheEncodingHasThem) {
  EXPECT_THAT(pieces(Encoding::cl100k, "don'tell I'LL"), ElementsAre("don", "'t", "ell", " I", "'LL"));
  EXPECT_THAT(pieces(Encoding::o200k, "don'tell I'LL"), ElementsAre("don't", "ell", " I'LL"));
}

TEST(Split, KeepsSpacesTogetherButForTheLast) {
  EXPECT_THAT(pieces(Encoding::o200k, "a   b \n  c  "), ElementsAre("a", "  ", " b", " \n", " ", " c", "  "));
  EXPECT_THAT(pieces(Encoding::cl100k, " \n  "), ElementsAre(" \n  "));
  EXPECT_THAT(pieces(Encoding::o200k, " \n  "), ElementsAre(" \n", "  "));
}

TEST(Split, CutsNumbersInThrees) { EXPECT_THAT(pieces(Encoding::cl100k, "12345 6"), ElementsAre("123", "45", " ", "6")); }

TEST(Split, TakesSlashesAfterSignsByOneEncodingAlone) {
  EXPECT_THAT(pieces(Encoding::cl100k, "}\n/\nx"), ElementsAre("}\n", "/\n", "x"));
  EXPECT_THAT(pieces(Encoding::o200k, "}\n/\nx"), ElementsAre("}\n/\n", "x"));
}

TEST(Split, LetsMarksLeadSmallLettersAndFollowCapitals) {
  EXPECT_THAT(pieces(Encoding::o200k,
                     "\xcc\x81"
                     "AB"),
              ElementsAre("\xcc\x81", "AB"));
  EXPECT_THAT(pieces(Encoding::o200k,
                     "\xcc\x81"
                     "ab"),
              ElementsAre("\xcc\x81"
                          "ab"));
  EXPECT_THAT(pieces(Encoding::cl100k, "A\xcc\x81"), ElementsAre("A", "\xcc\x81"));
}

// Where JavaScript's own patterns mean something else, these are Unicode's.
TEST(Split, KnowsWhiteSpaceAndTheLongS) {
  EXPECT_THAT(pieces(Encoding::o200k,
                     "\xc2\x85\xc2\x85"
                     "a"),
              ElementsAre("\xc2\x85",
                          "\xc2\x85"
                          "a"));
  EXPECT_THAT(pieces(Encoding::o200k,
                     "\xef\xbb\xbf\xef\xbb\xbf"
                     "a"),
              ElementsAre("\xef\xbb\xbf\xef\xbb\xbf", "a"));
  EXPECT_THAT(pieces(Encoding::cl100k,
                     "a'\xc5\xbf"
                     "b"),
              ElementsAre("a", "'\xc5\xbf", "b"));
}

TEST(Split, TakesBytesThatAreNoTextForSigns) {
  EXPECT_THAT(pieces(Encoding::o200k, "a\xff\xfe b\xe4\xba"), ElementsAre("a", "\xff\xfe", " b", "\xe4\xba"));
}

}  // namespace
}  // namespace freeway::token
