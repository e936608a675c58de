#include "dialect/anthropic/message_test.h"
#include "dialect/openai/openai_test.h"

namespace freeway::dialect::anthropic {
namespace {

using testing::decode;

std::string tell(const Asked& asked, std::string completion, chat::Usage usage = {}) {
  WholeAnswer answer;
  answer.body = std::move(completion);
  answer.usage = usage;
  asked.surface->tell(*asked.request, answer);
  return answer.body;
}

std::string completion(const std::string& message, const std::string& reason, const std::string& more = "") {
  return R"({"id":"c","model":"m1","choices":[{"index":0,"message":)" + message + R"(,"finish_reason":)" + reason + more +
         R"(}],"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}})";
}

chat::Usage usage() {
  chat::Usage out;
  out.prompt_tokens = 10;
  out.completion_tokens = 5;
  return out;
}

TEST(Messages, TellsAWholeAnswer) {
  std::string body = tell(
      decode(),
      completion(
          R"({"role":"assistant","content":"I look.","reasoning_content":"Hm.","tool_calls":[{"id":"a","type":"function",)"
          R"("function":{"name":"get","arguments":"{\"q\":1.0}"}}]})",
          "\"tool_calls\""),
      usage());
  auto document = json::Document::parse(body);
  ASSERT_TRUE(document.has_value()) << body;
  json::Value root = document->root();
  EXPECT_TRUE(root["type"].equals("message"));
  EXPECT_TRUE(root["role"].equals("assistant"));
  EXPECT_TRUE(root["model"].equals("m1"));
  EXPECT_TRUE(root["stop_reason"].equals("tool_use"));
  EXPECT_FALSE(root["stop_sequence"].given());
  EXPECT_EQ(root["usage"].raw(),
            R"({"input_tokens":6,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":5})");
  ASSERT_EQ(root["content"].size(), 3U);
  json::Value block = root["content"].first();
  EXPECT_TRUE(block["type"].equals("thinking"));
  EXPECT_TRUE(block["thinking"].equals("Hm."));
  EXPECT_TRUE(openai::has_text(block["signature"]));
  EXPECT_EQ(block.next().raw(), R"({"type":"text","text":"I look."})");
  EXPECT_EQ(block.next().next().raw(), R"({"type":"tool_use","id":"a","name":"get","input":{"q":1.0}})");
}

TEST(Messages, AWholeAnswerAndAStreamOfItSayTheSame) {
  auto asked = decode(R"(,"stop_sequences":["END"])");
  std::string body =
      tell(asked, completion(R"({"role":"assistant","content":"one END two","reasoning":"Hm."})", "\"stop\""), usage());
  EXPECT_NE(body.find(R"({"type":"text","text":"one "})"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("stop_reason":"stop_sequence","stop_sequence":"END")"), std::string::npos) << body;
  auto message = testing::told(asked, {testing::chunk(R"({"content":"one END two","reasoning":"Hm."})", "\"stop\"")});
  EXPECT_NE(body.find(message.blocks.at(0).signature), std::string::npos) << body;
  EXPECT_EQ(message.blocks.at(1).text, "one ");
}

TEST(Messages, ContentInPartsAndACallInTheOldFormAreTold) {
  std::string parts = R"([{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}])";
  std::string old = R"({"name":"get","arguments":"{\"q\":1}"})";
  std::string body = tell(
      decode(),
      completion(R"({"role":"assistant","content":)" + parts + R"(,"function_call":)" + old + "}", "\"function_call\""));
  EXPECT_NE(body.find(R"x({"type":"text","text":"a![image](data:image/png;base64,AA)"})x"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("name":"get","input":{"q":1}})"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("stop_reason":"tool_use")"), std::string::npos) << body;
  auto message = testing::told(decode(), {testing::chunk(R"({"content":)" + parts + "}"),
                                          testing::chunk(R"({"function_call":{"name":"get","arguments":""}})"),
                                          testing::chunk(R"({"function_call":{"arguments":"{}"}})", "\"function_call\"")});
  ASSERT_EQ(message.blocks.size(), 2U);
  EXPECT_EQ(message.blocks[0].text, "a![image](data:image/png;base64,AA)");
  EXPECT_TRUE(message.blocks[1].id.starts_with("toolu_"));
  EXPECT_EQ(message.blocks[1].text, "{}");
}

TEST(Messages, AnAnswerOfNothingHasNoBlocks) {
  std::string body = tell(decode(R"(,"thinking":{"type":"disabled"})"),
                          completion(R"({"role":"assistant","content":null,"reasoning_content":"Hm."})", "\"length\""));
  EXPECT_NE(body.find(R"("content":[],"stop_reason":"max_tokens")"), std::string::npos) << body;
}

TEST(Messages, AN5ErrorsHaveTypesByStatus) {
  Trouble trouble;
  trouble.message = "no";
  trouble.request_id = "req_1";
  for (auto [status, type] : {std::pair{400, "invalid_request_error"},
                              {401, "authentication_error"},
                              {403, "permission_error"},
                              {404, "not_found_error"},
                              {413, "request_too_large"},
                              {422, "invalid_request_error"},
                              {429, "rate_limit_error"},
                              {500, "api_error"},
                              {502, "api_error"},
                              {503, "overloaded_error"},
                              {504, "timeout_error"},
                              {529, "overloaded_error"}}) {
    trouble.status = status;
    EXPECT_EQ(error_body(trouble),
              R"({"type":"error","error":{"type":")" + std::string(type) + R"(","message":"no"},"request_id":"req_1"})");
  }
}

TEST(Messages, AN5TheCodeOfAnErrorGoesBeforeItsStatus) {
  auto type = [](int status, std::string_view code) {
    Trouble trouble;
    trouble.status = status;
    trouble.code = code;
    auto body = error_body(trouble);
    auto document = json::Document::parse(body);
    return document ? document->root()["error"]["type"].string().value_or("") : body;
  };
  EXPECT_EQ(type(502, "overloaded"), "overloaded_error");
  EXPECT_EQ(type(502, "all_routes_failed"), "api_error");
  EXPECT_EQ(type(503, "no_valid_key"), "api_error");
  EXPECT_EQ(type(503, "no_provider"), "api_error");
  EXPECT_EQ(type(503, "models_off"), "api_error");
  EXPECT_EQ(type(503, "draining"), "overloaded_error");
  EXPECT_EQ(type(429, "rate_limit_exceeded"), "rate_limit_error");
  EXPECT_EQ(type(429, "client_limit_exceeded"), "rate_limit_error");
  EXPECT_EQ(type(413, "request_too_large"), "request_too_large");
  EXPECT_EQ(type(400, "context_length_exceeded"), "invalid_request_error");
  EXPECT_EQ(type(400, "overloaded"), "invalid_request_error") << "a provider's own word for a request that it blames";
}

TEST(Messages, ErrorsTellCodeAndField) {
  Trouble trouble;
  trouble.status = 400;
  trouble.message = "`max_tokens` is required.";
  trouble.param = "max_tokens";
  trouble.code = "invalid_value";
  EXPECT_NE(error_body(trouble).find(R"("details":{"error_code":"invalid_value","param":"max_tokens"})"), std::string::npos);
}

TEST(Messages, APromptThatIsTooLongIsCalledThat) {
  Trouble trouble;
  trouble.status = 400;
  trouble.message = "There is no room.";
  trouble.code = "context_length_exceeded";
  EXPECT_NE(error_body(trouble).find(R"("message":"prompt is too long: There is no room.")"), std::string::npos);
  trouble.tokens = 250000;
  trouble.token_limit = 128000;
  EXPECT_NE(error_body(trouble).find(R"("message":"prompt is too long: 250000 tokens > 128000 maximum. There is no room.")"),
            std::string::npos);
}

TEST(Messages, AThreadIsRefusedInTheWordsThatClientsLookFor) {
  auto refused = decode_messages(
      R"({"model":"m","max_tokens":9,"messages":[],"thread":{"type":"continue","previous_message_id":"msg_1"}})");
  ASSERT_FALSE(refused.has_value());
  Trouble trouble;
  trouble.status = refused.error().status;
  trouble.code = refused.error().code;
  EXPECT_NE(error_body(trouble).find(R"("details":{"error_code":"thread_unsupported_request","unsupported":["thread"]})"),
            std::string::npos)
      << error_body(trouble);
}

TEST(Messages, AN4CountsToolsImagesDocumentsAndThinking) {
  auto count = [](const std::string& content, const std::string& more = "") {
    auto asked = decode_count(R"({"model":"m","messages":[{"role":"user","content":)" + content + "}]" + more + "}");
    EXPECT_TRUE(asked.has_value());
    return asked ? asked->request->prompt_tokens : 0;
  };
  std::string words;
  for (int i = 0; i < 800; ++i) words += "word ";
  auto plain = count("\"hi\"");
  EXPECT_GT(count("\"hi\"", R"(,"tools":[{"name":"f","description":")" + words + R"(","input_schema":{"type":"object"}}])"),
            plain + 700);
  EXPECT_GT(count("\"hi\"", R"(,"system":")" + words + "\""), plain + 700);
  EXPECT_GT(count(R"([{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA"}}])"), plain + 500);
  EXPECT_GT(count(R"([{"type":"document","source":{"type":"text","data":")" + words + "\"}}]"), plain + 700);
  EXPECT_GT(
      count(R"("hi"},{"role":"assistant","content":[{"type":"thinking","signature":"s","thinking":")" + words + R"("}])"),
      plain + 700);
}

// What of a translated request goes to which provider.
std::string written(const Asked& asked, const catalog::Model& model, bool reasoning_back, std::vector<std::string>& dropped,
                    std::string_view dialect = "openai") {
  catalog::Provider provider;
  provider.quirks.reasoning_back = reasoning_back;
  auto out = find(dialect)->write_request(*asked.request, provider, model);
  EXPECT_TRUE(out.has_value());
  dropped = out->dropped;
  return out->body;
}

TEST(Messages, PastThinkingGoesOnlyWhereItIsTaken) {
  auto asked = decode(R"(,"thinking":{"type":"adaptive"})",
                      R"("hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"s"},)"
                      R"({"type":"text","text":"a"}]},{"role":"user","content":"go")");
  catalog::Model model;
  model.id = "m1";
  std::vector<std::string> dropped;
  EXPECT_EQ(written(asked, model, false, dropped).find("Hm."), std::string::npos);
  EXPECT_EQ(dropped, std::vector<std::string>{"messages[].reasoning_content"});
  EXPECT_NE(written(asked, model, true, dropped).find(R"("reasoning_content":"Hm.")"), std::string::npos);
  EXPECT_TRUE(dropped.empty());
  EXPECT_NE(written(asked, model, false, dropped, "ollama").find(R"("thinking":"Hm.")"), std::string::npos);
}

TEST(Messages, AModelThatDoesNotReasonIsNotToldHowHardTo) {
  auto asked = decode(R"(,"thinking":{"type":"enabled","budget_tokens":9000})");
  catalog::Model model;
  model.id = "m1";
  std::vector<std::string> dropped;
  EXPECT_NE(written(asked, model, false, dropped).find(R"("reasoning_effort":"medium")"), std::string::npos);
  model.reasoning = false;
  EXPECT_EQ(written(asked, model, false, dropped).find("reasoning_effort"), std::string::npos);
  EXPECT_EQ(dropped, std::vector<std::string>{"reasoning_effort"});
}

TEST(Messages, MaxTokensIsABoundAndNoWish) {
  auto asked = decode();
  asked.request->max_tokens = 99;
  catalog::Model model;
  model.id = "m1";
  std::vector<std::string> dropped;
  EXPECT_NE(written(asked, model, false, dropped).find(R"("max_tokens":99)"), std::string::npos);
  EXPECT_TRUE(dropped.empty());
  model.max_output = 50;
  EXPECT_NE(written(asked, model, false, dropped).find(R"("max_tokens":50)"), std::string::npos);
  EXPECT_EQ(dropped, std::vector<std::string>{"max_tokens"});
  model.context = asked.request->prompt_tokens + 40;
  EXPECT_NE(written(asked, model, false, dropped).find(R"("max_tokens":40)"), std::string::npos);
}

}  // namespace
}  // namespace freeway::dialect::anthropic
