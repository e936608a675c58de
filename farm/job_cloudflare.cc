// Cloudflare's own surface, POST ai/run/{model}: what a model takes and gives depends on what it is.
#include <fmt/format.h>

#include <array>

#include "farm/ask.h"
#include "farm/job_hosts.h"
#include "farm/multipart.h"
#include "farm/output.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

std::unexpected<Error> invalid(std::string_view message) {
  return fail(ErrorKind::invalid, fmt::format("AiError: Bad input: {}", message));
}

bool is(std::string_view model, std::string_view part) { return model.find(part) != std::string_view::npos; }

// Writes `{"result":…,"success":true,"errors":[],"messages":[]}` with what `inside` writes of the result.
template <class Inside>
Product enveloped(Inside inside) {
  Product product;
  json::Writer out(product.body);
  out.begin_object().key("result").begin_object();
  inside(out);
  out.end_object().member_bool("success", true).key("errors").begin_array().end_array();
  out.key("messages").begin_array().end_array().end_object();
  return product;
}

Result<Job> read_members(const JobRequest& request, const Shape& shape, Result<void> (*fill)(Job& job, json::Value root)) {
  const auto document = json::Document::parse(request.body);
  if (!document) return std::unexpected(document.error());
  if (auto checked = check_members(document->root(), shape); !checked) return invalid(checked.error().message);
  Job job;
  job.model = request.model;
  if (auto filled = fill(job, document->root()); !filled) return std::unexpected(filled.error());
  return job;
}

// A text that has to be there.
Result<void> add_needed(Job& job, json::Value value, std::string_view name) {
  auto text = value.string();
  if (!text || text->empty()) return invalid(fmt::format("{} is required", name));
  add_input(job, std::move(*text));
  return {};
}

constexpr Member kEmbeddingMembers[] = {{"text", Kind::any}, {"pooling"}};
constexpr Shape kEmbedding{kEmbeddingMembers};

Result<void> fill_embedding(Job& job, json::Value root) {
  const auto text = root["text"];
  if (!text.is(json::Type::array)) return add_needed(job, text, "text");
  for (auto each : text) {
    if (auto added = add_needed(job, each, "text"); !added) return added;
  }
  if (job.inputs.empty()) return invalid("text must not be empty");
  return {};
}

Result<Job> read_embedding(const JobRequest& request) { return read_members(request, kEmbedding, fill_embedding); }

Product answer_embedding(const Job& job) {
  return enveloped([&](json::Writer& out) {
    out.key("shape").begin_array().natural(job.inputs.size()).natural(job.size).end_array().key("data").begin_array();
    for (const auto& input : job.inputs) write_vector(out, embedding(job.model, input, job.size));
    out.end_array().member("pooling", "mean");
  });
}

constexpr Member kContextMembers[] = {{"text"}};
constexpr Shape kContext{kContextMembers};
constexpr Member kRerankMembers[] = {{"query"}, {"contexts", Kind::shape, true, &kContext}, {"top_k", Kind::whole}};
constexpr Shape kRerank{kRerankMembers};

Result<void> fill_rerank(Job& job, json::Value root) {
  job.query = root["query"].string().value_or("");
  if (job.query.empty()) return invalid("query is required");
  job.tokens = tokens_in(job.query.size());
  for (auto context : root["contexts"]) {
    if (auto added = add_needed(job, context["text"], "text"); !added) return added;
  }
  if (job.inputs.empty()) return invalid("contexts is required");
  if (const auto top = root["top_k"].integer()) {
    if (*top < 1) return invalid("top_k must be at least 1");
    job.top = static_cast<std::size_t>(*top);
  }
  return {};
}

Result<Job> read_rerank(const JobRequest& request) { return read_members(request, kRerank, fill_rerank); }

Product answer_rerank(const Job& job) {
  return enveloped([&](json::Writer& out) {
    out.key("response").begin_array();
    for (const auto& [index, score] : ranking(job)) {
      out.begin_object().member("id", index).key("score").number(score).end_object();
    }
    out.end_array();
  });
}

constexpr Member kFluxMembers[] = {{"prompt"}, {"steps", Kind::whole}, {"seed", Kind::whole}};
constexpr Shape kFlux{kFluxMembers};
constexpr Member kDiffusionMembers[] = {{"prompt"},
                                        {"negative_prompt"},
                                        {"width", Kind::whole},
                                        {"height", Kind::whole},
                                        {"num_steps", Kind::whole},
                                        {"steps", Kind::whole},
                                        {"guidance", Kind::number},
                                        {"seed", Kind::whole}};
constexpr Shape kDiffusion{kDiffusionMembers};

bool within(json::Value value, std::int64_t least, std::int64_t most) {
  const auto number = value.integer().value_or(least);
  return number >= least && number <= most;
}

Result<void> fill_flux(Job& job, json::Value root) {
  if (!within(root["steps"], 1, 8)) return invalid("steps must be from 1 to 8");
  return add_needed(job, root["prompt"], "prompt");
}

Result<void> fill_diffusion(Job& job, json::Value root) {
  if (!within(root["num_steps"], 1, 20) || !within(root["steps"], 1, 20)) return invalid("num_steps must be from 1 to 20");
  if (!within(root["width"], 256, 2048) || !within(root["height"], 256, 2048)) {
    return invalid("width and height must be from 256 to 2048");
  }
  job.width = static_cast<unsigned>(root["width"].integer().value_or(1024));
  job.height = static_cast<unsigned>(root["height"].integer().value_or(1024));
  return add_needed(job, root["prompt"], "prompt");
}

// FLUX.2 takes nothing but forms.
Result<Job> read_image_form(const JobRequest& request) {
  const auto form = read_form(request.content_type, request.body);
  if (!form) return invalid(form.error().message);
  Job job;
  job.model = request.model;
  for (const auto& part : *form) {
    if (part.name == "prompt" && !part.data.empty()) add_input(job, std::string(part.data));
  }
  if (job.inputs.size() != 1) return invalid("prompt is required");
  return job;
}

Result<Job> read_image(const JobRequest& request) {
  if (is(request.model, "flux-2")) return read_image_form(request);
  const bool flux = is(request.model, "flux-1");
  return read_members(request, flux ? kFlux : kDiffusion, flux ? fill_flux : fill_diffusion);
}

Product answer_image(const Job& job) {
  const auto told = job.inputs.empty() ? std::string() : caption(job.model, job.inputs[0], 0, job.width, job.height);
  if (is(job.model, "flux-")) {
    return enveloped([&](json::Writer& out) { out.member("image", told.empty() ? "" : base64(jpeg(told))); });
  }
  Product product;
  if (!told.empty()) product.body = png(told, job.width, job.height);
  product.content_type = "image/png";
  return product;
}

constexpr Member kMeloMembers[] = {{"prompt"}, {"lang"}};
constexpr Shape kMelo{kMeloMembers};
constexpr std::array<std::string_view, 5> kEncodings{"mp3", "opus", "flac", "aac", "linear16"};
constexpr Member kAuraMembers[] = {{"text"},
                                   {"speaker"},
                                   {"encoding", Kind::text, false, nullptr, kEncodings},
                                   {"container"},
                                   {"sample_rate", Kind::whole},
                                   {"bit_rate", Kind::whole}};
constexpr Shape kAura{kAuraMembers};

Result<void> fill_melo(Job& job, json::Value root) {
  job.voice = root["lang"].string().value_or("en");
  return add_needed(job, root["prompt"], "prompt");
}

Result<void> fill_aura(Job& job, json::Value root) {
  job.voice = root["speaker"].string().value_or("angus");
  job.format = root["encoding"].string().value_or("mp3");
  if (job.format == "linear16") job.format = "pcm";
  return add_needed(job, root["text"], "text");
}

Result<Job> read_speech(const JobRequest& request) {
  const bool melo = is(request.model, "melotts");
  return read_members(request, melo ? kMelo : kAura, melo ? fill_melo : fill_aura);
}

Product answer_speech(const Job& job) {
  const auto sound = job.inputs.empty() ? std::string() : samples(job.model, job.voice, job.inputs[0]);
  if (job.format.empty()) {
    return enveloped([&](json::Writer& out) { out.member("audio", sound.empty() ? "" : base64(as_audio("mp3", sound))); });
  }
  Product product;
  product.body = as_audio(job.format, sound);
  product.content_type = audio_type(job.format);
  return product;
}

constexpr Member kTurboMembers[] = {{"audio"},          {"task"},  {"language"}, {"vad_filter", Kind::any},
                                    {"initial_prompt"}, {"prefix"}};
constexpr Shape kTurbo{kTurboMembers};

Result<void> fill_turbo(Job& job, json::Value root) {
  auto audio = from_base64(root["audio"].escaped());
  if (!audio || audio->empty()) return invalid("audio must be base64");
  job.inputs.push_back(std::move(*audio));
  job.language = root["language"].string().value_or("en");
  job.translates = root["task"].equals("translate");
  return {};
}

// The large Whisper takes base64 in JSON; the others take the bytes, and Deepgram's want to know what they are.
Result<Job> read_audio(const JobRequest& request) {
  Job job;
  if (is(request.model, "whisper-large-v3-turbo")) {
    auto turbo = read_members(request, kTurbo, fill_turbo);
    if (!turbo) return turbo;
    job = std::move(*turbo);
  } else {
    if (request.body.empty()) return invalid("no audio");
    if (request.content_type.starts_with("application/json")) return invalid("the body must be the audio");
    if (is(request.model, "deepgram") && !request.content_type.starts_with("audio/")) {
      return invalid("the content type must be that of the audio");
    }
    job.model = request.model;
    job.inputs.emplace_back(request.body);
  }
  job.said = (job.translates ? "In English: " : "") + heard_in(job.inputs[0]);
  return job;
}

Product answer_audio(const Job& job) {
  const auto words = static_cast<std::int64_t>(count_tokens(job.said));
  return enveloped([&](json::Writer& out) {
    if (is(job.model, "deepgram")) {
      out.key("results").begin_object().key("channels").begin_array().begin_object().key("alternatives").begin_array();
      out.begin_object().member("transcript", job.said).key("confidence").number(0.99).end_object();
      out.end_array().end_object().end_array().end_object();
      return;
    }
    out.member("text", job.said).member("word_count", words).member("vtt", fmt::format("WEBVTT\n\n{}\n", job.said));
    if (!is(job.model, "whisper-large-v3-turbo")) return;
    const auto seconds = job.inputs.empty() ? 0 : static_cast<double>(job.inputs[0].size()) / 32'000;
    out.key("transcription_info")
        .begin_object()
        .member("language", job.language)
        .key("duration")
        .number(seconds)
        .end_object();
    out.key("segments").begin_array().begin_object().key("start").number(0).key("end").number(seconds);
    out.member("text", job.said).end_object().end_array();
  });
}

}  // namespace

const Endpoint* cloudflare_endpoint(ModelKind kind) {
  static constexpr Endpoint kEmbeddings{ModelKind::embedding, read_embedding, answer_embedding, 100,
                                        "AiError: Bad input: text must have at most {} elements, not {}"};
  static constexpr Endpoint kReranks{ModelKind::rerank, read_rerank, answer_rerank, 1000,
                                     "AiError: Bad input: contexts must have at most {} elements, not {}"};
  static constexpr Endpoint kImages{ModelKind::image, read_image, answer_image};
  static constexpr Endpoint kSpeeches{ModelKind::speech, read_speech, answer_speech};
  static constexpr Endpoint kTranscriptions{ModelKind::transcription, read_audio, answer_audio};
  switch (kind) {
    case ModelKind::embedding: return &kEmbeddings;
    case ModelKind::rerank: return &kReranks;
    case ModelKind::image: return &kImages;
    case ModelKind::speech: return &kSpeeches;
    case ModelKind::transcription: return &kTranscriptions;
    default: return nullptr;
  }
}

}  // namespace freeway::farm
