#include "farm/wire_test.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kSay = R"({"model":"m","stream":false,"messages":[{"role":"user","content":"hello"}]})";
constexpr std::string_view kStream = R"({"model":"m","messages":[{"role":"user","content":"hello"}]})";

class OllamaTest : public WireTest {
 protected:
  void SetUp() override { make(""); }
  void make(const std::string& members) { start("wire = \"ollama\"\nmodels = [\"m\", \"gpt-oss:20b\"]\n" + members); }
  Heard ask(std::string_view body, std::string_view key = "k") {
    http::Fields fields;
    fields.add("authorization", fmt::format("Bearer {}", key));
    return send("POST", "/api/chat", body, std::move(fields));
  }
  std::string refused(std::string_view body) {
    const auto heard = ask(body);
    if (heard.status == 200) return "";
    EXPECT_EQ(heard.status, 400);
    const auto document = json::Document::parse(heard.body);
    return document->root()["error"].string().value_or("");
  }
  std::string refused_with(std::string_view members) {
    return refused(fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":"x"}}],{}}})", members));
  }
  std::string refused_message(std::string_view message) {
    return refused(fmt::format(R"({{"model":"m","messages":[{}]}})", message));
  }
};

TEST_F(OllamaTest, AnswersWhole) {
  answer(R"({"tokens":2,"reasoning":"so so"})");
  EXPECT_EQ(ask(kSay).body,
            R"({"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"w0 w1",)"
            R"("thinking":"so so"},"done":true,"done_reason":"stop","total_duration":55000000,"load_duration":5000000,)"
            R"("prompt_eval_count":6,"prompt_eval_duration":30000000,"eval_count":4,"eval_duration":20000000})");
}

TEST_F(OllamaTest, StreamsLinesUnlessToldNotTo) {
  answer(R"({"tokens":2,"reasoning":"so"})");
  const auto heard = ask(kStream);
  EXPECT_NE(heard.head.find("content-type: application/x-ndjson"), std::string::npos);
  const auto lines = lines_of(heard.body);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(at(lines[0], "message"), R"({"role":"assistant","content":"","thinking":"so"})");
  EXPECT_EQ(at(lines[1], "message"), R"({"role":"assistant","content":"w0 "})");
  EXPECT_EQ(at(lines[1], "done"), "false");
  EXPECT_EQ(at(lines[3], "done"), "true");
  EXPECT_EQ(at(lines[3], "done_reason"), R"("stop")");
  EXPECT_EQ(at(lines[3], "eval_count"), "3");
}

TEST_F(OllamaTest, CallsAreWholeAndTheirArgumentsObjects) {
  answer(R"({"call_tools":true})");
  const std::string tools = R"(,"tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}]})";
  const auto with = [&](std::string_view body) { return std::string(body.substr(0, body.size() - 1)) + tools; };
  const std::string call = R"([{"function":{"name":"look","arguments":{"city":"Paris","days":3}}}])";
  EXPECT_EQ(at(ask(with(kSay)).body, "message", "tool_calls"), call);
  const auto lines = lines_of(ask(with(kStream)).body);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(at(lines[0], "message", "tool_calls"), call);
  EXPECT_EQ(at(lines[1], "done_reason"), R"("stop")");
  EXPECT_EQ(refused_message(R"({"role":"user","content":"x"},{"role":"assistant","tool_calls":)" + call +
                            R"(},{"role":"tool","tool_name":"look","content":"sunny"})"),
            "");
}

TEST_F(OllamaTest, RefusesWrongTypesAndIgnoresWhatItDoesNotKnow) {
  EXPECT_EQ(
      refused_with(R"("n":2,"stream_options":{},"user":1,"keep_alive":"5m","options":{"num_predict":-1,"mirostat":1})"), "");
  EXPECT_NE(refused_message(R"({"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]})")
                .find("messages[0].tool_calls[0].function.arguments"),
            std::string::npos);
  EXPECT_NE(refused_message(R"({"role":"user","content":"x","images":["data:image/png;base64,AAAA"]})").find("base64"),
            std::string::npos);
  EXPECT_EQ(refused_message(R"({"role":"user","content":"x","images":["AAAA"]})"), "");
  EXPECT_NE(refused_message(R"({"role":"user","content":[{"type":"text","text":"x"}]})").find("messages[0].content"),
            std::string::npos);
  EXPECT_NE(refused_message(R"({"role":"developer","content":"x"})").find("invalid messages[0].role: developer"),
            std::string::npos);
  EXPECT_NE(refused_message(R"({"content":"x"})").find("invalid role"), std::string::npos);
  EXPECT_NE(refused_with(R"("think":"max")").find("invalid think value"), std::string::npos);
  EXPECT_EQ(refused_with(R"("think":"high")"), "");
  EXPECT_NE(refused_with(R"("format":"xml")").find("invalid format"), std::string::npos);
  EXPECT_NE(refused_with(R"("stream":"yes")"), "");
  EXPECT_NE(refused_with(R"("options":{"temperature":"hot"})"), "");
  EXPECT_NE(refused(R"({"messages":[]})").find("model is required"), std::string::npos);
  EXPECT_NE(refused("[]"), "");
}

TEST_F(OllamaTest, ThinksLimitsAndStructures) {
  answer(R"({"reasoning":"a b","text":"c d e","structured":{"x":1}})");
  const auto with = [](std::string_view model, std::string_view members) {
    return fmt::format(R"({{"model":"{}","stream":false,"messages":[{{"role":"user","content":"x"}}],{}}})", model, members);
  };
  EXPECT_EQ(at(ask(with("m", R"("think":false)")).body, "message", "thinking"), "");
  EXPECT_EQ(at(ask(with("gpt-oss:20b", R"("think":false)")).body, "message", "thinking"), R"("a b")");
  const auto cut = ask(with("m", R"("think":false,"options":{"num_predict":2})")).body;
  EXPECT_EQ(at(cut, "message", "content"), R"("c d ")");
  EXPECT_EQ(at(cut, "done_reason"), R"("length")");
  EXPECT_EQ(at(ask(with("m", R"("format":{"type":"object"})")).body, "message", "content"), R"("{\"x\":1}")");
}

TEST_F(OllamaTest, KeysLimitsAndLists) {
  const auto stranger = ask(kSay, "nobody");
  EXPECT_EQ(stranger.status, 401);
  EXPECT_EQ(stranger.body, R"({"error":"unauthorized"})");
  EXPECT_EQ(ask(R"({"model":"m9","messages":[]})").status, 404);
  http::Fields fields;
  fields.add("authorization", "Bearer k");
  EXPECT_EQ(at(send("GET", "/api/tags", "", fields).body, "models", "1", "name"), R"("gpt-oss:20b")");
  EXPECT_EQ(send("GET", "/api/tags", "", {}).status, 401);
  EXPECT_EQ(send("GET", "/v1/models", "", fields).status, 404);
  make("limits = { rpd = 1 }");
  EXPECT_EQ(ask(kSay).status, 200);
  const auto refusal = ask(kSay);
  EXPECT_EQ(refusal.status, 429);
  EXPECT_NE(refusal.body.find("weekly usage limit"), std::string::npos) << refusal.body;
}

TEST_F(OllamaTest, FaultsInItsShape) {
  script("error_in_stream after=1");
  const auto error = lines_of(ask(kStream).body);
  ASSERT_EQ(error.size(), 2U);
  EXPECT_TRUE(at(error[1], "error").starts_with("\"")) << error[1];
  script("no_finish");
  EXPECT_EQ(lines_of(ask(kStream).body).size(), 8U);
  script("no_finish");
  EXPECT_EQ(at(ask(kSay).body, "done"), "false");
  script("corrupt_frame after=1");
  const auto corrupt = lines_of(ask(kStream).body);
  ASSERT_EQ(corrupt.size(), 10U);
  EXPECT_TRUE(corrupt[1].ends_with(R"("content":"cor)"));
  script("crlf");
  EXPECT_TRUE(ask(kStream).body.ends_with("}\r\n"));
  script("close_mid_stream after=1");
  const auto cut = ask(kStream);
  EXPECT_FALSE(cut.whole);
  EXPECT_EQ(lines_of(cut.body).size(), 1U);
  script("truncated_tool_arguments");
  EXPECT_EQ(at(ask(kSay).body, "message", "tool_calls", "0", "function", "arguments"), R"("{\"city\":\"Par")");
  script("comments");
  EXPECT_TRUE(ask(kStream).body.starts_with("\n\n"));
  script("ok usage=none");
  EXPECT_EQ(ask(kSay).body.find("eval_count"), std::string::npos);
}

}  // namespace
}  // namespace freeway::farm
