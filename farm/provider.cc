#include "farm/provider.h"

#include <fmt/format.h>

#include <algorithm>

namespace freeway::farm {
namespace {

std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return value;
}

int shown_status(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::hang:
    case FaultKind::close_before:
    case FaultKind::raw: return 0;
    case FaultKind::status: return fault.status;
    case FaultKind::redirect: return fault.status == 200 ? 307 : fault.status;
    default: return 200;
  }
}

bool matches(const std::string& part, const Ask& ask) { return ask.last_user.find(part) != std::string::npos; }

}  // namespace

Provider::Provider(ProviderSpec spec, std::uint64_t seed)
    : spec_(std::move(spec)), first_(spec_), seed_(seed ^ hash(spec_.id)) {
  random_.emplace(seed_);
  build_cells();
}

void Provider::build_cells() {
  ++epoch_;
  keys_.clear();
  for (std::size_t i = 0; i < std::max<std::size_t>(1, spec_.keys.size()); ++i) {
    KeyState state{Cell(spec_.limits), {}};
    for (const auto& model : spec_.models) state.models.emplace_back(model.limits);
    keys_.push_back(std::move(state));
  }
}

std::optional<std::size_t> Provider::key_index(std::optional<std::string_view> key) const {
  if (spec_.keys.empty()) return 0;
  const auto found = std::find(spec_.keys.begin(), spec_.keys.end(), key.value_or(""));
  if (found == spec_.keys.end()) return std::nullopt;
  return static_cast<std::size_t>(found - spec_.keys.begin());
}

std::optional<std::size_t> Provider::model_index(std::string_view id) const {
  for (std::size_t i = 0; i < spec_.models.size(); ++i) {
    if (spec_.models[i].id == id) return i;
  }
  return std::nullopt;
}

Provider::Decision Provider::turn_away(int status, std::string_view message, std::string_view code,
                                       std::string_view outcome) const {
  Decision decision;
  decision.scene.style = spec_.style;
  decision.scene.plain = plain_error(spec_.style, status, message, code);
  decision.outcome = outcome;
  decision.status = status;
  return decision;
}

Provider::Decision Provider::list_models(std::optional<std::string_view> key) {
  if (!key_index(key)) {
    ++unauthorized_;
    return turn_away(401, "Incorrect API key provided.", "invalid_api_key", "unauthorized");
  }
  ++lists_;
  Decision decision;
  decision.outcome = "models";
  auto& plain = decision.scene.plain.emplace();
  json::Writer out(plain.body);
  out.begin_object().member("object", "list").key("data").begin_array();
  for (const auto& model : spec_.models) {
    out.begin_object()
        .member("id", model.id)
        .member("object", "model")
        .member("created", 1'700'000'000)
        .member("owned_by", spec_.id);
    out.end_object();
  }
  out.end_array().end_object();
  return decision;
}

Provider::Decision Provider::decide(const Moment& now, std::optional<std::string_view> key, std::string_view body,
                                    std::uint64_t serial) {
  const auto key_at = key_index(key);
  if (!key_at) {
    ++unauthorized_;
    return turn_away(401, "Incorrect API key provided.", "invalid_api_key", "unauthorized");
  }
  auto ask = read_ask(body);
  if (!ask) {
    ++invalid_;
    return turn_away(400, ask.error().message, "", "invalid");
  }
  const auto model_at = model_index(ask->model);
  if (!model_at) {
    ++invalid_;
    auto decision = turn_away(404, fmt::format("The model `{}` does not exist or you do not have access to it.", ask->model),
                              "model_not_found", "not_found");
    decision.model = std::move(ask->model);
    return decision;
  }
  const auto& demands = spec_.models[*model_at].demands;
  if (demands.any()) {
    if (const auto met = meet(demands, body, *ask); !met) {
      ++invalid_;
      const bool large = met.error().kind == ErrorKind::too_large;
      auto decision =
          turn_away(400, met.error().message, large ? "context_length_exceeded" : "unsupported_parameter", "invalid");
      decision.model = std::move(ask->model);
      return decision;
    }
  }
  Decision decision;
  decision.ticket.key = *key_at;
  decision.ticket.model = *model_at;
  decision.ticket.epoch = epoch_;
  decision.model = ask->model;
  decision.stream = decision.scene.stream = ask->stream;
  decision.scene.style = spec_.style;
  serve(decision, now, *ask, body, serial);
  return decision;
}

std::shared_ptr<const AnswerSpec> Provider::spec_for(const ModelSpec& model, const Ask& ask) const {
  for (const auto* rules : {&model.behaviour.rules, &spec_.behaviour.rules}) {
    for (const auto& rule : *rules) {
      if (rule.answer && matches(rule.match, ask)) return rule.answer;
    }
  }
  return model.answer;
}

// A request that makes sense: over a limit, or let in and answered as the behaviour says.
void Provider::serve(Decision& decision, const Moment& now, const Ask& ask, std::string_view body, std::uint64_t serial) {
  auto& model = spec_.models[decision.ticket.model];
  auto& state = keys_[decision.ticket.key];
  auto& scene = decision.scene;
  ++state.all.tally.received;
  ++state.models[decision.ticket.model].tally.received;
  const auto created = std::chrono::duration_cast<std::chrono::seconds>(now.wall.time_since_epoch()).count();
  scene.answer = compose(spec_for(model, ask), ask, body, model.demands, serial, created, *random_);
  if (refuse(decision, now)) return;
  if (!choose(model.behaviour, decision, ask)) choose(spec_.behaviour, decision, ask);
  spoil(scene.answer, scene.fault, ask);
  admit(decision, now);
  const auto& pace = *scene.answer.spec;
  scene.latency = pace.latency;
  if (pace.jitter > Duration::zero()) {
    scene.latency += Duration(static_cast<std::int64_t>(random_->unit() * static_cast<double>(pace.jitter.count())));
  }
  decision.outcome = to_string(scene.fault.kind);
  decision.status = shown_status(scene.fault);
}

bool Provider::refuse(Decision& decision, const Moment& now) {
  auto& state = keys_[decision.ticket.key];
  auto& cell = state.models[decision.ticket.model];
  const auto tokens = decision.scene.answer.prompt_tokens + decision.scene.answer.completion_tokens;
  auto why = cell.quota.check(now, tokens);
  if (const auto whole = state.all.quota.check(now, tokens); whole && (!why || whole->wait > why->wait)) why = whole;
  if (!why) return false;
  for (auto* each : {&cell, &state.all}) {
    ++each->tally.refused;
    each->quota.note(now, tokens, false);
  }
  auto& scene = decision.scene;
  scene.plain = refusal(spec_.style, *why, decision.model, now);
  if (spec_.limit_headers) add_limit_headers(spec_.style, cell.quota, now, scene.headers);
  decision.outcome = "refused";
  decision.status = scene.plain->status;
  return true;
}

void Provider::admit(Decision& decision, const Moment& now) {
  auto& scene = decision.scene;
  auto& state = keys_[decision.ticket.key];
  auto& cell = state.models[decision.ticket.model];
  const auto tokens = tokens_charged(scene.fault, scene.answer);
  const auto prompt = std::min(tokens, scene.answer.prompt_tokens);
  for (auto* each : {&cell, &state.all}) {
    ++each->tally.admitted;
    each->tally.prompt_tokens += prompt;
    each->tally.completion_tokens += tokens - prompt;
    if (scene.fault.kind != FaultKind::ok) ++each->tally.faults[static_cast<std::size_t>(scene.fault.kind)];
    each->quota.admit(now, tokens);
    each->quota.note(now, tokens, true);
  }
  decision.ticket.admitted = true;
  if (spec_.limit_headers && harmless(scene.fault.kind)) {
    add_limit_headers(spec_.style, cell.quota.limits().any() ? cell.quota : state.all.quota, now, scene.headers);
  }
}

bool Provider::applies(Strike& strike, const Decision& decision, const Ask& ask) {
  if (strike.times == 0) return false;
  if (!strike.key.empty() && (spec_.keys.empty() || spec_.keys[decision.ticket.key] != strike.key)) return false;
  if (!strike.model.empty() && strike.model != decision.model) return false;
  if (!strike.match.empty() && !matches(strike.match, ask)) return false;
  if (strike.probability < 1 && random_->unit() >= strike.probability) return false;
  if (strike.times != UINT64_MAX) --strike.times;
  return true;
}

// True if this behaviour has something to say about the request.
bool Provider::choose(Behaviour& behaviour, Decision& decision, const Ask& ask) {
  for (auto& rule : behaviour.rules) {
    if (!rule.strike || !matches(rule.match, ask) || !applies(*rule.strike, decision, ask)) continue;
    decision.scene.fault = rule.strike->fault;
    return true;
  }
  for (auto strike = behaviour.script.begin(); strike != behaviour.script.end(); ++strike) {
    if (strike->times == UINT64_MAX) strike->times = 1;
    if (!applies(*strike, decision, ask)) continue;
    decision.scene.fault = strike->fault;
    if (strike->times == 0) behaviour.script.erase(strike);
    return true;
  }
  for (auto& strike : behaviour.faults) {
    if (!applies(strike, decision, ask)) continue;
    decision.scene.fault = strike.fault;
    return true;
  }
  return false;
}

void Provider::release(const Ticket& ticket) {
  if (!ticket.admitted || ticket.epoch != epoch_) return;
  keys_[ticket.key].all.quota.release();
  keys_[ticket.key].models[ticket.model].quota.release();
}

void Provider::count_ok(const Ticket& ticket, int by) {
  if (ticket.epoch != epoch_) return;
  auto& state = keys_[ticket.key];
  for (auto* tally : {&state.all.tally, &state.models[ticket.model].tally}) tally->ok += static_cast<std::uint64_t>(by);
}

void Provider::count_aborted(const Ticket& ticket) {
  if (ticket.epoch != epoch_) return;
  auto& state = keys_[ticket.key];
  for (auto* tally : {&state.all.tally, &state.models[ticket.model].tally}) ++tally->aborted;
}

void Provider::reset() {
  const bool up = spec_.up;
  spec_ = first_;
  spec_.up = up;
  random_.emplace(seed_);
  unauthorized_ = invalid_ = lists_ = 0;
  build_cells();
}

}  // namespace freeway::farm
