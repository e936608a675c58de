// What a bench without end stands on: the part of the configuration that its evidence is about, as a digest that is the same
// in every process. It holds as long as that part is there, whatever else changes, and again when it comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "catalog/catalog.h"

namespace freeway::router {

// The scopes that a route stands in.
enum Place : std::size_t { kRoute, kKey, kAccount, kModel, kProvider, kPlaces };

// Of evidence that a call on this route gave about one of its scopes: how the provider is asked and its errors are read, by
// the address and the dialect of the route's model; and, where the scope is theirs, the key's value, accounts and proxy, and
// what is known of the model. Limits, time limits, names, preferences and what is switched off have no part in it.
std::uint64_t ground_of(const catalog::Catalog& catalog, catalog::RouteId route, Place place);

// All those of a catalog. Immutable.
class Grounds {
 public:
  explicit Grounds(const catalog::Catalog& catalog);
  bool hold(std::uint64_t ground) const;

 private:
  std::vector<std::uint64_t> sorted_;
};

}  // namespace freeway::router
