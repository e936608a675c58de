#include "ledger/bindings.h"

#include <algorithm>

#include "catalog/words.h"
#include "journal/record.h"
#include "ledger/hold.h"

namespace freeway::ledger {

using catalog::Scope;

namespace {

// "u1/key#1", "u1/@account:team", "u1/@model:m1", "u1/@family:f", "u1/@address". A pool that belongs to one model has its
// name in it too, so that one of its provider with the same scope is another.
std::string scope_name(const catalog::Catalog& catalog, catalog::RouteId route, Scope scope, bool of_model, bool identity) {
  const auto& provider = catalog.provider(route);
  const auto& model = catalog.model(route);
  const auto& key = catalog.key(route);
  std::string name = provider.id + "/";
  switch (scope) {
    case Scope::key: name += identity ? key.identity : key.name; break;
    case Scope::account: name += key.account.empty() ? "@account" : "@account:" + key.account; break;
    case Scope::model: name += "@model:" + model.id; break;
    case Scope::family: name += "@family:" + model.family; break;
    case Scope::address: name += "@address"; break;
  }
  if (of_model) name += "/" + model.id;
  return name;
}

}  // namespace

Draw draw_of(Counter& counter, const catalog::PoolSpec& spec, const catalog::Model& model) {
  bool own = std::any_of(model.pools.begin(), model.pools.end(), [&](const auto& one) { return &one == &spec; });
  Draw draw{&counter, spec.unit, spec.charge, {}, own || spec.scope == Scope::model, catalog::period_of(spec.window)};
  if (const auto* price = catalog::price_in(model, spec.unit)) draw.price = *price;
  return draw;
}

// What is not counted by tokens is counted by calls.
static catalog::Charge usual_charge(catalog::Unit unit) {
  return counts_tokens(unit) ? catalog::Charge::tokens : catalog::Charge::attempt;
}

Draw learned_draw(Counter& counter, const catalog::Model& model, bool of_model) {
  catalog::PoolSpec spec;
  spec.unit = counter.unit();
  spec.charge = usual_charge(spec.unit);
  spec.window = counter.window();
  Draw draw = draw_of(counter, spec, model);
  draw.of_model = of_model;
  return draw;
}

std::vector<NamedPool> pools_of(const catalog::Catalog& catalog, catalog::RouteId route) {
  std::vector<NamedPool> pools;
  auto add = [&](const catalog::PoolSpec& pool, bool of_model) {
    std::string name = scope_name(catalog, route, pool.scope, of_model, false) + "/" + pool.name;
    std::string identity = scope_name(catalog, route, pool.scope, of_model, true) + "/" + pool.name;
    pools.push_back({std::move(name), journal::digest(identity), &pool});
  };
  for (const auto& pool : catalog.model(route).pools) add(pool, true);
  for (const auto& pool : catalog.provider(route).pools)
    if (catalog::covers(pool, catalog.model(route).id)) add(pool, false);
  return pools;
}

// What is learned of all keys' use of a model is the model's own in any case.
static std::string owner_name(const catalog::Catalog& catalog, catalog::RouteId route, Owner owner, bool identity) {
  return scope_name(catalog, route, owner.scope, owner.of_model && owner.scope != Scope::model, identity);
}

std::uint64_t identity_of(const catalog::Catalog& catalog, catalog::RouteId route, Owner owner) {
  return journal::digest(owner_name(catalog, route, owner, true));
}

namespace {

catalog::Window window_of(catalog::Period per, const std::string& day_clock) {
  using catalog::Period;
  catalog::Window window;
  window.zone = day_clock;
  switch (per) {
    case Period::unknown: break;  // of no length: nothing is counted, and what the provider says is left holds alone
    case Period::second: window.length = std::chrono::seconds(1); break;
    case Period::minute: window.length = std::chrono::minutes(1); break;
    case Period::hour: window.length = std::chrono::hours(1); break;
    case Period::day: window.kind = catalog::Window::Kind::day; break;
    case Period::month: window.kind = catalog::Window::Kind::month; break;
    case Period::once: window.kind = catalog::Window::Kind::once; break;
  }
  return window;
}

std::string_view word(catalog::Period per) {
  using catalog::Period;
  switch (per) {
    case Period::unknown: return "";
    case Period::second: return "-a-second";
    case Period::minute: return "-a-minute";
    case Period::hour: return "-an-hour";
    case Period::day: return "-a-day";
    case Period::month: return "-a-month";
    case Period::once: return "-once";
  }
  return "";
}

}  // namespace

LearnedPool learned_pool(const catalog::Catalog& catalog, catalog::RouteId route, Owner owner, catalog::Unit unit,
                         catalog::Period per) {
  LearnedPool pool;
  pool.spec.name = std::string("learned-").append(catalog::word(unit)).append(word(per));
  pool.spec.scope = owner.scope;
  pool.spec.unit = unit;
  pool.spec.charge = usual_charge(unit);
  pool.spec.limit = kMostAmount;
  pool.spec.window = window_of(per, catalog.provider(route).day_clock);
  pool.name = owner_name(catalog, route, owner, false) + "/" + pool.spec.name;
  pool.identity = journal::digest(owner_name(catalog, route, owner, true) + "/" + pool.spec.name);
  return pool;
}

}  // namespace freeway::ledger
