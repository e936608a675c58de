#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "catalog/read_parts.h"

namespace freeway::catalog {

using reader::Section;

namespace {

constexpr double kMostPriced = 1e9;  // neurons, or credit

constexpr std::array kScopes = {
    Named<Scope>{"key", Scope::key},       Named<Scope>{"account", Scope::account}, Named<Scope>{"model", Scope::model},
    Named<Scope>{"family", Scope::family}, Named<Scope>{"address", Scope::address},
};
constexpr std::array kUnits = {
    Named<Unit>{"requests", Unit::requests},           Named<Unit>{"tokens", Unit::tokens},
    Named<Unit>{"input_tokens", Unit::input_tokens},   Named<Unit>{"output_tokens", Unit::output_tokens},
    Named<Unit>{"concurrent", Unit::concurrent},       Named<Unit>{"neurons", Unit::neurons},
    Named<Unit>{"audio_seconds", Unit::audio_seconds}, Named<Unit>{"credit", Unit::credit},
};
constexpr std::array kCharges = {
    Named<Charge>{"attempt", Charge::attempt},
    Named<Charge>{"success", Charge::success},
    Named<Charge>{"tokens", Charge::tokens},
    Named<Charge>{"prompt+max_tokens", Charge::prompt_max_tokens},
};

// Tokens, or what they cost.
bool counts_tokens(Unit unit) {
  return unit == Unit::tokens || unit == Unit::input_tokens || unit == Unit::output_tokens || priced(unit);
}

void check_charge(const Section& section, const PoolSpec& pool) {
  bool by_tokens = pool.charge == Charge::tokens || pool.charge == Charge::prompt_max_tokens;
  if (by_tokens && !counts_tokens(pool.unit)) {
    section.error("charge", "charges tokens, but the unit is not tokens; expected \"attempt\" or \"success\"");
  }
  if (!by_tokens && counts_tokens(pool.unit)) {
    section.error("charge", "the unit is tokens or what they cost; expected \"tokens\" or \"prompt+max_tokens\"");
  }
}

std::optional<Window> read_window(Section& section, std::string_view key) {
  auto text = section.text(key);
  if (!text) return {};
  auto window = Window::parse(*text);
  if (window) return *window;
  section.error(key, window.error().message);
  return {};
}

// Of neurons and credit parts count too.
std::optional<std::uint64_t> read_limit(Section& section, Unit unit) {
  if (!priced(unit)) return section.whole("limit", 1);
  auto parts = static_cast<double>(parts_of(unit));
  auto limit = section.number("limit", 1 / parts, kMostPriced);
  if (!limit) return {};
  return static_cast<std::uint64_t>(std::llround(*limit * parts));
}

PoolSpec read_pool(Section& section, std::size_t position) {
  PoolSpec pool;
  pool.name = section.text("name").value_or(fmt::format("pool#{}", position));
  pool.scope = choice(section, "scope", kScopes).value_or(Scope::key);
  pool.unit = choice(section, "unit", kUnits).value_or(Unit::requests);
  pool.limit = read_limit(section, pool.unit).value_or(1);
  if (!section.has("limit")) section.error("", "limit is missing; expected how much the window allows");
  if (auto window = read_window(section, "window")) {
    pool.window = *window;
  } else if (!section.has("window") && pool.unit != Unit::concurrent) {
    section.error("", "window is missing; expected one such as \"sliding 60s\" or \"day UTC\"");
  }
  pool.charge = counts_tokens(pool.unit) ? Charge::tokens : Charge::attempt;
  if (auto charge = choice(section, "charge", kCharges)) {
    pool.charge = *charge;
    check_charge(section, pool);
  }
  if (section.has("models")) {
    pool.models.clear();
    for (reader::Listed& model : section.texts("models")) pool.models.push_back(std::move(model.text));
    if (pool.models.empty()) section.error("models", "covers no model; leave `models` out to cover all");
  }
  read_text(section, "source", pool.source);
  read_text(section, "as_of", pool.as_of);
  section.finish();
  return pool;
}

PoolSpec* find(std::vector<PoolSpec>& pools, std::string_view name) {
  auto found = std::find_if(pools.begin(), pools.end(), [&](const PoolSpec& pool) { return pool.name == name; });
  return found == pools.end() ? nullptr : &*found;
}

// What one of `limits` means where nothing else is said: "rpm", "tpd", "concurrency".
PoolSpec limit_pool(std::string_view name, const std::vector<std::string>& models) {
  PoolSpec pool;
  pool.name = std::string(name);
  pool.models = models;
  if (name == "concurrency") pool.unit = Unit::concurrent;
  if (name.starts_with('t')) {
    pool.unit = Unit::tokens;
    pool.charge = Charge::tokens;
  }
  pool.window.kind = name.ends_with('d') ? Window::Kind::day : Window::Kind::sliding;
  pool.window.length = name.ends_with('d') ? Duration{} : std::chrono::seconds(60);
  if (name.ends_with('d')) pool.window.zone.clear();  // the provider's
  return pool;
}

// What a model costs must be known where a pool counts it.
void check_prices(const Section& section, const PoolSpec& pool, const Provider& provider) {
  if (!priced(pool.unit)) return;
  std::string_view name = pool.unit == Unit::neurons ? "neurons" : "price";
  for (const Model& model : provider.models) {
    if (!price_in(model, pool.unit) && model.served() && covers(pool, model.id))
      section.error("models",
                    fmt::format("covers \"{}\", of which nothing is known; expected `{} = {{ input = …, output = … }}` "
                                "in that model",
                                model.id, name));
  }
}

Price read_price(Section& table, Unit unit) {
  auto amount = [&](std::string_view name) {
    auto number = table.number(name, 0, kMostPriced);
    if (!table.has(name)) table.error("", fmt::format("{} is missing; expected what a million tokens cost", name));
    return static_cast<std::uint64_t>(std::llround(number.value_or(0) * static_cast<double>(parts_of(unit))));
  };
  Price price;
  price.input = amount("input");
  price.output = amount("output");
  return price;
}

void check_patterns(const Section& section, const PoolSpec& pool, const Provider& provider) {
  for (const std::string& pattern : pool.models) {
    bool hit = std::any_of(provider.models.begin(), provider.models.end(),
                           [&](const Model& model) { return matches(pattern, model.id); });
    if (!hit) section.warn("models", fmt::format("\"{}\" covers no model of this provider", pattern));
  }
}

}  // namespace

void read_limits(Section section, const std::vector<std::string>& models, std::vector<PoolSpec>& pools) {
  auto scope = choice(section, "scope", kScopes);
  auto day = read_window(section, "day");
  std::string source, as_of;
  read_text(section, "source", source);
  read_text(section, "as_of", as_of);
  for (std::string_view name : {"rpm", "rpd", "tpm", "tpd", "concurrency"}) {
    auto limit = section.whole(name, 1);
    if (!limit) continue;
    PoolSpec* pool = find(pools, name);
    if (pool == nullptr) pool = &pools.emplace_back(limit_pool(name, models));
    pool->limit = *limit;
    pool->source = source;
    pool->as_of = as_of;
    if (scope) pool->scope = *scope;
    if (day && name.ends_with('d')) pool->window = *day;
  }
  section.finish();
}

std::optional<Price> read_neurons(Section& section) {
  auto table = section.section("neurons");
  if (!table) return {};
  Price price = read_price(*table, Unit::neurons);
  table->finish();
  return price;
}

std::optional<ListPrice> read_list_price(Section& section) {
  auto table = section.section("price");
  if (!table) return {};
  ListPrice price;
  price.rate = read_price(*table, Unit::credit);
  read_text(*table, "source", price.source);
  read_text(*table, "as_of", price.as_of);
  table->finish();
  return price;
}

void read_limit_fields(Section& provider_section, Provider& provider) {
  if (!provider_section.has("limit_fields")) return;
  provider.limit_fields.clear();
  for (Section& section : provider_section.sections("limit_fields")) {
    LimitFields fields;
    fields.unit = choice(section, "unit", kUnits).value_or(Unit::requests);
    if (fields.unit == Unit::concurrent) section.error("unit", "no field tells of calls that run; expected another unit");
    auto per = choice(section, "per", kPeriods);
    if (!section.has("per")) section.error("", "per is missing; expected second, minute, hour, day or month");
    fields.per = per.value_or(Period::minute);
    fields.scope = choice(section, "scope", kScopes).value_or(Scope::key);
    if (auto alone = section.flag("each_model")) fields.of_model = *alone;
    read_text(section, "limit", fields.limit);
    read_text(section, "remaining", fields.remaining);
    read_text(section, "reset", fields.reset);
    if (fields.limit.empty() && fields.remaining.empty())
      section.error("", "names no field; expected limit or remaining, and reset where there is one");
    section.finish();
    provider.limit_fields.push_back(std::move(fields));
  }
}

void read_pools(Section& provider_section, Provider& provider) {
  std::size_t position = 0;
  std::vector<std::string> named;
  for (Section& section : provider_section.sections("pools")) {
    PoolSpec pool = read_pool(section, ++position);
    if (std::find(named.begin(), named.end(), pool.name) != named.end()) {
      section.error("name", fmt::format("the name \"{}\" is used twice here", pool.name));
    }
    if (auto limits = provider_section.section("limits"); limits && limits->has(pool.name)) {
      section.error("name", fmt::format("the name \"{}\" is one of this provider's `limits`", pool.name));
    }
    named.push_back(pool.name);
    check_patterns(section, pool, provider);
    check_prices(section, pool, provider);
    if (PoolSpec* known = find(provider.pools, pool.name)) {
      *known = std::move(pool);
    } else {
      provider.pools.push_back(std::move(pool));
    }
  }
}

}  // namespace freeway::catalog
