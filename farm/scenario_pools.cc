// What a scenario says of limits, pools, prices and clocks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "farm/scenario.h"

namespace freeway::farm {
namespace {

template <typename Value, std::size_t N>
Value one_of(Table& table, std::string_view name, const std::array<std::pair<std::string_view, Value>, N>& known,
             Value otherwise) {
  std::string text;
  table.text(name, text);
  if (text.empty()) return otherwise;
  std::string names;
  for (const auto& [word, value] : known) {
    if (word == text) return value;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", word);
  }
  table.complain(name, fmt::format("expected one of {}, found \"{}\"", names, text));
  return otherwise;
}

constexpr std::array<std::pair<std::string_view, Scope>, 5> kScopes{{{"key", Scope::key},
                                                                     {"account", Scope::account},
                                                                     {"model", Scope::model},
                                                                     {"family", Scope::family},
                                                                     {"address", Scope::address}}};
constexpr std::array<std::pair<std::string_view, Unit>, 8> kUnits{{{"requests", Unit::requests},
                                                                   {"tokens", Unit::tokens},
                                                                   {"input_tokens", Unit::input_tokens},
                                                                   {"output_tokens", Unit::output_tokens},
                                                                   {"concurrent", Unit::concurrent},
                                                                   {"neurons", Unit::neurons},
                                                                   {"audio_seconds", Unit::audio_seconds},
                                                                   {"credit", Unit::credit}}};
constexpr std::array<std::pair<std::string_view, Charge>, 4> kCharges{{{"attempt", Charge::attempt},
                                                                       {"success", Charge::success},
                                                                       {"tokens", Charge::tokens},
                                                                       {"prompt+max_tokens", Charge::prompt_max_tokens}}};

bool by_usage(Unit unit) { return unit != Unit::requests && unit != Unit::concurrent; }

Charge read_charge(Table& table, Unit unit) {
  const auto charge = one_of(table, "charge", kCharges, by_usage(unit) ? Charge::tokens : Charge::attempt);
  const bool of_usage = charge == Charge::tokens || charge == Charge::prompt_max_tokens;
  if (unit == Unit::concurrent && charge != Charge::attempt) {
    table.complain("charge", "calls at once are not charged but there while they last");
  } else if (!by_usage(unit) && of_usage) {
    table.complain("charge", "requests are charged by attempt or success");
  } else if (by_usage(unit) && charge == Charge::attempt) {
    table.complain("charge", "what is used is charged by tokens, prompt+max_tokens or success");
  }
  return charge;
}

PoolSpec read_pool(Table& table, const Pace& pace) {
  PoolSpec pool;
  table.text("name", pool.name);
  pool.scope = one_of(table, "scope", kScopes, Scope::key);
  pool.unit = one_of(table, "unit", kUnits, Unit::requests);
  double limit = 0;
  table.number("limit", limit);
  pool.limit = static_cast<std::uint64_t>(std::llround(limit * (in_millionths(pool.unit) ? kMillion : 1)));
  if (pool.limit == 0) table.complain("limit", "expected a number above 0");
  if (!in_millionths(pool.unit) && limit != std::floor(limit)) table.complain("limit", "expected a whole number");
  std::string window;
  table.text("window", window);
  if (pool.unit != Unit::concurrent) {
    const auto parsed = WindowSpec::parse(window, pace);
    parsed ? void(pool.window = *parsed) : table.complain("window", parsed.error().message);
  } else if (!window.empty()) {
    table.complain("window", "calls at once have none");
  }
  pool.charge = read_charge(table, pool.unit);
  table.texts("models", pool.models);
  table.flag("hidden", pool.hidden);
  table.flag("headers", pool.headers);
  table.done();
  return pool;
}

bool of_one_model(const PoolSpec& pool, const ProviderSpec& provider) {
  const auto covered = std::count_if(provider.models.begin(), provider.models.end(),
                                     [&](const ModelSpec& model) { return pool.covers(model.id); });
  return pool.scope == Scope::model || (covered == 1 && provider.models.size() > 1);
}

void read_price(Table& table, std::string_view name, Price& into) {
  const auto value = table.take(name);
  if (!value) return;
  Table price(value, table.place(name), table.problem());
  price.number("input", into.input);
  price.number("output", into.output);
  price.done();
}

}  // namespace

void read_pace(Table& table, LimitSpec& into) {
  table.duration("minute", into.pace.minute);
  const auto day = table.take("day");
  into.calendar_day = day ? day.equals("calendar") : into.calendar_day;
  if (day && into.calendar_day) return;
  table.duration("day", into.pace.day);
}

void read_limits(Table& table, std::string_view name, LimitSpec& into) {
  const auto value = table.take(name);
  if (!value) return;
  Table limits(value, table.place(name), table.problem());
  limits.count("rpm", into.rpm);
  limits.count("rpd", into.rpd);
  limits.count("tpm", into.tpm);
  limits.count("tpd", into.tpd);
  limits.count("concurrency", into.concurrency);
  read_pace(limits, into);
  limits.done();
}

void read_prices(Table& table, Prices& into) {
  read_price(table, "neurons", into.neurons);
  read_price(table, "price", into.credit);
}

void read_pools(Table& table, ProviderSpec& provider) {
  const auto pools = table.take("pools");
  if (!pools) return;
  if (!pools.is(json::Type::array)) return table.complain("pools", "expected an array of tables");
  provider.pools.clear();
  for (auto value : pools) {
    const auto number = provider.pools.size();
    Table entry(value, fmt::format("{}[{}]", table.place("pools"), number), table.problem());
    auto pool = read_pool(entry, provider.pace);
    if (pool.name.empty()) pool.name = fmt::format("pool#{}", number + 1);
    pool.narrow = of_one_model(pool, provider);
    const auto same = [&](const PoolSpec& other) { return other.name == pool.name; };
    if (std::any_of(provider.pools.begin(), provider.pools.end(), same)) {
      entry.complain("name", fmt::format("\"{}\" is there twice", pool.name));
    }
    provider.pools.push_back(std::move(pool));
  }
}

void read_foreign(Table& table, ProviderSpec& provider) {
  const auto value = table.take("foreign");
  if (!value) return;
  Table foreign(value, table.place("foreign"), table.problem());
  auto& into = provider.foreign;
  foreign.number("rpm", into.rpm);
  foreign.text("key", into.key);
  foreign.text("model", into.model);
  foreign.count("input", into.usage.input);
  foreign.count("output", into.usage.output);
  const auto is_key = std::find(provider.keys.begin(), provider.keys.end(), into.key) != provider.keys.end();
  if (!into.key.empty() && !is_key) foreign.complain("key", "there is no such key");
  const auto is_model = std::any_of(provider.models.begin(), provider.models.end(),
                                    [&](const ModelSpec& model) { return model.id == into.model; });
  if (!into.model.empty() && !is_model) foreign.complain("model", "there is no such model");
  foreign.done();
}

}  // namespace freeway::farm
