#include "farm/output.h"
#include "farm/sha256.h"
#include "farm/wire_test.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kModels = R"(models = [
  "chat", { id = "e", kind = "embedding" }, { id = "e2", kind = "embedding", dimensions = 3, max_inputs = 2 },
  { id = "r", kind = "rerank" }, { id = "i", kind = "image" }, { id = "s", kind = "speech" },
  { id = "t", kind = "transcription" }, { id = "whisper", kind = "transcription" }, { id = "j", kind = "moderation" }]
)";

class OpenAiJobTest : public WireTest {
 protected:
  void SetUp() override { make(""); }
  void make(const std::string& members) { start(members + std::string(kModels)); }
  Heard ask(std::string_view path, std::string_view body, std::string_view type = "application/json") {
    http::Fields fields;
    fields.add("authorization", "Bearer k");
    fields.add("content-type", type);
    return send("POST", fmt::format("/v1/{}", path), body, std::move(fields));
  }
  std::string refused(std::string_view path, std::string_view body, int status = 400) {
    const auto heard = ask(path, body);
    EXPECT_EQ(heard.status, status) << heard.body;
    return at(heard.body, "error", "message");
  }
  Heard hear_audio(std::string_view path, std::string_view fields, std::string_view audio = "some audio") {
    std::string body;
    for (const auto& line : lines_of(fields)) {
      const auto equals = line.find('=');
      body += fmt::format("--b\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", line.substr(0, equals),
                          line.substr(equals + 1));
    }
    body += fmt::format("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n{}\r\n--b--\r\n",
                        audio);
    return ask(path, body, "multipart/form-data; boundary=b");
  }
  std::string stats(std::string_view model, std::string_view name) {
    return at(world_->stats(), "providers", "u", "keys", "k", "models", model, name);
  }
};

std::string as_json(const std::vector<double>& vector) {
  std::string json;
  json::Writer out(json);
  out.begin_array();
  for (const auto value : vector) out.number(value);
  out.end_array();
  return json;
}

TEST_F(OpenAiJobTest, EmbedsEachInputInItsPlace) {
  const auto heard = ask("embeddings", R"({"model":"e","input":["hello","good day"]})");
  EXPECT_EQ(heard.body, fmt::format(R"({{"object":"list","data":[{{"object":"embedding","index":0,"embedding":{}}},)"
                                    R"({{"object":"embedding","index":1,"embedding":{}}}],"model":"e",)"
                                    R"("usage":{{"prompt_tokens":4,"total_tokens":4}}}})",
                                    as_json(embedding("e", "hello", 8)), as_json(embedding("e", "good day", 8))));
  EXPECT_EQ(at(ask("embeddings", R"({"model":"e2","input":"hello"})").body, "data", "0", "embedding"),
            as_json(embedding("e2", "hello", 3)));
  EXPECT_EQ(at(ask("embeddings", R"({"model":"e","input":"x","dimensions":2})").body, "data", "0", "embedding"),
            as_json(embedding("e", "x", 2)));
  EXPECT_EQ(
      at(ask("embeddings", R"({"model":"e","input":["x"],"encoding_format":"base64"})").body, "data", "0", "embedding"),
      json::quote(base64(float_bytes(embedding("e", "x", 8)))));
}

TEST_F(OpenAiJobTest, EmbedsTokens) {
  const auto one = ask("embeddings", R"({"model":"e","input":[1, 22,3]})").body;
  EXPECT_EQ(at(one, "data", "0", "embedding"), as_json(embedding("e", "1,22,3", 8)));
  EXPECT_EQ(at(one, "data", "1"), "");
  EXPECT_EQ(at(one, "usage", "total_tokens"), "3");
  const auto two = ask("embeddings", R"({"model":"e","input":[[1],[2,3]]})").body;
  EXPECT_EQ(at(two, "data", "1", "embedding"), as_json(embedding("e", "2,3", 8)));
}

TEST_F(OpenAiJobTest, RefusesWrongEmbeddings) {
  for (const auto* members :
       {R"("input":[])", R"("input":"")", R"("input":["a",""])", R"("input":["a",1])", R"("input":[[1],"a"])",
        R"("input":{"text":"a"})", R"("input":null)", R"("input":[-1])", R"("input":[[]])", R"("x":1)",
        R"("input":"a","encoding_format":"int8")", R"("input":"a","dimensions":9)", R"("input":"a","dimensions":0)",
        R"("input":"a","dimensions":"8")", R"("input":["a"],"user":1)"}) {
    EXPECT_NE(refused("embeddings", fmt::format(R"({{"model":"e",{}}})", members)), "") << members;
  }
  EXPECT_NE(refused("embeddings", R"({"input":"a"})"), "");
  EXPECT_NE(refused("embeddings", "[]"), "");
  EXPECT_NE(refused("embeddings", "no"), "");
  EXPECT_NE(refused("embeddings", R"({"model":"none","input":"a"})", 404), "");
  EXPECT_EQ(ask("embeddings", R"({"model":"e2","input":["a","b"]})").status, 200);
  EXPECT_EQ(refused("embeddings", R"({"model":"e2","input":["a","b","c"]})"),
            R"("Invalid 'input': array too long. Expected an array with maximum length 2, but got an array with length 3 )"
            R"(instead.")");
  std::string many = R"("a")";
  for (int i = 1; i < 2048; ++i) many += R"(,"a")";
  EXPECT_EQ(ask("embeddings", fmt::format(R"({{"model":"e","input":[{}]}})", many)).status, 200);
  refused("embeddings", fmt::format(R"({{"model":"e","input":[{},"a"]}})", many));
  EXPECT_EQ(at(world_->stats(), "providers", "u", "invalid"), "21");
  EXPECT_EQ(stats("e", "received"), "1");
}

TEST_F(OpenAiJobTest, NvidiaWantsToKnowTheSide) {
  make("style = \"nvidia\"\n");
  EXPECT_EQ(ask("embeddings", R"({"model":"e","input":"a"})").status, 400);
  EXPECT_EQ(ask("embeddings", R"({"model":"e","input":"a","input_type":"document"})").status, 400);
  EXPECT_EQ(ask("embeddings", R"({"model":"e","input":"a","input_type":"passage"})").status, 200);
}

TEST_F(OpenAiJobTest, KindsDoNotMix) {
  EXPECT_EQ(refused("embeddings", R"({"model":"chat","input":"a"})"),
            R"("The model `chat` does not support embedding: it is for chat.")");
  EXPECT_EQ(refused("chat/completions", R"({"model":"e","messages":[{"role":"user","content":"x"}]})"),
            R"("The model `e` does not support chat: it is for embedding.")");
  refused("rerank", R"({"model":"e","query":"q","documents":["a"]})");
  refused("audio/speech", R"({"model":"t","input":"a","voice":"v"})");
  EXPECT_EQ(send("GET", "/v1/embeddings", "", {}).status, 405);
  EXPECT_EQ(send("POST", "/v1/embed", "{}", {}).status, 404);
  EXPECT_EQ(send("POST", "/v1/embeddings", R"({"model":"e","input":"a"})", {}).status, 401);
}

TEST_F(OpenAiJobTest, RanksDocuments) {
  const auto heard =
      ask("rerank", R"({"model":"r","query":"q","documents":["one",{"text":"two"},"three"],"return_documents":true})");
  std::vector<std::pair<double, int>> order;
  const char* texts[] = {"one", "two", "three"};
  for (int i = 0; i < 3; ++i) order.emplace_back(-relevance("q", texts[i]), i);
  std::sort(order.begin(), order.end());
  std::string expected;
  json::Writer out(expected);
  out.begin_array();
  for (const auto& [score, index] : order) {
    out.begin_object().member("index", index).key("relevance_score").number(-score);
    out.key("document").begin_object().member("text", texts[index]).end_object().end_object();
  }
  out.end_array();
  EXPECT_EQ(at(heard.body, "results"), expected);
  EXPECT_EQ(at(heard.body, "usage"), R"({"total_tokens":5})");
  const auto best = ask("rerank", R"({"model":"r","query":"q","documents":["one","two","three"],"top_n":1})").body;
  EXPECT_EQ(at(best, "results"), fmt::format(R"([{{"index":{},"relevance_score":{}}}])", order[0].second,
                                             at(best, "results", "0", "relevance_score")));
  refused("rerank", R"({"model":"r","query":"q","documents":[]})");
  refused("rerank", R"({"model":"r","query":"","documents":["a"]})");
  refused("rerank", R"({"model":"r","documents":["a"]})");
  refused("rerank", R"({"model":"r","query":"q","documents":[1]})");
  refused("rerank", R"({"model":"r","query":"q","documents":["a"],"top_n":0})");
}

TEST_F(OpenAiJobTest, DrawsPictures) {
  const auto two =
      ask("images/generations", R"({"model":"i","prompt":"a cat","n":2,"size":"64x32","response_format":"b64_json"})");
  EXPECT_EQ(at(two.body, "data", "1", "b64_json"), json::quote(base64(png(caption("i", "a cat", 1, 64, 32), 64, 32))));
  EXPECT_EQ(at(two.body, "data", "2"), "");
  const auto url = at(ask("images/generations", R"({"model":"i","prompt":"a cat"})").body, "data", "0", "url");
  EXPECT_EQ(url, fmt::format(R"("https://images.invalid/{}.png")", sha256_hex(caption("i", "a cat", 0, 1024, 1024))));
  for (const auto* members : {R"("n":0)", R"("n":11)", R"("size":"64")", R"("size":"64x0")", R"("size":"9999x9999")",
                              R"("response_format":"png")", R"("prompt":"")", R"("prompt":1)"}) {
    refused("images/generations", fmt::format(R"({{"model":"i","prompt":"a cat",{}}})", members));
  }
}

TEST_F(OpenAiJobTest, SpeaksInChunks) {
  const std::string text(200, 'a');
  const auto heard =
      ask("audio/speech", fmt::format(R"({{"model":"s","input":"{}","voice":"v","response_format":"wav"}})", text));
  EXPECT_EQ(heard.body, as_audio("wav", samples("s", "v", text)));
  EXPECT_NE(heard.head.find("content-type: audio/wav\r\n"), std::string::npos) << heard.head;
  EXPECT_NE(heard.head.find("transfer-encoding: chunked"), std::string::npos) << heard.head;
  EXPECT_TRUE(heard.whole);
  EXPECT_NE(ask("audio/speech", R"({"model":"s","input":"a","voice":"v"})").head.find("content-type: audio/mpeg\r\n"),
            std::string::npos);
  for (const auto* members :
       {R"("voice":null)", R"("input":"")", R"("response_format":"midi")", R"("speed":5)", R"("model":"")"}) {
    refused("audio/speech", fmt::format(R"({{"model":"s","input":"a","voice":"v",{}}})", members));
  }
  refused("audio/speech", fmt::format(R"({{"model":"s","input":"{}","voice":"v"}})", std::string(4097, 'a')));
}

TEST_F(OpenAiJobTest, HearsAudio) {
  const auto said = heard_in("some audio");
  EXPECT_EQ(hear_audio("audio/transcriptions", "model=t").body,
            fmt::format(R"({{"text":"{}","usage":{{"type":"tokens","input_tokens":0,"output_tokens":2,"total_tokens":2}}}})",
                        said));
  const auto text = hear_audio("audio/transcriptions", "model=t\nresponse_format=text");
  EXPECT_EQ(text.body, said + "\n");
  EXPECT_NE(text.head.find("content-type: text/plain"), std::string::npos);
  EXPECT_EQ(hear_audio("audio/transcriptions", "model=t\nresponse_format=srt", std::string(40'000, 'a')).body,
            fmt::format("1\n00:00:00,000 --> 00:00:01,250\n{}\n\n", heard_in(std::string(40'000, 'a'))));
  EXPECT_EQ(hear_audio("audio/transcriptions", "model=t\nresponse_format=vtt").body.substr(0, 12), "WEBVTT\n\n00:0");
  const auto verbose = hear_audio("audio/transcriptions",
                                  "model=t\nresponse_format=verbose_json\nlanguage=german\ntimestamp_granularities[]=word",
                                  std::string(32'000, 'a'))
                           .body;
  EXPECT_EQ(at(verbose, "duration"), "1");
  EXPECT_EQ(at(verbose, "language"), R"("german")");
  EXPECT_EQ(at(verbose, "words", "1", "start"), "0.5");
  EXPECT_EQ(at(hear_audio("audio/translations", "model=t").body, "text"), json::quote("In English: " + said));
}

TEST_F(OpenAiJobTest, HearsAudioInAStream) {
  const auto heard = hear_audio("audio/transcriptions", "model=t\nstream=true");
  EXPECT_NE(heard.head.find("content-type: text/event-stream"), std::string::npos);
  const auto events = events_of(heard.body);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].data,
            fmt::format(R"({{"type":"transcript.text.delta","delta":"sha256:{} "}})", sha256_hex("some audio")));
  EXPECT_EQ(at(events[2].data, "type"), R"("transcript.text.done")");
  EXPECT_EQ(at(events[2].data, "text"), json::quote(heard_in("some audio")));
  EXPECT_EQ(at(hear_audio("audio/transcriptions", "model=whisper\nstream=true").body, "text"),
            json::quote(heard_in("some audio")));
}

TEST_F(OpenAiJobTest, RefusesWrongAudio) {
  for (const auto* fields : {"language=en", "model=t\nresponse_format=xml", "model=t\ntemperature=warm", "model=t\nstream=1",
                             "model=t\ntimestamp_granularities[]=word", "model=t\nresponse_format=srt\nstream=true"}) {
    EXPECT_EQ(hear_audio("audio/transcriptions", fields).status, 400) << fields;
  }
  EXPECT_EQ(hear_audio("audio/transcriptions", "model=t", "").status, 400);
  EXPECT_EQ(hear_audio("audio/translations", "model=t\nlanguage=en").status, 400);
  EXPECT_EQ(hear_audio("audio/transcriptions", "model=t", std::string(25 * 1024 * 1024 + 1, 'a')).status, 413);
  refused("audio/transcriptions", R"({"model":"t","file":"x"})");
}

TEST_F(OpenAiJobTest, Moderates) {
  const auto heard = ask("moderations", R"({"model":"j","input":["peace","violence"]})").body;
  EXPECT_EQ(at(heard, "results", "0", "flagged"), "false");
  EXPECT_EQ(at(heard, "results", "1", "categories", "violence"), "true");
  EXPECT_EQ(at(heard, "results", "1", "category_scores", "hate"), "0.01");
  EXPECT_EQ(
      at(ask("moderations", R"({"model":"j","input":[{"type":"text","text":"hate"}]})").body, "results", "0", "flagged"),
      "true");
  refused("moderations", R"({"model":"j","input":[]})");
  refused("moderations", R"({"model":"j"})");
}

TEST_F(OpenAiJobTest, DrawsOnTheSamePools) {
  make("limits = { rpm = 3, tpm = 10 }\n");
  const std::string_view eight = R"({"model":"e","input":"abcdefgh abcdefgh abcdefgh abcde"})";
  EXPECT_EQ(ask("embeddings", eight).status, 200);
  EXPECT_EQ(at(world_->stats(), "providers", "u", "tokens"), R"({"prompt":8,"completion":0})");
  EXPECT_EQ(ask("embeddings", eight).status, 429);
  EXPECT_EQ(ask("rerank", R"({"model":"r","query":"q","documents":["a"]})").status, 200);
  EXPECT_EQ(ask("rerank", R"({"model":"r","query":"q","documents":["a"]})").status, 429);
  EXPECT_EQ(stats("e", "ok"), "1");
  EXPECT_EQ(stats("e", "refused"), "1");
}

TEST_F(OpenAiJobTest, MeetsFaults) {
  const std::string_view one = R"({"model":"e","input":"please fail"})";
  script("503");
  EXPECT_EQ(ask("embeddings", one).status, 503);
  script("corrupt_frame");
  EXPECT_FALSE(json::Document::parse(ask("embeddings", one).body));
  script("empty_completion");
  EXPECT_EQ(at(ask("embeddings", one).body, "data"), "[]");
  script("close_mid_stream after=1");
  const auto cut = ask("audio/speech", fmt::format(R"({{"model":"s","input":"{}","voice":"v"}})", std::string(200, 'a')));
  EXPECT_FALSE(cut.whole);
  EXPECT_EQ(cut.then, Then::close);
  EXPECT_TRUE(as_audio("mp3", samples("s", "v", std::string(200, 'a'))).starts_with(cut.body));
  EXPECT_GE(cut.body.size(), 4096U);
  const auto changed = world_->change("u", R"({"rules":[{"match":"please","fault":"429 retry-after=7"}]})");
  ASSERT_TRUE(changed);
  EXPECT_EQ(ask("embeddings", one).status, 429);
  EXPECT_EQ(ask("embeddings", R"({"model":"e","input":"now"})").status, 200);
}

TEST_F(OpenAiJobTest, RefusesAsTheScenarioSays) {
  make("reject = [\"user\"]\ncontext = 2\n");
  EXPECT_EQ(ask("embeddings", R"({"model":"e","input":["abcd efg","abcd"]})").status, 200);
  EXPECT_EQ(at(ask("embeddings", R"({"model":"e","input":"abcd efgh"})").body, "error", "code"),
            R"("context_length_exceeded")");
  refused("embeddings", R"( {"model":"e","input":"a","user":"me"})");
  EXPECT_EQ(hear_audio("audio/transcriptions", "model=t\nuser=me").status, 200);
}

TEST_F(OpenAiJobTest, IsRecorded) {
  ask("embeddings", R"({"model":"e","input":["a","b"]})");
  ask("chat/completions", R"({"model":"chat","messages":[{"role":"user","content":"x"}]})");
  ask("embeddings", R"({"model":"e2","input":["a","b","c"]})");
  const auto seen = world_->requests("u", 0, 10);
  EXPECT_EQ(at(seen, "requests", "0", "kind"), R"("embedding")");
  EXPECT_EQ(at(seen, "requests", "0", "inputs"), "2");
  EXPECT_EQ(at(seen, "requests", "1", "kind"), R"("chat")");
  EXPECT_EQ(at(seen, "requests", "2", "inputs"), "3");
  EXPECT_EQ(at(seen, "requests", "2", "outcome"), R"("invalid")");
}

}  // namespace
}  // namespace freeway::farm
