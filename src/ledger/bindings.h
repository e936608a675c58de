// Which counters each route of one catalog draws on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"
#include "ledger/counter.h"
#include "ledger/watch.h"

namespace freeway::ledger {

struct Draw {
  Counter* counter = nullptr;  // owned by the ledger
  catalog::Unit unit = catalog::Unit::requests;
  catalog::Charge charge = catalog::Charge::attempt;
  catalog::Price price;   // of a priced unit
  bool of_model = false;  // the pool is one model's own
  catalog::Period per = catalog::Period::unknown;
};

Draw draw_of(Counter& counter, const catalog::PoolSpec& spec, const catalog::Model& model);
// Of a pool that no catalog knows.
Draw learned_draw(Counter& counter, const catalog::Model& model, bool of_model);

class Bindings {
 public:
  std::span<const Draw> of(catalog::RouteId route) const {
    return std::span<const Draw>(draws).subspan(first[route], first[route + 1] - first[route]);
  }

  template <class F>
  void each(catalog::RouteId route, F&& visit) const {
    for (const Draw& draw : of(route)) visit(draw);
    if (learned.empty()) return;
    auto more = learned.find(route);
    if (more == learned.end()) return;
    for (const Draw& draw : more->second) visit(draw);
  }

  std::vector<std::uint32_t> first;  // of each route in `draws`, and the end
  std::vector<Draw> draws;
  std::vector<std::unique_ptr<Watch>*> watches;  // of each route; owned by the ledger, made when the route is first asked
  // What changes while requests run: under the ledger's lock.
  mutable std::vector<std::uint64_t> last_used;                             // of each route
  mutable std::unordered_map<catalog::RouteId, std::vector<Draw>> learned;  // pools that the catalog does not know
};

// The pools of one route. `name` is for people; `identity` is the digest of a name in which keys stand by their identity, so
// that it holds for other orders and names of keys and for other processes.
struct NamedPool {
  std::string name;
  std::uint64_t identity = 0;
  const catalog::PoolSpec* spec = nullptr;
};
std::vector<NamedPool> pools_of(const catalog::Catalog& catalog, catalog::RouteId route);

// Whose an allowance is: of a model alone, or of all models of the scope.
struct Owner {
  catalog::Scope scope = catalog::Scope::key;
  bool of_model = false;
};
// The same in every process; routes with one owner share what is learned of it.
std::uint64_t identity_of(const catalog::Catalog& catalog, catalog::RouteId route, Owner owner);
inline constexpr Owner kRoute{catalog::Scope::key, true};

// A pool that no catalog knows: "u1/key#1/m1/learned-requests-a-minute".
struct LearnedPool {
  std::string name;
  std::uint64_t identity = 0;
  catalog::PoolSpec spec;  // without a limit
};
LearnedPool learned_pool(const catalog::Catalog& catalog, catalog::RouteId route, Owner owner, catalog::Unit unit,
                         catalog::Period per);

}  // namespace freeway::ledger
