#include "dialect/openai/text_filter.h"

#include <gtest/gtest.h>

namespace freeway::dialect::openai {
namespace {

// "text:…", "reasoning:…", "call:name:arguments", neighbours of one kind joined.
std::vector<std::string> run(const std::vector<DeclaredTool>& tools, std::string_view text, std::size_t step) {
  TextFilter filter(tools);
  std::vector<std::string> lines;
  Segment::Kind last = Segment::Kind::call;
  auto take = [&](std::vector<Segment>& segments) {
    for (Segment& segment : segments) {
      bool joins = !lines.empty() && segment.kind == last && segment.kind != Segment::Kind::call;
      last = segment.kind;
      if (joins) {
        lines.back() += segment.text;
      } else if (segment.kind == Segment::Kind::call) {
        lines.push_back("call:" + segment.text + ":" + segment.arguments);
      } else {
        lines.push_back((segment.kind == Segment::Kind::text ? "text:" : "reasoning:") + segment.text);
      }
    }
    segments.clear();
  };
  std::vector<Segment> segments;
  for (std::size_t at = 0; at < text.size(); at += step) {
    filter.feed(text.substr(at, step), segments);
    take(segments);
  }
  filter.end(segments);
  take(segments);
  return lines;
}

struct Case {
  std::string text;
  std::vector<std::string> segments;
};

void expect_all(const std::vector<DeclaredTool>& tools, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    for (std::size_t step = 1; step <= one.text.size() + 1; ++step) {
      EXPECT_EQ(run(tools, one.text, step), one.segments) << one.text << " in steps of " << step;
    }
  }
}

TEST(TextFilter, MovesALeadingThinkBlock) {
  expect_all({}, {
                     {"hello", {"text:hello"}},
                     {"<think>a</think>b", {"reasoning:a", "text:b"}},
                     {" \n<think>a <b> </thin</think>\n\n b", {"reasoning:a <b> </thin", "text:b"}},
                     {"<think></think>b", {"text:b"}},
                     {"<think>a", {"reasoning:a"}},
                     {"<think>a</thi", {"reasoning:a</thi"}},
                     {"<thin", {"text:<thin"}},
                     {"<thinker>", {"text:<thinker>"}},
                     {"  x", {"text:  x"}},
                     {"  ", {"text:  "}},
                     {"a<think>b</think>", {"text:a<think>b</think>"}},
                     {"<think>a</think><think>b</think>", {"reasoning:a", "text:<think>b</think>"}},
                     {"<tool_call>{\"name\":\"get\"}</tool_call>", {"text:<tool_call>{\"name\":\"get\"}</tool_call>"}},
                 });
}

TEST(TextFilter, MakesCallsOfDeclaredTools) {
  expect_all(
      {{"get", ""}},
      {
          {"<tool_call>{\"name\":\"get\",\"arguments\":{\"a\":\"</b>\"}}</tool_call>", {"call:get:{\"a\":\"</b>\"}"}},
          {" \n<tool_call> {\"name\":\"get\"} </tool_call> ", {"call:get:{}"}},
          {"see: <tool_call>{\"name\":\"get\",\"parameters\":{}}</tool_call> ok", {"text:see: ", "call:get:{}", "text:ok"}},
          {"<think>t</think><tool_call>{\"name\":\"get\"}</tool_call>\n<tool_call>{\"name\":\"get\"}</tool_call>",
           {"reasoning:t", "call:get:{}", "call:get:{}"}},
          {"<tool_call>{\"name\":\"get\",\"arguments\":\"{\\\"a\\\":1}\"}", {"call:get:{\"a\":1}"}},
          {"<tool_call>{\"name\":\"put\"}</tool_call>", {"text:<tool_call>{\"name\":\"put\"}</tool_call>"}},
          {" <tool_call>{\"name\":\"get\"", {"text: <tool_call>{\"name\":\"get\""}},
          {"<tool_call>{\"name\":\"get\",\"arguments\":\"{\"}</tool_call>",
           {"text:<tool_call>{\"name\":\"get\",\"arguments\":\"{\"}</tool_call>"}},
          {"<tool_call>{\"name\":\"get\",\"arguments\":[1]}</tool_call>",
           {"text:<tool_call>{\"name\":\"get\",\"arguments\":[1]}</tool_call>"}},
          {"<tool_call>x<tool_call>{\"name\":\"get\"}</tool_call>", {"text:<tool_call>x", "call:get:{}"}},
          {"a <tool_cal", {"text:a <tool_cal"}},
          {"1 < 2 <tool", {"text:1 < 2 <tool"}},
      });
}

TEST(TextFilter, LetsPlainTextPass) {
  std::vector<DeclaredTool> none, some{{"get", ""}};
  TextFilter plain(none), watching(some);
  std::vector<Segment> segments;
  EXPECT_FALSE(plain.passes("hello")) << "the first text may begin a block";
  plain.feed("hello", segments);
  watching.feed("hello", segments);
  EXPECT_TRUE(plain.passes("a < b"));
  EXPECT_TRUE(watching.passes("a \\n b"));
  EXPECT_FALSE(watching.passes("a < b"));
  EXPECT_FALSE(watching.passes("a \\u003c b"));
}

const std::string kSchema =
    R"({"type":"object","properties":{"q":{"type":"string"},"n":{"type":"integer"},"l":{"type":"array"},"any":{}}})";

TEST(TextFilter, TheFormsOfModelFamilies) {
  expect_all(
      {{"get", kSchema}},
      {
          {"<tool_call>get\n<arg_key>q</arg_key>\n<arg_value>7</arg_value>\n<arg_key>n</arg_key>\n<arg_value>7</"
           "arg_value>\n</tool_call>",
           {R"(call:get:{"q":"7","n":7})"}},
          {"<tool_call>get</tool_call>", {"call:get:{}"}},
          {"<tool_call>\n<function=get>\n<parameter=q>\na <b>\nc\n</parameter>\n<parameter=l>\n[1, "
           "2]\n</parameter>\n</function>\n</tool_call>",
           {R"(call:get:{"q":"a <b>\nc","l":[1, 2]})"}},
          {R"(so <function=get>{"q":"x"}</function> ok)", {"text:so ", R"(call:get:{"q":"x"})", "text:ok"}},
          {R"([TOOL_CALLS][{"name":"get","arguments":{"q":"x"}},{"name":"get","arguments":"{}"}])",
           {R"(call:get:{"q":"x"})", "call:get:{}"}},
          {R"([TOOL_CALLS]get{"q":"x"})", {R"(call:get:{"q":"x"})"}},
          {R"(<|python_tag|>{"name":"get","parameters":{"q":"x"}})", {R"(call:get:{"q":"x"})"}},
          {R"(<|tool_calls_section_begin|><|tool_call_begin|>functions.get:0<|tool_call_argument_begin|>{"q":"x"}<|tool_call_end|><|tool_call_begin|>functions.get:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>)",
           {R"(call:get:{"q":"x"})", "call:get:{}"}},
          {"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get\n```json\n{\"q\":\"x\"}\n```<"
           "｜tool▁call▁end｜><｜tool▁calls▁end｜>",
           {R"(call:get:{"q":"x"})"}},
          {"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get<｜tool▁sep｜>{\"q\":\"x\"}<｜tool▁call▁end｜><"
           "｜tool▁calls▁end｜>",
           {R"(call:get:{"q":"x"})"}},
      });
}

// One doubt, and it stays text.
TEST(TextFilter, WhatIsNotCertainStaysText) {
  for (std::string text : {
           "<tool_call>get\n<arg_key>n</arg_key>\n<arg_value>seven</arg_value>\n</tool_call>",  // no integer
           "<tool_call>get\n<arg_key>any</arg_key>\n<arg_value>7</arg_value>\n</tool_call>",    // a text or a number?
           "<tool_call>get\n<arg_key>other</arg_key>\n<arg_value>7</arg_value>\n</tool_call>",  // nobody knows it
           "<tool_call>get me that</tool_call>",
           "<function=put>{}</function>",
           "<function=get>{\"q\":</function>",
           "[TOOL_CALLS] is what Mistral writes",
           "[TOOL_CALLS][{\"name\":\"put\",\"arguments\":{}}]",
           "[TOOL_CALLS][]",
           "<|python_tag|>print(1)",
           "see [1] and [TOOL] < 3",
           "<|tool_calls_section_begin|><|tool_calls_section_end|>",
       }) {
    for (std::size_t step = 1; step <= text.size() + 1; ++step)
      EXPECT_EQ(run({{"get", kSchema}}, text, step), std::vector<std::string>{"text:" + text}) << "in steps of " << step;
  }
  expect_all({{"get", ""}},
             {{R"([TOOL_CALLS] no, <tool_call>{"name":"get"}</tool_call>)", {"text:[TOOL_CALLS] no, ", "call:get:{}"}}});
}

TEST(TextFilter, ReadsDeclaredTools) {
  auto names = [](std::string_view text) {
    std::vector<std::string> out;
    for (const DeclaredTool& tool : declared_tools(json::Document::parse(text)->root()))
      out.push_back(tool.name + tool.parameters);
    return out;
  };
  EXPECT_EQ(
      names(
          R"({"tools":[{"type":"function","function":{"name":"a","parameters":{ "type":"object"}}},{"type":"x"}],"functions":[{"name":"b"}]})"),
      (std::vector<std::string>{R"(a{ "type":"object"})", "b"}));
  EXPECT_TRUE(names(R"({"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":"none"})").empty());
  EXPECT_TRUE(names(R"({"tools":null})").empty());
}

}  // namespace
}  // namespace freeway::dialect::openai
