#include "json/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "base/random.h"
#include "json/document.h"

namespace freeway::json {
namespace {

TEST(Writer, PutsCommasWhereTheyBelong) {
  std::string out = "data: ";
  Writer writer(out);
  writer.begin_object().member("a", "x").member("n", 0).member("t", true).key("list").begin_array();
  writer.begin_object().end_object().begin_array().end_array().null().integer(-1).string("").end_array();
  writer.member_raw("raw", "{ }").member("u", std::numeric_limits<std::uint64_t>::max()).member_bool("f", false);
  writer.key("o").begin_object().member("s", std::string("s")).end_object().member("z", std::string_view("z")).end_object();
  EXPECT_EQ(out, R"(data: {"a":"x","n":0,"t":true,"list":[{},[],null,-1,""],"raw":{ },"u":18446744073709551615,"f":false,)"
                 R"("o":{"s":"s"},"z":"z"})");
}

TEST(Writer, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(quote("a\"b\\c/\b\f\n\r\t"), R"("a\"b\\c/\b\f\n\r\t")");
  EXPECT_EQ(quote(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(quote("caf\xc3\xa9 \xe4\xba\xba \xf0\x9f\x98\x80"), "\"caf\xc3\xa9 \xe4\xba\xba \xf0\x9f\x98\x80\"");
  EXPECT_EQ(quote(""), "\"\"");
}

TEST(Writer, ReplacesInvalidUtf8) {
  EXPECT_EQ(quote("a\xff"
                  "b"),
            "\"a\xef\xbf\xbd"
            "b\"");
  EXPECT_EQ(quote("\xe4\xba"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(quote("\xe4\xba\n"), "\"\xef\xbf\xbd\xef\xbf\xbd\\n\"");
  EXPECT_EQ(quote("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(Writer, EscapesReadBackTheSame) {
  SeededRandom random(7);
  constexpr std::string_view kPieces[] = {
      "a", "\"", "\\", "\n", "\x01", "\xc3\xa9", "\xe4\xba\xba", "\xf0\x9f\x98\x80", "long plain text "};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto count = random.next() % 12; count > 0; --count) text += kPieces[random.next() % std::size(kPieces)];
    std::string json = quote(text);
    auto document = Document::parse(json);
    ASSERT_TRUE(document) << json;
    ASSERT_EQ(document->root().string(), text);
  }
}

TEST(Writer, WritesNumbersThatReadBackTheSame) {
  auto written = [](double number) {
    std::string out;
    Writer(out).number(number);
    return out;
  };
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(3), "3");
  EXPECT_EQ(written(-0.0), "-0");
  EXPECT_EQ(written(INFINITY), "null");
  EXPECT_EQ(written(NAN), "null");
  SeededRandom random(11);
  for (int round = 0; round < 5000; ++round) {
    double number = 0;
    std::uint64_t bits = random.next();
    static_assert(sizeof number == sizeof bits);
    std::memcpy(&number, &bits, sizeof bits);
    if (!std::isfinite(number)) continue;
    std::string json = written(number);
    auto document = Document::parse(json);
    ASSERT_TRUE(document) << json;
    ASSERT_EQ(document->root().number(), number) << json;
  }
  std::string out;
  Writer(out).integer(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(out, "-9223372036854775808");
}

}  // namespace
}  // namespace freeway::json
