#include "farm/wire_test.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kSay = R"({"model":"m","messages":[{"role":"user","content":"hello"}]})";
constexpr std::string_view kStream = R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]})";

class CohereTest : public WireTest {
 protected:
  void SetUp() override { make(""); }
  void make(const std::string& members) { start("wire = \"cohere\"\nmodels = [\"m\", \"m2\"]\n" + members); }
  Heard ask(std::string_view body, std::string_view key = "k") {
    http::Fields fields;
    fields.add("authorization", fmt::format("Bearer {}", key));
    return send("POST", "/v2/chat", body, std::move(fields));
  }
  std::string refused(std::string_view body) {
    const auto heard = ask(body);
    if (heard.status == 200) return "";
    EXPECT_EQ(heard.status, 400);
    const auto document = json::Document::parse(heard.body);
    EXPECT_EQ(document->root().size(), 1U) << heard.body;
    return document->root()["message"].string().value_or("");
  }
  std::string refused_with(std::string_view members) {
    return refused(fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":"x"}}],{}}})", members));
  }
  std::string refused_message(std::string_view message) {
    return refused(fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":"x"}},{}]}})", message));
  }
};

TEST_F(CohereTest, AnswersWhole) {
  answer(R"({"tokens":2,"reasoning":"so so"})");
  EXPECT_EQ(
      ask(kSay).body,
      R"({"id":"chatcmpl-farm-1","finish_reason":"COMPLETE","message":{"role":"assistant","content":[)"
      R"({"type":"thinking","thinking":"so so"},{"type":"text","text":"w0 w1"}]},)"
      R"("usage":{"billed_units":{"input_tokens":6,"output_tokens":4},"tokens":{"input_tokens":6,"output_tokens":4}}})");
  EXPECT_EQ(ask(R"({"model":"m","max_tokens":3,"thinking":{"type":"disabled"},"messages":[{"role":"user","content":"x"}]})")
                .body.find("thinking"),
            std::string::npos);
}

TEST_F(CohereTest, StreamsNamedEventsAndNoDone) {
  answer(R"({"tokens":2,"reasoning":"so"})");
  const auto heard = ask(kStream);
  EXPECT_TRUE(heard.whole);
  std::string grammar;
  const auto events = events_of(heard.body);
  for (const auto& event : events) {
    EXPECT_EQ(at(event.data, "type"), json::quote(event.name));
    grammar += event.name + at(event.data, "index") + " ";
  }
  EXPECT_EQ(grammar,
            "message-start content-start0 content-delta0 content-end0 content-start1 content-delta1 content-delta1 "
            "content-end1 message-end ");
  EXPECT_EQ(at(events[0].data, "delta", "message", "role"), R"("assistant")");
  EXPECT_EQ(at(events[1].data, "delta", "message", "content"), R"({"type":"thinking","thinking":""})");
  EXPECT_EQ(at(events[2].data, "delta", "message", "content", "thinking"), R"("so")");
  EXPECT_EQ(at(events[5].data, "delta", "message", "content", "text"), R"("w0 ")");
  EXPECT_EQ(at(events[8].data, "delta", "finish_reason"), R"("COMPLETE")");
  EXPECT_EQ(at(events[8].data, "delta", "usage", "tokens"), R"({"input_tokens":6,"output_tokens":3})");
}

TEST_F(CohereTest, PlansAndCallsTools) {
  answer(R"({"text":"I will look","call_tools":true,"tool_chunks":2})");
  const std::string tools = R"(,"tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}]})";
  const auto with = [&](std::string_view body) { return std::string(body.substr(0, body.size() - 1)) + tools; };
  const auto whole = ask(with(kSay)).body;
  EXPECT_EQ(at(whole, "message", "tool_plan"), R"("I will look")");
  EXPECT_EQ(at(whole, "message", "content"), "[]");
  EXPECT_EQ(at(whole, "message", "tool_calls", "0", "function", "arguments"), R"("{\"city\":\"Paris\",\"days\":3}")");
  EXPECT_EQ(at(whole, "finish_reason"), R"("TOOL_CALL")");
  std::string grammar, arguments;
  for (const auto& event : events_of(ask(with(kStream)).body)) {
    grammar += event.name + " ";
    const auto document = json::Document::parse(event.data);
    const auto call = document->root()["delta"]["message"]["tool_calls"];
    if (event.name == "tool-call-start") EXPECT_EQ(call["function"]["name"].string(), "look");
    if (event.name == "tool-call-start") EXPECT_FALSE(call["id"].escaped().empty());
    arguments += call["function"]["arguments"].string().value_or("");
  }
  EXPECT_EQ(grammar,
            "message-start tool-plan-delta tool-plan-delta tool-plan-delta tool-call-start tool-call-delta tool-call-delta "
            "tool-call-delta tool-call-end message-end ");
  EXPECT_EQ(arguments, R"({"city":"Paris","days":3})");
  const auto body = with(kSay);
  EXPECT_EQ(ask(body.substr(0, body.size() - 1) + R"(,"tool_choice":"NONE"})").body.find("tool_calls"), std::string::npos);
}

TEST_F(CohereTest, RefusesMembersItDoesNotKnow) {
  for (const char* member : {"n", "stream_options", "top_p", "stop", "user", "parallel_tool_calls", "logit_bias"}) {
    EXPECT_EQ(refused_with(fmt::format(R"("{}":null)", member)),
              fmt::format("invalid request: unknown field: parameter '{}' is not a valid field", member));
  }
  EXPECT_NE(refused_with(R"("tool_choice":"auto")").find("REQUIRED, NONE"), std::string::npos);
  EXPECT_NE(refused_with(R"("tool_choice":{"type":"function"})"), "");
  EXPECT_NE(refused_with(R"("temperature":"hot")").find("'temperature' is of the wrong type"), std::string::npos);
  EXPECT_NE(refused_with(R"("thinking":{"type":"some"})").find("enabled, disabled"), std::string::npos);
  EXPECT_NE(refused_with(R"("tools":[{"type":"function","function":{"name":"f","strict":true}}])")
                .find("'tools[0].function.strict' is not a valid field"),
            std::string::npos);
  EXPECT_NE(refused_with(R"("response_format":{"type":"json_schema"})"), "");
  EXPECT_NE(refused_with(R"("response_format":{"type":"json_object","json_schema":{"type":"array"}})").find("top level"),
            std::string::npos);
  EXPECT_NE(
      refused_with(R"("response_format":{"type":"json_object"},"tools":[{"type":"function","function":{"name":"f"}}])"), "");
  EXPECT_NE(refused(R"({"messages":[{"role":"user","content":"x"}]})").find("model"), std::string::npos);
  EXPECT_NE(refused(R"({"model":"m","messages":[]})"), "");
  EXPECT_NE(refused("{"), "");
  EXPECT_EQ(
      refused_with(R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{}}}],)"
                   R"("strict_tools":true,"tool_choice":"REQUIRED","documents":["d"],"max_tokens":5,"temperature":0.1,)"
                   R"("p":0.5,"k":3,"stop_sequences":["a"],"seed":1,"frequency_penalty":0,"presence_penalty":0,)"
                   R"("logprobs":false,"safety_mode":"OFF","thinking":{"type":"enabled","token_budget":9})"),
      "");
}

TEST_F(CohereTest, RefusesMessagesOutsideItsGrammar) {
  EXPECT_NE(refused_message(R"({"role":"developer","content":"x"})").find("messages[1].role"), std::string::npos);
  EXPECT_NE(refused_message(R"({"role":"tool","content":"x"})").find("tool_call_id must be provided"), std::string::npos);
  EXPECT_NE(refused_message(R"({"role":"user","content":"x","name":"n"})").find("'messages[1].name'"), std::string::npos);
  EXPECT_NE(refused_message(R"({"role":"user","content":[{"type":"input_audio"}]})"), "");
  EXPECT_NE(refused_message(R"({"role":"system","content":[{"type":"image_url","image_url":{"url":"u"}}]})"), "");
  EXPECT_NE(refused_message(R"({"role":"user"})").find("must have content"), std::string::npos);
  const auto call = [](std::string_view arguments) {
    return fmt::format(
        R"({{"role":"assistant","tool_calls":[{{"id":"c","type":"function","function":{{"name":"f","arguments":{}}}}}]}})",
        arguments);
  };
  EXPECT_NE(refused_message(call(R"({"a":1})")).find("arguments' is of the wrong type"), std::string::npos);
  EXPECT_EQ(refused_message(call(R"("{}")") + R"(,{"role":"tool","tool_call_id":"c","content":[)"
                                              R"({"type":"document","document":{"data":"d"}}]})"),
            "");
  EXPECT_EQ(refused_message(R"({"role":"assistant","tool_plan":"p","content":[{"type":"thinking","thinking":"t"}]})"), "");
  EXPECT_EQ(refused_message(R"({"role":"user","content":[{"type":"text","text":"a"},)"
                            R"({"type":"image_url","image_url":{"url":"u"}}]})"),
            "");
}

TEST_F(CohereTest, KeysLimitsAndLists) {
  EXPECT_EQ(ask(kSay, "nobody").body, R"({"message":"invalid api token"})");
  EXPECT_EQ(ask(kSay, "nobody").status, 401);
  const auto gone = ask(R"({"model":"m9","messages":[{"role":"user","content":"x"}]})");
  EXPECT_EQ(gone.status, 404);
  EXPECT_NE(gone.body.find("model 'm9' not found"), std::string::npos);
  http::Fields fields;
  fields.add("authorization", "Bearer k");
  EXPECT_EQ(at(send("GET", "/v1/models", "", fields).body, "models", "1", "name"), R"("m2")");
  EXPECT_EQ(send("POST", "/v1/chat/completions", kSay, fields).status, 404);
  EXPECT_EQ(send("GET", "/v2/chat", "", fields).status, 405);
  make("limits = { rpm = 1 }");
  EXPECT_EQ(ask(kSay).status, 200);
  const auto refusal = ask(kSay);
  EXPECT_EQ(refusal.status, 429);
  EXPECT_NE(refusal.body.find("limited to 1 API calls / minute"), std::string::npos);
}

TEST_F(CohereTest, FaultsInItsShape) {
  script("error_in_stream after=1");
  const auto error = events_of(ask(kStream).body);
  ASSERT_EQ(error.size(), 4U);
  EXPECT_EQ(error[3].name, "message-end");
  EXPECT_EQ(at(error[3].data, "delta", "finish_reason"), R"("ERROR")");
  script("error_in_200");
  const auto failed = ask(kSay);
  EXPECT_EQ(failed.status, 200);
  EXPECT_NE(at(failed.body, "message"), "");
  EXPECT_EQ(at(failed.body, "id"), "");
  script("no_finish");
  const auto unfinished = ask(kStream);
  EXPECT_TRUE(unfinished.whole);
  EXPECT_EQ(unfinished.body.find("message-end"), std::string::npos);
  script("corrupt_frame after=0");
  const auto corrupt = ask(kStream).body;
  EXPECT_NE(corrupt.find("\"text\":\"cor\n\n"), std::string::npos) << corrupt;
  script("mixed");
  const auto mixed = ask(kStream).body;
  EXPECT_NE(mixed.find("event: message-end"), std::string::npos);
  EXPECT_EQ(mixed.find("event: message\n"), std::string::npos);
  script("truncated_tool_arguments");
  EXPECT_EQ(at(ask(kSay).body, "message", "tool_calls", "0", "function", "arguments"), R"("{\"city\":\"Par")");
  script("500");
  EXPECT_NE(at(ask(kSay).body, "message"), "");
  answer(R"({"finish_reason":"STOP_SEQUENCE"})");
  EXPECT_EQ(at(ask(kSay).body, "finish_reason"), R"("STOP_SEQUENCE")");
}

}  // namespace
}  // namespace freeway::farm
