#include <gmock/gmock.h>

#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {
using testing::decode;
using testing::dialect;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::model;
using ::testing::StartsWith;

constexpr std::string_view kUsage = R"(,"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5})";
const std::string kPlain = R"({"model":"auto","messages":[{"role":"user","content":"hi"}]})";
const std::string kTools =
    R"({"model":"auto","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"get"}}]})";
const std::string kSchema =
    R"({"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}})";
const std::string kObject = R"({"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_object"}})";
const std::string kLegacy = R"({"messages":[{"role":"user","content":"hi"}],"functions":[{"name":"get"}]})";

std::string answer(std::string_view message, std::string_view reason = "\"stop\"", std::string_view more = kUsage) {
  return R"({"id":"c","object":"chat.completion","created":1,"model":"m1","choices":[{"index":0,"message":)" +
         std::string(message) + R"(,"finish_reason":)" + std::string(reason) + "}]" + std::string(more) + "}";
}

std::string said(std::string_view escaped) { return R"({"role":"assistant","content":")" + std::string(escaped) + "\"}"; }

struct Outcome {
  std::string body;  // or "fail <kind> <message>"
  chat::Usage usage;
  Mended mended;
  std::optional<chat::Fault> fault;
};

Outcome read(const std::string& request, std::string body, std::string_view type = "application/json") {
  auto decoded = decode(request);
  Outcome outcome;
  auto read = dialect().read_answer(*decoded, model(), type, std::move(body), outcome.fault);
  if (read) {
    outcome.body = read->body;
    outcome.usage = read->usage;
    outcome.mended = read->mended;
  } else {
    outcome.body = "fail " + std::string(to_string(read.error().kind)) + " " + read.error().message;
  }
  return outcome;
}

TEST(ReadAnswer, TellsTheUsageOfWhatIsRefused) {
  auto decoded = decode(kSchema);
  auto told = [&](std::string_view body) { return dialect().told_usage(*decoded, model(), body); };
  auto usage = told(answer(said("prose")));
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->total_tokens, 5u);
  EXPECT_FALSE(usage->estimated);
  EXPECT_EQ(told(R"({"choices":[],"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":7}}})")->completion_tokens, 7u);
  EXPECT_FALSE(told(answer(said("prose"), "\"stop\"", "")));
  EXPECT_FALSE(told("<html>"));
}

TEST(ReadAnswer, PassesASoundAnswerByteForByte) {
  for (
      const std::string& body : {
          answer(said("hello")),
          answer(said("a <think> in the middle, \\u003ctool_call\\u003e and </think>")),
          answer(R"({"role":"assistant","content":null,"refusal":"no"})"),
          answer(R"({"role":"assistant","content":"","reasoning_content":"r"})"),
          answer(R"({"role":"assistant","content":null,"reasoning":"r","x":[1.0,null]})"),
          answer(R"({"role":"assistant","content":[{"type":"reference","reference_ids":[1]}]})"),
          answer(
              R"({"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}]})",
              "\"tool_calls\""),
          answer(said(""), "\"length\""),
          std::string("{\n \"id\" : \"c\", "
                      "\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"x\"}}],") +
              std::string(kUsage.substr(1)) + "}\n",
      }) {
    auto outcome = read(kTools, body);
    EXPECT_EQ(outcome.body, body);
    EXPECT_EQ(outcome.usage.completion_tokens, 2u);
    EXPECT_FALSE(outcome.usage.estimated);
  }
}

TEST(ReadAnswer, RefusesWhatIsNoAnswer) {
  struct Bad {
    std::string body;
    std::string says;
  };
  const Bad cases[] = {
      {"", "fail closed empty answer"},
      {" \r\n", "fail closed empty answer"},
      {"<!DOCTYPE html><html><head><title>Sign in</title></head></html>",
       "fail malformed the provider answered HTML: an HTML page: Sign in"},
      {R"({"id":"c","choices":[{"mess)", "fail malformed the provider's answer is not JSON"},
      {"data: {}\n\n", "fail malformed the provider answered with a stream"},
      {"[]", "fail malformed"},
      {"{}", "fail malformed the provider's answer has no choices"},
      {R"({"choices":[]})", "fail malformed the provider's answer has no choices"},
      {R"({"choices":[{"finish_reason":"stop"}]})", "fail malformed a choice without a message"},
      {answer(said("x"), "null"), "fail malformed the answer has no finish reason"},
      {answer(said("x"), "\"\""), "fail malformed the answer has no finish reason"},
      {answer(said("x"), "\"error\""), "fail malformed the answer ended with finish reason error"},
      {answer(said("x"), "\"network_error\""), "fail malformed the answer ended with finish reason network_error"},
      {answer(said("")), "fail closed empty answer"},
      {answer(R"({"role":"assistant","content":null})"), "fail closed empty answer"},
      {answer(R"({"role":"assistant","content":[],"tool_calls":[]})"), "fail closed empty answer"},
      {answer(said("x"), "\"tool_calls\""), "fail malformed the finish reason is tool_calls but there is no tool call"},
      {answer(
           R"({"role":"assistant","content":"let me see","tool_calls":[{"id":"x","function":{"name":"f","arguments":"{\"a\":"}}]})",
           "\"tool_calls\""),
       "fail malformed the arguments of tool call 'f' are not JSON"},
      {answer(R"({"role":"assistant","tool_calls":[{"id":"x","function":{"arguments":"{}"}}]})", "\"tool_calls\""),
       "fail malformed a tool call without a name"},
  };
  for (const Bad& bad : cases) {
    auto outcome = read(kPlain, bad.body);
    EXPECT_THAT(outcome.body, StartsWith(bad.says)) << bad.body;
    EXPECT_FALSE(outcome.fault.has_value()) << bad.body;
  }
}

TEST(ReadAnswer, FindsAnErrorInsideASuccess) {
  struct Hidden {
    std::string body;
    std::string message;
    std::string code;
    int status = 0;
  };
  const Hidden cases[] = {
      {R"({"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"slow down"}}})",
       "Provider returned error: slow down", "429", 429},
      {R"({"error":"Model x is currently loading","estimated_time":20.0})", "Model x is currently loading", "", 0},
      {R"({"success":false,"errors":[{"code":4006,"message":"daily free allocation"}],"result":{}})",
       "daily free allocation", "4006", 0},
      {R"({"detail":"Unauthorized"})", "Unauthorized", "", 0},
      {R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}})", "the provider blocked the prompt: PROHIBITED_CONTENT",
       "PROHIBITED_CONTENT", 0},
      {R"({"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}})", "insufficient balance", "1008", 0},
      {R"([{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}])", "overloaded", "503", 503},
      {R"({"object":"error","message":"m","type":"t","code":"1300"})", "m", "1300", 0},
      {R"({"id":"c","choices":[{"index":0,"message":{"content":""},"finish_reason":"error","error":{"code":502,"message":"broke"}}]})",
       "broke", "502", 502},
      {R"({"error":{"message":"x"},"choices":[{"message":{"content":"y"},"finish_reason":"stop"}]})", "x", "", 0},
  };
  for (const Hidden& hidden : cases) {
    auto outcome = read(kPlain, hidden.body);
    EXPECT_THAT(outcome.body, StartsWith("fail ")) << hidden.body;
    ASSERT_TRUE(outcome.fault.has_value()) << hidden.body;
    EXPECT_EQ(outcome.fault->message, hidden.message);
    EXPECT_EQ(outcome.fault->code, hidden.code);
    EXPECT_EQ(outcome.fault->status, hidden.status);
    EXPECT_TRUE(outcome.fault->structured);
    EXPECT_EQ(outcome.fault->body, hidden.body);
  }
  EXPECT_FALSE(read(kPlain, answer(said("x"), "\"stop\"", R"(,"error":null)")).fault.has_value());
}

TEST(ReadAnswer, WantsAsManyChoicesAsWereAskedFor) {
  std::string two = R"({"n":2,"messages":[{"role":"user","content":"hi"}]})";
  EXPECT_THAT(read(two, answer(said("x"))).body, HasSubstr("2 choices were asked for, the provider sent 1"));
  std::string both =
      R"({"id":"c","model":"m","choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"},{"index":1,"message":{"content":"b"},"finish_reason":"stop"}])" +
      std::string(kUsage) + "}";
  EXPECT_EQ(read(two, both).body, both);
}

TEST(ReadAnswer, CountsWhatAnAnswerSaysWhereNobodyTold) {
  auto tokens = [](std::string_view message, std::string_view reason) {
    return read(kTools, answer(message, reason, "")).usage.completion_tokens;
  };
  EXPECT_EQ(tokens(said(R"(hello\nworld)"), "\"stop\""), 3u);
  EXPECT_EQ(tokens(R"({"role":"assistant","content":"hello","reasoning_content":"hello world"})", "\"stop\""), 3u);
  EXPECT_EQ(tokens(R"({"role":"assistant","content":"hello","reasoning":"hello world"})", "\"stop\""), 3u);
  EXPECT_EQ(
      tokens(
          R"({"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"get","arguments":"{}"}}]})",
          "\"tool_calls\""),
      4u + 1 + 1);
}

TEST(ReadAnswer, AddsUsageWhereThereIsNone) {
  for (std::string_view usage : {"", R"(,"usage":null)", R"(,"usage":{"kudos":3})"}) {
    auto outcome = read(kPlain, answer(said("four bytes a token, they say"), "\"stop\"", usage));
    EXPECT_TRUE(outcome.usage.estimated);
    EXPECT_EQ(outcome.usage.completion_tokens, 7u);
    EXPECT_EQ(outcome.usage.prompt_tokens, 3u + 4 + 1);
    json::Document document;
    ASSERT_TRUE(document.reparse(outcome.body)) << outcome.body;
    json::Value written = document.root()["usage"];
    EXPECT_EQ(written["completion_tokens"].integer(), static_cast<std::int64_t>(outcome.usage.completion_tokens));
    EXPECT_EQ(written["prompt_tokens"].integer(), static_cast<std::int64_t>(outcome.usage.prompt_tokens));
    EXPECT_EQ(written["total_tokens"].integer(), static_cast<std::int64_t>(outcome.usage.total_tokens));
    if (usage.find("kudos") != std::string_view::npos) {
      EXPECT_EQ(written["kudos"].integer(), 3);
    }
  }
  auto groq =
      read(kPlain, answer(said("x"), "\"stop\"", R"(,"x_groq":{"usage":{"prompt_tokens":8,"completion_tokens":1}})"));
  EXPECT_FALSE(groq.usage.estimated);
  EXPECT_EQ(groq.usage.total_tokens, 9u);
}

struct Case {
  std::string_view name;
  std::string request;
  std::string before;
  std::string after;
};

TEST(ReadAnswer, RepairsWhatTheContractLists) {
  const std::string call = R"("function":{"name":"get","arguments":"{\"q\":1}"})";
  const Case cases[] = {
      {"leading think block", kPlain, answer(said("\\n<think>\\nplan \\u00e9</think>\\n\\nHello")),
       answer(R"({"role":"assistant","content":"Hello","reasoning_content":"\nplan é"})")},
      {"escaped tags", kPlain, answer(said("\\u003cthink\\u003ea\\u003c/think\\u003eb")),
       answer(R"({"role":"assistant","content":"b","reasoning_content":"a"})")},
      {"think block without an end", kPlain, answer(said("<think>on and on"), "\"length\""),
       answer(R"({"role":"assistant","content":"","reasoning_content":"on and on"})", "\"length\"")},
      {"think block told twice", kPlain,
       answer(R"({"role":"assistant","content":"<think>a</think>b","reasoning_content":"a"})"),
       answer(R"({"role":"assistant","content":"b","reasoning_content":"a"})")},
      {"null reasoning beside a block", kPlain,
       answer(R"({"role":"assistant","content":"<think>a</think>b","reasoning_content":null})"),
       answer(R"({"role":"assistant","content":"b","reasoning_content":"a"})")},
      {"content in parts", kPlain,
       answer(
           R"({"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"h"},{"type":"text","text":"m"}]},{"type":"text","text":"a"},{"type":"text","text":"b"}]})"),
       answer(R"({"role":"assistant","content":"ab","reasoning_content":"hm"})")},
      {"later think stays", kPlain, answer(said("write <think>x</think>")), answer(said("write <think>x</think>"))},
      {"reason contradicts calls", kTools,
       answer(R"({"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function",)" + call + "}]}"),
       answer(R"({"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function",)" + call + "}]}",
              "\"tool_calls\"")},
      {"arguments as an object, no type", kTools,
       answer(R"({"role":"assistant","tool_calls":[{"id":"x","function":{"name":"get","arguments":{"q":1}}}]})",
              "\"tool_calls\""),
       answer(
           R"({"role":"assistant","tool_calls":[{"id":"x","function":{"name":"get","arguments":"{\"q\":1}"},"type":"function"}]})",
           "\"tool_calls\"")},
      {"arguments that are JSON twice", kTools,
       answer(
           R"({"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"get","arguments":"\"{\\\"q\\\":1}\""}}]})",
           "\"tool_calls\""),
       answer(
           R"({"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"get","arguments":"{\"q\":1}"}}]})",
           "\"tool_calls\"")},
      {"blank arguments", kTools,
       answer(
           R"({"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"get","arguments":""}},{"id":"y","type":"function","function":{"name":"get"}}]})",
           "\"tool_calls\""),
       answer(
           R"({"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"get","arguments":"{}"}},{"id":"y","type":"function","function":{"name":"get","arguments":"{}"}}]})",
           "\"tool_calls\"")},
      {"no model", kPlain,
       R"({"id":"c","choices":[{"message":{"content":"x"},"finish_reason":"stop"}])" + std::string(kUsage) + "}",
       R"({"id":"c","choices":[{"message":{"content":"x"},"finish_reason":"stop"}])" + std::string(kUsage) +
           R"(,"model":"m1"})"},
      {"old form", kLegacy,
       answer(R"({"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function",)" + call + "}]}",
              "\"tool_calls\""),
       answer(R"({"role":"assistant","content":null,"function_call":{"name":"get","arguments":"{\"q\":1}"}})",
              "\"function_call\"")},
      {"old form, text", kLegacy, answer(said("x")), answer(said("x"))},
      {"old form, call as text", kLegacy, answer(said("<tool_call>{\\\"name\\\":\\\"get\\\"}</tool_call>")),
       answer(R"({"role":"assistant","content":null,"function_call":{"name":"get","arguments":"{}"}})",
              "\"function_call\"")},
      {"call as text, undeclared", kPlain, answer(said("<tool_call>{\\\"name\\\":\\\"get\\\"}</tool_call>")),
       answer(said("<tool_call>{\\\"name\\\":\\\"get\\\"}</tool_call>"))},
      {"call as text, another name", kTools, answer(said("\\n<tool_call>{\\\"name\\\":\\\"put\\\"}</tool_call>\\n")),
       answer(said("\\n<tool_call>{\\\"name\\\":\\\"put\\\"}</tool_call>\\n"))},
      {"call as text, no JSON", kTools, answer(said("<tool_call>{name}</tool_call>")),
       answer(said("<tool_call>{name}</tool_call>"))},
  };
  for (const Case& one : cases) EXPECT_EQ(read(one.request, one.before).body, one.after) << one.name;
}

TEST(ReadAnswer, MakesCallsOfCallsWrittenAsText) {
  auto outcome = read(
      kTools, answer(said("Let me look. <tool_call>\\n{\\\"name\\\": \\\"get\\\", \\\"arguments\\\": {\\\"q\\\": "
                          "1}}\\n</tool_call>\\n<tool_call>{\\\"name\\\":\\\"get\\\",\\\"parameters\\\":{}}</tool_call>")));
  json::Document document;
  ASSERT_TRUE(document.reparse(outcome.body)) << outcome.body;
  json::Value choice = document.root()["choices"].first();
  EXPECT_TRUE(choice["finish_reason"].equals("tool_calls"));
  EXPECT_TRUE(choice["message"]["content"].equals("Let me look. "));
  json::Value calls = choice["message"]["tool_calls"];
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls.first()["function"].raw(), R"({"name":"get","arguments":"{\"q\": 1}"})");
  EXPECT_EQ(calls.first().next()["function"].raw(), R"({"name":"get","arguments":"{}"})");
  EXPECT_TRUE(calls.first()["id"].string()->starts_with("call_"));
  EXPECT_NE(calls.first()["id"].string(), calls.first().next()["id"].string());
}

TEST(ReadAnswer, TellsOfWhatTheContractDoesNotList) {
  auto fenced = read(kSchema, answer(said("```json\\n{\\\"a\\\":1}\\n```")));
  EXPECT_THAT(fenced.mended.repaired, ElementsAre("code_fence"));
  auto twice = read(
      kTools,
      answer(
          R"({"role":"assistant","tool_calls":[{"id":"x","function":{"name":"get","arguments":"\"{}\""}},{"id":"y","function":{"name":"get","arguments":"\"{}\""}}]})",
          "\"tool_calls\""));
  EXPECT_THAT(twice.mended.repaired, ElementsAre("double_encoded_arguments")) << "once for all";
  auto parts = read(
      kPlain, answer(R"({"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"a"}]})"));
  EXPECT_THAT(parts.mended.repaired, ElementsAre("content_parts"));
  auto further =
      read(kLegacy, answer(R"({"tool_calls":[{"function":{"name":"get"}},{"function":{"name":"get"}}]})", "\"tool_calls\""));
  EXPECT_THAT(further.mended.dropped, ElementsAre("choices[].message.tool_calls"));
  EXPECT_THAT(further.mended.repaired, IsEmpty());
  for (const auto& listed : {read(kPlain, answer(said("<think>a</think>b"))),
                             read(kTools, answer(said("<tool_call>{\\\"name\\\":\\\"get\\\"}</tool_call>"))),
                             read(kTools, answer(R"({"tool_calls":[{"function":{"name":"get","arguments":{"q":1}}}]})"))}) {
    EXPECT_THAT(listed.mended.repaired, IsEmpty()) << listed.body;
    EXPECT_THAT(listed.mended.dropped, IsEmpty()) << listed.body;
  }
}

TEST(ReadAnswer, MintsMissingIds) {
  std::string body = answer(
      R"({"role":"assistant","tool_calls":[{"type":"function","function":{"name":"get","arguments":"{}"}},{"id":null,"type":"function","function":{"name":"get","arguments":"{}"}}]})",
      "\"tool_calls\"");
  auto outcome = read(kTools, body);
  json::Document document;
  ASSERT_TRUE(document.reparse(outcome.body));
  json::Value calls = document.root()["choices"].first()["message"]["tool_calls"];
  std::string first = calls.first()["id"].string().value();
  EXPECT_TRUE(first.starts_with("call_"));
  EXPECT_NE(first, calls.first().next()["id"].string());
  std::string other = body;
  other.replace(other.find("\"c\""), 3, "\"d\"");
  EXPECT_EQ(read(kTools, other).body.find(first), std::string::npos) << "another answer has other ids";
}

TEST(ReadAnswer, HoldsStructuredAnswersToTheirSchema) {
  EXPECT_EQ(read(kSchema, answer(said("{\\\"a\\\":1}"))).body, answer(said("{\\\"a\\\":1}")));
  EXPECT_EQ(read(kSchema, answer(said("```json\\n{\\\"a\\\":1}\\n```"))).body, answer(said("{\\\"a\\\":1}")));
  EXPECT_EQ(read(kSchema, answer(said("<think>t</think>{\\\"a\\\":1}"))).body,
            answer(R"({"role":"assistant","content":"{\"a\":1}","reasoning_content":"t"})"));
  for (std::string_view bad :
       {"Sure! Here it is.", "{\\\"a\\\":\\\"one\\\"}", "```json\\n{\\\"b\\\":1}\\n```", "{\\\"a\\\":1"}) {
    EXPECT_THAT(read(kSchema, answer(said(bad))).body, StartsWith("fail invalid schema: ")) << bad;
  }
  EXPECT_THAT(read(kSchema, answer(R"({"role":"assistant","content":"","reasoning_content":"r"})")).body,
              StartsWith("fail invalid schema: "));
  EXPECT_EQ(read(kSchema, answer(said("{\\\"a\\\":"), "\"length\"")).body, answer(said("{\\\"a\\\":"), "\"length\""))
      << "cut by max_tokens";
  EXPECT_EQ(read(kObject, answer(said("{\\\"b\\\":[]}"))).body, answer(said("{\\\"b\\\":[]}")));
  EXPECT_THAT(read(kObject, answer(said("[1]"))).body, StartsWith("fail invalid schema: "));
  EXPECT_THAT(read(kObject, answer(said("no"))).body, StartsWith("fail invalid schema: "));
  std::string refusal = answer(R"({"role":"assistant","content":null,"refusal":"no"})");
  EXPECT_EQ(read(kSchema, refusal).body, refusal);
}

}  // namespace
}  // namespace freeway::dialect::openai
