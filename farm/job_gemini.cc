// Gemini's embeddings, and speech by generateContent.
#include <fmt/format.h>

#include <array>

#include "farm/ask.h"
#include "farm/output.h"
#include "farm/wire_gemini.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kAudioType = "audio/L16;codec=pcm;rate=24000";

std::unexpected<Error> invalid(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

constexpr std::array<std::string_view, 9> kTasks{"TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY",   "RETRIEVAL_DOCUMENT",
                                                 "SEMANTIC_SIMILARITY",   "CLASSIFICATION",    "CLUSTERING",
                                                 "QUESTION_ANSWERING",    "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY"};
constexpr Member kPartMembers[] = {{"text"}};
constexpr Shape kPart{kPartMembers};
constexpr Member kContentMembers[] = {{"role"}, {"parts", Kind::shape, true, &kPart}};
constexpr Shape kContent{kContentMembers};
constexpr Member kEmbedMembers[] = {
    {"model"}, {"content", Kind::shape, false, &kContent}, {"taskType", Kind::text, false, nullptr, kTasks},
    {"title"}, {"outputDimensionality", Kind::whole},
};
constexpr Shape kEmbed{kEmbedMembers};
constexpr Member kBatchMembers[] = {{"requests", Kind::shape, true, &kEmbed}};
constexpr Shape kBatch{kBatchMembers};

// One text and what is said of it.
Result<void> add_content(Job& job, json::Value request, bool named) {
  const auto model = request["model"].string().value_or("");
  if ((named || !model.empty()) && model != fmt::format("models/{}", job.model)) {
    return invalid("* EmbedContentRequest.model: does not match the model of the request");
  }
  if (request["title"].given() && !request["taskType"].equals("RETRIEVAL_DOCUMENT")) {
    return invalid("* EmbedContentRequest.title: only for the task type RETRIEVAL_DOCUMENT");
  }
  auto text = text_of(request["content"]["parts"]);
  if (text.empty()) return invalid("* EmbedContentRequest.content: contents is not specified");
  add_input(job, std::move(text));
  const auto size = request["outputDimensionality"].integer();
  if (job.inputs.size() > 1 && size != job.dimensions) return invalid("outputDimensionality must be the same in a batch");
  job.dimensions = size;
  return {};
}

Result<Job> read_embed(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  if (auto checked = check_gemini_names(document->root(), kEmbed); !checked) return std::unexpected(checked.error());
  Job job;
  job.model = request.model;
  job.single = true;
  if (auto added = add_content(job, document->root(), false); !added) return std::unexpected(added.error());
  return job;
}

Result<Job> read_batch(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  if (auto checked = check_gemini_names(root, kBatch); !checked) return std::unexpected(checked.error());
  Job job;
  job.model = request.model;
  for (auto each : root["requests"]) {
    if (auto added = add_content(job, each, true); !added) return std::unexpected(added.error());
  }
  if (job.inputs.empty()) return invalid("* BatchEmbedContentsRequest.requests: must not be empty");
  return job;
}

Product answer_embed(const Job& job) {
  Product product;
  json::Writer out(product.body);
  out.begin_object().key(job.single ? "embedding" : "embeddings");
  if (!job.single) out.begin_array();
  for (const auto& input : job.inputs) {
    out.begin_object().key("values");
    write_vector(out, embedding(job.model, input, job.size));
    out.end_object();
  }
  if (job.single && job.inputs.empty()) out.begin_object().end_object();
  if (!job.single) out.end_array();
  out.end_object();
  return product;
}

Result<Job> read_speech(const JobRequest& request) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  const auto root = document->root();
  const auto config = root["generationConfig"];
  const auto modalities = config["responseModalities"];
  if (modalities.size() != 1 || !modalities.first().equals("AUDIO")) {
    return invalid(
        fmt::format("The requested combination of response modalities is not supported by the model. models/{} "
                    "accepts the following combination of response modalities:\n* AUDIO\n",
                    request.model));
  }
  if (root["systemInstruction"].given()) return invalid("Developer instruction is not enabled for this model");
  Job job;
  job.model = request.model;
  job.stream = request.stream;
  job.framing = request.framing;
  job.voice = config["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"].string().value_or("");
  if (job.voice.empty()) return invalid("* GenerateContentRequest.generation_config.speech_config: voice_name is not set");
  if (root["contents"].size() != 1) return invalid("Multiturn chat is not enabled for this model");
  add_input(job, text_of(root["contents"].first()["parts"]));
  if (job.inputs[0].empty()) return invalid("* GenerateContentRequest.contents: a text is expected");
  // 25 a second, of which a byte of the text takes a thousandth.
  job.answer_tokens = (job.inputs[0].size() + 39) / 40;
  return job;
}

// `"candidates":[{…}]` with audio, if there is any, and why it ended.
void write_candidate(json::Writer& out, std::string_view samples, std::string_view finish) {
  out.key("candidates").begin_array().begin_object().key("content").begin_object();
  out.key("parts").begin_array();
  if (!samples.empty()) {
    out.begin_object().key("inlineData").begin_object();
    out.member("mimeType", kAudioType).member("data", base64(samples)).end_object().end_object();
  }
  out.end_array().member("role", "model").end_object();
  if (!finish.empty()) out.member("finishReason", finish);
  out.member("index", 0).end_object().end_array();
}

void write_usage(json::Writer& out, std::uint64_t read, std::uint64_t said) {
  out.key("usageMetadata").begin_object().member("promptTokenCount", read).member("candidatesTokenCount", said);
  out.member("totalTokenCount", read + said).end_object();
}

class SpeechFrames final : public Frames {
 public:
  explicit SpeechFrames(const Answer& answer) : answer_(answer) {}
  void open(const Emit&) override {}
  void delta(const Piece& piece, const Emit& emit) override { tell(piece.text, "", emit); }
  void finish(const Emit& emit) override { tell("", "STOP", emit); }

 private:
  void tell(std::string_view samples, std::string_view finish, const Emit& emit) {
    std::string json;
    json::Writer out(json);
    out.begin_object();
    write_candidate(out, samples, finish);
    if (!finish.empty() && answer_.usage != UsageMode::none) {
      write_usage(out, answer_.prompt_tokens, answer_.completion_tokens);
    }
    out.member("modelVersion", answer_.model).member("responseId", answer_.id).end_object();
    emit("", json);
  }
  const Answer& answer_;
};

std::unique_ptr<Frames> speech_frames(const Answer& answer) { return std::make_unique<SpeechFrames>(answer); }

Product answer_speech(const Job& job) {
  constexpr unsigned kPiece = 4800;
  Product product;
  const auto sound = job.inputs.empty() ? std::string() : samples(job.model, job.voice, job.inputs[0]);
  json::Writer out(product.body);
  out.begin_object();
  write_candidate(out, sound, "STOP");
  if (job.tells_usage) write_usage(out, job.tokens, job.answer_tokens);
  out.member("modelVersion", job.model).member("responseId", job.id).end_object();
  if (!job.stream) return product;
  product.framing = job.framing;
  product.pieces = sound;
  product.piece_bytes = kPiece;
  product.frames = speech_frames;
  return product;
}

}  // namespace

const Endpoint* gemini_endpoint(std::string_view verb) {
  static constexpr Endpoint kEmbeds{ModelKind::embedding, read_embed, answer_embed};
  static constexpr Endpoint kBatches{
      ModelKind::embedding, read_batch, answer_embed, 100,
      "* BatchEmbedContentsRequest.requests: at most {} requests can be in one batch, found {}\n"};
  if (verb == "embedContent") return &kEmbeds;
  if (verb == "batchEmbedContents") return &kBatches;
  return nullptr;
}

const Endpoint* gemini_generating(ModelKind kind) {
  static constexpr Endpoint kSpeeches{ModelKind::speech, read_speech, answer_speech};
  return kind == ModelKind::speech ? &kSpeeches : nullptr;
}

}  // namespace freeway::farm
