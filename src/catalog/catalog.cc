#include "catalog/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "catalog/calendar.h"
#include "crypto/digest.h"

namespace freeway::catalog {

namespace {

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

bool has_calendar(const Window& window) {
  return window.kind == Window::Kind::day || window.kind == Window::Kind::month || window.kind == Window::Kind::month_since;
}

Result<void> complete_pools(std::vector<PoolSpec>& pools, const Provider& provider) {
  std::set<std::string> names;
  for (auto& pool : pools) {
    if (pool.name.empty()) pool.name = "pool";
    std::string name = pool.name;
    for (int number = 2; !names.insert(name).second; ++number) name = fmt::format("{}#{}", pool.name, number);
    pool.name = std::move(name);
    if (!has_calendar(pool.window)) continue;
    if (pool.window.zone.empty()) pool.window.zone = provider.day_clock;
    auto zone = Zone::find(pool.window.zone);
    if (!zone)
      return fail(ErrorKind::invalid,
                  fmt::format("Pool '{}' of provider '{}': {}", pool.name, provider.id, zone.error().message));
  }
  return {};
}

std::string identity_of(const Key& key) {
  if (key.secret.empty()) return key.name;
  return crypto::sha256_hex(std::string(key.secret.reveal()) + '\0' + key.account_id).substr(0, 16);
}

Result<void> complete_keys(Provider& provider) {
  if (provider.keys.empty()) provider.keys.emplace_back();
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < provider.keys.size(); ++i) {
    auto& key = provider.keys[i];
    if (key.name.empty()) key.name = fmt::format("key#{}", i + 1);
    key.identity = identity_of(key);
    if (!names.insert(key.name).second)
      return fail(ErrorKind::invalid,
                  fmt::format("Provider '{}' has two keys named '{}'; name them differently.", provider.id, key.name));
  }
  return {};
}

}  // namespace

Result<void> Catalog::complete(Provider& provider) {
  auto clock = Zone::find(provider.day_clock);
  if (!clock)
    return fail(ErrorKind::invalid, fmt::format("The day_clock of provider '{}': {}", provider.id, clock.error().message));
  if (auto keys = complete_keys(provider); !keys) return keys;
  if (auto pools = complete_pools(provider.pools, provider); !pools) return pools;
  std::set<std::string_view> ids;
  for (auto& model : provider.models) {
    if (!ids.insert(model.id).second)
      return fail(ErrorKind::invalid,
                  fmt::format("Provider '{}' lists the model '{}' twice; remove one.", provider.id, model.id));
    if (model.family.empty()) model.family = model.id;
    if (auto pools = complete_pools(model.pools, provider); !pools) return pools;
  }
  return {};
}

Result<Catalog> Catalog::build(std::vector<Provider> providers) {
  Catalog catalog;
  std::set<std::string_view> ids;
  for (auto& provider : providers) {
    if (!ids.insert(provider.id).second)
      return fail(ErrorKind::invalid, fmt::format("Two providers have the id '{}'; give each its own.", provider.id));
    if (auto done = complete(provider); !done) return std::unexpected(done.error());
  }
  catalog.serial_ = next_serial();
  catalog.providers_ = std::move(providers);
  catalog.index();
  return catalog;
}

void Catalog::index() {
  for (std::uint32_t p = 0; p < providers_.size(); ++p) {
    const auto& provider = providers_[p];
    const auto bases = static_cast<std::uint32_t>(bases_.size());
    for (const auto& key : provider.keys) bases_.push_back(http::Url::parse(base_url(provider.base_url, key)));
    for (std::uint32_t m = 0; m < provider.models.size(); ++m) {
      const auto& model = provider.models[m];
      if (!model.served()) continue;
      auto full = by_full_name_.try_emplace(provider.id + "/" + model.id);
      auto family = by_family_.try_emplace(model.family);
      auto& wire = by_wire_id_[model.id];
      // Two models have the same full name only where a slash stands in an id.
      if (full.second) full_names_.push_back(full.first->first);
      auto named =
          full.second ? full_names_.end() - 1 : std::find(full_names_.begin(), full_names_.end(), full.first->first);
      const auto name = static_cast<std::uint32_t>(named - full_names_.begin());
      if (family.second) families_.push_back(model.family);
      auto base = bases;
      if (!model.base_url.empty()) {
        base = static_cast<std::uint32_t>(bases_.size());
        for (const auto& key : provider.keys) bases_.push_back(http::Url::parse(base_url(model.base_url, key)));
      }
      for (std::uint32_t k = 0; k < provider.keys.size(); ++k) {
        auto route = static_cast<RouteId>(routes_.size());
        routes_.push_back(Route{p, m, k});
        places_.push_back(Place{name, base + k});
        full.first->second.push_back(route);
        family.first->second.push_back(route);
        wire.push_back(route);
      }
    }
  }
}

std::string Catalog::route_name(RouteId route) const { return model_name(route) + " " + key(route).name; }

namespace {

template <class Index>
const std::vector<RouteId>& find_in(const Index& index, std::string_view name) {
  static const std::vector<RouteId> kNone;
  auto found = index.find(name);
  return found == index.end() ? kNone : found->second;
}

}  // namespace

const std::vector<RouteId>& Catalog::by_full_name(std::string_view name) const { return find_in(by_full_name_, name); }
const std::vector<RouteId>& Catalog::by_family(std::string_view name) const { return find_in(by_family_, name); }
const std::vector<RouteId>& Catalog::by_wire_id(std::string_view name) const { return find_in(by_wire_id_, name); }

}  // namespace freeway::catalog
