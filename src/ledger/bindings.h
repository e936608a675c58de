// Which counters each route of one catalog draws on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catalog/catalog.h"
#include "ledger/counter.h"

namespace freeway::ledger {

struct Draw {
  Counter* counter = nullptr;  // owned by the ledger
  catalog::Unit unit = catalog::Unit::requests;
  catalog::Charge charge = catalog::Charge::attempt;
};

class Bindings {
 public:
  std::span<const Draw> of(catalog::RouteId route) const {
    return std::span<const Draw>(draws).subspan(first[route], first[route + 1] - first[route]);
  }

  std::vector<std::uint32_t> first;  // of each route in `draws`, and the end
  std::vector<Draw> draws;
  mutable std::vector<std::uint64_t> last_used;  // of each route; under the ledger's lock
};

// The pools of one route, under the names that their counters have.
struct NamedPool {
  std::string name;
  const catalog::PoolSpec* spec = nullptr;
};
std::vector<NamedPool> pools_of(const catalog::Catalog& catalog, catalog::RouteId route);

}  // namespace freeway::ledger
