#include "dialect/completions/completions.h"

#include <gtest/gtest.h>

#include "dialect/dialect.h"

namespace freeway::dialect::completions {
namespace {

Asked decoded(std::string text) {
  auto asked = decode_completions(std::move(text));
  EXPECT_TRUE(asked) << (asked ? "" : asked.error().message);
  return asked ? std::move(*asked) : Asked();
}

std::string refused(std::string text) {
  auto asked = decode_completions(std::move(text));
  return asked ? "" : asked.error().param;
}

chat::Event piece(std::string_view json) {
  chat::Event event;
  event.json = json;
  return event;
}

TEST(Completions, AsksEachPromptAsAChatOfOneMessage) {
  Asked asked = decoded(R"({"model":"m","prompt":["a\n","b"],"max_tokens":5,"temperature":1e0,"echo":false,"logprobs":2})");
  EXPECT_EQ(asked.request->text,
            R"({"model":"m","messages":[{"role":"user","content":"a\n"}],"max_tokens":5,"temperature":1e0,"logprobs":true,)"
            R"("top_logprobs":2})");
  ASSERT_EQ(asked.further.size(), 1u);
  EXPECT_TRUE(asked.further[0]->text.contains(R"([{"role":"user","content":"b"}])"));
  EXPECT_EQ(asked.further[0]->place, 1u);
}

TEST(Completions, RefusesByName) {
  EXPECT_EQ(refused(R"({"model":"m"})"), "prompt");
  EXPECT_EQ(refused(R"({"prompt":[]})"), "prompt");
  EXPECT_EQ(refused(R"({"prompt":[1,2]})"), "prompt[0]");
  EXPECT_EQ(refused(R"({"prompt":["a",[1]]})"), "prompt[1]");
  EXPECT_EQ(refused(R"({"prompt":"a","best_of":3,"n":2})"), "best_of");
  EXPECT_EQ(refused(R"({"prompt":"a","suffix":1})"), "suffix");
  EXPECT_EQ(refused(R"({"prompt":"a","logprobs":-1})"), "logprobs");
  EXPECT_EQ(refused(R"({"prompt":"a","stream":"yes"})"), "stream");
  EXPECT_EQ(refused(R"({"prompt":"a","best_of":2,"n":2})"), "");
  EXPECT_EQ(refused(R"({"prompt":"a","messages":[{"role":"user","content":"b"}]})"), "messages");
  EXPECT_EQ(refused(R"({"prompt":"a","logprobs":1,"top_logprobs":2})"), "top_logprobs");
  std::string many = R"({"prompt":["a")";
  for (int i = 0; i < 63; ++i) many += R"(,"a")";
  EXPECT_EQ(refused(many + R"(],"user":")" + std::string(200'000, 'x') + "\"}"), "prompt");
}

TEST(Completions, ASuffixIsKeptForAModelThatFillsIn) {
  Asked asked = decoded(R"({"prompt":"def f(","suffix":"\n  return x"})");
  EXPECT_EQ(asked.request->suffix, "\n  return x");
  EXPECT_FALSE(asked.request->text.contains("suffix"));
  EXPECT_TRUE(decoded(R"({"prompt":"a","suffix":""})").request->suffix.empty());
}

TEST(Completions, TellsAWholeAnswer) {
  Asked asked = decoded(R"({"prompt":["a","Say: "],"echo":true,"n":2,"logprobs":1})");
  WholeAnswer answer;
  answer.body = R"({"id":"c","object":"chat.completion","created":7,"model":"m","choices":[{"index":1,"message":{"role":)"
                R"("assistant","content":"x"},"finish_reason":"length","logprobs":{"content":[{"token":"x","logprob":-0.50,)"
                R"("top_logprobs":[{"token":"x","logprob":-0.50}]}]}}]})";
  answer.usage = {.prompt_tokens = 3, .completion_tokens = 1, .total_tokens = 4};
  asked.surface->tell(*asked.further[0], answer);
  EXPECT_EQ(
      answer.body,
      R"({"id":"c","object":"text_completion","created":7,"model":"m","choices":[{"text":"Say: x","index":3,"logprobs":)"
      R"({"tokens":["x"],"token_logprobs":[-0.50],"top_logprobs":[{"x":-0.50}],"text_offset":[5]},"finish_reason":)"
      R"("length"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}})");
}

TEST(Completions, StreamsPromptAfterPromptWithOneEnd) {
  Asked asked = decoded(R"({"prompt":["a","b"],"stream":true,"stream_options":{"include_usage":true}})");
  std::string out;
  auto first = asked.surface->stream(*asked.request);
  first->write(out, piece(R"({"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant"}}]})"));
  EXPECT_EQ(out, "") << "a role says nothing here";
  first->write(out, piece(R"({"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"x"}}]})"));
  first->write(out,
               piece(R"({"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"));
  first->finish(out, {.prompt_tokens = 1, .completion_tokens = 2, .total_tokens = 3});
  EXPECT_FALSE(out.contains("[DONE]"));
  EXPECT_FALSE(out.contains("usage"));
  EXPECT_TRUE(out.contains(R"({"text":"","index":0,"logprobs":null,"finish_reason":"stop"})"));
  out.clear();
  auto second = asked.surface->stream(*asked.further[0]);
  second->write(out, piece(R"({"id":"d","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"y"}}]})"));
  second->finish(out, {.prompt_tokens = 10, .completion_tokens = 20, .total_tokens = 30, .estimated = true});
  EXPECT_EQ(out,
            "data: {\"id\":\"d\",\"object\":\"text_completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"text\":\"y\","
            "\"index\":1,\"logprobs\":null,\"finish_reason\":null}]}\n\n"
            "data: {\"id\":\"d\",\"object\":\"text_completion\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{"
            "\"prompt_tokens\":11,\"completion_tokens\":22,\"total_tokens\":33}}\n\ndata: [DONE]\n\n");
}

TEST(Completions, TellsContentInParts) {
  Asked asked = decoded(R"({"prompt":"a","stream":true})");
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  writer->write(out, piece(R"({"choices":[{"index":0,"delta":{"content":["bare ",{"type":"text","text":"words"}]}}]})"));
  EXPECT_TRUE(out.contains(R"("text":"bare words")")) << out;
  WholeAnswer answer;
  answer.body = R"({"choices":[{"index":0,"message":{"content":[{"type":"text","text":"x"}],)"
                R"("images":[{"image_url":{"url":"data:image/png;base64,AA=="}}]},"finish_reason":"stop"}]})";
  asked.surface->tell(*asked.request, answer);
  EXPECT_TRUE(answer.body.contains(R"x("text":"x![image](data:image/png;base64,AA==)")x")) << answer.body;
}

TEST(Completions, EchoesThePromptOnceAChoice) {
  Asked asked = decoded(R"({"prompt":"ab","echo":true,"stream":true})");
  auto writer = asked.surface->stream(*asked.request);
  std::string out;
  writer->write(out, piece(R"({"choices":[{"index":0,"delta":{"content":"x"}}]})"));
  writer->write(out, piece(R"({"choices":[{"index":0,"delta":{"content":"y"}}]})"));
  EXPECT_TRUE(out.contains(R"("text":"abx")"));
  EXPECT_TRUE(out.contains(R"("text":"y")"));
}

TEST(Completions, JoinsAnswers) {
  EXPECT_EQ(
      join_answers({R"({"id":"a","created":1,"model":"m","choices":[{"text":"x","index":0}],"usage":{"prompt_tokens":1,)"
                    R"("completion_tokens":2,"total_tokens":3}})",
                    R"({"id":"b","choices":[{"text":"y","index":1}],"usage":{"prompt_tokens":1,"completion_tokens":2,)"
                    R"("total_tokens":3}})"}),
      R"({"id":"a","object":"text_completion","created":1,"model":"m","choices":[{"text":"x","index":0},)"
      R"({"text":"y","index":1}],"usage":{"prompt_tokens":2,"completion_tokens":4,"total_tokens":6}})");
  EXPECT_EQ(join_answers({"no JSON"}), "");
}

}  // namespace
}  // namespace freeway::dialect::completions
