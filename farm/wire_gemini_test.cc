#include "farm/wire_gemini.h"

#include "farm/wire_test.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kSay = R"({"contents":[{"role":"user","parts":[{"text":"hello"}]}]})";
constexpr std::string_view kWhole = "/v1beta/models/gemini-2.5-flash:generateContent";
constexpr std::string_view kStream = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
constexpr std::string_view kModels =
    R"(models = ["gemini-2.5-flash", "gemini-3-flash", "gemini-1.5-flash", "gemma-3-27b-it", "vendor/gemini-3-pro"])"
    "\n";

class GeminiTest : public WireTest {
 protected:
  void SetUp() override { make(""); }
  void make(const std::string& members) { start("wire = \"gemini\"\n" + std::string(kModels) + members); }
  Heard ask(std::string_view body, std::string_view target = kWhole, std::string_view key = "k") {
    http::Fields fields;
    if (!key.empty()) fields.add("x-goog-api-key", key);
    return send("POST", target, body, std::move(fields));
  }
  // The message of a refusal; "" where there is none.
  std::string refused(std::string_view body, std::string_view model = "gemini-2.5-flash") {
    const auto heard = ask(body, fmt::format("/v1beta/models/{}:generateContent", model));
    if (heard.status == 200) return "";
    EXPECT_EQ(heard.status, 400);
    EXPECT_EQ(at(heard.body, "error", "status"), R"("INVALID_ARGUMENT")") << heard.body;
    EXPECT_EQ(at(heard.body, "error", "code"), "400");
    const auto document = json::Document::parse(heard.body);
    return document->root()["error"]["message"].string().value_or("");
  }
  // With these members beside the contents.
  std::string refused_with(std::string_view members, std::string_view model = "gemini-2.5-flash") {
    return refused(fmt::format(R"({{"contents":[{{"parts":[{{"text":"x"}}]}}],{}}})", members), model);
  }
  std::string refused_turns(std::string_view contents, std::string_view model = "gemini-2.5-flash") {
    return refused(fmt::format(R"({{"contents":[{}]}})", contents), model);
  }
  std::string refused_schema(std::string_view schema, std::string_view model = "gemini-2.5-flash") {
    return refused_with(fmt::format(R"("tools":[{{"functionDeclarations":[{{"name":"f","parameters":{}}}]}}])", schema),
                        model);
  }
};

TEST_F(GeminiTest, AnswersWhole) {
  const auto heard = ask(kSay);
  EXPECT_EQ(heard.status, 200);
  EXPECT_EQ(heard.body, R"({"candidates":[{"content":{"parts":[{"text":"w0 w1 w2 w3 w4 w5 w6 w7"}],"role":"model"},)"
                        R"("finishReason":"STOP","index":0}],)"
                        R"("usageMetadata":{"promptTokenCount":6,"candidatesTokenCount":8,"totalTokenCount":14},)"
                        R"("modelVersion":"gemini-2.5-flash","responseId":"chatcmpl-farm-1"})");
}

TEST_F(GeminiTest, StreamsWithCrlfCumulativeUsageAndNoDone) {
  answer(R"({"tokens":3,"token_rate":0})");
  const auto heard = ask(kSay, kStream);
  EXPECT_NE(heard.head.find("content-type: text/event-stream"), std::string::npos);
  EXPECT_TRUE(heard.whole);
  const auto events = events_of(heard.body, "\r\n");
  ASSERT_EQ(events.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(at(events[i].data, "candidates", "0", "content", "parts", "0", "text"),
              i == 2 ? "\"w2\"" : fmt::format("\"w{} \"", i));
    EXPECT_EQ(at(events[i].data, "usageMetadata", "candidatesTokenCount"), std::to_string(i + 1));
    EXPECT_EQ(at(events[i].data, "usageMetadata", "totalTokenCount"), std::to_string(i + 7));
    EXPECT_EQ(at(events[i].data, "candidates", "0", "finishReason"), i == 2 ? "\"STOP\"" : "");
  }
}

TEST_F(GeminiTest, StreamsOneArrayWithoutSse) {
  answer(R"({"tokens":3})");
  const auto heard = ask(kSay, "/v1beta/models/gemini-2.5-flash:streamGenerateContent");
  EXPECT_NE(heard.head.find("content-type: application/json"), std::string::npos);
  EXPECT_EQ(at(heard.body, "0", "candidates", "0", "content", "parts", "0", "text"), "\"w0 \"");
  EXPECT_EQ(at(heard.body, "2", "candidates", "0", "finishReason"), "\"STOP\"");
}

TEST_F(GeminiTest, OldModelsRepeatTheReason) {
  const auto heard = ask(kSay, "/v1beta/models/gemini-1.5-flash:streamGenerateContent?alt=sse");
  const auto events = events_of(heard.body, "\r\n");
  ASSERT_EQ(events.size(), 8U);
  for (const auto& event : events) EXPECT_EQ(at(event.data, "candidates", "0", "finishReason"), "\"STOP\"");
}

TEST_F(GeminiTest, KeysPathsAndLists) {
  EXPECT_EQ(ask(kSay, kWhole, "").status, 400);
  const auto wrong = ask(kSay, kWhole, "nobody");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(at(wrong.body, "error", "details", "0", "reason"), R"("API_KEY_INVALID")") << wrong.body;
  EXPECT_EQ(ask(kSay, "/v1beta/models/gemini-2.5-flash:generateContent?key=k", "").status, 200);
  http::Fields bearer;
  bearer.add("authorization", "Bearer k");
  EXPECT_EQ(send("POST", kWhole, kSay, bearer).status, 400);
  EXPECT_EQ(ask(kSay, "/v1beta/models/vendor%2Fgemini-3-pro%3AgenerateContent").status, 200);
  EXPECT_EQ(ask(kSay, "/v1beta/models/vendor/gemini-3-pro:generateContent").status, 200);
  EXPECT_EQ(ask(kSay, "/v1beta/models/gemini-9:generateContent").status, 404);
  EXPECT_EQ(ask(kSay, "/v1beta/models/gemini-2.5-flash:countTokens").status, 404);
  EXPECT_EQ(ask(kSay, "/v1/chat/completions").status, 404);
  EXPECT_EQ(send("GET", kWhole, "", {}).status, 405);
  EXPECT_EQ(send("GET", "/v1beta/models", "", {}).status, 400);
  const auto page = send("GET", "/v1beta/models?pageSize=2&key=k", "", {});
  EXPECT_EQ(at(page.body, "models", "1", "name"), R"("models/gemini-3-flash")");
  EXPECT_EQ(at(page.body, "models", "0", "supportedGenerationMethods"), R"(["generateContent"])");
  EXPECT_EQ(at(page.body, "models", "2"), "");
  EXPECT_EQ(at(page.body, "nextPageToken"), "\"2\"");
  const auto rest = send("GET", "/v1beta/models?pageToken=2&key=k", "", {});
  EXPECT_EQ(at(rest.body, "models", "2", "name"), R"("models/vendor/gemini-3-pro")");
  EXPECT_EQ(at(rest.body, "nextPageToken"), "");
}

TEST_F(GeminiTest, RefusesNamesItDoesNotKnow) {
  EXPECT_EQ(refused_with(R"("stream":true)"), "Invalid JSON payload received. Unknown name \"stream\": Cannot find field.");
  EXPECT_EQ(refused_with(R"("generationConfig":{"topP":1,"logitBias":{}})"),
            "Invalid JSON payload received. Unknown name \"logitBias\" at 'generation_config': Cannot find field.");
  EXPECT_EQ(refused_turns(R"({"parts":[{"text":"x"},{"text":"y","cacheControl":1}]})"),
            "Invalid JSON payload received. Unknown name \"cacheControl\" at 'contents[0].parts[1]': Cannot find field.");
  EXPECT_NE(refused_with(R"("toolConfig":{"functionCallingConfig":{"mode":"SOME"}})").find("function_calling_config.mode"),
            std::string::npos);
  EXPECT_NE(refused_with(R"("generationConfig":{"temperature":"hot"})").find("'generation_config.temperature' (TYPE_FLOAT)"),
            std::string::npos);
  EXPECT_NE(refused_with(R"("safetySettings":[{"category":"HARM_CATEGORY_X","threshold":"OFF"}])").find("category"),
            std::string::npos);
  EXPECT_NE(refused("{").find("Invalid JSON payload"), std::string::npos);
  EXPECT_NE(refused("[]"), "");
  EXPECT_EQ(refused_with(R"("systemInstruction":{"parts":[{"text":"s"}]},"tools":null,)"
                         R"("safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}],)"
                         R"("generationConfig":{"temperature":0.5,"topP":1,"topK":4,"maxOutputTokens":5,"seed":1,)"
                         R"("presencePenalty":0,"frequencyPenalty":0,"candidateCount":1,"stopSequences":["a"],)"
                         R"("responseMimeType":"application/json","responseJsonSchema":{"const":1},)"
                         R"("thinkingConfig":{"thinkingBudget":0,"includeThoughts":true}})"),
            "");
}

TEST_F(GeminiTest, RefusesSchemaWordsOutsideItsSubset) {
  for (const char* word :
       {"$schema", "$id", "$ref", "$defs", "definitions", "additionalProperties", "const", "oneOf", "allOf", "not",
        "exclusiveMinimum", "exclusiveMaximum", "patternProperties", "uniqueItems", "multipleOf", "examples"}) {
    const auto schema = fmt::format(R"({{"type":"object","properties":{{"a":{{"type":"string","{}":null}}}}}})", word);
    EXPECT_EQ(refused_schema(schema),
              fmt::format("Invalid JSON payload received. Unknown name \"{}\" at "
                          "'tools[0].function_declarations[0].parameters.properties.a': Cannot find field.",
                          word));
    EXPECT_NE(refused_with(fmt::format(R"("generationConfig":{{"responseMimeType":"application/json","responseSchema":{}}})",
                                       schema)),
              "");
  }
  EXPECT_NE(refused_schema(R"({"type":["string","null"]})").find("Proto field is not repeating, cannot start list."),
            std::string::npos);
  EXPECT_NE(refused_schema(R"({"type":"integer","enum":["1"]})").find("only allowed for STRING type"), std::string::npos);
  EXPECT_NE(refused_schema(R"({"type":"string","enum":[1]})").find("(TYPE_STRING), 1"), std::string::npos);
  EXPECT_NE(refused_schema(R"({"type":"array"})").find("parameters.items: missing field."), std::string::npos);
  EXPECT_NE(refused_schema(R"({"type":"any"})").find("parameters.type"), std::string::npos);
  EXPECT_NE(refused_schema(R"({"type":"object","properties":{},"required":["a"]})").find("property is not defined"),
            std::string::npos);
  EXPECT_NE(refused_schema(R"({"type":"object","properties":{"a":1}})"), "");
  EXPECT_EQ(refused_schema(R"({"type":"object","properties":{}})"), "");
  EXPECT_NE(refused_schema(R"({"type":"object","properties":{}})", "gemini-1.5-flash").find("should be non-empty"),
            std::string::npos);
  EXPECT_EQ(
      refused_schema(R"({"type":"OBJECT","nullable":true,"required":["const"],"properties":{"const":{"anyOf":)"
                     R"([{"type":"string","enum":["a"]},{"type":"array","minItems":"1","items":{"type":"number"}}]}}})"),
      "");
}

TEST_F(GeminiTest, RefusesTurnsOutOfOrder) {
  const std::string user = R"({"role":"user","parts":[{"text":"x"}]})";
  const std::string call = R"({"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]})";
  const std::string response = R"({"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":1}}}]})";
  EXPECT_EQ(refused_turns(""), "* GenerateContentRequest.contents: contents is not specified");
  EXPECT_EQ(refused_turns(R"({"role":"assistant","parts":[{"text":"x"}]})"), "Please use a valid role: user, model.");
  EXPECT_EQ(refused_turns(user + "," + call + "," + response), "");
  EXPECT_EQ(refused_turns(user + "," + user), "");
  EXPECT_NE(refused_turns(user + "," + call).find("number of function response parts"), std::string::npos);
  EXPECT_NE(refused_turns(user + "," + call + "," + user).find("number of function response parts"), std::string::npos);
  EXPECT_NE(refused_turns(user + "," + response).find("function response turn comes immediately after"), std::string::npos);
  EXPECT_NE(refused_turns(call + "," + response).find("function call turn comes immediately after"), std::string::npos);
  EXPECT_NE(refused_turns(user + R"(,{"role":"user","parts":[{"functionCall":{"name":"f"}}]})"), "");
  const std::string other = R"({"role":"user","parts":[{"functionResponse":{"name":"g","response":{}}}]})";
  EXPECT_NE(refused_turns(user + "," + call + "," + other).find("`g` does not answer"), std::string::npos);
  EXPECT_NE(refused_turns(R"({"role":"user","parts":[]})").find("must not be empty"), std::string::npos);
  EXPECT_NE(refused_turns(R"({"role":"user","parts":[{"thought":true}]})").find("must have one initialized"),
            std::string::npos);
  EXPECT_NE(refused_turns(R"({"parts":[{"text":"x","functionResponse":{"name":"f"}}]})").find("already set"),
            std::string::npos);
  EXPECT_NE(refused_turns(R"({"parts":[{"inlineData":{"mimeType":"image/png","data":"data:image/png;base64,AA"}}]})")
                .find("(TYPE_BYTES)"),
            std::string::npos);
  EXPECT_EQ(refused_turns(R"({"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0K+/8="}}]})"), "");
}

TEST_F(GeminiTest, RefusesWhatModelsCannot) {
  const std::string system = R"("systemInstruction":{"parts":[{"text":"s"}]})";
  EXPECT_EQ(refused_with(system, "gemma-3-27b-it"), "Developer instruction is not enabled for models/gemma-3-27b-it");
  EXPECT_EQ(refused_with(system), "");
  const std::string tools = R"("tools":[{"functionDeclarations":[{"name":"f"}]}])";
  const std::string json = R"(,"generationConfig":{"responseMimeType":"application/json"})";
  EXPECT_NE(refused_with(tools + json).find("'application/json' is unsupported"), std::string::npos);
  EXPECT_EQ(refused_with(tools + json, "gemini-3-flash"), "");
  const auto stops = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i) list += fmt::format("{}\"{}\"", i > 0 ? "," : "", i);
    return fmt::format(R"("generationConfig":{{"stopSequences":[{}]}})", list);
  };
  EXPECT_EQ(refused_with(stops(5)), "");
  EXPECT_NE(refused_with(stops(6)).find("stop sequences (6)"), std::string::npos);
  const std::string both = R"("tools":[{"functionDeclarations":[{"name":"f"}]},{"google_search":{}}])";
  EXPECT_EQ(refused_with(both), "Tool use with function calling is unsupported");
  EXPECT_EQ(refused_with(both, "gemini-3-flash"), "");
  const std::string config = R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}})";
  EXPECT_NE(refused_with(R"("tools":[{"google_search":{}}],)" + config).find("without function_declarations"),
            std::string::npos);
  EXPECT_EQ(refused_with(tools + "," + config), "");
  EXPECT_NE(refused_with(R"("tools":[{"functionDeclarations":[{"name":"g"}]}],)" + config).find("not declared"),
            std::string::npos);
  const std::string level = R"("generationConfig":{"thinkingConfig":{"thinkingLevel":"low"}})";
  EXPECT_EQ(refused_with(level, "gemini-3-flash"), "");
  EXPECT_NE(refused_with(level).find("not supported for this model"), std::string::npos);
  EXPECT_NE(refused_with(R"("generationConfig":{"responseSchema":{"type":"object"}})").find("response_mime_type"),
            std::string::npos);
}

constexpr std::string_view kTools = R"(,"tools":[{"functionDeclarations":[{"name":"weather"},{"name":"time"}]}]})";

std::string with_tools(std::string_view body) { return std::string(body.substr(0, body.size() - 1)) + std::string(kTools); }

TEST_F(GeminiTest, CallsAreWholeAndStop) {
  answer(R"({"call_tools":true,"text":"let me see"})");
  const auto heard = ask(with_tools(kSay), kStream);
  const auto events = events_of(heard.body, "\r\n");
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(at(events[3].data, "candidates", "0", "content", "parts"),
            R"([{"functionCall":{"name":"weather","args":{"city":"Paris","days":3}}}])");
  EXPECT_EQ(at(events[3].data, "candidates", "0", "finishReason"), "\"STOP\"");
  EXPECT_EQ(at(events[2].data, "candidates", "0", "finishReason"), "");
  const std::string allowed = R"(,"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["time"]}}})";
  const auto body = with_tools(kSay);
  EXPECT_NE(ask(body.substr(0, body.size() - 1) + allowed).body.find(R"("name":"time")"), std::string::npos);
  const std::string none = R"(,"toolConfig":{"functionCallingConfig":{"mode":"NONE"}}})";
  EXPECT_EQ(ask(body.substr(0, body.size() - 1) + none).body.find("functionCall"), std::string::npos);
  answer(R"({"tool_calls":[{"name":"f","id":"call-7"},{"name":"g"}]})");
  EXPECT_EQ(at(ask(kSay).body, "candidates", "0", "content", "parts", "1"),
            R"({"functionCall":{"id":"call-7","name":"f","args":{}}})");
}

TEST_F(GeminiTest, ThirdModelsSignTheFirstCallAndWantItBack) {
  answer(R"({"text":"","tool_calls":[{"name":"f","arguments":{"a":1,"b":[2.0]}},{"name":"g"}]})");
  const std::string target = "/v1beta/models/gemini-3-flash:generateContent";
  const auto parts = at(ask(kSay, target).body, "candidates", "0", "content", "parts");
  const auto signature = at(parts, "0", "thoughtSignature");
  EXPECT_GT(signature.size(), 20U);
  EXPECT_NE(at(parts, "0", "functionCall", "id"), "");
  EXPECT_EQ(at(parts, "1", "thoughtSignature"), "");
  const auto back = [&](std::string_view call) {
    const auto turns = fmt::format(R"({{"parts":[{{"text":"x"}}]}},{{"role":"model","parts":[{}]}},)"
                                   R"({{"role":"user","parts":[{{"functionResponse":{{"name":"f","response":{{}}}}}}]}})",
                                   call);
    return refused_turns(turns, "vendor/gemini-3-pro");
  };
  EXPECT_EQ(
      back(fmt::format(R"({{"functionCall":{{"name":"f","args":{{"b":[2],"a":1}}}},"thoughtSignature":{}}})", signature)),
      "");
  EXPECT_EQ(
      back(fmt::format(R"({{"functionCall":{{"name":"f","args":{{"b":[2],"a":2}}}},"thoughtSignature":{}}})", signature)),
      "Corrupted thought signature.");
  EXPECT_NE(back(R"({"functionCall":{"name":"f","args":{"a":1,"b":[2.0]}}})").find("missing a thought_signature"),
            std::string::npos);
  EXPECT_EQ(back(R"({"functionCall":{"name":"f"},"thoughtSignature":"AAAA"})"), "Corrupted thought signature.");
  EXPECT_EQ(back(R"({"functionCall":{"name":"f"},"thoughtSignature":"context_engineering_is_the_way_to_go"})"), "");
  EXPECT_EQ(back(R"({"functionCall":{"name":"f"},"thoughtSignature":"skip_thought_signature_validator"})"), "");
}

TEST_F(GeminiTest, ThoughtsAreCountedAndShownWhereAsked) {
  answer(R"({"reasoning":"one two three","text":"four five"})");
  const auto with = [](std::string_view config) {
    return fmt::format(R"({{"contents":[{{"parts":[{{"text":"hello"}}]}}],"generationConfig":{{{}}}}})", config);
  };
  const auto quiet = ask(kSay);
  EXPECT_EQ(quiet.body.find("thought\":true"), std::string::npos);
  EXPECT_EQ(at(quiet.body, "usageMetadata"),
            R"({"promptTokenCount":6,"candidatesTokenCount":2,"thoughtsTokenCount":3,"totalTokenCount":11})");
  const auto shown = ask(with(R"("thinkingConfig":{"includeThoughts":true})"), kStream);
  const auto events = events_of(shown.body, "\r\n");
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(at(events[0].data, "candidates", "0", "content", "parts"), R"([{"text":"one ","thought":true}])");
  EXPECT_EQ(at(events[0].data, "usageMetadata", "thoughtsTokenCount"), "1");
  EXPECT_EQ(at(events[4].data, "usageMetadata", "thoughtsTokenCount"), "3");
  EXPECT_EQ(at(ask(with(R"("thinkingConfig":{"thinkingBudget":0})")).body, "usageMetadata", "thoughtsTokenCount"), "");
  // Thinking takes of the limit.
  const auto little = ask(with(R"("maxOutputTokens":4)")).body;
  EXPECT_EQ(at(little, "candidates", "0", "content", "parts", "0", "text"), "\"four \"");
  const auto less = ask(with(R"("maxOutputTokens":2)")).body;
  EXPECT_EQ(at(less, "candidates", "0"), R"({"content":{"role":"model"},"finishReason":"MAX_TOKENS","index":0})");
}

TEST_F(GeminiTest, BlocksAndReasons) {
  answer(R"({"block_reason":"PROHIBITED_CONTENT"})");
  const auto blocked = ask(kSay).body;
  EXPECT_EQ(at(blocked, "promptFeedback", "blockReason"), R"("PROHIBITED_CONTENT")");
  EXPECT_EQ(at(blocked, "candidates"), "");
  EXPECT_EQ(at(blocked, "usageMetadata"), R"({"promptTokenCount":6,"totalTokenCount":6})");
  const auto events = events_of(ask(kSay, kStream).body, "\r\n");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(at(events[0].data, "promptFeedback", "blockReason"), R"("PROHIBITED_CONTENT")");
  answer(R"({"block_reason":"","finish_reason":"SAFETY"})");
  EXPECT_EQ(at(ask(kSay).body, "candidates", "0", "finishReason"), "\"SAFETY\"");
  answer(R"({"finish_reason":"MALFORMED_FUNCTION_CALL"})");
  EXPECT_EQ(at(ask(kSay).body, "candidates", "0"),
            R"({"content":{"role":"model"},"finishReason":"MALFORMED_FUNCTION_CALL","index":0})");
  const auto stream = events_of(ask(kSay, kStream).body, "\r\n");
  ASSERT_EQ(stream.size(), 1U);
  EXPECT_EQ(at(stream[0].data, "candidates", "0", "finishReason"), "\"MALFORMED_FUNCTION_CALL\"");
}

TEST_F(GeminiTest, EchoesStructuresAndCandidates) {
  answer(R"({"echo":"last_user","structured":{"a":1}})");
  const auto text = [this](std::string_view body) {
    return at(ask(body).body, "candidates", "0", "content", "parts", "0", "text");
  };
  EXPECT_EQ(text(R"({"contents":[{"parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"}]}]})"),
            "\"ab\"");
  EXPECT_EQ(text(R"({"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseMimeType":"application/json"}})"),
            R"("{\"a\":1}")");
  const auto two = ask(R"({"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"candidateCount":2}})").body;
  EXPECT_EQ(at(two, "candidates", "1", "content", "parts", "0", "text"), "\"#1 a\"");
  EXPECT_EQ(at(two, "candidates", "1", "index"), "1");
}

TEST_F(GeminiTest, FaultsInItsShape) {
  script("close_mid_stream after=99");
  const auto cut = ask(kSay, kStream);
  EXPECT_FALSE(cut.whole);
  EXPECT_EQ(cut.then, Then::close);
  EXPECT_EQ(cut.body.find("finishReason"), std::string::npos);
  script("no_finish");
  const auto unfinished = ask(kSay, kStream);
  EXPECT_TRUE(unfinished.whole);
  EXPECT_EQ(unfinished.body.find("finishReason"), std::string::npos);
  EXPECT_EQ(events_of(unfinished.body, "\r\n").size(), 8U);
  script("error_in_stream after=1");
  const auto error = events_of(ask(kSay, kStream).body, "\r\n");
  ASSERT_EQ(error.size(), 2U);
  EXPECT_EQ(at(error[1].data, "error", "status"), "\"INTERNAL\"");
  script("corrupt_frame after=1");
  const auto corrupt = events_of(ask(kSay, kStream).body, "\r\n");
  ASSERT_EQ(corrupt.size(), 9U);
  EXPECT_TRUE(corrupt[1].data.ends_with(R"("text":"cor)"));
  script("truncated_tool_arguments");
  EXPECT_EQ(at(ask(kSay).body, "candidates", "0", "finishReason"), "\"MALFORMED_FUNCTION_CALL\"");
  script("503");
  const auto busy = ask(kSay);
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(at(busy.body, "error", "status"), "\"UNAVAILABLE\"");
  script("ok eol=lf");
  EXPECT_EQ(ask(kSay, kStream).body.find('\r'), std::string::npos);
  script("ok usage=none");
  EXPECT_EQ(ask(kSay).body.find("usageMetadata"), std::string::npos);
  script("stall_mid_stream after=1");
  EXPECT_EQ(ask(kSay, kStream).then, Then::hang);
  script("json_for_stream");
  EXPECT_EQ(at(ask(kSay, kStream).body, "candidates", "0", "finishReason"), "\"STOP\"");
  script("empty_completion");
  EXPECT_EQ(at(ask(kSay).body, "candidates", "0"), R"({"content":{"role":"model"},"finishReason":"STOP","index":0})");
  script("comments");
  EXPECT_TRUE(ask(kSay, kStream).body.starts_with(": keep-alive\r\n\r\n"));
}

TEST_F(GeminiTest, LimitsSpeakAsGoogleDoes) {
  make("model_limits = { rpm = 1 }");
  EXPECT_EQ(refused("{"), "Invalid JSON payload received. " + json::Document::parse("{").error().message);
  EXPECT_EQ(ask(kSay).status, 200);
  const auto refusal = ask(kSay);
  EXPECT_EQ(refusal.status, 429);
  EXPECT_EQ(at(refusal.body, "error", "status"), "\"RESOURCE_EXHAUSTED\"");
  EXPECT_EQ(at(refusal.body, "error", "details", "1", "retryDelay"), "\"60s\"");
  const auto stats = world_->stats();
  EXPECT_NE(stats.find(R"("received":2,"admitted":1,"refused":1,"ok":1)"), std::string::npos) << stats;
  EXPECT_NE(stats.find(R"("tokens":{"prompt":6,"completion":8})"), std::string::npos) << stats;
  const auto requests = world_->requests("u", 0, 10);
  EXPECT_NE(requests.find(R"("model":"gemini-2.5-flash")"), std::string::npos);
  make("style = \"plain\"");
  EXPECT_EQ(at(ask("{}").body, "error", "type"), R"("invalid_request_error")");
}

}  // namespace
}  // namespace freeway::farm
