#include "dialect/clipping.h"

#include <gtest/gtest.h>

#include "dialect/openai/answer.h"
#include "dialect/openai/openai_test.h"

namespace freeway::dialect {
namespace {

using openai::testing::decode;

std::string words(std::size_t count) {
  std::string text = "word";
  for (std::size_t i = 1; i < count; ++i) text += " word";
  return text;
}

std::string asked(std::size_t count, const std::string& more = "") {
  return R"({"messages":[{"role":"user","content":")" + words(count) + "\"}]" + more + "}";
}

std::string told(std::string document, std::string_view usage, std::string id = "openai/gpt-oss-120b") {
  auto json = json::Document::parse(usage);
  auto read = openai::read_usage(json->root());
  return clipped(*decode(std::move(document)), openai::testing::model(std::move(id)), *read).value_or("");
}

TEST(Clipping, G15APromptThatWasNotReadToItsEndIsTold) {
  EXPECT_EQ(told(asked(8000), R"({"prompt_tokens":1900})"), "1900 of the prompt's 8000 tokens were read");
  EXPECT_EQ(told(asked(8000), R"({"prompt_tokens":8070})"), "");
}

TEST(Clipping, WhatIsNotBeyondDoubtIsNotTold) {
  EXPECT_EQ(told(asked(8000), R"({"prompt_tokens":4900})"), "") << "near enough";
  EXPECT_EQ(told(asked(1900), R"({"prompt_tokens":100})"), "") << "small";
  EXPECT_EQ(told(asked(8000), R"({"prompt_tokens":1900})", "llama3.1:8b"), "") << "another vocabulary";
  EXPECT_EQ(told(asked(8000), R"({"completion_tokens":5})"), "") << "nothing was reported";
  for (std::string_view cached : {R"("prompt_tokens_details":{"cached_tokens":6000})", R"("prompt_cache_hit_tokens":6000)"})
    EXPECT_EQ(told(asked(8000), R"({"prompt_tokens":1900,)" + std::string(cached) + "}"), "") << cached;
}

TEST(Clipping, WhatProvidersRenderInTheirOwnWayPlaysNoPart) {
  std::string tools = R"(,"tools":[{"type":"function","function":{"name":"f","description":")" + words(8000) + R"("}}])";
  EXPECT_EQ(told(asked(1000, tools), R"({"prompt_tokens":1100})"), "");
  EXPECT_EQ(told(R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","reasoning_content":")" +
                     words(8000) + R"("},{"role":"user","content":[{"type":"text","text":"c"}]}]})",
                 R"({"prompt_tokens":100})"),
            "");
}

}  // namespace
}  // namespace freeway::dialect
