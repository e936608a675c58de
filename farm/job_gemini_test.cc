#include "farm/output.h"
#include "farm/wire_test.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kSay =
    R"({"contents":[{"parts":[{"text":"hello"}]}],"generationConfig":{"responseModalities":["AUDIO"],)"
    R"("speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}})";

class GeminiJobTest : public WireTest {
 protected:
  void SetUp() override {
    start(R"(wire = "gemini"
models = ["m", { id = "e", kind = "embedding", dimensions = 4 }, { id = "tts", kind = "speech" }]
)");
  }
  Heard ask(std::string_view call, std::string_view body) {
    http::Fields fields;
    fields.add("x-goog-api-key", "k");
    return send("POST", fmt::format("/v1beta/models/{}", call), body, std::move(fields));
  }
  std::string refused(std::string_view call, std::string_view body) {
    const auto heard = ask(call, body);
    EXPECT_EQ(heard.status, 400) << body;
    EXPECT_EQ(at(heard.body, "error", "status"), R"("INVALID_ARGUMENT")") << heard.body;
    return at(heard.body, "error", "message");
  }
};

std::string as_json(const std::vector<double>& vector) {
  std::string json;
  json::Writer out(json);
  write_vector(out, vector);
  return json;
}

TEST_F(GeminiJobTest, EmbedsOne) {
  EXPECT_EQ(ask("e:embedContent", R"({"content":{"parts":[{"text":"hel"},{"text":"lo"}]},"taskType":"CLUSTERING"})").body,
            fmt::format(R"({{"embedding":{{"values":{}}}}})", as_json(embedding("e", "hello", 4))));
  for (const auto* body :
       {R"({"content":{"parts":[]}})", R"({"content":"x"})", R"({"content":{"parts":[{"text":"x"}]},"task_type":"X"})",
        R"({"content":{"parts":[{"text":"x"}]},"outputDimensionality":5})",
        R"({"content":{"parts":[{"text":"x"}]},"model":"models/m"})",
        R"({"content":{"parts":[{"text":"x"}]},"title":"t"})"}) {
    EXPECT_NE(refused("e:embedContent", body), "") << body;
  }
  refused("m:embedContent", R"({"content":{"parts":[{"text":"x"}]}})");
}

TEST_F(GeminiJobTest, EmbedsABatch) {
  const auto one = [](std::string_view text, std::string_view more = "") {
    return fmt::format(R"({{"model":"models/e","content":{{"parts":[{{"text":"{}"}}]}}{}}})", text, more);
  };
  const auto two = fmt::format(R"({{"requests":[{},{}]}})", one("a", R"(,"outputDimensionality":2)"),
                               one("b", R"(,"outputDimensionality":2)"));
  EXPECT_EQ(ask("e:batchEmbedContents", two).body,
            fmt::format(R"({{"embeddings":[{{"values":{}}},{{"values":{}}}]}})", as_json(embedding("e", "a", 2)),
                        as_json(embedding("e", "b", 2))));
  std::string many = one("a");
  for (int i = 1; i < 100; ++i) many += "," + one("a");
  EXPECT_EQ(ask("e:batchEmbedContents", fmt::format(R"({{"requests":[{}]}})", many)).status, 200);
  EXPECT_EQ(refused("e:batchEmbedContents", fmt::format(R"({{"requests":[{},{}]}})", many, one("b"))),
            R"("* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch, found 101\n")");
  refused("e:batchEmbedContents", R"({"requests":[]})");
  refused("e:batchEmbedContents", R"({"requests":[{"content":{"parts":[{"text":"x"}]}}]})");
  EXPECT_EQ(send("GET", "/v1beta/models/e:embedContent", "", {}).status, 405);
}

TEST_F(GeminiJobTest, EmbedsByOpenAisShapeToo) {
  http::Fields fields;
  fields.add("authorization", "Bearer k");
  const auto heard = send("POST", "/v1beta/openai/embeddings", R"({"model":"e","input":"a"})", std::move(fields));
  EXPECT_EQ(at(heard.body, "data", "0", "embedding"), as_json(embedding("e", "a", 4)));
  EXPECT_EQ(send("POST", "/v1beta/openai/audio/speech", "{}", {}).status, 404);
}

TEST_F(GeminiJobTest, Speaks) {
  const auto sound = samples("tts", "Kore", "hello");
  EXPECT_EQ(
      ask("tts:generateContent", kSay).body,
      fmt::format(R"({{"candidates":[{{"content":{{"parts":[{{"inlineData":{{"mimeType":"audio/L16;codec=pcm;rate=24000",)"
                  R"("data":"{}"}}}}],"role":"model"}},"finishReason":"STOP","index":0}}],)"
                  R"("usageMetadata":{{"promptTokenCount":2,"candidatesTokenCount":1,"totalTokenCount":3}},)"
                  R"("modelVersion":"tts","responseId":"farm-1"}})",
                  base64(sound)));
  std::string body(kSay);
  body.replace(body.find("hello"), 5, std::string(200, 'a'));
  const auto events = events_of(ask("tts:streamGenerateContent?alt=sse", body).body, "\r\n");
  std::string heard;
  for (const auto& event : events) {
    auto data = at(event.data, "candidates", "0", "content", "parts", "0", "inlineData", "data");
    if (!data.empty()) heard += from_base64(data.substr(1, data.size() - 2)).value_or("?");
  }
  EXPECT_GT(events.size(), 2U);
  EXPECT_EQ(heard, samples("tts", "Kore", std::string(200, 'a')));
  EXPECT_EQ(at(events.back().data, "candidates", "0", "finishReason"), R"("STOP")");
  EXPECT_EQ(at(events.back().data, "usageMetadata", "candidatesTokenCount"), "5");
}

TEST_F(GeminiJobTest, RefusesWrongSpeech) {
  refused("m:generateContent", kSay);
  refused("e:generateContent", kSay);
  refused("tts:generateContent", R"({"contents":[{"parts":[{"text":"hello"}]}]})");
  refused("tts:generateContent",
          R"({"contents":[{"parts":[{"text":"hello"}]}],"generationConfig":{"responseModalities":["AUDIO"]}})");
  refused("tts:generateContent",
          std::string(kSay.substr(0, kSay.size() - 1)) + R"(,"systemInstruction":{"parts":[{"text":"x"}]}})");
}

TEST_F(GeminiJobTest, ListsWhatEachIsFor) {
  http::Fields fields;
  fields.add("x-goog-api-key", "k");
  const auto list = send("GET", "/v1beta/models", "", std::move(fields)).body;
  EXPECT_EQ(at(list, "models", "1", "supportedGenerationMethods"), R"(["embedContent"])");
  EXPECT_EQ(at(list, "models", "2", "supportedGenerationMethods"), R"(["generateContent"])");
}

}  // namespace
}  // namespace freeway::farm
