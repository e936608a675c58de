// Providers, models, keys and pools as immutable data. Built by `app` from the configuration, published whole, shared by all
// threads. Indices are positions in the vectors below and hold for one snapshot only; names hold across snapshots.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/provider.h"
#include "http/url.h"

namespace freeway::catalog {

// model × key. The one thing that is tried.
struct Route {
  std::uint32_t provider = 0;
  std::uint32_t model = 0;  // in provider's models
  std::uint32_t key = 0;    // in provider's keys
};
using RouteId = std::uint32_t;

class Catalog {
 public:
  // Fails with invalid on an unknown zone, and on a doubled provider id, model id or key name. Fills in what was left to a
  // default: families, key names, the zone of windows that go by the provider's clock; names of pools that stand beside one
  // another become different ("rpm", "rpm#2").
  static Result<Catalog> build(std::vector<Provider> providers);
  // Unlike that of every other catalog built by this process: for caches that belong to one catalog.
  std::uint64_t serial() const { return serial_; }

  const std::vector<Provider>& providers() const { return providers_; }
  // All routes, ordered by provider, model, key. Models that are not served (off, retired) have neither routes nor names.
  const std::vector<Route>& routes() const { return routes_; }
  const Provider& provider(RouteId route) const { return providers_[routes_[route].provider]; }
  const Model& model(RouteId route) const { return provider(route).models[routes_[route].model]; }
  const Key& key(RouteId route) const { return provider(route).keys[routes_[route].key]; }
  // "provider/wire-id" and "provider/wire-id key#1".
  const std::string& model_name(RouteId route) const { return full_names_[places_[route].name]; }
  std::string route_name(RouteId route) const;

  // Where the provider is asked with the route's key; why nowhere, where its base URL is none.
  const Result<http::Url>& base(RouteId route) const { return bases_[places_[route].base]; }

  // Routes of an exact "provider/wire-id", of a family, of a bare wire id; empty if there is none.
  const std::vector<RouteId>& by_full_name(std::string_view name) const;
  const std::vector<RouteId>& by_family(std::string_view name) const;
  const std::vector<RouteId>& by_wire_id(std::string_view name) const;
  // Names for model lists, in order of appearance.
  const std::vector<std::string>& families() const { return families_; }
  const std::vector<std::string>& full_names() const { return full_names_; }

 private:
  using Index = std::map<std::string, std::vector<RouteId>, std::less<>>;
  struct Place {
    std::uint32_t name = 0;  // in full_names_
    std::uint32_t base = 0;  // in bases_
  };
  static Result<void> complete(Provider& provider);
  void index();

  std::uint64_t serial_ = 0;
  std::vector<Provider> providers_;
  std::vector<Route> routes_;
  Index by_full_name_, by_family_, by_wire_id_;
  std::vector<std::string> families_, full_names_;
  std::vector<Place> places_;  // of the routes
  std::vector<Result<http::Url>> bases_;
};

}  // namespace freeway::catalog
