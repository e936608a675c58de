#include "dialect/responses/call_input.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "json/writer.h"

namespace freeway::dialect::responses {
namespace {

std::string read(const std::vector<std::string>& pieces) {
  CallInput input;
  std::string out;
  for (const auto& piece : pieces) input.feed(piece, out);
  input.finish(out);
  return out;
}

TEST(CallInput, GivesTextOutWhileItComes) {
  CallInput input;
  std::string out;
  input.feed(R"({"inp)", out);
  EXPECT_EQ(out, "");
  input.feed(R"(ut": "ab)", out);
  EXPECT_EQ(out, "ab");
  input.feed(R"(c\)", out);
  EXPECT_EQ(out, "abc");
  input.feed(R"(n\u00e)", out);
  EXPECT_EQ(out, "abc\n");
  input.feed(R"(9"})", out);
  EXPECT_EQ(out, "abc\n\xC3\xA9");
  input.finish(out);
  EXPECT_EQ(out, "abc\n\xC3\xA9");
}

TEST(CallInput, IsTheSameHoweverItIsCut) {
  const std::string text = "a\"b\\c\n\t\x01 \xF0\x9F\x98\x80 {\"input\":\"x\"} */ end";
  for (std::string arguments : {"{\"input\":" + json::quote(text) + "}", " { \"input\" :\n" + json::quote(text) + " } "}) {
    for (std::size_t size = 1; size <= arguments.size(); ++size) {
      std::vector<std::string> pieces;
      for (std::size_t at = 0; at < arguments.size(); at += size) pieces.push_back(arguments.substr(at, size));
      EXPECT_EQ(read(pieces), text) << size;
    }
  }
}

TEST(CallInput, JoinsTheHalvesOfACharacter) {
  const std::string arguments = R"({"input":"\ud83d\ude00\ud83d!"})";
  for (std::size_t size = 1; size <= arguments.size(); ++size) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < arguments.size(); at += size) pieces.push_back(arguments.substr(at, size));
    EXPECT_EQ(read(pieces), "\xF0\x9F\x98\x80\xEF\xBF\xBD!") << size;
  }
}

TEST(CallInput, LosesNothingOfAnotherShape) {
  EXPECT_EQ(read({R"({"text":"only)", R"( member"})"}), "only member");
  EXPECT_EQ(read({R"({"a":1,"input":"second"})"}), "second");
  EXPECT_EQ(read({R"("bare")"}), "bare");
  EXPECT_EQ(read({R"({"a":1,"b":2})"}), R"({"a":1,"b":2})");
  EXPECT_EQ(read({R"({"input":7})"}), R"({"input":7})");
  EXPECT_EQ(read({"not JSON"}), "not JSON");
  EXPECT_EQ(read({"{}"}), "");
  EXPECT_EQ(read({}), "");
}

}  // namespace
}  // namespace freeway::dialect::responses
