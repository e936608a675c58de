#include <gmock/gmock.h>

#include "dialect/foreign_test.h"
#include "dialect/gemini/gemini.h"

namespace freeway::dialect::gemini {
namespace {

using dialect::testing::decode;
using dialect::testing::kHi;
using dialect::testing::kHiStreamed;
using dialect::testing::Speaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Speaker kModel("gemini", "gemini-3-flash-preview");

// {"candidates":[{"content":{"role":"model","parts":[P]},"index":0
// M}],"usageMetadata":{…},"modelVersion":"v","responseId":"r"}
std::string document(std::string_view parts, std::string_view more = "", int answer = 2) {
  return R"({"candidates":[{"content":{"role":"model","parts":[)" + std::string(parts) + R"(]},"index":0)" +
         std::string(more) + R"(}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":)" + std::to_string(answer) +
         R"(,"thoughtsTokenCount":3,"totalTokenCount":)" + std::to_string(8 + answer) +
         R"(},"modelVersion":"v","responseId":"r"})";
}
constexpr std::string_view kStop = R"(,"finishReason":"STOP")";

// As Google separates them.
std::string stream(const std::vector<std::string>& documents) {
  std::string out;
  for (const std::string& one : documents) out += "data: " + one + "\r\n\r\n";
  return out;
}

std::string piece(std::string_view delta) {
  return R"({"id":"r","object":"chat.completion.chunk","created":7,"model":"v","choices":[{"index":0,"delta":)" +
         std::string(delta) + R"(,"finish_reason":null}]})";
}
std::string last(std::string_view reason) {
  return R"({"id":"r","object":"chat.completion.chunk","created":7,"model":"v","choices":[{"index":0,"delta":{},"finish_reason":")" +
         std::string(reason) + R"("}]})";
}

std::unique_ptr<chat::Request> asked(const std::string& text) {
  auto request = decode(text);
  request->created = 7;
  return request;
}

TEST(GeminiAnswer, TellsTheUsageOfWhatIsRefused) {
  auto empty = document("", kStop, 0);
  auto usage = find("gemini")->told_usage(*asked(kHi), catalog::Model(), empty);
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->prompt_tokens, 5u);
  EXPECT_EQ(usage->completion_tokens, 3u);
}

TEST(GeminiAnswer, TextAndThoughts) {
  auto body = document(R"({"text":"think","thought":true},{"text":"he\u006clo"},{"text":" you"})", kStop);
  EXPECT_EQ(
      kModel.answered(*asked(kHi), body),
      R"({"id":"r","object":"chat.completion","created":7,"model":"v","choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"think","content":"hello you"},"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":5,"completion_tokens":5,"total_tokens":10,"completion_tokens_details":{"reasoning_tokens":3}}})");
}

TEST(GeminiAnswer, Calls) {
  auto body = document(
      R"({"functionCall":{"name":"look","args":{"q":[1]}},"thoughtSignature":"s1"},{"functionCall":{"id":"own","name":"take"}})",
      kStop);
  chat::Signatures signatures;
  auto request = asked(kHi);
  request->client = "anna";
  request->signatures = &signatures;
  const std::string read = kModel.answered(*request, body);
  auto parsed = json::Document::parse(read);
  ASSERT_TRUE(parsed) << read;
  json::Value choice = parsed->root()["choices"].first();
  EXPECT_TRUE(choice["finish_reason"].equals("tool_calls"));
  EXPECT_EQ(choice["message"]["content"].type(), json::Type::null);
  json::Value first = choice["message"]["tool_calls"].first();
  const std::string id = *first["id"].string();
  EXPECT_THAT(id, StartsWith("call_"));
  EXPECT_EQ(first["function"].raw(), R"({"name":"look","arguments":"{\"q\":[1]}"})");
  EXPECT_TRUE(first["extra_content"]["google"]["thought_signature"].equals("s1"));
  EXPECT_EQ(first.next().raw(), R"({"id":"own","type":"function","function":{"name":"take","arguments":"{}"}})");
  EXPECT_EQ(signatures.find(signature_key(*request, id)), "s1");
  EXPECT_EQ(signatures.find(signature_key(*request, "look", R"({"q":[1]})")), "s1");
}

TEST(GeminiAnswer, Reasons) {
  auto reason = [](std::string_view told) {
    return kModel.answered(*asked(kHi), document(R"({"text":"x"})", ",\"finishReason\":\"" + std::string(told) + "\""));
  };
  EXPECT_THAT(reason("MAX_TOKENS"), HasSubstr(R"("finish_reason":"length")"));
  for (const char* filtered : {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"})
    EXPECT_THAT(reason(filtered), HasSubstr(R"("finish_reason":"content_filter")")) << filtered;
  for (const char* failed : {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "OTHER"})
    EXPECT_THAT(reason(failed), StartsWith("fail malformed")) << failed;
}

TEST(GeminiAnswer, Images) {
  EXPECT_THAT(kModel.answered(*asked(kHi), document(R"({"inlineData":{"mimeType":"image/png","data":"AAAA"}})", kStop)),
              HasSubstr(R"("images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}])"));
}

TEST(GeminiAnswer, GroundingIsKept) {
  EXPECT_THAT(
      kModel.answered(*asked(kHi), document(R"({"text":"x"})",
                                            std::string(kStop) + R"(,"groundingMetadata":{"webSearchQueries":["q"]})")),
      HasSubstr(R"("extra_content":{"google":{"grounding_metadata":{"webSearchQueries":["q"]}}})"));
}

TEST(GeminiAnswer, ABlockedPromptIsARefusal) {
  std::optional<chat::Fault> fault;
  auto read = kModel.answer(
      *asked(kHi),
      R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}})",
      fault);
  EXPECT_FALSE(read);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->code, "PROHIBITED_CONTENT");
  auto streamed = kModel.read(
      *asked(kHiStreamed),
      stream({R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}})"}));
  EXPECT_THAT(streamed.lines, ElementsAre("error SAFETY|the provider blocked the prompt: SAFETY"));
}

TEST(GeminiStream, TextAndThoughts) {
  auto told = kModel.read(*asked(kHiStreamed),
                          stream({document(R"({"text":"hm","thought":true})", "", 0), document(R"({"text":"he"})", "", 1),
                                  document(R"({"text":"llo"})", kStop, 2)}));
  EXPECT_THAT(told.lines,
              ElementsAre("piece+content " + piece(R"({"role":"assistant","reasoning_content":"hm"})"),
                          "piece+content " + piece(R"({"content":"he"})"), "piece+content " + piece(R"({"content":"llo"})"),
                          "piece+finish " + last("stop"), StartsWith("usage "), "done"));
  EXPECT_EQ(told.end, "ok");
  EXPECT_EQ(told.usage.completion_tokens, 5u) << "the last count is of all";
  EXPECT_EQ(told.usage.total_tokens, 10u);
  EXPECT_FALSE(told.usage.estimated);
}

// Older models say STOP in every document.
TEST(GeminiStream, AReasonCountsWhenNothingFollows) {
  auto told =
      kModel.read(*asked(kHiStreamed), stream({document(R"({"text":"a"})", kStop), document(R"({"text":"b"})", kStop)}));
  EXPECT_THAT(told.lines, ElementsAre("piece+content " + piece(R"({"role":"assistant","content":"a"})"),
                                      "piece+content " + piece(R"({"content":"b"})"), "piece+finish " + last("stop"),
                                      StartsWith("usage "), "done"));
}

TEST(GeminiStream, CallsAreWhole) {
  auto told =
      kModel.read(*asked(kHiStreamed),
                  stream({document(R"({"functionCall":{"id":"a","name":"look","args":{"q":1}},"thoughtSignature":"s"})"),
                          document(R"({"functionCall":{"id":"b","name":"look","args":{}}})", kStop)}));
  EXPECT_THAT(
      told.lines,
      ElementsAre(
          "piece+content " +
              piece(
                  R"({"role":"assistant","tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"look","arguments":"{\"q\":1}"},"extra_content":{"google":{"thought_signature":"s"}}}]})"),
          "piece+content " +
              piece(
                  R"({"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"look","arguments":"{}"}}]})"),
          "piece+finish " + last("tool_calls"), StartsWith("usage "), "done"));
}

TEST(GeminiStream, AnEndWithoutAReasonIsNone) {
  auto told = kModel.read(*asked(kHiStreamed), stream({document(R"({"text":"a"})")}));
  EXPECT_EQ(told.end, "fail closed the stream ended without a finish reason");
}

TEST(GeminiStream, AnErrorInside) {
  auto told = kModel.read(
      *asked(kHiStreamed),
      stream({document(R"({"text":"a"})"), R"({"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}})"}));
  EXPECT_THAT(told.lines.back(), HasSubstr("|overloaded"));
}

TEST(GeminiStream, ABrokenFrameIsTold) {
  EXPECT_THAT(kModel.read(*asked(kHiStreamed), "data: {\"candidates\": [\r\n\r\n").end, StartsWith("fail malformed"));
}

TEST(GeminiStream, WhatCameBeforeABrokenFrameIsGivenOut) {
  auto told = kModel.read(*asked(kHiStreamed), stream({document(R"({"text":"a"})"), "{"}));
  EXPECT_THAT(told.lines, ElementsAre(HasSubstr("\"a\"")));
  EXPECT_THAT(told.end, StartsWith("fail malformed"));
}

TEST(GeminiStream, AWholeAnswerInstead) {
  auto request = asked(kHiStreamed);
  auto reader = kModel.spoken().replay(*request, kModel.model);
  auto told = openai::testing::run(*reader, document(R"({"text":"whole"})", kStop), 10);
  EXPECT_EQ(told.end, "ok");
  EXPECT_THAT(told.lines.front(), HasSubstr("whole"));
}

TEST(Gemini, WhatIsAStream) {
  EXPECT_TRUE(kModel.spoken().streams("text/event-stream; charset=utf-8"));
  EXPECT_FALSE(kModel.spoken().streams("application/json"));
}

}  // namespace
}  // namespace freeway::dialect::gemini
