#include <gmock/gmock.h>

#include "dialect/foreign_test.h"
#include "dialect/gemini/gemini.h"

namespace freeway::dialect::gemini {
namespace {

using dialect::testing::decode;
using dialect::testing::kHi;
using dialect::testing::kHiStreamed;
using dialect::testing::kRichHistory;
using dialect::testing::Speaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Speaker kOlder("gemini", "gemini-2.5-flash");
const Speaker kNewer("gemini", "gemini-3-flash-preview");
const Speaker kSmall("gemini", "gemma-3-27b-it");

const std::string kTool =
    R"({"type":"function","function":{"name":"look","description":"d","parameters":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}}})";

std::string with(std::string_view members) {
  return R"({"messages":[{"role":"user","content":"hi"}],)" + std::string(members) + "}";
}

TEST(GeminiRequest, NamesTheModelInThePath) {
  auto out = kOlder.write(kHi);
  EXPECT_EQ(out.path, "/models/gemini-2.5-flash:generateContent");
  EXPECT_EQ(out.body, R"({"contents":[{"role":"user","parts":[{"text":"hi"}]}]})");
  EXPECT_EQ(kOlder.write(kHiStreamed).path, "/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
  EXPECT_EQ(kOlder.write(kHiStreamed).body, out.body);
  EXPECT_THAT(out.dropped, IsEmpty());
}

TEST(GeminiRequest, ParametersGoByTheirNamesHere) {
  auto out =
      kOlder.write(with(R"("temperature":0.50,"top_p":1,"top_k":40,"max_tokens":9,"max_completion_tokens":10,"seed":7,)"
                        R"("presence_penalty":1,"frequency_penalty":2,"stop":["a","b"],"n":1,"stream":false)"));
  EXPECT_THAT(out.body,
              HasSubstr(R"("generationConfig":{"temperature":0.50,"topP":1,"topK":40,"maxOutputTokens":9,"seed":7,)"
                        R"("presencePenalty":1,"frequencyPenalty":2,"stopSequences":["a","b"]})"));
  EXPECT_THAT(out.dropped, IsEmpty());
}

TEST(GeminiRequest, TellsWhatItLeavesOut) {
  auto out =
      kOlder.write(with(R"("stop":["1","2","3","4","5","6"],"user":"u","logit_bias":{},"parallel_tool_calls":false)"));
  EXPECT_THAT(out.body, HasSubstr(R"("stopSequences":["1","2","3","4","5"])"));
  EXPECT_THAT(out.dropped, ElementsAre("stop", "user", "logit_bias", "parallel_tool_calls"));
}

TEST(GeminiRequest, OneChoiceOnly) {
  EXPECT_EQ(kOlder.refusal(with(R"("n":2)")), "unsupported this provider answers with one choice only");
}

TEST(GeminiRequest, WhatTheSystemSaysStandsApart) {
  const std::string text =
      R"({"messages":[{"role":"system","content":"one"},{"role":"user","content":"hi"},{"role":"developer","content":[{"type":"text","text":"two"}]}]})";
  EXPECT_EQ(
      kOlder.write(text).body,
      R"({"contents":[{"role":"user","parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"one"},{"text":"two"}]}})");
  EXPECT_EQ(kSmall.write(text).body,
            R"({"contents":[{"role":"user","parts":[{"text":"one"},{"text":"two"},{"text":"hi"}]}]})");
}

TEST(GeminiRequest, TurnsOfOneSideAreOne) {
  auto out = kOlder.write(
      R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},{"role":"assistant","content":"d"},{"role":"user","content":"e"}]})");
  EXPECT_EQ(
      out.body,
      R"({"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"},{"text":"d"}]},{"role":"user","parts":[{"text":"e"}]}]})");
}

TEST(GeminiRequest, CallsAndTheirResults) {
  auto out = kOlder.write(
      R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[)"
      R"({"id":"c1","type":"function","function":{"name":"look","arguments":"{\"q\":1}"}},)"
      R"({"id":"c2","type":"function","function":{"name":"take","arguments":"broken"}}]},)"
      R"({"role":"tool","tool_call_id":"c1","content":"{\"found\":true}"},{"role":"tool","tool_call_id":"c2","content":"plain"},)"
      R"({"role":"user","content":"go on"}]})");
  EXPECT_EQ(
      out.body,
      R"({"contents":[{"role":"user","parts":[{"text":"q"}]},)"
      R"({"role":"model","parts":[{"functionCall":{"id":"c1","name":"look","args":{"q":1}}},{"functionCall":{"id":"c2","name":"take","args":{}}}]},)"
      R"({"role":"user","parts":[{"functionResponse":{"id":"c1","name":"look","response":{"found":true}}},)"
      R"({"functionResponse":{"id":"c2","name":"take","response":{"result":"plain"}}},{"text":"go on"}]}]})");
}

TEST(GeminiRequest, L8AToolThatFailedSaysSo) {
  auto said = [](std::string_view content, std::string_view more) {
    return kOlder.write(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[)"
                        R"({"id":"c1","type":"function","function":{"name":"look","arguments":"{}"}}]},)"
                        R"({"role":"tool","tool_call_id":"c1","content":)" +
                        std::string(content) + std::string(more) + "}]}");
  };
  auto out = said("\"no such file\"", R"(,"is_error":true)");
  EXPECT_THAT(out.body, HasSubstr(R"("response":{"error":"no such file"})"));
  EXPECT_THAT(out.dropped, IsEmpty());
  EXPECT_THAT(said(R"("{\"code\":2}")", R"(,"is_error":true)").body, HasSubstr(R"("response":{"error":{"code":2}})"));
  EXPECT_THAT(said(R"("{\"code\":2}")", R"(,"is_error":false)").body, HasSubstr(R"("response":{"code":2})"));
}

TEST(GeminiRequest, G17WhatHasNoPlaceInTheHistoryIsTold) {
  EXPECT_THAT(kOlder.write(kRichHistory).dropped,
              ElementsAre("messages[].name", "messages[].content[].cache_control", "messages[].reasoning_content",
                          "messages[].content[].image_url.detail"));
  EXPECT_THAT(
      kOlder
          .write(
              R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"auto"}}]}]})")
          .dropped,
      IsEmpty());
  EXPECT_THAT(
      kOlder
          .write(R"({"messages":[{"role":"system","content":[{"type":"text","text":"s","cache_control":{"type":"e"}}]},)"
                 R"({"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},{"role":"user","content":[)"
                 R"({"type":"file","file":{"filename":"f.pdf","file_data":"data:application/pdf;base64,CCCC"}}]}]})")
          .dropped,
      ElementsAre("messages[].content[].cache_control", "messages[].content[].refusal",
                  "messages[].content[].file.filename"));
}

TEST(GeminiRequest, G17ThatAToolIsStrictIsTold) {
  auto out = kOlder.write(with(R"("tools":[{"type":"function","function":{"name":"look","strict":true}}])"));
  EXPECT_THAT(out.dropped, ElementsAre("tools[].function.strict"));
  EXPECT_THAT(kOlder.write(with(R"("tools":[{"type":"function","function":{"name":"look","strict":false}}])")).dropped,
              IsEmpty());
}

TEST(GeminiRequest, MediaAreInline) {
  auto out = kOlder.write(
      R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},)"
      R"({"type":"input_audio","input_audio":{"data":"BBBB","format":"mp3"}},)"
      R"({"type":"file","file":{"filename":"f.pdf","file_data":"data:application/pdf;base64,CCCC"}}]}]})");
  EXPECT_THAT(out.body, HasSubstr(R"([{"inlineData":{"mimeType":"image/png","data":"AAAA"}},)"
                                  R"({"inlineData":{"mimeType":"audio/mpeg","data":"BBBB"}},)"
                                  R"({"inlineData":{"mimeType":"application/pdf","data":"CCCC"}}])"));
  EXPECT_EQ(kOlder.refusal(
                R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]})"),
            "unsupported this provider takes images only as data, not as an address");
}

TEST(GeminiRequest, Tools) {
  auto out = kOlder.write(with(
      R"("tools":[)" + kTool +
      R"(,{"type":"function","function":{"name":"bare","parameters":{"type":"object","properties":{}}}},{"type":"web_search"}])"));
  EXPECT_THAT(out.body,
              HasSubstr(R"("tools":[{"functionDeclarations":[{"name":"look","description":"d","parameters":)"
                        R"({"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}},{"name":"bare"}]}])"));
  EXPECT_THAT(out.dropped, ElementsAre("tools[].web_search"));
}

TEST(GeminiRequest, ToolChoice) {
  auto mode = [](std::string_view choice) {
    return kOlder.write(with("\"tools\":[" + kTool + "],\"tool_choice\":" + std::string(choice))).body;
  };
  EXPECT_THAT(mode("\"auto\""), HasSubstr(R"("functionCallingConfig":{"mode":"AUTO"})"));
  EXPECT_THAT(mode("\"none\""), HasSubstr(R"("functionCallingConfig":{"mode":"NONE"})"));
  EXPECT_THAT(mode("\"required\""), HasSubstr(R"("functionCallingConfig":{"mode":"ANY"})"));
  EXPECT_THAT(mode(R"({"type":"function","function":{"name":"look"}})"),
              HasSubstr(R"("functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["look"]})"));
  EXPECT_THAT(kOlder.write(with("\"tool_choice\":\"auto\"")).body, Not(HasSubstr("toolConfig")));
}

TEST(GeminiRequest, AsksForJson) {
  EXPECT_THAT(kOlder.write(with(R"("response_format":{"type":"json_object"})")).body,
              HasSubstr(R"("generationConfig":{"responseMimeType":"application/json"})"));
  const std::string schema =
      R"("response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}}})";
  auto out = kOlder.write(with(schema));
  EXPECT_THAT(out.body, HasSubstr(R"("responseSchema":{"type":"object","properties":{"a":{"type":"integer"}}})"));
  EXPECT_THAT(out.dropped, ElementsAre("response_format.schema.additionalProperties"));
  const std::string both = with(schema + ",\"tools\":[" + kTool + "]");
  EXPECT_THAT(kOlder.refusal(both), HasSubstr("tools or asks for JSON, not both"));
  EXPECT_THAT(kNewer.write(both).body, HasSubstr("responseSchema"));
}

TEST(GeminiRequest, HowMuchToThink) {
  EXPECT_THAT(kOlder.write(with(R"("reasoning_effort":"low")")).body,
              HasSubstr(R"("thinkingConfig":{"thinkingBudget":1024,"includeThoughts":true})"));
  EXPECT_THAT(kOlder.write(with(R"("reasoning_effort":"none")")).body,
              HasSubstr(R"("thinkingConfig":{"thinkingBudget":0,"includeThoughts":false})"));
  EXPECT_THAT(kNewer.write(with(R"("reasoning_effort":"high")")).body,
              HasSubstr(R"("thinkingConfig":{"thinkingLevel":"high","includeThoughts":true})"));
  auto small = kSmall.write(with(R"("reasoning_effort":"high")"));
  EXPECT_THAT(small.body, Not(HasSubstr("thinkingConfig")));
  EXPECT_THAT(small.dropped, ElementsAre("reasoning_effort"));
}

// Newer models want the signature of a step's first call back.
TEST(GeminiRequest, Signatures) {
  auto ask = [](std::string_view extra, chat::Signatures* signatures, std::string client, const Speaker& speaker = kNewer) {
    auto request =
        decode(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[)"
               R"({"id":"c1","type":"function")" +
               std::string(extra) +
               R"(,"function":{"name":"look","arguments":"{ \"b\":2, \"a\" :1}"}},)"
               R"({"id":"c2","type":"function","function":{"name":"look","arguments":"{}"}}]},)"
               R"({"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":"2"}]})");
    request->signatures = signatures;
    request->client = std::move(client);
    return speaker.ask(*request)->body;
  };
  const std::string second = R"({"functionCall":{"id":"c2","name":"look","args":{}}})";
  auto first = [](std::string_view signature) {
    return R"({"functionCall":{"id":"c1","name":"look","args":{ "b":2, "a" :1}},"thoughtSignature":")" +
           std::string(signature) + "\"}";
  };
  EXPECT_THAT(ask("", nullptr, ""), HasSubstr(first("skip_thought_signature_validator") + "," + second));
  EXPECT_THAT(ask("", nullptr, "", kOlder), Not(HasSubstr("thoughtSignature")));
  EXPECT_THAT(ask(R"(,"extra_content":{"google":{"thought_signature":"own"}})", nullptr, ""), HasSubstr(first("own")));

  chat::Signatures kept;
  chat::Request anna;
  anna.client = "anna";
  kept.keep(signature_key(anna, "c1"), "kept");
  EXPECT_THAT(ask("", &kept, "anna"), HasSubstr(first("kept")));
  EXPECT_THAT(ask("", &kept, "bert"), HasSubstr(first("skip_thought_signature_validator"))) << "another client's";
  kept.keep(signature_key(anna, "look", R"({"a":1,"b":2})"), "by what was called");
  EXPECT_THAT(ask("", &kept, "anna"), HasSubstr(first("kept")));
  chat::Signatures renamed;
  renamed.keep(signature_key(anna, "look", R"({"a":1,"b":2})"), "by what was called");
  EXPECT_THAT(ask("", &renamed, "anna"), HasSubstr(first("by what was called")));
}

}  // namespace
}  // namespace freeway::dialect::gemini
