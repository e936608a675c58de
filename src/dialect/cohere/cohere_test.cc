#include <gmock/gmock.h>

#include "dialect/foreign_test.h"

namespace freeway::dialect::cohere {
namespace {

using dialect::testing::decode;
using dialect::testing::kHi;
using dialect::testing::kHiStreamed;
using dialect::testing::kRichHistory;
using dialect::testing::Speaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Speaker kModel("cohere", "command-a-03-2025");

Speaker reasoning() {
  Speaker speaker("cohere", "command-a-reasoning-08-2025");
  speaker.model.reasoning = true;
  return speaker;
}

std::string with(std::string_view members) {
  return R"({"messages":[{"role":"user","content":"hi"}],)" + std::string(members) + "}";
}
const std::string kTools =
    R"("tools":[{"type":"function","function":{"name":"look","strict":true}},{"type":"function","function":{"name":"take"}}])";

TEST(CohereRequest, Plain) {
  EXPECT_EQ(kModel.write(kHi).body,
            R"({"model":"command-a-03-2025","stream":false,"messages":[{"role":"user","content":"hi"}]})");
  EXPECT_EQ(kModel.write(kHi).path, "/v2/chat");
}

TEST(CohereRequest, ParametersGoByTheirNamesHere) {
  auto out = kModel.write(
      with(R"("top_p":0.9,"top_k":5,"stop":["a"],"max_completion_tokens":9,"seed":1,"user":"u","reasoning_effort":"high")"));
  EXPECT_THAT(out.body, HasSubstr(R"("p":0.9,"k":5,"stop_sequences":["a"],"max_tokens":9,"seed":1)"));
  EXPECT_THAT(out.dropped, ElementsAre("user", "reasoning_effort"));
  EXPECT_THAT(reasoning().write(with(R"("reasoning_effort":"none")")).body, HasSubstr(R"("thinking":{"type":"disabled"})"));
}

TEST(CohereRequest, ToolChoice) {
  EXPECT_THAT(
      kModel.write(with(kTools)).body,
      HasSubstr(
          R"("tools":[{"type":"function","function":{"name":"look"}},{"type":"function","function":{"name":"take"}}])"));
  EXPECT_THAT(kModel.write(with(kTools + R"(,"tool_choice":"required")")).body, HasSubstr(R"("tool_choice":"REQUIRED")"));
  EXPECT_THAT(kModel.write(with(kTools + R"(,"tool_choice":"none")")).body, HasSubstr(R"("tool_choice":"NONE")"));
  EXPECT_THAT(kModel.write(with(kTools + R"(,"tool_choice":{"type":"function","function":{"name":"take"}})")).body,
              HasSubstr(R"("tools":[{"type":"function","function":{"name":"take"}}],"tool_choice":"REQUIRED")"));
}

TEST(CohereRequest, OnlyAnAssistantsCallsAreCalls) {
  auto out = kModel.write(
      R"({"messages":[{"role":"user","content":"q","tool_calls":[{"id":"c1","type":"function","function":{"name":"look"}}]}]})");
  EXPECT_THAT(out.body, HasSubstr(R"("messages":[{"role":"user","content":"q"}])"));
  EXPECT_THAT(out.dropped, ElementsAre("messages[].tool_calls"));
}

TEST(CohereRequest, CallsAndResults) {
  auto out = kModel.write(
      R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"c1","content":"found"}]})");
  EXPECT_THAT(
      out.body,
      HasSubstr(
          R"({"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{}"}}]},)"
          R"({"role":"tool","tool_call_id":"c1","content":"found"})"));
}

TEST(CohereRequest, L8G17WhatHasNoPlaceInTheHistoryIsTold) {
  EXPECT_THAT(kModel.write(kRichHistory).dropped,
              ElementsAre("messages[].name", "messages[].content[].cache_control", "messages[].reasoning_content",
                          "messages[].tool_calls[].extra_content", "messages[].is_error"));
}

TEST(CohereRequest, G17ThatAToolIsStrictIsTold) {
  EXPECT_THAT(kModel.write(with(kTools)).dropped, ElementsAre("tools[].function.strict"));
}

TEST(CohereRequest, AsksForJson) {
  EXPECT_THAT(
      kModel.write(with(R"("response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}})"))
          .body,
      HasSubstr(R"("response_format":{"type":"json_object","json_schema":{"type":"object"}})"));
}

TEST(CohereAnswer, TextThinkingAndUsage) {
  const std::string read = kModel.answered(
      *decode(kHi),
      R"({"id":"x","finish_reason":"MAX_TOKENS","message":{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"hello"}],"citations":[{"start":0}]},)"
      R"("usage":{"billed_units":{"input_tokens":1,"output_tokens":1},"tokens":{"input_tokens":5,"output_tokens":3}}})");
  EXPECT_THAT(
      read,
      HasSubstr(
          R"("message":{"role":"assistant","reasoning_content":"hm","content":"hello","citations":[{"start":0}]},"finish_reason":"length")"));
  EXPECT_THAT(read, HasSubstr(R"("prompt_tokens":5,"completion_tokens":3,"total_tokens":8)"));
}

TEST(CohereAnswer, CallsAndFailures) {
  EXPECT_THAT(
      kModel.answered(
          *decode(kHi),
          R"({"id":"x","finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_plan":"I look","tool_calls":[{"id":"c","type":"function","function":{"name":"look","arguments":"{\"q\":1}"}}]}})"),
      HasSubstr(
          R"("reasoning_content":"I look","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"look","arguments":"{\"q\":1}"}}]},"finish_reason":"tool_calls")"));
  EXPECT_THAT(
      kModel.answered(
          *decode(kHi),
          R"({"id":"x","finish_reason":"ERROR","message":{"role":"assistant","content":[{"type":"text","text":"h"}]}})"),
      StartsWith("fail malformed"));
}

std::string events(const std::vector<std::string>& documents) {
  std::string out;
  for (const std::string& one : documents) {
    auto type = json::Document::parse(one)->root()["type"].string();
    out += "event: " + *type + "\ndata: " + one + "\n\n";
  }
  return out;
}
const std::string kStart = R"({"id":"x","type":"message-start","delta":{"message":{"role":"assistant"}}})";
const std::string kEnd =
    R"({"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":5,"output_tokens":3}}}})";

TEST(CohereStream, Text) {
  auto told = kModel.read(
      *decode(kHiStreamed),
      events({kStart, R"({"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}})",
              R"({"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"he"}}}})",
              R"({"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"llo"}}}})",
              R"({"type":"content-end","index":0})", kEnd}));
  ASSERT_EQ(told.lines.size(), 5u);
  EXPECT_THAT(told.lines[0], HasSubstr(R"("delta":{"role":"assistant","content":"he"})"));
  EXPECT_THAT(told.lines[1], HasSubstr(R"("delta":{"content":"llo"})"));
  EXPECT_THAT(told.lines[2], HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(told.lines[3], StartsWith("usage "));
  EXPECT_EQ(told.lines[4], "done");
  EXPECT_EQ(told.end, "ok");
  EXPECT_EQ(told.usage.total_tokens, 8u);
}

TEST(CohereStream, Calls) {
  auto told = kModel.read(
      *decode(kHiStreamed),
      events(
          {kStart, R"({"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I look"}}})",
           R"({"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","type":"function","function":{"name":"look","arguments":""}}}}})",
           R"({"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"q\""}}}}})",
           R"({"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":":1}"}}}}})",
           R"({"type":"tool-call-end","index":0})",
           R"({"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"b","type":"function","function":{"name":"take","arguments":"{}"}}}}})",
           R"({"type":"message-end","delta":{"finish_reason":"TOOL_CALL"}})"}));
  EXPECT_EQ(told.end, "ok");
  ASSERT_GE(told.lines.size(), 6u);
  EXPECT_THAT(told.lines[0], HasSubstr(R"("reasoning_content":"I look")"));
  EXPECT_THAT(told.lines[1],
              HasSubstr(R"({"index":0,"id":"a","type":"function","function":{"name":"look","arguments":""}})"));
  EXPECT_THAT(told.lines[2], HasSubstr(R"({"index":0,"function":{"arguments":"{\"q\""}})"));
  EXPECT_THAT(told.lines[4], HasSubstr(R"({"index":1,"id":"b")"));
  EXPECT_THAT(told.lines[5], HasSubstr(R"("finish_reason":"tool_calls")"));
}

TEST(CohereStream, CutShort) {
  EXPECT_EQ(
      kModel
          .read(*decode(kHiStreamed),
                events({kStart, R"({"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"he"}}}})"}))
          .end,
      "fail closed the stream ended without a finish reason");
}

}  // namespace
}  // namespace freeway::dialect::cohere
