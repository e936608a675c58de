#include <gmock/gmock.h>

#include "dialect/foreign_test.h"

namespace freeway::dialect::ollama {
namespace {

using dialect::testing::decode;
using dialect::testing::kHi;
using dialect::testing::kHiStreamed;
using dialect::testing::kRichHistory;
using dialect::testing::Speaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const Speaker kModel("ollama", "qwen3:4b");
const Speaker kOss("ollama", "gpt-oss:20b");

std::string with(std::string_view members) {
  return R"({"messages":[{"role":"user","content":"hi"}],)" + std::string(members) + "}";
}

TEST(OllamaRequest, SaysWhetherItStreams) {
  EXPECT_EQ(kModel.write(kHi).body, R"({"model":"qwen3:4b","stream":false,"messages":[{"role":"user","content":"hi"}]})");
  EXPECT_THAT(kModel.write(kHiStreamed).body, HasSubstr(R"("stream":true)"));
  EXPECT_EQ(kModel.write(kHi).path, "/api/chat");
}

TEST(OllamaRequest, ParametersAreOptions) {
  auto out = kModel.write(
      with(R"("temperature":0.5,"max_tokens":9,"stop":"x","min_p":0.1,"repetition_penalty":1.1,"logit_bias":{})"));
  EXPECT_THAT(out.body,
              HasSubstr(R"("options":{"temperature":0.5,"num_predict":9,"stop":["x"],"min_p":0.1,"repeat_penalty":1.1})"));
  EXPECT_THAT(out.dropped, ElementsAre("logit_bias"));
}

// A text of about so many tokens.
std::string long_text(std::size_t tokens) {
  std::string text;
  while (text.size() < tokens * 5) text += "word ";
  return text;
}

std::optional<std::int64_t> asked_context(const Speaker& speaker, std::string text) {
  auto out = speaker.write(std::move(text));
  auto document = json::Document::parse(out.body);
  return document ? document->root()["options"]["num_ctx"].integer() : std::nullopt;
}

TEST(OllamaRequest, G15AsksForAsMuchContextAsIsNeededInFewSizes) {
  auto asked = [](std::size_t tokens, std::string more = "", std::optional<std::uint64_t> context = std::nullopt) {
    Speaker speaker("ollama", "qwen3:4b");
    speaker.model.context = context;
    return asked_context(speaker, R"({"messages":[{"role":"user","content":")" + long_text(tokens) + "\"}]" + more + "}");
  };
  EXPECT_EQ(asked(10), std::nullopt) << "what every server has will do";
  EXPECT_EQ(asked(1000, R"(,"max_tokens":500)"), std::nullopt);
  EXPECT_EQ(asked(3500), 8192);
  EXPECT_EQ(asked(4000), asked(3500));
  EXPECT_EQ(asked(10, R"(,"max_tokens":4096)"), 8192);
  EXPECT_EQ(asked(10, R"(,"max_tokens":1000000)"), 8192) << "no wish for a million";
  EXPECT_EQ(asked(10, R"(,"max_tokens":12000)", 131'072), 16'384);
  EXPECT_EQ(asked(20'000), 32'768);
  EXPECT_EQ(asked(20'000, "", 131'072), 32'768);
  EXPECT_EQ(asked(20'000, "", 30'000), 30'000) << "more than the model has";
}

TEST(OllamaRequest, G15AContextThatTheClientNamesIsIts) {
  const std::string text = R"({"messages":[{"role":"user","content":")" + long_text(20'000) + "\"}],";
  EXPECT_EQ(asked_context(kModel, text + R"("num_ctx":2048})"), 2048);
  EXPECT_EQ(asked_context(kModel, text + R"("options":{"num_ctx":2048}})"), 2048);
  EXPECT_EQ(asked_context(kModel, text + R"("num_ctx":1024,"options":{"num_ctx":2048}})"), 1024);
  EXPECT_THAT(kModel.write(with(R"("options":{"num_ctx":2048,"mirostat":1})")).dropped, ElementsAre("options.mirostat"));
}

TEST(OllamaRequest, CallsResultsAndImages) {
  auto out = kModel.write(
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},)"
      R"({"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"q\":1}"}}]},)"
      R"({"role":"tool","tool_call_id":"c1","content":"found"}]})");
  EXPECT_THAT(
      out.body,
      HasSubstr(
          R"([{"role":"user","content":"see","images":["AAAA"]},)"
          R"({"role":"assistant","content":"","thinking":"hm","tool_calls":[{"function":{"name":"look","arguments":{"q":1}}}]},)"
          R"({"role":"tool","content":"found","tool_name":"look"}])"));
}

TEST(OllamaRequest, L8G17WhatHasNoPlaceInTheHistoryIsTold) {
  EXPECT_THAT(kModel.write(kRichHistory).dropped,
              ElementsAre("messages[].content[].cache_control", "messages[].name", "messages[].tool_calls[].extra_content",
                          "messages[].is_error", "messages[].content[].image_url.detail"));
}

TEST(OllamaRequest, AResultOfNoCallKeepsItsToolsName) {
  auto out = kModel.write(
      R"({"messages":[{"role":"user","content":"q"},{"role":"tool","tool_call_id":"c9","name":"look","content":"found"}]})");
  EXPECT_THAT(out.body, HasSubstr(R"({"role":"tool","content":"found","tool_name":"look"})"));
}

TEST(OllamaRequest, Formats) {
  EXPECT_THAT(kModel.write(with(R"("response_format":{"type":"json_object"})")).body, HasSubstr(R"("format":"json")"));
  EXPECT_THAT(
      kModel.write(with(R"("response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}})"))
          .body,
      HasSubstr(R"("format":{"type":"object"})"));
}

TEST(OllamaRequest, Thinking) {
  EXPECT_THAT(kModel.write(with(R"("reasoning_effort":"none")")).body, HasSubstr(R"("think":false)"));
  EXPECT_THAT(kModel.write(with(R"("reasoning_effort":"low")")).body, HasSubstr(R"("think":true)"));
  EXPECT_THAT(kOss.write(with(R"("reasoning_effort":"medium")")).body, HasSubstr(R"("think":"medium")"));
  auto none = kOss.write(with(R"("reasoning_effort":"none")"));
  EXPECT_THAT(none.body, HasSubstr(R"("think":"low")"));
  EXPECT_THAT(none.dropped, ElementsAre("reasoning_effort"));
}

TEST(OllamaRequest, WhoMustNotCallHasNoTools) {
  const std::string tools = R"("tools":[{"type":"function","function":{"name":"look"}}])";
  EXPECT_THAT(kModel.write(with(tools)).body, HasSubstr(tools));
  EXPECT_THAT(kModel.write(with(tools + R"(,"tool_choice":"none")")).body, Not(HasSubstr("look")));
  EXPECT_THAT(kModel.write(with(tools + R"(,"tool_choice":"required")")).dropped, ElementsAre("tool_choice"));
}

std::string line(std::string_view message, std::string_view more = R"("done":false)") {
  return R"({"model":"qwen3:4b","created_at":"2026-01-01T00:00:00Z","message":)" + std::string(message) + "," +
         std::string(more) + "}\n";
}
const std::string kDone =
    line(R"({"role":"assistant","content":""})", R"("done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":3)");

TEST(OllamaAnswer, Whole) {
  auto body = line(R"({"role":"assistant","content":"hello","thinking":"hm"})",
                   R"("done":true,"done_reason":"length","prompt_eval_count":5,"eval_count":3)");
  const std::string read = kModel.answered(*decode(kHi), body);
  EXPECT_THAT(
      read,
      HasSubstr(R"("message":{"role":"assistant","reasoning_content":"hm","content":"hello"},"finish_reason":"length")"));
  EXPECT_THAT(read, HasSubstr(R"("usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8})"));
}

TEST(OllamaStream, TextThinkingAndCalls) {
  auto told = kModel.read(
      *decode(kHiStreamed),
      line(R"({"role":"assistant","content":"","thinking":"hm"})") + line(R"({"role":"assistant","content":"hi"})") +
          line(R"({"role":"assistant","content":"","tool_calls":[{"function":{"name":"look","arguments":{"q":1}}}]})") +
          kDone);
  ASSERT_EQ(told.lines.size(), 6u);
  EXPECT_THAT(told.lines[0], HasSubstr(R"("delta":{"role":"assistant","reasoning_content":"hm"})"));
  EXPECT_THAT(told.lines[1], HasSubstr(R"("delta":{"content":"hi"})"));
  EXPECT_THAT(told.lines[2], HasSubstr(R"("function":{"name":"look","arguments":"{\"q\":1}"})"));
  EXPECT_THAT(told.lines[3], HasSubstr(R"("finish_reason":"tool_calls")"));
  EXPECT_THAT(told.lines[4], StartsWith("usage "));
  EXPECT_EQ(told.lines[5], "done");
  EXPECT_EQ(told.usage.total_tokens, 8u);
  EXPECT_EQ(told.end, "ok");
}

TEST(OllamaStream, AnErrorInside) {
  auto told =
      kModel.read(*decode(kHiStreamed), line(R"({"role":"assistant","content":"hi"})") + "{\"error\":\"out of memory\"}\n");
  EXPECT_EQ(told.lines.back(), "error |out of memory");
}

TEST(OllamaStream, CutShort) {
  EXPECT_EQ(kModel.read(*decode(kHiStreamed), line(R"({"role":"assistant","content":"hi"})")).end,
            "fail closed the stream ended without a finish reason");
}

TEST(Ollama, WhatIsAStream) {
  EXPECT_TRUE(kModel.spoken().streams("application/x-ndjson"));
  EXPECT_FALSE(kModel.spoken().streams("application/json"));
}

}  // namespace
}  // namespace freeway::dialect::ollama
