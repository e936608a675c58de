#include "dialect/openai/text_filter.h"

#include <gtest/gtest.h>

namespace freeway::dialect::openai {
namespace {

// "text:…", "reasoning:…", "call:name:arguments", neighbours of one kind joined.
std::vector<std::string> run(const std::vector<std::string>& tools, std::string_view text, std::size_t step) {
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

void expect_all(const std::vector<std::string>& tools, const std::vector<Case>& cases) {
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
      {"get"},
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
  std::vector<std::string> none, some{"get"};
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

TEST(TextFilter, ReadsDeclaredTools) {
  auto names = [](std::string_view text) { return declared_tools(json::Document::parse(text)->root()); };
  EXPECT_EQ(names(R"({"tools":[{"type":"function","function":{"name":"a"}},{"type":"x"}],"functions":[{"name":"b"}]})"),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(names(R"({"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":"none"})").empty());
  EXPECT_TRUE(names(R"({"tools":null})").empty());
}

}  // namespace
}  // namespace freeway::dialect::openai
