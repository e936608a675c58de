#include "ledger/bindings.h"

#include <fmt/format.h>

namespace freeway::ledger {

using catalog::Scope;

namespace {

// "u1/key#1", "u1/@account:team", "u1/@model:m1", "u1/@family:f", "u1/@address". A pool that belongs to one model has its
// name in it too.
std::string scope_name(const catalog::Catalog& catalog, catalog::RouteId route, Scope scope, bool of_model) {
  const auto& provider = catalog.provider(route);
  const auto& model = catalog.model(route);
  const auto& key = catalog.key(route);
  std::string name = provider.id + "/";
  switch (scope) {
    case Scope::key: name += key.name; break;
    case Scope::account: name += key.account.empty() ? "@account" : "@account:" + key.account; break;
    case Scope::model: return name + "@model:" + model.id;
    case Scope::family: name += "@family:" + model.family; break;
    case Scope::address: name += "@address"; break;
  }
  if (of_model) name += "/" + model.id;
  return name;
}

}  // namespace

std::vector<NamedPool> pools_of(const catalog::Catalog& catalog, catalog::RouteId route) {
  std::vector<NamedPool> pools;
  for (const auto& pool : catalog.model(route).pools)
    pools.push_back({fmt::format("{}/{}", scope_name(catalog, route, pool.scope, true), pool.name), &pool});
  for (const auto& pool : catalog.provider(route).pools) {
    if (!catalog::covers(pool, catalog.model(route).id)) continue;
    pools.push_back({fmt::format("{}/{}", scope_name(catalog, route, pool.scope, false), pool.name), &pool});
  }
  return pools;
}

}  // namespace freeway::ledger
