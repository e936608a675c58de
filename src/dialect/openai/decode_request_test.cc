#include <gmock/gmock.h>

#include "base/text.h"
#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {
using testing::decode;
using ::testing::HasSubstr;

constexpr std::string_view kHi = R"("messages":[{"role":"user","content":"hi"}])";

std::string with(std::string_view members) { return "{" + std::string(members) + "," + std::string(kHi) + "}"; }

TEST(DecodeRequest, ReadsTheFactsOfAPlainRequest) {
  auto request = decode(with(R"("model":"m1","max_tokens":7)"));
  EXPECT_EQ(request->model, "m1");
  EXPECT_FALSE(request->stream);
  EXPECT_FALSE(request->include_usage);
  EXPECT_FALSE(request->needs_tools);
  EXPECT_FALSE(request->needs_vision);
  EXPECT_EQ(request->choices, 1u);
  EXPECT_EQ(request->max_tokens, 7u);
  EXPECT_FALSE(request->opening.has_value());
  EXPECT_GT(request->prompt_tokens, 0u);
}

TEST(DecodeRequest, TakesNullForAbsent) {
  auto request = decode(
      R"({"model":null,"stream":null,"stream_options":null,"max_tokens":null,"max_completion_tokens":null,"n":null,"tools":null,
          "functions":null,"response_format":null,"messages":[{"role":"user","content":"hi","tool_calls":null,"name":null}]})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->model, "");
  EXPECT_FALSE(request->stream);
  EXPECT_FALSE(request->max_tokens.has_value());
  EXPECT_EQ(request->structure, chat::Structure::none);
}

TEST(DecodeRequest, ReadsStreamAndUsage) {
  auto request = decode(
      with(R"("stream":true,"stream_options":{"include_usage":true},"n":2,"max_completion_tokens":9,"max_tokens":5)"));
  EXPECT_TRUE(request->stream);
  EXPECT_TRUE(request->include_usage);
  EXPECT_EQ(request->choices, 2u);
  EXPECT_EQ(request->max_tokens, 9u);
}

TEST(DecodeRequest, SeesToolsInDeclarationsAndInHistory) {
  EXPECT_TRUE(decode(with(R"("tools":[{"type":"function","function":{"name":"f"}}])"))->needs_tools);
  EXPECT_TRUE(decode(with(R"("functions":[{"name":"f"}])"))->needs_tools);
  EXPECT_FALSE(decode(with(R"("tools":[])"))->needs_tools);
  EXPECT_TRUE(decode(R"({"messages":[{"role":"tool","tool_call_id":"x","content":"1"}]})")->needs_tools);
  EXPECT_TRUE(decode(R"({"messages":[{"role":"assistant","content":null,"function_call":{"name":"f"}}]})")->needs_tools);
  EXPECT_TRUE(decode(R"({"messages":[{"role":"assistant","tool_calls":[{"id":"x"}]}]})")->needs_tools);
}

TEST(DecodeRequest, SeesImages) {
  for (std::string_view part : {R"({"type":"image_url","image_url":{"url":"https://x/y.png"}})", R"({"type":"input_image"})",
                                R"({"type":"image"})", R"({"image_url":{"url":"https://x/y.png"}})"}) {
    auto request =
        decode(R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"},)" + std::string(part) + "]}]}");
    EXPECT_TRUE(request->needs_vision) << part;
  }
  EXPECT_FALSE(
      decode(R"({"messages":[{"role":"user","content":[{"type":"text","text":"image_url"},"bare"]}]})")->needs_vision);
}

TEST(DecodeRequest, KeepsTheSchemaVerbatim) {
  auto request =
      decode(with(R"("response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{ "type" :"object"}}})"));
  EXPECT_EQ(request->structure, chat::Structure::json_schema);
  EXPECT_EQ(request->schema, R"({ "type" :"object"})");
  EXPECT_EQ(decode(with(R"("response_format":{"type":"json_object"})"))->structure, chat::Structure::json_object);
  EXPECT_EQ(decode(with(R"("response_format":{"type":"text"})"))->structure, chat::Structure::none);
}

TEST(DecodeRequest, PassesOverAByteOrderMark) {
  auto request = decode("\xEF\xBB\xBF" + with(R"("model":"m1")"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->model, "m1");
  EXPECT_EQ(request->text.front(), '{');
}

TEST(DecodeRequest, CountsAnImageByItsKindNotByItsBytes) {
  std::string small =
      R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]})";
  std::string large = small;
  large.insert(large.find("AA"), std::string(1 << 20, 'A'));
  EXPECT_EQ(decode(small)->prompt_tokens, decode(large)->prompt_tokens);
  EXPECT_GE(decode(small)->prompt_tokens, 1000u);
}

TEST(DecodeRequest, CountsTextToolsAndCalls) {
  std::string text(4000, 'a');
  auto bare = decode(with(R"("x":1)"))->prompt_tokens;
  EXPECT_GT(decode(R"({"messages":[{"role":"user","content":")" + text + "\"}]}")->prompt_tokens, bare + 890);
  EXPECT_GT(
      decode(with(R"("tools":[{"type":"function","function":{"name":"f","description":")" + text + "\"}}]"))->prompt_tokens,
      bare + 890);
  EXPECT_GT(decode(R"({"messages":[{"role":"assistant","tool_calls":[{"id":"x","function":{"name":"f","arguments":")" +
                   text + "\"}}]}]}")
                ->prompt_tokens,
            bare + 890);
  EXPECT_EQ(decode(R"({"messages":[{"role":"user","content":"\u4f60\u597d"}]})")->prompt_tokens,
            decode(R"({"messages":[{"role":"user","content":"你好"}]})")->prompt_tokens);
}

TEST(DecodeRequest, FingerprintsTheOpening) {
  auto opening = [](std::string_view messages) { return decode("{\"messages\":" + std::string(messages) + "}")->opening; };
  auto first = opening(R"([{"role":"user","content":"hi"},{"role":"assistant","content":"yo"}])");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 32u);
  EXPECT_EQ(
      first,
      opening(
          R"([{"content":"h\u0069","role":"user"},{"role":"assistant","content":"yo"},{"role":"user","content":"more"}])"));
  EXPECT_EQ(first,
            opening(R"([{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"assistant","content":"yo"}])"));
  EXPECT_NE(first, opening(R"([{"role":"user","content":"hi"},{"role":"assistant","content":"you"}])"));
  EXPECT_NE(first, opening(R"([{"role":"user","content":"ho"},{"role":"assistant","content":"yo"}])"));
  EXPECT_FALSE(opening(R"([{"role":"system","content":"s"},{"role":"user","content":"hi"}])"));
}

struct Wrong {
  std::string text;
  std::string says;
  std::string param;
};

TEST(DecodeRequest, NamesTheRealProblem) {
  const Wrong cases[] = {
      {"", "empty", ""},
      {" \n", "empty", ""},
      {"{\"messages\":[{\"role\":\"user\",}]}", "not valid JSON", ""},
      {"{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}", "UTF-8", ""},
      {"[]", "must be a JSON object, not an array", ""},
      {"\"x\"", "must be a JSON object, not a string", ""},
      {"{}", "`messages` is required", "messages"},
      {R"({"messages":null})", "`messages` is required", "messages"},
      {R"({"messages":"hi"})", "`messages` must be an array, not a string", "messages"},
      {R"({"messages":[]})", "at least one message", "messages"},
      {R"({"messages":["hi"]})", "`messages[0]` must be an object", "messages[0]"},
      {R"({"messages":[{"content":"hi"}]})", "`messages[0].role` is missing", "messages[0].role"},
      {R"({"messages":[{"role":"user","content":7}]})", "not a number", "messages[0].content"},
      {R"({"messages":[{"role":"assistant","tool_calls":{}}]})", "must be an array", "messages[0].tool_calls"},
      {with(R"("model":7)"), "`model` must be a string, not a number", "model"},
      {with(R"("stream":"yes")"), "`stream` must be a boolean", "stream"},
      {with(R"("stream":true,"stream_options":true)"), "must be an object", "stream_options"},
      {with(R"("stream":true,"stream_options":{"include_usage":1})"), "must be a boolean", "stream_options.include_usage"},
      {with(R"("max_tokens":"7")"), "whole number", "max_tokens"},
      {with(R"("max_tokens":0)"), "at least 1", "max_tokens"},
      {with(R"("max_completion_tokens":1.5)"), "whole number", "max_completion_tokens"},
      {with(R"("n":0)"), "at least 1", "n"},
      {with(R"("n":129)"), "at most 128", "n"},
      {with(R"("tools":{})"), "must be an array", "tools"},
      {with(R"("tools":[1])"), "must be an object", "tools[0]"},
      {with(R"("functions":"f")"), "must be an array", "functions"},
      {with(R"("response_format":"json")"), "must be an object", "response_format"},
      {with(R"("response_format":{})"), "json_schema", "response_format.type"},
      {with(R"("response_format":{"type":"json_schema"})"), "is required", "response_format.json_schema"},
      {with(R"("response_format":{"type":"json_schema","json_schema":{"schema":[]}})"), "must be an object",
       "response_format.json_schema.schema"},
      {with("\"x\":" + std::string(5000, '[') + std::string(5000, ']')), "levels", ""},
  };
  for (const Wrong& wrong : cases) {
    auto request = decode_request(wrong.text);
    ASSERT_FALSE(request.has_value()) << wrong.text.substr(0, 100);
    EXPECT_EQ(request.error().status, 400);
    EXPECT_THAT(request.error().message, HasSubstr(wrong.says));
    EXPECT_EQ(request.error().param, wrong.param) << wrong.text.substr(0, 100);
  }
}

TEST(DecodeRequest, SaysWhatOfARefusalTheClientWrote) {
  auto refused = decode_request(with(R"("n":"words of a prompt")"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("words of a prompt"));
  EXPECT_EQ(leave_out(refused.error().message, refused.error().quoted), "`n` must be a whole number….");
}

TEST(DecodeRequest, LeavesUnknownThingsToTheProvider) {
  EXPECT_TRUE(decode(with(R"("x_custom":[1],"temperature":"warm","verbosity":{},"max_tokens":8192.0)")));
  EXPECT_TRUE(decode(R"({"messages":[{"role":"critic","content":[{"type":"hologram"}]}]})"));
}

}  // namespace
}  // namespace freeway::dialect::openai
