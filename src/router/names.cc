// What names mean: aliases, auto, profiles, exact names, families, wire ids; and who may use them.
#include <algorithm>

#include "router/router.h"

namespace freeway::router {

using catalog::Catalog;
using catalog::Kind;
using catalog::RouteId;

namespace {

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kAutoOf = "auto:";

bool is_auto(std::string_view name) { return name == kAuto || name.starts_with(kAutoOf); }

// An exact pattern comes before any with a '*', and those in their order.
std::string_view follow_alias(const Policy& policy, std::string_view name) {
  for (const auto& [pattern, target] : policy.aliases)
    if (pattern == name) return target;
  for (const auto& [pattern, target] : policy.aliases)
    if (catalog::matches(pattern, name) && pattern.find('*') != std::string::npos) return target;
  return name;
}

bool is_kind(const Catalog& catalog, RouteId route, std::optional<Kind> kind) {
  return !kind || catalog.model(route).kind == *kind;
}

// The profile's entries in their order, each route once.
std::vector<RouteId> routes_of_profile(const Catalog& catalog, const std::vector<std::string>& profile,
                                       const Preference& preference, std::optional<Kind> kind) {
  std::vector<RouteId> routes;
  std::vector<bool> taken(catalog.routes().size());
  for (const auto& entry : profile) {
    std::size_t from = routes.size();
    for (RouteId route : routes_named(catalog, entry)) {
      if (taken[route] || !is_kind(catalog, route, kind)) continue;
      taken[route] = true;
      routes.push_back(route);
    }
    std::sort(routes.begin() + static_cast<std::ptrdiff_t>(from), routes.end(),
              [&](RouteId a, RouteId b) { return preference.rank[a] < preference.rank[b]; });
  }
  return routes;
}

std::shared_ptr<const Preference> preference_of(const Snapshot& snapshot, Strategy strategy) {
  if (snapshot.rankings) return snapshot.rankings->of(strategy);
  return std::make_shared<const Preference>(prefer(*snapshot.catalog, snapshot.policy));
}

// Under spread, the best of a family's models share its load, as all of them do under `auto`.
void share(const Snapshot& snapshot, const Preference& preference, RouteList& routes) {
  if (preference.strategy != Strategy::spread || preference.models.empty()) return;
  const auto& model_of = snapshot.rankings->bound().model_of;
  std::vector<double> weights;
  for (std::size_t i = 0; i < routes.groups(); ++i) {
    const Scored& scored = preference.models[model_of[routes.routes()[routes.group(i).begin]]];
    const Scored& best = preference.models[model_of[routes.front()]];
    if (scored.level == best.level) weights.push_back(scored.facts.left);
  }
  routes.share(std::move(weights));
}

void resolve_auto(const Snapshot& snapshot, std::optional<Kind> kind, Names& names) {
  const Catalog& catalog = *snapshot.catalog;
  std::string_view resolved = names.resolved;
  std::string_view of = resolved.starts_with(kAutoOf) ? resolved.substr(kAutoOf.size()) : snapshot.policy.strategy;
  auto strategy = strategy_named(of);
  if (!strategy) {
    auto profile = snapshot.policy.profiles.find(of);
    if (profile == snapshot.policy.profiles.end()) return;
    names.known = names.profile = true;
    auto preference = preference_of(snapshot, names.strategy);
    names.routes = RouteList(catalog, routes_of_profile(catalog, profile->second, *preference, kind), preference->all);
    return;
  }
  names.known = true;
  names.strategy = *strategy;
  auto preference = preference_of(snapshot, *strategy);
  if (kind == Kind::chat) {
    names.routes = preference->chat;
  } else if (!kind) {
    names.routes = preference->all;
  } else {
    names.routes = preference->all.filtered(catalog, [&](RouteId route) { return is_kind(catalog, route, kind); });
  }
}

}  // namespace

const std::vector<RouteId>& routes_named(const Catalog& catalog, std::string_view name) {
  const auto& exact = catalog.by_full_name(name);
  if (!exact.empty()) return exact;
  const auto& family = catalog.by_family(name);
  return family.empty() ? catalog.by_wire_id(name) : family;
}

std::vector<std::string> auto_names(const Policy& policy) {
  std::vector<std::string> names = {std::string(kAuto)};
  for (std::string_view strategy : kStrategies) names.push_back(std::string(kAutoOf).append(strategy));
  for (const auto& [name, models] : policy.profiles)
    if (!strategy_named(name)) names.push_back(std::string(kAutoOf).append(name));
  return names;
}

Names resolve(const Snapshot& snapshot, std::string_view name, std::optional<Kind> kind) {
  const Catalog& catalog = *snapshot.catalog;
  Names names;
  names.resolved = name.empty() ? kAuto : follow_alias(snapshot.policy, name);
  names.strategy = strategy_named(snapshot.policy.strategy).value_or(Strategy::balanced);
  if (is_auto(names.resolved)) {
    resolve_auto(snapshot, kind, names);
    return names;
  }
  names.pinned = true;
  std::vector<RouteId> routes;
  for (RouteId route : routes_named(catalog, names.resolved))
    if (is_kind(catalog, route, kind)) routes.push_back(route);
  names.known = !routes.empty();
  if (routes.size() < 2) {
    names.routes = RouteList(catalog, std::move(routes));
    return names;
  }
  auto preference = preference_of(snapshot, names.strategy);
  std::sort(routes.begin(), routes.end(), [&](RouteId a, RouteId b) { return preference->rank[a] < preference->rank[b]; });
  names.routes = RouteList(catalog, std::move(routes), preference->all);
  share(snapshot, *preference, names.routes);
  return names;
}

Allowed allow(const Snapshot& snapshot, const Names& names, const std::vector<std::string>& allow_list) {
  Allowed allowed;
  if (allow_list.empty()) {
    allowed.routes = names.routes;
    return allowed;
  }
  std::vector<bool> listed(snapshot.catalog->routes().size());
  bool models = false, automatic = false;
  for (const auto& entry : allow_list) {
    std::string_view meant = follow_alias(snapshot.policy, entry);
    if (is_auto(meant)) {
      automatic = automatic || meant == kAuto || meant == names.resolved;
      continue;
    }
    models = true;
    for (RouteId route : routes_named(*snapshot.catalog, meant)) listed[route] = true;
  }
  allowed.allowed = names.pinned || automatic;
  if (!allowed.allowed) return allowed;
  bool all = !names.pinned && !models;
  allowed.routes =
      all ? names.routes : names.routes.filtered(*snapshot.catalog, [&](RouteId route) { return listed[route]; });
  allowed.allowed = !allowed.routes.empty() || names.routes.empty();
  return allowed;
}

}  // namespace freeway::router
