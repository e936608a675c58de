#include "dialect/openai/surface.h"

#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {
using testing::decode;

const std::string kAsks =
    R"({"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]})";
const std::string kPlain = R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})";

chat::Event event(chat::Event::Kind kind, std::string_view json) {
  chat::Event out;
  out.kind = kind;
  out.json = json;
  return out;
}

constexpr std::string_view kPiece = R"({"id":"c","created":7,"model":"m","choices":[{"index":0,"delta":{"content":"x"}}]})";
constexpr std::string_view kFrame =
    R"({"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})";

TEST(Surface, WritesErrorsInTheEnvelope) {
  EXPECT_EQ(error_body("no \"m\"", "invalid_request_error", "model", "model_not_found"),
            R"({"error":{"message":"no \"m\"","type":"invalid_request_error","param":"model","code":"model_not_found"}})");
  EXPECT_EQ(error_body("m", "t", "", ""), R"({"error":{"message":"m","type":"t","param":null,"code":null}})");
}

TEST(Surface, WritesTheUsageFrameLastWhereItWasAskedFor) {
  auto request = decode(kAsks);
  ChunkWriter writer(*request);
  std::string out;
  writer.write(out, event(chat::Event::Kind::usage, kFrame));
  writer.write(out, event(chat::Event::Kind::piece, kPiece));
  writer.write(out, event(chat::Event::Kind::done, ""));
  writer.finish(out, {});
  EXPECT_EQ(out, "data: " + std::string(kPiece) + "\n\ndata: " + std::string(kFrame) + "\n\ndata: [DONE]\n\n");
}

TEST(Surface, MakesAUsageFrameWhereTheProviderSentNone) {
  auto request = decode(kAsks);
  ChunkWriter writer(*request);
  std::string out;
  writer.write(out, event(chat::Event::Kind::piece, kPiece));
  writer.finish(out, {.prompt_tokens = 4, .completion_tokens = 5, .total_tokens = 9, .estimated = true});
  EXPECT_EQ(out,
            "data: " + std::string(kPiece) +
                "\n\ndata: "
                "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[],\"usage\":"
                "{\"prompt_tokens\":4,\"completion_tokens\":5,\"total_tokens\":9}}\n\ndata: [DONE]\n\n");
}

TEST(Surface, WritesNoUsageFrameUnasked) {
  auto request = decode(kPlain);
  ChunkWriter writer(*request);
  std::string out;
  writer.write(out, event(chat::Event::Kind::piece, kPiece));
  writer.write(out, event(chat::Event::Kind::usage, kFrame));
  writer.finish(out, {.prompt_tokens = 4, .completion_tokens = 5, .total_tokens = 9});
  EXPECT_EQ(out, "data: " + std::string(kPiece) + "\n\ndata: [DONE]\n\n");
}

TEST(Surface, EndsBadlyWithoutAnEndMark) {
  auto request = decode(kPlain);
  std::string out;
  surface()->stream(*request)->fail(out, {502, "the provider went away", "upstream_error", "", "bad_answer", ""});
  EXPECT_EQ(out,
            "data: {\"error\":{\"message\":\"the provider went "
            "away\",\"type\":\"upstream_error\",\"param\":null,\"code\":\"bad_answer\"}}\n\n");
}

}  // namespace
}  // namespace freeway::dialect::openai
