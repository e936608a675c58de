#include <gmock/gmock.h>

#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {
using testing::chunk;
using testing::decode;
using ::testing::HasSubstr;
using testing::read;
using testing::sse;
using ::testing::StartsWith;

using Lines = std::vector<std::string>;

const std::string kTools =
    R"({"stream":true,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"get"}}]})";
const std::string kPlain = R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})";
const std::string kLegacy = R"({"stream":true,"messages":[{"role":"user","content":"hi"}],"functions":[{"name":"get"}]})";
const std::string kCalls = chunk("{}", "\"tool_calls\"");
const std::string kStop = chunk("{}", "\"stop\"");

std::string text(std::string_view escaped) { return chunk(R"({"content":")" + std::string(escaped) + "\"}"); }
std::string entry(std::string_view json) { return chunk(R"({"tool_calls":[)" + std::string(json) + "]}"); }

testing::Told run(const std::string& request, const std::vector<std::string>& documents) {
  return read(*decode(request), sse(documents));
}

const std::string kFirst = entry(R"({"index":0,"id":"x","type":"function","function":{"name":"get","arguments":""}})");
std::string more(std::string_view escaped, int index = 0) {
  return entry(R"({"index":)" + std::to_string(index) + R"(,"function":{"arguments":")" + std::string(escaped) + "\"}}");
}

// What a client that adds deltas up would hold: "index id type name arguments" for each call, then the finish reason.
Lines assemble(const testing::Told& told) {
  std::vector<Lines> calls;
  std::string reason;
  for (const std::string& line : told.lines) {
    if (!line.starts_with("piece")) continue;
    json::Document document;
    EXPECT_TRUE(document.reparse(std::string_view(line).substr(line.find('{')))) << line;
    json::Value choice = document.root()["choices"].first();
    reason += choice["finish_reason"].string().value_or("");
    if (!choice["delta"]["tool_calls"]) continue;
    for (json::Value call : choice["delta"]["tool_calls"]) {
      auto index = static_cast<std::size_t>(call["index"].integer().value_or(99));
      if (calls.size() <= index) calls.resize(index + 1, Lines(4));
      calls[index][0] += call["id"].string().value_or("");
      calls[index][1] += call["type"].string().value_or("");
      calls[index][2] += call["function"]["name"].string().value_or("");
      calls[index][3] += call["function"]["arguments"].string().value_or("");
    }
  }
  Lines out;
  for (const Lines& call : calls) out.push_back(call[0] + " " + call[1] + " " + call[2] + " " + call[3]);
  out.push_back(reason);
  return out;
}

TEST(StreamCalls, PassSoundCallsByteForByte) {
  Lines documents{kFirst, more("{\\\"a\\\""), more(":1}"),
                  entry(R"({"index":1,"id":"y","type":"function","function":{"name":"get","arguments":"{}"}})"), kCalls};
  auto told = run(kTools, documents);
  EXPECT_EQ(told.lines,
            (Lines{"piece+content " + documents[0], "piece+content " + documents[1], "piece+content " + documents[2],
                   "piece+content " + documents[3], "piece+finish " + documents[4]}));
  EXPECT_EQ(told.end, "ok");
}

TEST(StreamCalls, CorrectAContradictingReason) {
  auto told = run(kTools, {kFirst, more("{}"), kStop});
  EXPECT_EQ(told.lines.back(), "piece+finish " + kCalls);
  told = run(kTools, {kFirst, more("{}"), chunk("{}", "\"length\"")});
  EXPECT_EQ(told.lines.back(), "piece+finish " + chunk("{}", "\"length\""));
  told = run(kTools, {text("x"), kCalls});
  EXPECT_THAT(told.end, StartsWith("fail malformed the finish reason is tool_calls but there is no tool call"));
}

TEST(StreamCalls, NoticeBrokenArguments) {
  for (const std::string& reason : {kCalls, kStop}) {
    auto told = run(kTools, {kFirst, more("{\\\"a\\\":"), reason, "[DONE]"});
    EXPECT_EQ(told.lines.size(), 2u) << "the finish reason is not given out";
    EXPECT_THAT(told.end, StartsWith("fail malformed the arguments of tool call 'get' are not JSON"));
    told = run(kTools, {text("Let me see."), kFirst, more("{\\\"a\\\":"), reason});
    EXPECT_THAT(told.end, StartsWith("fail malformed the arguments of tool call 'get'"));
  }
  EXPECT_THAT(run(kTools, {entry(R"({"index":0,"id":"x","function":{"arguments":"{}"}})"), kCalls}).end,
              StartsWith("fail malformed a tool call without a name"));
}

TEST(StreamCalls, FillWhatIsMissing) {
  // No index, no type, arguments as an object, two calls in one delta.
  auto told = run(
      kTools,
      {entry(
           R"({"id":"x","function":{"name":"get","arguments":{"a":1}}},{"id":"y","function":{"name":"get","arguments":"{}"}})"),
       kCalls});
  EXPECT_EQ(
      told.lines[0],
      "piece+content " +
          entry(
              R"({"id":"x","function":{"name":"get","arguments":"{\"a\":1}"},"type":"function","index":0},{"id":"y","function":{"name":"get","arguments":"{}"},"type":"function","index":1})"));
  // No ids at all.
  auto minted =
      assemble(run(kTools, {entry(R"({"index":0,"function":{"name":"get","arguments":"{"}})"), more("}"),
                            entry(R"({"index":1,"id":null,"function":{"name":"get","arguments":"{}"}})"), kCalls}));
  ASSERT_EQ(minted.size(), 3u);
  EXPECT_THAT(minted[0], StartsWith("call_"));
  EXPECT_THAT(minted[0], HasSubstr(" function get {}"));
  EXPECT_THAT(minted[1], StartsWith("call_"));
  EXPECT_NE(minted[0].substr(0, 29), minted[1].substr(0, 29));
}

TEST(StreamCalls, TellCallsOfOneIndexApart) {
  auto told =
      run(kTools, {entry(R"({"index":0,"id":"x","type":"function","function":{"name":"get","arguments":"{\"a\":1}"}})"),
                   entry(R"({"index":0,"id":"y","type":"function","function":{"name":"get","arguments":"{\"b\""}})"),
                   more(":2}"), kCalls});
  EXPECT_EQ(assemble(told), (Lines{"x function get {\"a\":1}", "y function get {\"b\":2}", "tool_calls"}));
}

TEST(StreamCalls, FollowCallsWithoutIndex) {
  auto told = run(kTools, {entry(R"({"id":"x","type":"function","function":{"name":"get","arguments":"{"}})"),
                           entry(R"({"function":{"arguments":"}"}})"),
                           entry(R"({"function":{"name":"get","arguments":"{ }"}})"), kCalls});
  auto calls = assemble(told);
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0], "x function get {}");
  EXPECT_THAT(calls[1], HasSubstr(" function get { }"));
}

TEST(StreamCalls, GiveEmptyArgumentsAnObject) {
  EXPECT_EQ(assemble(run(kTools, {kFirst, kCalls})), (Lines{"x function get {}", "tool_calls"}));
  std::string whole =
      chunk(R"({"tool_calls":[{"index":0,"id":"x","type":"function","function":{"name":"get","arguments":""}}]})",
            "\"tool_calls\"");
  auto told = run(kTools, {whole});
  EXPECT_EQ(told.lines.size(), 1u);
  EXPECT_EQ(assemble(told), (Lines{"x function get {}", "tool_calls"}));
}

TEST(StreamCalls, UnwrapArgumentsThatAreJsonTwice) {
  for (std::vector<std::string> pieces :
       {std::vector<std::string>{R"(\"{\\\"q\\\":1}\")"}, {R"( \")", R"({\\\"q\\\")", R"(:1})", R"(\")"}}) {
    std::vector<std::string> documents{kFirst};
    for (const std::string& piece : pieces) documents.push_back(more(piece));
    documents.push_back(kCalls);
    auto told = run(kTools, documents);
    EXPECT_EQ(told.end, "ok");
    EXPECT_EQ(assemble(told), (Lines{R"(x function get {"q":1})", "tool_calls"}));
    EXPECT_EQ(told.mended.repaired, Lines{"double_encoded_arguments"});
  }
  // A text inside a text is what somebody may have meant.
  EXPECT_EQ(assemble(run(kTools, {kFirst, more(R"(\"pla)"), more(R"(in\")"), kCalls})),
            (Lines{R"(x function get "plain")", "tool_calls"}));
  EXPECT_THAT(run(kTools, {kFirst, more(R"(\"{\\\"q\\\":1)"), kCalls}).end, StartsWith("fail malformed"));
}

TEST(StreamCalls, MakeACallOfACallWrittenAsText) {
  auto told =
      run(kTools, {chunk(R"({"role":"assistant","content":""})"), text("<tool_"), text("call>{\\\"name\\\":\\\"get\\\","),
                   text("\\\"arguments\\\":{\\\"a\\\": 1}}</tool_"), text("call>"), kStop, "[DONE]"});
  auto calls = assemble(told);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_THAT(calls[0], StartsWith("call_"));
  EXPECT_THAT(calls[0], HasSubstr(" function get {\"a\": 1}"));
  EXPECT_EQ(calls[1], "tool_calls");
  EXPECT_EQ(told.lines.size(), 4u) << "role, call, reason, done";
  EXPECT_EQ(told.end, "ok");
}

TEST(StreamCalls, LeaveTextThatIsNoCallAlone) {
  Lines documents{text("see "), text("<tool_call>{\\\"name\\\":\\\"get\\\"}</tool_call>"), kStop};
  auto told = run(kPlain, documents);
  EXPECT_EQ(told.lines, (Lines{"piece+content " + documents[0], "piece+content " + documents[1], "piece+finish " + kStop}));
  // Declared, but the text is no call: held, then released as it was.
  told = run(kTools, {text("<tool_call>{\\\"name\\\":"), text("\\\"put\\\"}</tool_call>"), kStop});
  EXPECT_EQ(told.lines,
            (Lines{"piece+content " + text("<tool_call>{\\\"name\\\":\\\"put\\\"}</tool_call>"), "piece+finish " + kStop}));
}

TEST(StreamCalls, AnswerTheOldFormInTheOldForm) {
  auto told =
      run(kLegacy, {kFirst, more("{\\\"a\\\""), more(":1}"),
                    entry(R"({"index":1,"id":"y","type":"function","function":{"name":"get","arguments":"{}"}})"), kCalls});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + chunk(R"({"function_call":{"name":"get","arguments":""}})"),
                               "piece+content " + chunk(R"({"function_call":{"arguments":"{\"a\""}})"),
                               "piece+content " + chunk(R"({"function_call":{"arguments":":1}"}})"),
                               "piece+content " + chunk("{}"), "piece+finish " + chunk("{}", "\"function_call\"")}));
  told = run(kLegacy, {kFirst, kStop});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + chunk(R"({"function_call":{"name":"get","arguments":""}})"),
                               "piece+content " + chunk(R"({"function_call":{"arguments":"{}"}})"),
                               "piece+finish " + chunk("{}", "\"function_call\"")}));
  told = run(kLegacy, {text("<tool_call>{\\\"name\\\":\\\"get\\\"}</tool_call>"), kStop});
  EXPECT_EQ(told.lines, (Lines{"piece+content " + chunk(R"({"function_call":{"name":"get","arguments":"{}"}})"),
                               "piece+finish " + chunk("{}", "\"function_call\"")}));
}

TEST(StreamCalls, LeaveCustomToolsAlone) {
  std::string custom = entry(R"({"index":0,"id":"x","type":"custom","custom":{"name":"py","input":"print("}})");
  EXPECT_EQ(run(kTools, {custom, kCalls}).lines, (Lines{"piece+content " + custom, "piece+finish " + kCalls}));
}

}  // namespace
}  // namespace freeway::dialect::openai
