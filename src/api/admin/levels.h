// How every route stands at one moment: the same questions that serving asks, for all routes at once.
#pragma once

#include <vector>

#include "api/admin/desk.h"
#include "router/router.h"

namespace freeway::api::admin {

struct RouteState {
  bool open = false;
  std::size_t place = 0;                         // among those that are open: 0 is asked first
  const router::Plan::Chosen* chosen = nullptr;  // why it stands there
  const router::LeftOut* left_out = nullptr;     // why it is not open
};

// Owns the plan that the states point into.
class Survey {
 public:
  // As `auto` with this strategy would see them: an empty request, models of every kind. An empty name: the strategy in
  // force. `known` is false for a strategy that there is not.
  Survey(const Gate& gate, const Call& call, std::string_view strategy);
  Survey(const Survey&) = delete;
  Survey& operator=(const Survey&) = delete;

  bool known() const { return known_; }
  router::Strategy strategy() const { return strategy_; }
  const catalog::Catalog& catalog() const { return *catalog_; }
  const RouteState& of(catalog::RouteId route) const { return states_[route]; }
  // Of these routes the one to tell about: an open one, else the first to open. Null for none.
  const RouteState* best(const std::vector<catalog::RouteId>& routes) const;

 private:
  std::shared_ptr<const catalog::Catalog> catalog_;
  bool known_ = false;
  router::Strategy strategy_ = router::Strategy::priority;
  router::Plan plan_;
  std::vector<RouteState> states_;
};

// Of a route that was left out: "quota".
std::string_view word(router::LeftOut::Why why);
// "available", "reason", "until".
void write_state(json::Writer& writer, const Call& call, const RouteState* state);

}  // namespace freeway::api::admin
