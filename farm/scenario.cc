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
  if (const auto after = table.take("after_tool")) {
    rule.after_tool = after.boolean();
    if (!rule.after_tool) table.complain("after_tool", "expected true or false");
  }
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

void read_demands(Table& table, Demands& into) {
  table.texts("reject", into.reject);
  table.count("tool_id_length", into.tool_id_length);
  table.count("context", into.context);
}

void read_kind(Table& table, ModelSpec& model) {
  std::string name;
  table.text("kind", name);
  if (const auto kind = model_kind(name)) {
    model.kind = *kind;
  } else if (!name.empty()) {
    table.complain("kind", fmt::format("expected one of {}", model_kinds()));
  }
  table.count("dimensions", model.dimensions);
  if (model.dimensions == 0) table.complain("dimensions", "expected a number above 0");
  table.count("max_inputs", model.max_inputs);
}

// What models inherit from their provider.
struct Inherited {
  AnswerSpec answer;
  LimitSpec limits;
  Demands demands;
  Prices prices;
  std::uint64_t max_tokens = 0;
};

ModelSpec read_model(json::Value value, const std::string& place, Problem& problem, const Inherited& from) {
  ModelSpec model;
  model.limits = from.limits;
  model.demands = from.demands;
  model.prices = from.prices;
  model.max_tokens = from.max_tokens;
  AnswerSpec answer = from.answer;
  if (auto id = value.string()) {
    model.id = std::move(*id);
  } else {
    Table table(value, place, problem);
    table.text("id", model.id);
    table.text("family", model.family);
    read_kind(table, model);
    read_limits(table, "limits", model.limits);
    read_prices(table, model.prices);
    table.count("max_tokens", model.max_tokens);
    read_answer(table, answer);
    read_demands(table, model.demands);
    read_behaviour(table, model.behaviour, answer);
    table.done();
  }
  if (model.id.empty()) problem.say(place, "a model needs an id");
  if (model.family.empty()) model.family = model.id;
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

// Each a string, or { key, account }.
void read_keys(Table& table, ProviderSpec& provider) {
  const auto keys = table.take("keys");
  if (!keys) return;
  if (!keys.is(json::Type::array)) return table.complain("keys", "expected an array of strings or tables");
  for (auto value : keys) {
    std::string account;
    auto key = value.string().value_or("");
    if (!value.is(json::Type::string)) {
      Table entry(value, element(table, "keys", provider.keys.size()), table.problem());
      entry.text("key", key);
      entry.text("account", account);
      if (key.empty()) entry.complain("key", "is missing");
      entry.done();
    }
    provider.keys.push_back(std::move(key));
    provider.accounts.push_back(std::move(account));
  }
}

// What it speaks, and in whose words: by default those that go with the wire.
void read_wire_and_style(Table& table, ProviderSpec& provider) {
  std::string name;
  table.text("wire", name);
  if (const auto* wire = wire_named(name); wire != nullptr) {
    provider.wire = wire;
    provider.style = style_named(wire->usual_style());
  } else if (!name.empty()) {
    table.complain("wire", "expected openai, gemini, cohere, ollama or aihorde");
  }
  name.clear();
  table.text("style", name);
  if (name.empty()) return;
  if (const auto* style = style_named(name); style != nullptr) {
    provider.style = style;
  } else {
    table.complain("style", fmt::format("expected one of {}", style_names()));
  }
}

ProviderSpec read_provider(json::Value value, const std::string& place, Problem& problem, const LimitSpec& pace) {
  ProviderSpec provider;
  Table table(value, place, problem);
  table.text("id", provider.id);
  if (provider.id.empty() || provider.id.front() == '_' || provider.id.find('/') != std::string::npos) {
    table.complain("id", "expected a name without '/' that does not start with '_'");
  }
  read_keys(table, provider);
  Inherited from;
  read_answer(table, from.answer);
  read_demands(table, from.demands);
  read_prices(table, from.prices);
  table.count("max_tokens", from.max_tokens);
  LimitSpec own = pace;
  read_pace(table, own);
  provider.pace = own.pace;
  from.limits = provider.limits = own;
  read_limits(table, "limits", provider.limits);
  read_limits(table, "model_limits", from.limits);
  read_behaviour(table, provider.behaviour, from.answer);
  read_models(table, provider, from);
  read_pools(table, provider);
  read_foreign(table, provider);
  read_wire_and_style(table, provider);
  table.flag("limit_headers", provider.limit_headers);
  table.flag("own_port", provider.own_port);
  table.flag("up", provider.up);
  provider.answer = std::make_shared<const AnswerSpec>(std::move(from.answer));
  table.done();
  return provider;
}

}  // namespace

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
  LimitSpec pace;
  double scale = 1;
  table.number("time_scale", scale);
  if (scale <= 0) table.complain("time_scale", "expected a number above 0");
  read_pace(table, pace);
  pace.pace = pace.pace.faster(scale);
  const auto providers = table.take("providers");
  if (providers.size() == 0) table.complain("providers", "expected at least one [[providers]]");
  for (auto value : providers) {
    auto provider = read_provider(value, element(table, "providers", scenario.providers.size()), problem, pace);
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
