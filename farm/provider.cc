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
bool matches(const Rule& rule, const Ask& ask) {
  return matches(rule.match, ask) && rule.after_tool.value_or(ask.after_tool) == ask.after_tool;
}

}  // namespace

Provider::Provider(ProviderSpec spec, std::uint64_t seed)
    : spec_(std::move(spec)), first_(spec_), seed_(seed ^ hash(spec_.id)) {
  random_.emplace(seed_);
  build_cells();
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
  decision.scene.wire = spec_.wire;
  decision.scene.plain = plain_error(*spec_.style, status, message, code);
  decision.outcome = outcome;
  decision.status = status;
  return decision;
}

// In the provider's own words.
Provider::Decision Provider::turn_away(Occasion occasion, std::string_view model, const Moment& now,
                                       std::string_view outcome) const {
  Decision decision;
  decision.scene.style = spec_.style;
  decision.scene.wire = spec_.wire;
  decision.scene.plain = error_of(*spec_.style, occasion, model, now);
  decision.model = model;
  decision.outcome = outcome;
  decision.status = decision.scene.plain->status;
  return decision;
}

Provider::Decision Provider::wrong_request(const Error& error, const Ask& ask, const Demands& demands) const {
  const bool large = error.kind == ErrorKind::too_large;
  auto decision = turn_away(400, error.message, large ? "context_length_exceeded" : "unsupported_parameter", "invalid");
  decision.model = ask.model;
  if (large) {
    if (auto own = context_error(*spec_.style, ask.model, ask.prompt_tokens, demands.context)) {
      decision.scene.plain = std::move(*own);
      decision.status = decision.scene.plain->status;
    }
  }
  return decision;
}

Provider::Decision Provider::list_models(std::optional<std::string_view> key, std::string_view query) {
  if (!key_index(key)) {
    ++unauthorized_;
    return turn_away(Occasion::unauthorized, "", {}, "unauthorized");
  }
  ++lists_;
  Decision decision;
  decision.outcome = "models";
  std::vector<Listed> models;
  for (const auto& model : spec_.models) models.push_back({model.id, model.kind, model.demands.context, model.max_tokens});
  spec_.wire->write_models(decision.scene.plain.emplace().body, models, spec_.id, query);
  return decision;
}

Provider::Decision Provider::nothing_here(std::string_view path, int status) const {
  return turn_away(status, fmt::format("There is nothing at {}.", path), "not_found", "not_found");
}

Provider::Decision Provider::decide(const Moment& now, std::optional<std::string_view> key, std::string_view body,
                                    std::uint64_t serial, const Route& route) {
  const auto key_at = key_index(key);
  if (!key_at) {
    ++unauthorized_;
    return turn_away(Occasion::unauthorized, "", now, "unauthorized");
  }
  auto ask = spec_.wire->read(route, body);
  if (!ask) {
    ++invalid_;
    return turn_away(400, ask.error().message, "", "invalid");
  }
  const auto model_at = model_index(ask->model);
  if (!model_at) return no_such_model(ask->model, now);
  const auto& model = spec_.models[*model_at];
  if (model.kind != ModelKind::chat) {
    const auto* endpoint = route.by_kind == nullptr ? nullptr : route.by_kind(model.kind);
    return endpoint == nullptr ? wrong_kind(model, "chat") : decide_known(now, *key_at, body, serial, route, *endpoint);
  }
  if (ask->audio) return wrong_kind(model, "speech");
  const auto& demands = model.demands;
  if (demands.any()) {
    if (const auto met = meet(demands, body, *ask); !met) {
      ++invalid_;
      return wrong_request(met.error(), *ask, demands);
    }
  }
  auto decision = begin(*key_at, *model_at, *ask);
  decision.kind = "chat";
  decision.scene.framing = route.framing;
  serve(decision, now, *ask, body, serial);
  put_off(decision, now, serial);
  return decision;
}

Provider::Decision Provider::no_such_model(std::string_view model, const Moment& now) {
  ++invalid_;
  return turn_away(Occasion::gone, model, now, "not_found");
}

// Of a request that makes sense.
Provider::Decision Provider::begin(std::size_t key, std::size_t model, const Ask& ask) const {
  Decision decision;
  decision.ticket.key = key;
  decision.ticket.model = model;
  decision.ticket.epoch = epoch_;
  decision.model = ask.model;
  decision.stream = decision.scene.stream = ask.stream;
  decision.scene.style = spec_.style;
  decision.scene.wire = spec_.wire;
  return decision;
}

std::shared_ptr<const AnswerSpec> Provider::spec_for(const ModelSpec& model, const Ask& ask) const {
  for (const auto* rules : {&model.behaviour.rules, &spec_.behaviour.rules}) {
    for (const auto& rule : *rules) {
      if (rule.answer && matches(rule, ask)) return rule.answer;
    }
  }
  return model.answer;
}

// A request that makes sense: over a limit, or let in and answered as the behaviour says.
void Provider::serve(Decision& decision, const Moment& now, const Ask& ask, std::string_view body, std::uint64_t serial) {
  const auto& model = spec_.models[decision.ticket.model];
  const auto created = std::chrono::duration_cast<std::chrono::seconds>(now.wall.time_since_epoch()).count();
  decision.scene.answer = compose(spec_for(model, ask), ask, body, model.demands, serial, created, *random_);
  meet_limits(decision, now, ask);
}

void Provider::meet_limits(Decision& decision, const Moment& now, const Ask& ask) {
  use_foreign(now);
  auto& ticket = decision.ticket;
  auto& model = spec_.models[ticket.model];
  auto& state = keys_[ticket.key];
  auto& scene = decision.scene;
  ++state.all.tally.received;
  ++state.models[ticket.model].tally.received;
  const auto most = ask.max_tokens.value_or(model.max_tokens) * ask.n;
  const auto& answer = scene.answer;
  ticket.draws = draws_for(ticket.key, ticket.model, {answer.prompt_tokens, answer.completion_tokens, answer.audio_seconds},
                           {answer.prompt_tokens, most > 0 ? most : answer.completion_tokens, answer.audio_seconds});
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
  if (scene.fault.kind == FaultKind::status && scene.fault.occasion && !scene.fault.body) {
    scene.plain = error_of(*spec_.style, *scene.fault.occasion, decision.model, now);
    decision.status = scene.plain->status;
  }
}

bool Provider::refuse(Decision& decision, const Moment& now) {
  auto& draws = decision.ticket.draws;
  const auto why = check(now, draws);
  if (!why) return false;
  auto& state = keys_[decision.ticket.key];
  for (auto* each : {&state.models[decision.ticket.model], &state.all}) ++each->tally.refused;
  for (auto& draw : draws) draw.pool->refuse(now, draw.asked, draw.pool->check(now, draw.asked).has_value());
  auto& scene = decision.scene;
  scene.plain = refusal(*spec_.style, *why, decision.model, now);
  if (spec_.limit_headers) add_limit_headers(*spec_.style, levels(now, draws), &*why, now, scene.headers);
  draws.clear();
  decision.outcome = "refused";
  decision.status = scene.plain->status;
  return true;
}

void Provider::admit(Decision& decision, const Moment& now) {
  auto& scene = decision.scene;
  auto& ticket = decision.ticket;
  auto& state = keys_[ticket.key];
  const auto tokens = tokens_charged(scene.fault, scene.answer);
  const auto prompt = std::min(tokens, scene.answer.prompt_tokens);
  for (auto* each : {&state.models[ticket.model], &state.all}) {
    ++each->tally.admitted;
    each->tally.prompt_tokens += prompt;
    each->tally.completion_tokens += tokens - prompt;
    if (scene.fault.kind != FaultKind::ok) ++each->tally.faults[static_cast<std::size_t>(scene.fault.kind)];
    each->most_in_flight = std::max(each->most_in_flight, ++each->in_flight);
  }
  const Usage used{prompt, tokens - prompt, tokens > 0 ? scene.answer.audio_seconds : 0};
  const auto& prices = spec_.models[ticket.model].prices;
  for (auto& draw : ticket.draws) {
    const bool as_asked = draw.charge == Charge::prompt_max_tokens;
    draw.hold = draw.pool->admit(now, as_asked ? draw.asked : amount_in(draw.pool->unit(), used, prices));
  }
  ticket.admitted = true;
  if (spec_.limit_headers && harmless(scene.fault.kind) && !ticket.draws.empty()) {
    add_limit_headers(*spec_.style, levels(now, ticket.draws), nullptr, now, scene.headers);
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
    if (!rule.strike || !matches(rule, ask) || !applies(*rule.strike, decision, ask)) continue;
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

void Provider::release(const Moment& now, const Ticket& ticket, bool good) {
  if (!ticket.admitted || ticket.epoch != epoch_) return;
  auto& state = keys_[ticket.key];
  --state.all.in_flight;
  --state.models[ticket.model].in_flight;
  for (const auto& draw : ticket.draws) {
    draw.pool->leave(draw.hold);
    if (draw.charge == Charge::success && !good) draw.pool->give_back(now, draw.hold);
  }
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
  unauthorized_ = invalid_ = lists_ = foreign_admitted_ = foreign_refused_ = 0;
  deferred_in_all_ = asked_ = asked_too_soon_ = fetched_ = dropped_ = 0;
  deferred_.clear();
  build_cells();
}

}  // namespace freeway::farm
