// Other kinds than chat: how each protocol is asked, and how its answers come back in OpenAI's form.
#include <gmock/gmock.h>

#include "crypto/seal.h"
#include "dialect/audio.h"
#include "dialect/dialect.h"
#include "dialect/form_test.h"
#include "dialect/openai/surface.h"

namespace freeway::dialect {
namespace {

using chat::Kind;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// One request to one model, and what became of it.
struct Asker {
  std::string dialect;
  Kind kind;
  std::string text;
  catalog::Model model = {};
  catalog::Provider provider = {};
  std::unique_ptr<chat::Request> request = {};
  std::string content_type = "application/json";

  Asker(std::string of, Kind what, std::string body, std::string type = "application/json")
      : dialect(std::move(of)), kind(what), text(std::move(body)), content_type(std::move(type)) {
    model.id = "m";
    bool form = content_type.starts_with("multipart/");
    auto decoded = form ? openai::decode_upload(kind, read_form(content_type, text)) : openai::decode_request(kind, text);
    if (decoded) request = std::move(*decoded);
    if (!decoded) ADD_FAILURE() << decoded.error().message;
    if (request) request->created = 7;
  }
  const Codec& codec() const { return *find(dialect)->codec(kind); }
  Outgoing write() const {
    auto out = codec().write_request(*request, provider, model);
    if (out) return std::move(*out);
    ADD_FAILURE() << out.error().message;
    return {};
  }
  std::string refusal() const {
    auto out = codec().write_request(*request, provider, model);
    return out ? "written: " + out->body : std::string(to_string(out.error().kind));
  }
  WholeAnswer answer(std::string body, std::string_view type = "application/json") const {
    std::optional<chat::Fault> fault;
    auto read = codec().read_answer(*request, model, type, std::move(body), fault);
    if (read) return std::move(*read);
    WholeAnswer failed;
    failed.body = "fail " + std::string(to_string(read.error().kind)) + " " + read.error().message;
    return failed;
  }
};

std::string texts(std::size_t count) {
  std::string body = R"({"model":"x","input":[)";
  for (std::size_t i = 0; i < count; ++i) body += i == 0 ? R"("a")" : R"(,"a")";
  return body + "]}";
}

TEST(Kinds, AListOfInputsHasABound) {
  EXPECT_TRUE(openai::decode_request(Kind::embedding, texts(10'000)));
  auto more = openai::decode_request(Kind::embedding, texts(10'001));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().param, "input");
  EXPECT_THAT(more.error().message, HasSubstr("10000 texts at most and holds 10001"));
}

TEST(CohereKinds, Embeddings) {
  Asker asker("cohere", Kind::embedding,
              R"({"model":"x","input":["a","b"],"dimensions":2,"user":"u","encoding_format":"base64"})");
  auto out = asker.write();
  EXPECT_EQ(out.path, "/v2/embed");
  EXPECT_EQ(
      out.body,
      R"({"model":"m","texts":["a","b"],"input_type":"search_document","embedding_types":["float"],"output_dimension":2})");
  EXPECT_THAT(out.dropped, ElementsAre("user"));
  auto answer =
      asker.answer(R"({"id":"i","embeddings":{"float":[[1,-0.5],[0,2]]},"meta":{"billed_units":{"input_tokens":4}}})");
  EXPECT_EQ(answer.body, R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAAL8="},)"
                         R"({"object":"embedding","index":1,"embedding":"AAAAAAAAAEA="}],"model":"m",)"
                         R"("usage":{"prompt_tokens":4,"total_tokens":4}})");
  EXPECT_FALSE(answer.usage.estimated);
  EXPECT_THAT(asker.answer(R"({"embeddings":{"float":[[1,1]]}})").body, StartsWith("fail malformed"));
  EXPECT_THAT(asker.answer(R"({"embeddings":{"float":[[1,1],[1]]}})").body, HasSubstr("1 dimensions instead of 2"));
}

TEST(CohereKinds, WhatATextIsFor) {
  for (auto [asked, sent] : {std::pair("query", "search_query"), std::pair("search_query", "search_query"),
                             std::pair("passage", "search_document"), std::pair("clustering", "clustering")}) {
    Asker asker("cohere", Kind::embedding, std::string(R"({"input":"a","input_type":")") + asked + "\"}");
    EXPECT_THAT(asker.write().body, HasSubstr(std::string("\"input_type\":\"") + sent + "\"")) << asked;
  }
}

TEST(CohereKinds, Rerank) {
  Asker asker("cohere", Kind::rerank,
              R"({"query":"q","documents":["a",{"text":"b"},"c"],"top_n":2,"return_documents":true})");
  auto out = asker.write();
  EXPECT_EQ(out.path, "/v2/rerank");
  EXPECT_EQ(out.body, R"({"model":"m","query":"q","documents":["a","b","c"],"top_n":2})");
  auto answer = asker.answer(R"({"results":[{"index":0,"relevance_score":0.1},{"index":1,"relevance_score":0.9}]})");
  EXPECT_THAT(answer.body, HasSubstr(R"("results":[{"index":1,"relevance_score":0.9,"document":{"text":"b"}},)"
                                     R"({"index":0,"relevance_score":0.1,"document":{"text":"a"}}])"));
  EXPECT_THAT(asker.answer(R"({"results":[{"index":3,"relevance_score":0.1}]})").body, StartsWith("fail malformed"));
  EXPECT_THAT(asker.answer(R"({"results":[]})").body, StartsWith("fail malformed"));
}

TEST(GeminiKinds, Embeddings) {
  Asker asker("gemini", Kind::embedding, R"({"input":["a","b"],"input_type":"query","dimensions":1})");
  auto out = asker.write();
  EXPECT_EQ(out.path, "/models/m:batchEmbedContents");
  EXPECT_THAT(out.body, StartsWith(R"({"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},)"
                                   R"("taskType":"RETRIEVAL_QUERY","outputDimensionality":1},)"));
  EXPECT_THAT(asker.answer(R"({"embeddings":[{"values":[1]},{"values":[2]}]})").body,
              HasSubstr(R"({"object":"embedding","index":1,"embedding":[2]})"));
  EXPECT_EQ(Asker("gemini", Kind::embedding, R"({"input":[1,2]})").refusal(), "unsupported");
}

TEST(GeminiKinds, SpeechIsAWavFile) {
  Asker asker("gemini", Kind::speech, R"({"input":"hi","voice":"alloy","speed":2})");
  auto out = asker.write();
  EXPECT_EQ(out.path, "/models/m:generateContent");
  EXPECT_THAT(out.body, HasSubstr(R"("responseModalities":["AUDIO"])"));
  EXPECT_THAT(out.body, HasSubstr(R"("voiceName":"Kore")"));
  EXPECT_THAT(out.dropped, ElementsAre("voice", "speed"));
  Asker own("gemini", Kind::speech, R"({"input":"hi","voice":"Puck"})");
  EXPECT_THAT(own.write().body, HasSubstr(R"("voiceName":"Puck")"));
  auto answer = asker.answer(
      R"({"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/L16;codec=pcm;rate=24000","data":"AAEC"}}]}}],)"
      R"("usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":9}})");
  EXPECT_EQ(answer.content_type, "audio/wav");
  EXPECT_THAT(answer.body, StartsWith("RIFF"));
  EXPECT_THAT(answer.body, EndsWith(std::string("\0\1\2", 3)));
  EXPECT_EQ(answer.usage.total_tokens, 12U);
  EXPECT_EQ(Asker("gemini", Kind::speech, R"({"input":"hi","response_format":"mp3"})").refusal(), "unsupported");
  EXPECT_THAT(asker.answer(R"({"candidates":[{"content":{"parts":[]}}]})").body, StartsWith("fail closed"));
}

TEST(CloudflareKinds, RunsInsteadOfAddresses) {
  Asker rank("cloudflare", Kind::rerank, R"({"query":"q","documents":["a","b"],"top_n":1})");
  EXPECT_EQ(rank.write().path, "/run/m");
  EXPECT_EQ(rank.write().body, R"({"query":"q","contexts":[{"text":"a"},{"text":"b"}],"top_k":1})");
  EXPECT_THAT(rank.answer(R"({"result":{"response":[{"id":1,"score":0.5}]},"success":true})").body,
              HasSubstr(R"("results":[{"index":1,"relevance_score":0.5}])"));

  Asker image("cloudflare", Kind::image, R"({"prompt":"p","size":"1x1","response_format":"url"})");
  EXPECT_EQ(image.write().body, R"({"prompt":"p"})");
  EXPECT_THAT(image.write().dropped, ElementsAre("size"));
  EXPECT_EQ(image.answer(R"({"result":{"image":"/9j/4A"},"success":true})").body,
            R"({"created":7,"data":[{"url":"data:image/jpeg;base64,/9j/4A"}]})");
  EXPECT_EQ(image.answer("\x89PNG", "image/png").body, R"({"created":7,"data":[{"url":"data:image/png;base64,iVBORw=="}]})");
  EXPECT_EQ(Asker("cloudflare", Kind::image, R"({"prompt":"p","n":2})").refusal(), "unsupported");
}

TEST(CloudflareKinds, Sounds) {
  Asker melo("cloudflare", Kind::speech, R"({"input":"hi","voice":"v"})");
  EXPECT_EQ(melo.write().body, R"({"prompt":"hi"})");
  auto spoken = melo.answer(R"({"result":{"audio":"UklGRg=="},"success":true})");
  EXPECT_EQ(spoken.body, "RIFF");
  EXPECT_EQ(spoken.content_type, "audio/wav");
  Asker aura("cloudflare", Kind::speech, R"({"input":"hi","voice":"v"})");
  aura.model.id = "@cf/deepgram/aura-1";
  EXPECT_EQ(aura.write().body, R"({"text":"hi","speaker":"v"})");
  EXPECT_EQ(aura.answer("sound", "audio/mpeg").body, "sound");
}

TEST(NvidiaKinds, Images) {
  Asker asker("nvidia", Kind::image, R"({"prompt":"p","size":"512x256","seed":3,"quality":"hd"})");
  asker.model.id = "black-forest-labs/flux.1-schnell";
  EXPECT_EQ(asker.write().path, "/genai/black-forest-labs/flux.1-schnell");
  EXPECT_EQ(asker.write().body, R"({"prompt":"p","mode":"base","steps":4,"width":512,"height":256,"seed":3})");
  EXPECT_THAT(asker.write().dropped, ElementsAre("quality"));
  asker.model.id = "black-forest-labs/flux.2-klein-4b";
  EXPECT_EQ(asker.write().body, R"({"prompt":"p","width":512,"height":256,"seed":3})");
  EXPECT_EQ(asker.answer(R"({"artifacts":[{"base64":"AAAA","finishReason":"SUCCESS","seed":3}]})").body,
            R"({"created":7,"data":[{"b64_json":"AAAA"}]})");
  EXPECT_THAT(asker.answer(R"({"artifacts":[{"base64":"AAAA","finishReason":"CONTENT_FILTERED"}]})").body,
              StartsWith("fail malformed"));
  EXPECT_THAT(asker.answer(R"({"artifacts":[]})").body, StartsWith("fail malformed"));
  Asker odd("nvidia", Kind::image, R"({"prompt":"p","size":"auto"})");
  EXPECT_THAT(odd.write().dropped, ElementsAre("size"));
}

TEST(NvidiaKinds, Rerank) {
  Asker asker("nvidia", Kind::rerank, R"({"query":"q","documents":["a","b"],"top_n":1})");
  EXPECT_EQ(asker.write().path, "/retrieval/m/reranking");
  EXPECT_EQ(asker.write().body, R"({"model":"m","query":{"text":"q"},"passages":[{"text":"a"},{"text":"b"}]})");
  EXPECT_THAT(asker.answer(R"({"rankings":[{"index":1,"logit":0},{"index":0,"logit":-5}]})").body,
              HasSubstr(R"("results":[{"index":1,"relevance_score":0.5}])"));
  EXPECT_THAT(asker.answer(R"({"rankings":[{"index":1}]})").body, StartsWith("fail malformed"));
}

TEST(HuggingFaceKinds, EmbeddingsAreBareArrays) {
  Asker two("huggingface", Kind::embedding, R"({"input":["a","b"]})");
  EXPECT_EQ(two.write().path, "/hf-inference/models/m/pipeline/feature-extraction");
  EXPECT_EQ(two.write().body, R"({"inputs":["a","b"]})");
  EXPECT_THAT(two.answer("[[1,2],[3,4]]").body, HasSubstr(R"({"object":"embedding","index":1,"embedding":[3,4]})"));
  // Of each token one: what counts is their mean.
  EXPECT_THAT(two.answer("[[[1,2],[2,4]],[[3,4]]]").body,
              HasSubstr(R"("data":[{"object":"embedding","index":0,"embedding":[1.5,3]},)"));
  EXPECT_THAT(two.answer("[[1,2]]").body, StartsWith("fail malformed"));
  EXPECT_THAT(two.answer("[[[1,2],[2]],[[3,4]]]").body, StartsWith("fail malformed"));
  EXPECT_THAT(two.answer(R"({"error":"Model is loading"})").body, StartsWith("fail malformed"));
  Asker one("huggingface", Kind::embedding, R"({"input":"a"})");
  EXPECT_THAT(one.answer("[1,2]").body, HasSubstr(R"("embedding":[1,2])"));
  EXPECT_EQ(Asker("huggingface", Kind::embedding, R"({"input":"a","dimensions":2})").refusal(), "unsupported");
}

std::string upload(std::string_view more = "") {
  return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\nContent-Type: audio/ogg\r\n\r\nAB\r\n" +
         std::string(more) + "--b--\r\n";
}
const std::string kUpload = "multipart/form-data; boundary=b";

TEST(CloudflareKinds, Transcripts) {
  Asker nova("cloudflare", Kind::transcription, upload(), kUpload);
  auto out = nova.write();
  EXPECT_EQ(out.body, "AB");
  EXPECT_EQ(out.fields.find("content-type"), "audio/ogg");
  EXPECT_EQ(nova.answer(R"({"result":{"results":{"channels":[{"alternatives":[{"transcript":"hi"}]}]}}})").body,
            R"({"text":"hi"})");
  Asker large("cloudflare", Kind::translation, upload("--b\r\nContent-Disposition: form-data; name=language\r\n\r\nde\r\n"),
              kUpload);
  EXPECT_EQ(large.refusal(), "unsupported");
  large.model.id = "@cf/openai/whisper-large-v3-turbo";
  EXPECT_EQ(large.write().body, R"({"audio":"QUI=","task":"translate","language":"de"})");
  EXPECT_EQ(large.answer(R"({"result":{"text":"hi"}})").body, R"({"text":"hi"})");
}

TEST(OpenAiKinds, AVectorHoldsNumbersAlone) {
  Asker numbers("openai", Kind::embedding, R"({"input":"a"})");
  Asker base64("openai", Kind::embedding, R"({"input":"a","encoding_format":"base64"})");
  auto of = [](std::string_view vector) { return R"({"data":[{"embedding":)" + std::string(vector) + "}]}"; };
  EXPECT_THAT(numbers.answer(of(R"("AADAfw==")")).body, StartsWith("fail malformed"));  // not a number
  EXPECT_THAT(numbers.answer(of(R"("AACAfw==")")).body, StartsWith("fail malformed"));  // infinite
  EXPECT_THAT(numbers.answer(of(R"("AACA/w==")")).body, StartsWith("fail malformed"));
  EXPECT_THAT(numbers.answer(of(R"("AAA=")")).body, StartsWith("fail malformed"));
  EXPECT_THAT(base64.answer(of("[1e39]")).body, StartsWith("fail malformed"));
  EXPECT_THAT(base64.answer(of(R"(["1"])")).body, StartsWith("fail malformed"));
  EXPECT_THAT(base64.answer(of("[]")).body, StartsWith("fail malformed"));
  EXPECT_THAT(numbers.answer(of(R"("zcxMPg==")")).body, HasSubstr(R"("embedding":[0.2])"));
}

TEST(OpenAiKinds, ATranscriptTellsHowLongItsRecordingWas) {
  Asker asker("openai", Kind::transcription, upload(), kUpload);
  EXPECT_EQ(asker.answer(R"({"text":"hi","duration":2.2})").usage.audio_seconds, 3U);
  EXPECT_EQ(asker.answer(R"({"text":"hi","usage":{"type":"duration","seconds":5}})").usage.audio_seconds, 5U);
  EXPECT_EQ(asker.answer(R"({"text":"hi"})").usage.audio_seconds, 0U);
  EXPECT_THAT(asker.answer(R"({"duration":1})").body, StartsWith("fail malformed"));
}

TEST(Kinds, WhatAProtocolHasNoPlaceForIsNotSpokenOf) {
  EXPECT_EQ(find("ollama")->codec(Kind::embedding), nullptr);
  EXPECT_EQ(find("cohere")->codec(Kind::image), nullptr);
  EXPECT_EQ(find("gemini")->codec(Kind::rerank), nullptr);
  EXPECT_EQ(find("openai")->codec(Kind::chat), nullptr);
}

}  // namespace
}  // namespace freeway::dialect
