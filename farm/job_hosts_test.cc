#include "farm/job_hosts.h"

#include "farm/output.h"
#include "farm/wire_test.h"

namespace freeway::farm {
namespace {

class HostTest : public WireTest {
 protected:
  Heard ask(std::string_view path, std::string_view body, std::string_view type = "application/json") {
    http::Fields fields;
    fields.add("authorization", "Bearer k");
    fields.add("content-type", type);
    return send("POST", path, body, std::move(fields));
  }
};

class CloudflareTest : public HostTest {
 protected:
  void SetUp() override {
    start(R"(style = "cloudflare"
models = [
  "@cf/chat", { id = "@cf/e", kind = "embedding", dimensions = 4 }, { id = "@cf/r", kind = "rerank" },
  { id = "@cf/flux-1-schnell", kind = "image" }, { id = "@cf/flux-2-dev", kind = "image" }, { id = "@cf/sdxl", kind = "image" },
  { id = "@cf/melotts", kind = "speech" }, { id = "@cf/aura-1", kind = "speech" },
  { id = "@cf/whisper", kind = "transcription" }, { id = "@cf/whisper-large-v3-turbo", kind = "transcription" },
  { id = "@cf/deepgram/nova-3", kind = "transcription" }]
)");
  }
  Heard run(std::string_view model, std::string_view body, std::string_view type = "application/json") {
    return ask(fmt::format("/ai/run/@cf/{}", model), body, type);
  }
  std::string result(std::string_view model, std::string_view body, std::string_view type = "application/json") {
    const auto heard = run(model, body, type);
    EXPECT_EQ(at(heard.body, "success"), "true") << heard.body;
    EXPECT_EQ(at(heard.body, "errors"), "[]");
    EXPECT_EQ(at(heard.body, "messages"), "[]");
    return at(heard.body, "result");
  }
  void refused(std::string_view model, std::string_view body, std::string_view type = "application/json") {
    const auto heard = run(model, body, type);
    EXPECT_EQ(heard.status, 400) << body;
    EXPECT_EQ(at(heard.body, "success"), "false") << heard.body;
    EXPECT_NE(at(heard.body, "errors", "0", "message"), "") << heard.body;
  }
};

std::string as_json(const std::vector<double>& vector) {
  std::string json;
  json::Writer out(json);
  write_vector(out, vector);
  return json;
}

TEST_F(CloudflareTest, StandsBesideOpenAisShape) {
  const std::string_view chat = R"({"model":"@cf/chat","messages":[{"role":"user","content":"x"}]})";
  EXPECT_EQ(ask("/ai/v1/chat/completions", chat).status, 200);
  EXPECT_EQ(at(ask("/ai/v1/embeddings", R"({"model":"@cf/e","input":"a"})").body, "data", "0", "embedding"),
            as_json(embedding("@cf/e", "a", 4)));
  refused("chat", R"({"messages":[{"role":"user","content":"x"}]})");
  EXPECT_EQ(at(run("none", "{}").body, "errors", "0", "code"), "5007");
  EXPECT_EQ(send("GET", "/ai/run/@cf/e", "", {}).status, 405);
  start("models = [{ id = \"@cf/e\", kind = \"embedding\" }]\n");
  EXPECT_EQ(run("e", R"({"text":["a"]})").status, 404);
}

TEST_F(CloudflareTest, EmbedsAndRanks) {
  EXPECT_EQ(result("e", R"({"text":["a","b"]})"),
            fmt::format(R"({{"shape":[2,4],"data":[{},{}],"pooling":"mean"}})", as_json(embedding("@cf/e", "a", 4)),
                        as_json(embedding("@cf/e", "b", 4))));
  EXPECT_EQ(ask("/ai/run/%40cf%2Fe", R"({"text":"a"})").status, 200);
  const auto ranked = result("r", R"({"query":"q","contexts":[{"text":"one"},{"text":"two"}],"top_k":1})");
  const int best = relevance("q", "one") > relevance("q", "two") ? 0 : 1;
  EXPECT_EQ(at(ranked, "response", "0", "id"), std::to_string(best));
  EXPECT_EQ(std::stod(at(ranked, "response", "0", "score")), relevance("q", best == 0 ? "one" : "two"));
  EXPECT_EQ(at(ranked, "response", "1"), "");
  refused("e", R"({"text":[]})");
  refused("e", R"({"text":[1]})");
  refused("e", R"({"text":["a"],"model":"x"})");
  refused("r", R"({"query":"q","contexts":["one"]})");
  refused("r", R"({"query":"q","contexts":[]})");
  std::string many = R"("a")";
  for (int i = 1; i < 101; ++i) many += R"(,"a")";
  refused("e", fmt::format(R"({{"text":[{}]}})", many));
}

TEST_F(CloudflareTest, Draws) {
  const auto told = caption("@cf/flux-1-schnell", "a cat", 0, 1024, 1024);
  EXPECT_EQ(at(result("flux-1-schnell", R"({"prompt":"a cat","steps":8})"), "image"), json::quote(base64(jpeg(told))));
  refused("flux-1-schnell", R"({"prompt":"a cat","steps":9})");
  refused("flux-1-schnell", R"({"prompt":"a cat","width":512})");
  refused("flux-1-schnell", R"({"steps":1})");
  const auto raw = run("sdxl", R"({"prompt":"a cat","width":256,"height":512})");
  EXPECT_EQ(raw.body, png(caption("@cf/sdxl", "a cat", 0, 256, 512), 256, 512));
  EXPECT_NE(raw.head.find("content-type: image/png\r\n"), std::string::npos);
  refused("sdxl", R"({"prompt":"a cat","width":1})");
  const std::string_view form = "--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na cat\r\n--b--\r\n";
  EXPECT_EQ(at(result("flux-2-dev", form, "multipart/form-data; boundary=b"), "image"),
            json::quote(base64(jpeg(caption("@cf/flux-2-dev", "a cat", 0, 1024, 1024)))));
  refused("flux-2-dev", R"({"prompt":"a cat"})");
}

TEST_F(CloudflareTest, Speaks) {
  EXPECT_EQ(at(result("melotts", R"({"prompt":"hi","lang":"fr"})"), "audio"),
            json::quote(base64(as_audio("mp3", samples("@cf/melotts", "fr", "hi")))));
  const auto raw = run("aura-1", R"({"text":"hi","speaker":"luna"})");
  EXPECT_EQ(raw.body, as_audio("mp3", samples("@cf/aura-1", "luna", "hi")));
  EXPECT_NE(raw.head.find("content-type: audio/mpeg\r\n"), std::string::npos);
  refused("melotts", R"({"text":"hi"})");
  refused("aura-1", R"({"prompt":"hi"})");
}

TEST_F(CloudflareTest, Hears) {
  const auto said = json::quote(heard_in("some audio"));
  EXPECT_EQ(at(result("whisper", "some audio", "application/octet-stream"), "text"), said);
  const auto turbo =
      result("whisper-large-v3-turbo", fmt::format(R"({{"audio":"{}","language":"de"}})", base64("some audio")));
  EXPECT_EQ(at(turbo, "text"), said);
  EXPECT_EQ(at(turbo, "transcription_info", "language"), R"("de")");
  EXPECT_EQ(at(turbo, "segments", "0", "text"), said);
  const auto nova = result("deepgram/nova-3", "some audio", "audio/mpeg");
  EXPECT_EQ(at(nova, "results", "channels", "0", "alternatives", "0", "transcript"), said);
  refused("deepgram/nova-3", "some audio", "application/octet-stream");
  refused("whisper", R"({"audio":"AAAA"})");
  refused("whisper", "", "audio/wav");
  refused("whisper-large-v3-turbo", "some audio", "audio/wav");
  refused("whisper-large-v3-turbo", R"({"audio":"no base64"})");
}

TEST_F(HostTest, HuggingFace) {
  start(
      "style = \"huggingface\"\nmodels = [{ id = \"o/e\", kind = \"embedding\", dimensions = 4 }, "
      "{ id = \"o/t\", kind = \"transcription\" }]\n");
  const auto features = [&](std::string_view body) {
    return ask("/hf-inference/models/o/e/pipeline/feature-extraction", body);
  };
  EXPECT_EQ(features(R"({"inputs":["a","b"]})").body,
            fmt::format("[{},{}]", as_json(embedding("o/e", "a", 4)), as_json(embedding("o/e", "b", 4))));
  EXPECT_EQ(features(R"({"inputs":"a","normalize":true})").body, as_json(embedding("o/e", "a", 4)));
  EXPECT_EQ(features(R"({"inputs":[1]})").status, 400);
  EXPECT_EQ(features(R"({"input":"a"})").status, 400);
  EXPECT_EQ(at(ask("/hf-inference/models/o/t", "some audio", "audio/wav").body, "text"),
            json::quote(heard_in("some audio")));
  EXPECT_EQ(ask("/hf-inference/models/o/e", "some audio", "audio/wav").status, 400);
  script("empty_completion");
  EXPECT_EQ(features(R"({"inputs":"a"})").body, "[]");
}

TEST_F(HostTest, Nvidia) {
  start(
      "style = \"nvidia\"\nmodels = [{ id = \"b/flux.1-schnell\", kind = \"image\" }, { id = \"b/flux.2-klein-4b\", kind = "
      "\"image\" }, "
      "{ id = \"n/rank-3.2\", kind = \"rerank\" }]\n");
  const auto draw = [&](std::string_view model, std::string_view members) {
    return ask(fmt::format("/v1/genai/b/{}", model), fmt::format(R"({{"prompt":"a cat"{}}})", members));
  };
  EXPECT_EQ(at(draw("flux.1-schnell", R"(,"mode":"base","steps":4,"width":512)").body, "artifacts", "0", "base64"),
            json::quote(base64(jpeg(caption("b/flux.1-schnell", "a cat", 0, 512, 1024)))));
  EXPECT_EQ(draw("flux.1-schnell", R"(,"steps":5)").status, 400);
  EXPECT_EQ(draw("flux.1-schnell", R"(,"n":1)").status, 400);
  EXPECT_EQ(draw("flux.2-klein-4b", "").status, 200);
  EXPECT_EQ(draw("flux.2-klein-4b", R"(,"cfg_scale":1)").status, 400);
  const std::string_view asked = R"({"model":"n/rank-3.2","query":{"text":"q"},"passages":[{"text":"one"},{"text":"two"}]})";
  const auto ranked = ask("/v1/retrieval/n/rank-3_2/reranking", asked).body;
  const int best = relevance("q", "one") > relevance("q", "two") ? 0 : 1;
  EXPECT_EQ(at(ranked, "rankings", "0", "index"), std::to_string(best));
  EXPECT_EQ(std::stod(at(ranked, "rankings", "0", "logit")), relevance("q", best == 0 ? "one" : "two") * 20 - 10);
  EXPECT_EQ(ask("/v1/retrieval/n/other/reranking", asked).status, 400);
  EXPECT_EQ(ask("/v1/retrieval/n/rank-3.2/reranking", R"({"model":"n/rank-3.2","query":"q","passages":["one"]})").status,
            400);
}

}  // namespace
}  // namespace freeway::farm
