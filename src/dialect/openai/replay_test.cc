#include <gmock/gmock.h>

#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {
using testing::decode;
using testing::dialect;
using testing::model;
using ::testing::StartsWith;

using Lines = std::vector<std::string>;

const std::string kPlain = R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})";
constexpr std::string_view kHead = R"({"id":"c","created":1,"model":"m","object":"chat.completion.chunk","choices":[)";

std::string answer(std::string_view message, std::string_view reason, std::string_view more = "") {
  return R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":)" +
         std::string(message) + R"(,"finish_reason":")" + std::string(reason) + "\"}]" + std::string(more) + "}";
}

testing::Told replay(std::string_view body, std::size_t step, const std::string& request = kPlain) {
  auto decoded = decode(request);
  auto reader = dialect().replay(*decoded, model());
  return testing::run(*reader, body, step);
}

TEST(Replay, MakesAStreamOfAWholeAnswer) {
  std::string body = answer(R"({"role":"assistant","content":"hello","refusal":null,"tool_calls":null})", "stop",
                            R"(,"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3})");
  for (std::size_t step : {1, 7, 10000}) {
    auto told = replay(body, static_cast<std::size_t>(step));
    EXPECT_EQ(told.lines, (Lines{"piece+content " + std::string(kHead) +
                                     R"({"index":0,"delta":{"role":"assistant","content":"hello"},"finish_reason":null}]})",
                                 "piece+finish " + std::string(kHead) + R"({"index":0,"delta":{},"finish_reason":"stop"}]})",
                                 "usage " + std::string(kHead) +
                                     R"(],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})"}));
    EXPECT_EQ(told.end, "ok");
    EXPECT_TRUE(told.finished);
    EXPECT_EQ(told.usage.total_tokens, 3u);
  }
}

TEST(Replay, CarriesCallsReasoningAndAllChoices) {
  std::string body =
      R"({"id":"c","created":1,"model":"m","choices":[{"index":0,"message":{"content":"<think>r</think>a"},"logprobs":{"x":1},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"x","function":{"name":"f","arguments":{"a":1}}}]},"finish_reason":"stop"}]})";
  auto told = replay(body, 50);
  ASSERT_EQ(told.lines.size(), 3u) << "no usage frame of ours";
  EXPECT_EQ(
      told.lines[0],
      "piece+content " + std::string(kHead) +
          R"({"index":0,"delta":{"role":"assistant","content":"a","reasoning_content":"r"},"logprobs":{"x":1},"finish_reason":null}]})");
  EXPECT_EQ(
      told.lines[1],
      "piece+content " + std::string(kHead) +
          R"({"index":1,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{\"a\":1}"},"type":"function"}]},"finish_reason":null}]})");
  EXPECT_EQ(told.lines[2],
            "piece+finish " + std::string(kHead) +
                R"({"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{},"finish_reason":"tool_calls"}]})");
  EXPECT_TRUE(told.usage.estimated);
}

TEST(Replay, JudgesLikeAWholeAnswer) {
  EXPECT_THAT(replay("<html></html>", 5).end, StartsWith("fail malformed the provider answered HTML"));
  EXPECT_THAT(replay("", 5).end, StartsWith("fail closed empty answer"));
  EXPECT_THAT(replay(answer(R"({"content":""})", "stop"), 500).end, StartsWith("fail closed empty answer"));
  EXPECT_THAT(replay(R"({"id":"c","choi)", 5).end, StartsWith("fail malformed"));
  auto told = replay(R"({"error":{"message":"m","code":429}})", 5);
  EXPECT_EQ(told.lines, Lines{"error 429|m"});
  EXPECT_EQ(told.end, "ok");
  EXPECT_FALSE(told.finished);
}

TEST(Replay, IsFoundByAStreamReaderThatMeetsADocument) {
  std::string body = "\n" + answer(R"({"role":"assistant","content":"hello"})", "stop");
  auto request = decode(kPlain);
  auto told = testing::read(*request, body);
  EXPECT_EQ(told.end, "ok");
  ASSERT_EQ(told.lines.size(), 2u);
  EXPECT_THAT(told.lines[0], StartsWith("piece+content " + std::string(kHead)));
  EXPECT_EQ(testing::read(*request, R"({"error":"no"})").lines, Lines{"error |no"});
}

}  // namespace
}  // namespace freeway::dialect::openai
