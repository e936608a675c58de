#include "dialect/count.h"

#include <gtest/gtest.h>

#include <string>

#include "dialect/dialect.h"
#include "dialect/openai/openai_test.h"
#include "token/count.h"

namespace freeway::dialect {
namespace {

using openai::testing::decode;
using token::Encoding;

constexpr std::uint64_t kFrames = 3 + 4;  // of the answer, and of one message

std::uint64_t count(const std::string& body) { return count_prompt(*decode(body), Encoding::o200k).tokens; }

std::string message(std::string_view members) { return R"({"messages":[{"role":"user",)" + std::string(members) + "}]}"; }

TEST(CountPrompt, CountsTextsHoweverTheyAreSpelled) {
  EXPECT_EQ(count(message(R"("content":"hello world")")), kFrames + 2);
  EXPECT_EQ(count(message(R"("content":"\u0068ello\u0020world")")), kFrames + 2);
  EXPECT_EQ(count(message(R"("content":null)")), kFrames);
  EXPECT_EQ(count(message(R"("content":[{"type":"text","text":"hello"},{"type":"text","text":"world"}])")), kFrames + 2);
  EXPECT_EQ(count(message(R"("name":"hello","content":"world")")), kFrames + 2);
  EXPECT_EQ(count(R"({"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"world"}]})"),
            kFrames + 4 + 2);
}

TEST(CountPrompt, CountsImagesCallsToolsAndSchemas) {
  std::string image =
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,)" + std::string(9000, 'A') + R"("}})";
  EXPECT_EQ(count(message(R"("content":[{"type":"text","text":"hello"},)" + image + "]")), kFrames + 1 + 1000);
  EXPECT_EQ(count(message(R"("content":null,"tool_calls":[{"id":"1","function":{"name":"get","arguments":"{}"}}])")),
            kFrames + 4 + 2);
  std::string_view tools = R"([{"type":"function","function":{"name":"get","description":"hello world"}}])";
  std::uint64_t of_tools = token::count(Encoding::o200k, tools);
  EXPECT_EQ(count(R"({"messages":[{"role":"user","content":"hello"}],"tools":)" + std::string(tools) + "}"),
            kFrames + 1 + of_tools);
  std::string_view schema = R"({"name":"n","schema":{"type":"object"}})";
  std::uint64_t of_schema = token::count(Encoding::o200k, schema);
  EXPECT_EQ(
      count(R"({"messages":[{"role":"user","content":"hello"}],"response_format":{"type":"json_schema","json_schema":)" +
            std::string(schema) + "}}"),
      kFrames + 1 + of_schema);
}

TEST(CountPrompt, CountsInputsOfOtherKinds) {
  auto size = [](chat::Kind kind, const std::string& body) {
    auto request = openai::decode_request(kind, body);
    EXPECT_TRUE(request.has_value()) << body;
    return count_prompt(**request, Encoding::cl100k);
  };
  auto texts = size(chat::Kind::embedding, R"({"model":"e","input":["hello world","hello"]})");
  EXPECT_EQ(texts.tokens, 3u);
  EXPECT_EQ(texts.longest, 2u);
  EXPECT_EQ(size(chat::Kind::embedding, R"({"model":"e","input":[1,2,3]})").tokens, 3u);
  EXPECT_EQ(size(chat::Kind::embedding, R"({"model":"e","input":[[1,2,3],[4]]})").longest, 3u);
  EXPECT_EQ(size(chat::Kind::moderation, R"({"input":[{"type":"text","text":"hello"}]})").tokens, 2u);
  auto ranked = size(chat::Kind::rerank, R"({"model":"r","query":"hello","documents":["hello world",{"text":"hello"}]})");
  EXPECT_EQ(ranked.tokens, 2u + 1 + 1 + 1);
  EXPECT_EQ(ranked.longest, 3u);
  EXPECT_EQ(size(chat::Kind::image, R"({"prompt":"hello world"})").tokens, 2u);
  EXPECT_EQ(size(chat::Kind::speech, R"({"input":"hello world","voice":"x"})").tokens, 2u);
}

TEST(CountPrompt, IsKeptByVocabulary) {
  auto request = decode(message(R"("content":"hello world")"));
  EXPECT_FALSE(counted_prompt(*request, Encoding::o200k));
  count_prompt(*request, Encoding::o200k);
  EXPECT_FALSE(counted_prompt(*request, Encoding::cl100k));
  ASSERT_TRUE(counted_prompt(*request, Encoding::o200k));
  request->counted[static_cast<std::size_t>(Encoding::o200k)]->tokens = 77;
  EXPECT_EQ(count_prompt(*request, Encoding::o200k).tokens, 77u);
}

TEST(CountPrompt, IsWhatARequestCostOfWhichNobodyTells) {
  auto request = decode(message(R"("content":"hello world")"));
  chat::Usage usage = estimated_usage(*request);
  EXPECT_EQ(usage.prompt_tokens, kFrames + 2);
  EXPECT_EQ(usage.total_tokens, kFrames + 2);
  EXPECT_TRUE(usage.estimated);
}

}  // namespace
}  // namespace freeway::dialect
