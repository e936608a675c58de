#include "farm/scenario.h"

#include <fmt/format.h>

#include <algorithm>

namespace freeway::farm {
namespace {

std::string element(const Table& table, std::string_view name, std::size_t index) {
  return fmt::format("{}[{}]", table.place(name), index);
}

std::vector<Strike> read_strikes(Table& table, std::string_view name, json::Value list) {
  std::vector<Strike> strikes;
  if (!list.is(json::Type::array)) {
    table.complain(name, "expected an array of faults");
    return strikes;
  }
  for (auto entry : list) strikes.push_back(read_strike(entry, element(table, name, strikes.size()), table.problem()));
  return strikes;
}

Rule read_rule(json::Value value, const std::string& place, Problem& problem, const AnswerSpec& base) {
  Rule rule;
  Table table(value, place, problem);
  table.text("match", rule.match);
  if (rule.match.empty()) table.complain("match", "is missing: a part of the last user message");
  if (const auto fault = table.take("fault")) rule.strike = read_strike(fault, table.place("fault"), problem);
  if (const auto answer = table.take("answer")) {
    AnswerSpec spec = base;
    Table inner(answer, table.place("answer"), problem);
    read_answer(inner, spec);
    inner.done();
    rule.answer = std::make_shared<const AnswerSpec>(std::move(spec));
  }
  table.done();
  return rule;
}

void read_spans(Table& table, LimitSpec& into) {
  table.duration("minute", into.minute);
  const auto day = table.take("day");
  into.calendar_day = day ? day.equals("calendar") : into.calendar_day;
  if (day && into.calendar_day) return;
  table.duration("day", into.day);
}

void read_demands(Table& table, Demands& into) {
  table.texts("reject", into.reject);
  table.count("tool_id_length", into.tool_id_length);
  table.count("context", into.context);
}

// What models inherit from their provider.
struct Inherited {
  AnswerSpec answer;
  LimitSpec limits;
  Demands demands;
};

ModelSpec read_model(json::Value value, const std::string& place, Problem& problem, const Inherited& from) {
  ModelSpec model;
  model.limits = from.limits;
  model.demands = from.demands;
  AnswerSpec answer = from.answer;
  if (auto id = value.string()) {
    model.id = std::move(*id);
  } else {
    Table table(value, place, problem);
    table.text("id", model.id);
    read_limits(table, "limits", model.limits);
    read_answer(table, answer);
    read_demands(table, model.demands);
    read_behaviour(table, model.behaviour, answer);
    table.done();
  }
  if (model.id.empty()) problem.say(place, "a model needs an id");
  model.answer = std::make_shared<const AnswerSpec>(std::move(answer));
  return model;
}

void read_models(Table& table, ProviderSpec& provider, const Inherited& from) {
  const auto models = table.take("models");
  if (!models.is(json::Type::array) || models.size() == 0) {
    return table.complain("models", "expected an array of ids or tables, at least one");
  }
  for (auto value : models) {
    auto model = read_model(value, element(table, "models", provider.models.size()), table.problem(), from);
    const auto same = [&](const ModelSpec& other) { return other.id == model.id; };
    if (std::any_of(provider.models.begin(), provider.models.end(), same)) {
      table.complain("models", fmt::format("\"{}\" is there twice", model.id));
    }
    provider.models.push_back(std::move(model));
  }
}

ProviderSpec read_provider(json::Value value, const std::string& place, Problem& problem, const LimitSpec& spans) {
  ProviderSpec provider;
  Table table(value, place, problem);
  table.text("id", provider.id);
  if (provider.id.empty() || provider.id.front() == '_' || provider.id.find('/') != std::string::npos) {
    table.complain("id", "expected a name without '/' that does not start with '_'");
  }
  table.texts("keys", provider.keys);
  Inherited from;
  read_answer(table, from.answer);
  read_demands(table, from.demands);
  LimitSpec own = spans;
  read_spans(table, own);
  from.limits = provider.limits = own;
  read_limits(table, "limits", provider.limits);
  read_limits(table, "model_limits", from.limits);
  read_behaviour(table, provider.behaviour, from.answer);
  read_models(table, provider, from);
  std::string style;
  table.text("style", style);
  if (const auto named = style_named(style)) {
    provider.style = *named;
  } else if (!style.empty()) {
    table.complain("style", "expected openai, groq, cerebras, openrouter, google or bare");
  }
  table.flag("limit_headers", provider.limit_headers);
  table.flag("own_port", provider.own_port);
  table.flag("up", provider.up);
  provider.answer = std::make_shared<const AnswerSpec>(std::move(from.answer));
  table.done();
  return provider;
}

}  // namespace

void read_limits(Table& table, std::string_view name, LimitSpec& into) {
  const auto value = table.take(name);
  if (!value) return;
  Table limits(value, table.place(name), table.problem());
  limits.count("rpm", into.rpm);
  limits.count("rpd", into.rpd);
  limits.count("tpm", into.tpm);
  limits.count("tpd", into.tpd);
  limits.count("concurrency", into.concurrency);
  read_spans(limits, into);
  limits.done();
}

void read_behaviour(Table& table, Behaviour& into, const AnswerSpec& base) {
  if (const auto rules = table.take("rules")) {
    into.rules.clear();
    for (auto rule : rules) {
      into.rules.push_back(read_rule(rule, element(table, "rules", into.rules.size()), table.problem(), base));
    }
  }
  if (const auto script = table.take("script")) into.script = read_strikes(table, "script", script);
  if (const auto faults = table.take("faults")) into.faults = read_strikes(table, "faults", faults);
  if (const auto fault = table.take("fault")) into.faults = {read_strike(fault, table.place("fault"), table.problem())};
}

Result<Scenario> parse_scenario(std::string_view toml, std::string_view name) {
  const auto text = toml_to_json(toml, name);
  if (!text) return std::unexpected(text.error());
  const auto document = json::Document::parse(*text);
  if (!document) return std::unexpected(document.error());
  Problem problem;
  Scenario scenario;
  Table table(document->root(), "", problem);
  table.count("seed", scenario.seed);
  table.flag("record", scenario.record);
  LimitSpec spans;
  read_spans(table, spans);
  const auto providers = table.take("providers");
  if (providers.size() == 0) table.complain("providers", "expected at least one [[providers]]");
  for (auto value : providers) {
    auto provider = read_provider(value, element(table, "providers", scenario.providers.size()), problem, spans);
    const auto same = [&](const ProviderSpec& other) { return other.id == provider.id; };
    if (std::any_of(scenario.providers.begin(), scenario.providers.end(), same)) {
      table.complain("providers", fmt::format("\"{}\" is there twice", provider.id));
    }
    scenario.providers.push_back(std::move(provider));
  }
  table.done();
  if (problem.any()) return fail(ErrorKind::invalid, fmt::format("{}: {}", name, problem.text()));
  return scenario;
}

}  // namespace freeway::farm
