#include <algorithm>
#include <set>
#include <unordered_map>

#include "api/admin/forecast.h"
#include "api/admin/nouns.h"
#include "catalog/words.h"
#include "ledger/bindings.h"

namespace freeway::api::admin {

namespace {

// In whole units where they are counted whole, else with a fraction.
void write_amount(json::Writer& writer, std::string_view key, catalog::Unit unit, std::uint64_t amount) {
  std::uint64_t parts = catalog::parts_of(unit);
  writer.key(key);
  if (parts == 1) {
    writer.natural(amount);
  } else {
    writer.number(static_cast<double>(amount) / static_cast<double>(parts));
  }
}

void write_day(json::Writer& writer, std::string_view key, catalog::Unit unit, const ledger::Tally& tally) {
  std::uint64_t flying = tally.granted - std::min(tally.granted, tally.used + tally.expired);
  writer.key(key).begin_object();
  write_amount(writer, "granted", unit, tally.granted);
  write_amount(writer, "used", unit, tally.used);
  write_amount(writer, "expired", unit, tally.expired);
  write_amount(writer, "in_flight", unit, flying);
  writer.member("refused", tally.refused).end_object();
}

void write_in(json::Writer& writer, const Call& call, std::string_view key, Instant until) {
  writer.key(key);
  if (until == kNever) {
    writer.null();
  } else {
    writer.number(std::chrono::duration<double>(std::max(until - call.now, Duration::zero())).count());
  }
}

void write_learned(json::Writer& writer, const Call& call, const ledger::PoolLevel& level) {
  writer.key("learned");
  if (level.learned.lesson == ledger::Lesson::none) {
    writer.null();
  } else {
    writer.begin_object().member("how", level.learned.lesson == ledger::Lesson::told ? "told" : "counted");
    write_amount(writer, "limit", level.unit, level.learned.limit);
    writer.member("at", spell(level.learned.at)).key("trusted_until");
    write_until(writer, call, level.learned.until);
    writer.end_object();
  }
  writer.key("left_by_provider");
  if (!level.ceiling) {
    writer.null();
    return;
  }
  writer.begin_object();
  write_amount(writer, "left", level.unit, level.ceiling->left);
  writer.key("until");
  write_until(writer, call, level.ceiling->until);
  writer.end_object();
}

void write_forecast(json::Writer& writer, const Call& call, const ledger::PoolLevel& level) {
  writer.key("forecast");
  auto told = forecast(level, call.now, call.wall);
  if (!told) {
    writer.null();
    return;
  }
  writer.begin_object().member("exhausted_at", spell(told->exhausted)).member("basis", told->basis).end_object();
}

// How the pool stands: the same of every pool.
void write_level(json::Writer& writer, const Call& call, const ledger::PoolLevel& level) {
  write_amount(writer, "limit", level.unit, level.limit);
  writer.key("stated");
  if (level.stated == ledger::kMostAmount) {
    writer.null();
  } else {
    writer.number(static_cast<double>(level.stated) / static_cast<double>(catalog::parts_of(level.unit)));
  }
  write_amount(writer, "used", level.unit, level.used);
  write_amount(writer, "in_flight", level.unit, level.in_flight);
  writer.key("resets_at");
  write_until(writer, call, level.resets);
  write_in(writer, call, "resets_in_s", level.resets);
  write_forecast(writer, call, level);
  write_learned(writer, call, level);
  write_day(writer, "today", level.unit, level.today);
  write_day(writer, "yesterday", level.unit, level.yesterday);
}

void write_pool(json::Writer& writer, const Call& call, const catalog::Catalog& catalog, catalog::RouteId route,
                const catalog::PoolSpec& spec, const ledger::PoolLevel& level, bool own) {
  const auto& provider = catalog.provider(route);
  const auto& model = catalog.model(route);
  const auto& key = catalog.key(route);
  writer.begin_object().member("name", level.name).member("pool", spec.name).member("provider", provider.id);
  write_text(writer, "key", spec.scope == catalog::Scope::key ? std::string_view(key.name) : std::string_view());
  write_text(writer, "account", spec.scope == catalog::Scope::account ? std::string_view(key.account) : std::string_view());
  write_text(writer, "model", own || spec.scope == catalog::Scope::model ? std::string_view(model.id) : std::string_view());
  write_text(writer, "family", spec.scope == catalog::Scope::family ? std::string_view(model.family) : std::string_view());
  writer.member("scope", word(spec.scope)).member("unit", word(spec.unit));
  bool windowless = spec.unit == catalog::Unit::concurrent || catalog::period_of(spec.window) == catalog::Period::unknown;
  write_text(writer, "window", windowless ? std::string() : spell(spec.window));
  writer.member("charge", word(spec.charge));
  write_level(writer, call, level);
  write_text(writer, "source", spec.source);
  write_text(writer, "as_of", spec.as_of);
  writer.end_object();
}

// The pool of a level that no catalog knows, if the route draws on it: with its specification.
std::optional<ledger::LearnedPool> learned_pool_of(const catalog::Catalog& catalog, catalog::RouteId route,
                                                   const ledger::PoolLevel& level, bool& own) {
  using catalog::Scope;
  for (auto scope : {Scope::key, Scope::account, Scope::model, Scope::family, Scope::address}) {
    for (bool of_model : {true, false}) {
      auto pool = ledger::learned_pool(catalog, route, {scope, of_model}, level.unit, catalog::period_of(level.window));
      if (pool.name != level.name) continue;
      own = of_model;
      return pool;
    }
  }
  return std::nullopt;
}

}  // namespace

server::Answer get_pools(const Gate& gate, const Call& call) {
  const auto& catalog = *call.settings->routing->catalog;
  auto levels = gate.services.ledger.levels({call.now, call.wall});
  std::unordered_map<std::string_view, const ledger::PoolLevel*> by_name;
  std::vector<const ledger::PoolLevel*> learned;
  for (const auto& level : levels) {
    by_name.emplace(level.name, &level);
    if (level.stated == ledger::kMostAmount) learned.push_back(&level);
  }
  std::string_view provider = call.parameter("provider");
  std::string_view key = call.parameter("key");

  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("pools").begin_array();
  std::set<std::string, std::less<>> told;
  for (catalog::RouteId route = 0; route < catalog.routes().size(); ++route) {
    if (!provider.empty() && catalog.provider(route).id != provider) continue;
    if (!key.empty() && catalog.key(route).name != key) continue;
    const auto& own_pools = catalog.model(route).pools;
    for (const auto& pool : ledger::pools_of(catalog, route)) {
      auto at = by_name.find(pool.name);
      if (at == by_name.end() || !told.insert(pool.name).second) continue;
      bool own = std::any_of(own_pools.begin(), own_pools.end(), [&](const auto& one) { return &one == pool.spec; });
      write_pool(writer, call, catalog, route, *pool.spec, *at->second, own);
    }
    for (const auto* level : learned) {
      bool own = false;
      if (!level->name.starts_with(catalog.provider(route).id + "/")) continue;
      auto pool = learned_pool_of(catalog, route, *level, own);
      if (pool && told.insert(pool->name).second) write_pool(writer, call, catalog, route, pool->spec, *level, own);
    }
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
