// A provider's decision about what is asked of models of other kinds than chat. Limits, faults and pace are those of chats.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "farm/provider.h"

namespace freeway::farm {
namespace {

// The words of the request that rules and faults look at.
Ask ask_of(const Job& job, ModelKind kind) {
  Ask ask;
  ask.model = job.model;
  ask.prompt_tokens = job.tokens;
  ask.max_tokens = 0;  // no job says how long its answer may be
  if (!job.query.empty()) {
    ask.last_user = job.query;
  } else if (!job.inputs.empty() && kind != ModelKind::transcription) {
    ask.last_user = job.inputs.front();
  }
  return ask;
}

// What Groq bills for a recording, at least ten seconds; a second is 32,000 bytes, as of 16 kHz with 16 bits.
std::uint64_t seconds_of(std::size_t bytes) {
  constexpr std::size_t kSecond = 32'000, kLeast = 10;
  return std::max(kLeast, (bytes + kSecond - 1) / kSecond);
}

// What says nothing, as an answer to it.
Job silenced(Job job) {
  job.inputs.clear();
  job.said.clear();
  job.answer_tokens = 0;
  return job;
}

}  // namespace

Provider::Decision Provider::wrong_kind(const ModelSpec& model, std::string_view asked) {
  ++invalid_;
  auto decision = turn_away(
      400, fmt::format("The model `{}` does not support {}: it is for {}.", model.id, asked, to_string(model.kind)),
      "model_not_supported", "invalid");
  decision.model = model.id;
  decision.kind = asked;
  return decision;
}

Provider::Decision Provider::decide_job(const Moment& now, std::optional<std::string_view> key, std::string_view body,
                                        std::uint64_t serial, const Route& route) {
  const auto key_at = key_index(key);
  if (!key_at) {
    ++unauthorized_;
    return turn_away(Occasion::unauthorized, "", now, "unauthorized");
  }
  const auto* endpoint = route.endpoint;
  if (route.by_kind != nullptr) {
    const auto model_at = model_index(route.model);
    if (!model_at) return no_such_model(route.model, now);
    endpoint = route.by_kind(spec_.models[*model_at].kind);
    if (endpoint == nullptr) return wrong_kind(spec_.models[*model_at], "this");
  }
  return decide_known(now, *key_at, body, serial, route, *endpoint);
}

Provider::Decision Provider::decide_known(const Moment& now, std::size_t key, std::string_view body, std::uint64_t serial,
                                          const Route& route, const Endpoint& endpoint) {
  const auto named = [&](Decision decision, std::size_t inputs) {
    decision.kind = to_string(endpoint.kind);
    decision.inputs = inputs;
    return decision;
  };
  auto job = endpoint.read({route.model, route.content_type, body, spec_.style->name, route.stream, route.framing});
  if (!job) {
    ++invalid_;
    return named(turn_away(job.error().kind == ErrorKind::too_large ? 413 : 400, job.error().message, "", "invalid"), 0);
  }
  const auto inputs = job->inputs.size();
  const auto model_at = model_index(job->model);
  if (!model_at) return named(no_such_model(job->model, now), inputs);
  const auto& model = spec_.models[*model_at];
  if (model.kind != endpoint.kind) return named(wrong_kind(model, to_string(endpoint.kind)), inputs);
  if (auto refused = refuse_job(*job, model, endpoint, body)) {
    ++invalid_;
    refused->model = model.id;
    return named(std::move(*refused), inputs);
  }
  auto decision = begin(key, *model_at, ask_of(*job, endpoint.kind));
  serve_job(decision, now, *job, endpoint, serial);
  put_off(decision, now, serial);
  return named(std::move(decision), inputs);
}

// What follows the grammar, and asks for more than the model does.
std::optional<Provider::Decision> Provider::refuse_job(const Job& job, const ModelSpec& model, const Endpoint& endpoint,
                                                       std::string_view body) const {
  const auto most = model.max_inputs > 0 ? static_cast<std::size_t>(model.max_inputs) : endpoint.max_inputs;
  if (most > 0 && job.inputs.size() > most && !endpoint.too_many.empty()) {
    return turn_away(400, fmt::format(fmt::runtime(endpoint.too_many), most, job.inputs.size()), "", "invalid");
  }
  const auto asked = job.dimensions.value_or(1);
  if (asked < 1 || std::cmp_greater(asked, model.dimensions)) {
    return turn_away(400, fmt::format("Invalid dimensions: {} is not from 1 to {}.", asked, model.dimensions), "",
                     "invalid");
  }
  // A form has no members to refuse.
  if (!model.demands.any() || !trim(body).starts_with('{')) return std::nullopt;
  auto demands = model.demands;
  demands.tool_id_length = 0;
  Ask longest;
  longest.model = job.model;
  longest.prompt_tokens = job.longest;
  if (const auto met = meet(demands, body, longest); !met) return wrong_request(met.error(), longest, demands);
  return std::nullopt;
}

void Provider::serve_job(Decision& decision, const Moment& now, Job& job, const Endpoint& endpoint, std::uint64_t serial) {
  const auto& model = spec_.models[decision.ticket.model];
  auto& scene = decision.scene;
  const auto ask = ask_of(job, endpoint.kind);
  auto spec = spec_for(model, ask);
  if (!job.said.empty() && !spec->text.empty()) job.said = spec->text;
  job.id = fmt::format("farm-{}", serial);
  job.created = std::chrono::duration_cast<std::chrono::seconds>(now.wall.time_since_epoch()).count();
  job.size = static_cast<std::size_t>(job.dimensions.value_or(static_cast<std::int64_t>(model.dimensions)));
  auto& answer = scene.answer;
  answer.id = job.id;
  answer.created = job.created;
  answer.model = job.model;
  answer.finish = "stop";
  answer.prompt_tokens = job.tokens;
  answer.completion_tokens = job.said.empty() ? job.answer_tokens : count_tokens(job.said);
  if (endpoint.kind == ModelKind::transcription) answer.audio_seconds = seconds_of(job.inputs.front().size());
  answer.usage = spec->usage;
  answer.text = std::make_shared<const Text>("");
  answer.spec = spec;
  meet_limits(decision, now, ask);
  if (scene.plain) return;
  job.tells_usage = answer.usage != UsageMode::none;
  auto& product = scene.product.emplace(
      endpoint.answer(scene.fault.kind == FaultKind::empty_completion ? silenced(std::move(job)) : job));
  if (product.frames == nullptr) return;
  decision.stream = scene.stream = true;
  scene.framing = product.framing;
  answer.text = std::make_shared<const Text>(std::move(product.pieces));
  answer.text_size = answer.text->bytes.size();
  if (spec->chunk_bytes > 0 || product.piece_bytes == 0) return;
  AnswerSpec cut = *spec;
  cut.chunk_bytes = product.piece_bytes;
  answer.spec = std::make_shared<const AnswerSpec>(std::move(cut));
}

}  // namespace freeway::farm
