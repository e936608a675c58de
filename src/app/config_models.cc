#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/config_parts.h"

namespace freeway::app {

namespace {

template <class Value>
struct Named {
  std::string_view name;
  Value value;
};

constexpr std::array kKinds = {
    Named<catalog::Kind>{"chat", catalog::Kind::chat},
    Named<catalog::Kind>{"embedding", catalog::Kind::embedding},
    Named<catalog::Kind>{"image", catalog::Kind::image},
    Named<catalog::Kind>{"speech", catalog::Kind::speech},
    Named<catalog::Kind>{"transcription", catalog::Kind::transcription},
    Named<catalog::Kind>{"translation", catalog::Kind::translation},
    Named<catalog::Kind>{"rerank", catalog::Kind::rerank},
    Named<catalog::Kind>{"moderation", catalog::Kind::moderation},
};
constexpr std::array kScopes = {
    Named<catalog::Scope>{"key", catalog::Scope::key},         Named<catalog::Scope>{"account", catalog::Scope::account},
    Named<catalog::Scope>{"model", catalog::Scope::model},     Named<catalog::Scope>{"family", catalog::Scope::family},
    Named<catalog::Scope>{"address", catalog::Scope::address},
};
constexpr std::array kUnits = {
    Named<catalog::Unit>{"requests", catalog::Unit::requests},
    Named<catalog::Unit>{"tokens", catalog::Unit::tokens},
    Named<catalog::Unit>{"input_tokens", catalog::Unit::input_tokens},
    Named<catalog::Unit>{"output_tokens", catalog::Unit::output_tokens},
    Named<catalog::Unit>{"concurrent", catalog::Unit::concurrent},
    Named<catalog::Unit>{"neurons", catalog::Unit::neurons},
    Named<catalog::Unit>{"audio_seconds", catalog::Unit::audio_seconds},
    Named<catalog::Unit>{"credit", catalog::Unit::credit},
};
constexpr std::array kCharges = {
    Named<catalog::Charge>{"attempt", catalog::Charge::attempt},
    Named<catalog::Charge>{"success", catalog::Charge::success},
    Named<catalog::Charge>{"tokens", catalog::Charge::tokens},
    Named<catalog::Charge>{"prompt+max_tokens", catalog::Charge::prompt_max_tokens},
};

template <class Value, std::size_t N>
std::optional<Value> choice(Section& section, std::string_view key, const std::array<Named<Value>, N>& choices) {
  auto text = section.text(key);
  if (!text) return {};
  std::vector<std::string> names;
  for (const Named<Value>& candidate : choices) {
    if (candidate.name == *text) return candidate.value;
    names.emplace_back(candidate.name);
  }
  section.error(
      key, fmt::format("expected one of {}; found \"{}\"{}", fmt::join(names, ", "), *text, did_you_mean(*text, names)));
  return {};
}

catalog::PoolSpec limit_pool(std::string_view name, std::uint64_t limit, const std::vector<std::string>& models) {
  catalog::PoolSpec pool;
  pool.name = std::string(name);
  pool.limit = limit;
  pool.models = models;
  pool.window.kind = catalog::Window::Kind::sliding;
  pool.window.length = std::chrono::seconds(60);
  return pool;
}

bool counts_tokens(catalog::Unit unit) {
  return unit == catalog::Unit::tokens || unit == catalog::Unit::input_tokens || unit == catalog::Unit::output_tokens;
}

void check_charge(const Section& section, const catalog::PoolSpec& pool) {
  bool by_tokens = pool.charge == catalog::Charge::tokens || pool.charge == catalog::Charge::prompt_max_tokens;
  if (by_tokens && !counts_tokens(pool.unit)) {
    section.error("charge", "charges tokens, but the unit is not tokens; expected \"attempt\" or \"success\"");
  }
  if (!by_tokens && counts_tokens(pool.unit)) {
    section.error("charge", "the unit is tokens; expected \"tokens\" or \"prompt+max_tokens\"");
  }
}

catalog::PoolSpec read_pool(Section& section, std::size_t position) {
  catalog::PoolSpec pool;
  pool.name = section.text("name").value_or(fmt::format("pool#{}", position));
  pool.scope = choice(section, "scope", kScopes).value_or(catalog::Scope::key);
  pool.unit = choice(section, "unit", kUnits).value_or(catalog::Unit::requests);
  if (pool.unit == catalog::Unit::neurons || pool.unit == catalog::Unit::audio_seconds ||
      pool.unit == catalog::Unit::credit) {
    section.error("unit", "counting this unit is not available in this version");
  }
  auto limit = section.whole("limit", 1);
  if (!section.has("limit")) section.error("", "limit is missing; expected how much the window allows");
  pool.limit = limit.value_or(1);
  if (auto text = section.text("window")) {
    auto window = catalog::Window::parse(*text);
    if (window) {
      pool.window = *window;
    } else {
      section.error("window", window.error().message);
    }
  } else if (!section.has("window") && pool.unit != catalog::Unit::concurrent) {
    section.error("", "window is missing; expected one such as \"sliding 60s\" or \"day UTC\"");
  }
  pool.charge = counts_tokens(pool.unit) ? catalog::Charge::tokens : catalog::Charge::attempt;
  if (auto charge = choice(section, "charge", kCharges)) {
    pool.charge = *charge;
    check_charge(section, pool);
  }
  if (section.has("models")) {
    pool.models.clear();
    for (Listed& model : section.texts("models")) pool.models.push_back(std::move(model.text));
    if (pool.models.empty()) section.error("models", "covers no model; leave `models` out to cover all");
  }
  section.finish();
  return pool;
}

void check_id(const Section& section, std::string_view key, std::string_view text) {
  for (unsigned char c : text) {
    if (c >= ' ' && c != 0x7f) continue;
    section.error(key, "holds a control character");
    return;
  }
}

catalog::Model read_model(Section& section, const std::string& provider, const std::string& day_clock) {
  catalog::Model model;
  if (auto id = section.text("id")) {
    check_id(section, "id", *id);
    model.id = std::move(*id);
    section.rename(fmt::format("providers.{}.models.{}", provider, model.id));
  } else if (!section.has("id")) {
    section.error("", "id is missing; expected the model's name at the provider");
  }
  model.family = section.text("family").value_or(model.id);
  check_id(section, "family", model.family);
  if (model.family == "auto" || model.family.starts_with("auto:")) {
    section.warn(section.has("family") ? "family" : "id", "clients can't ask for this name: \"auto\" is freeway's own");
  }
  model.kind = choice(section, "kind", kKinds).value_or(catalog::Kind::chat);
  model.context = section.whole("context", 1);
  model.max_output = section.whole("max_output", 1);
  model.tools = section.flag("tools");
  model.vision = section.flag("vision");
  bool both = section.has("json") && section.has("json_schema");
  if (both) section.error("json_schema", "is another name of `json`; expected only one of them");
  model.json = section.flag("json");
  if (auto json_schema = section.flag("json_schema")) model.json = json_schema;
  model.reasoning = section.flag("reasoning");
  model.dimensions = section.whole("dimensions", 1);
  if (auto timeouts = section.section("timeouts")) model.timeouts = read_timeouts(std::move(*timeouts));
  if (auto limits = section.section("limits")) model.pools = read_limits(std::move(*limits), day_clock, {model.id});
  section.finish();
  return model;
}

}  // namespace

std::vector<catalog::PoolSpec> read_limits(Section section, const std::string& day_clock,
                                           const std::vector<std::string>& models) {
  std::vector<catalog::PoolSpec> pools;
  for (std::string_view name : {"rpm", "rpd", "tpm", "tpd", "concurrency"}) {
    auto limit = section.whole(name, 1);
    if (!limit) continue;
    catalog::PoolSpec pool = limit_pool(name, *limit, models);
    if (name == "concurrency") pool.unit = catalog::Unit::concurrent;
    if (name.starts_with('t')) {
      pool.unit = catalog::Unit::tokens;
      pool.charge = catalog::Charge::tokens;
    }
    if (name.ends_with('d')) {
      pool.window = {};
      pool.window.kind = catalog::Window::Kind::day;
      pool.window.zone = day_clock;
    }
    pools.push_back(std::move(pool));
  }
  section.finish();
  return pools;
}

void read_models(Section& provider_section, catalog::Provider& provider) {
  for (Section& section : provider_section.sections("models")) {
    catalog::Model model = read_model(section, provider.id, provider.day_clock);
    for (const catalog::Model& other : provider.models) {
      if (!model.id.empty() && other.id == model.id) {
        section.error("id", fmt::format("the model \"{}\" is listed twice", model.id));
      }
    }
    provider.models.push_back(std::move(model));
  }
  if (!provider_section.has("models")) provider_section.warn("", "has no models, so it serves nothing");
}

void read_pools(Section& provider_section, catalog::Provider& provider) {
  std::size_t position = 0;
  for (Section& section : provider_section.sections("pools")) {
    catalog::PoolSpec pool = read_pool(section, ++position);
    for (const catalog::PoolSpec& other : provider.pools) {
      if (other.name == pool.name) section.error("name", fmt::format("the name \"{}\" is used twice here", pool.name));
    }
    for (const std::string& pattern : pool.models) {
      bool hit = std::any_of(provider.models.begin(), provider.models.end(),
                             [&](const catalog::Model& model) { return catalog::matches(pattern, model.id); });
      if (!hit) section.warn("models", fmt::format("\"{}\" covers no model of this provider", pattern));
    }
    provider.pools.push_back(std::move(pool));
  }
}

}  // namespace freeway::app
