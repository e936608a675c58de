// What names mean: aliases, auto, profiles, exact names, families, wire ids; and who may use them.
#include <algorithm>
#include <array>

#include "router/router.h"

namespace freeway::router {

using catalog::Catalog;
using catalog::Kind;
using catalog::RouteId;

namespace {

constexpr std::array<std::string_view, 6> kStrategies = {"priority", "balanced", "smart", "fast", "reliable", "spread"};
constexpr std::string_view kAuto = "auto";
constexpr std::string_view kAutoOf = "auto:";

bool is_strategy(std::string_view name) {
  return std::find(kStrategies.begin(), kStrategies.end(), name) != kStrategies.end();
}
bool is_auto(std::string_view name) { return name == kAuto || name.starts_with(kAutoOf); }

// An exact pattern comes before any with a '*', and those in their order.
std::string_view follow_alias(const Policy& policy, std::string_view name) {
  for (const auto& [pattern, target] : policy.aliases)
    if (pattern == name) return target;
  for (const auto& [pattern, target] : policy.aliases)
    if (pattern.find('*') != std::string::npos && catalog::matches(pattern, name)) return target;
  return name;
}

// The routes of an exact name, of a family or of a wire id: the first that is one.
const std::vector<RouteId>& named(const Catalog& catalog, std::string_view name) {
  const auto& exact = catalog.by_full_name(name);
  if (!exact.empty()) return exact;
  const auto& family = catalog.by_family(name);
  return family.empty() ? catalog.by_wire_id(name) : family;
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
    for (RouteId route : named(catalog, entry)) {
      if (taken[route] || !is_kind(catalog, route, kind)) continue;
      taken[route] = true;
      routes.push_back(route);
    }
    std::sort(routes.begin() + static_cast<std::ptrdiff_t>(from), routes.end(),
              [&](RouteId a, RouteId b) { return preference.rank[a] < preference.rank[b]; });
  }
  return routes;
}

std::shared_ptr<const Preference> preference_of(const Snapshot& snapshot) {
  if (snapshot.preference) return snapshot.preference;
  return std::make_shared<const Preference>(prefer(*snapshot.catalog, snapshot.policy));
}

void resolve_auto(const Snapshot& snapshot, std::optional<Kind> kind, Names& names) {
  const Catalog& catalog = *snapshot.catalog;
  auto preference = preference_of(snapshot);
  std::string_view resolved = names.resolved;
  if (resolved.starts_with(kAutoOf) && !is_strategy(resolved.substr(kAutoOf.size()))) {
    auto profile = snapshot.policy.profiles.find(resolved.substr(kAutoOf.size()));
    if (profile == snapshot.policy.profiles.end()) return;
    names.known = true;
    names.routes = routes_of_profile(catalog, profile->second, *preference, kind);
    return;
  }
  names.known = true;
  names.routes.reserve(preference->order.size());
  for (RouteId route : preference->order)
    if (is_kind(catalog, route, kind)) names.routes.push_back(route);
}

}  // namespace

Preference prefer(const Catalog& catalog, const Policy& policy) {
  Preference preference;
  auto count = catalog.routes().size();
  preference.order.reserve(count);
  std::vector<bool> taken(count);
  auto take = [&](RouteId route) {
    if (taken[route]) return;
    taken[route] = true;
    preference.order.push_back(route);
  };
  for (const auto& name : policy.order)
    for (RouteId route : named(catalog, name)) take(route);
  for (RouteId route = 0; route < count; ++route) take(route);
  preference.rank.resize(count);
  for (std::uint32_t rank = 0; rank < count; ++rank) preference.rank[preference.order[rank]] = rank;
  return preference;
}

Names resolve(const Snapshot& snapshot, std::string_view name, std::optional<Kind> kind) {
  const Catalog& catalog = *snapshot.catalog;
  Names names;
  names.resolved = name.empty() ? kAuto : follow_alias(snapshot.policy, name);
  if (is_auto(names.resolved)) {
    resolve_auto(snapshot, kind, names);
    return names;
  }
  names.pinned = true;
  for (RouteId route : named(catalog, names.resolved))
    if (is_kind(catalog, route, kind)) names.routes.push_back(route);
  names.known = !names.routes.empty();
  if (names.routes.size() > 1) {
    auto preference = preference_of(snapshot);
    std::sort(names.routes.begin(), names.routes.end(),
              [&](RouteId a, RouteId b) { return preference->rank[a] < preference->rank[b]; });
  }
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
    for (RouteId route : named(*snapshot.catalog, meant)) listed[route] = true;
  }
  allowed.allowed = names.pinned || automatic;
  if (!allowed.allowed) return allowed;
  bool all = !names.pinned && !models;
  for (RouteId route : names.routes)
    if (all || listed[route]) allowed.routes.push_back(route);
  allowed.allowed = !allowed.routes.empty() || names.routes.empty();
  return allowed;
}

}  // namespace freeway::router
