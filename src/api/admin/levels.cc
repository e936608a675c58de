#include "api/admin/levels.h"

namespace freeway::api::admin {

Survey::Survey(const Gate& gate, const Call& call, std::string_view strategy) {
  const auto& snapshot = *call.settings->routing;
  catalog_ = snapshot.catalog;
  std::string name = strategy.empty() ? "auto" : "auto:" + std::string(strategy);
  auto names = router::resolve(snapshot, name, std::nullopt);
  known_ = names.known && !names.profile;
  strategy_ = names.strategy;
  states_.resize(catalog_->routes().size());
  if (!known_) return;
  chat::Request request;
  router::Query query;
  query.request = &request;
  query.routes = &names.routes;
  query.strategy = names.strategy;
  query.at = {call.now, call.wall};
  plan_ = router::plan(snapshot, gate.services.ledger, gate.services.benches, query);
  for (std::size_t i = 0; i < plan_.order.size(); ++i) {
    auto& state = states_[plan_.order[i]];
    state.open = true;
    state.place = i;
  }
  for (const auto& chosen : plan_.chosen) states_[chosen.route].chosen = &chosen;
  for (const auto& left : plan_.left_out) states_[left.route].left_out = &left;
}

const RouteState* Survey::best(const std::vector<catalog::RouteId>& routes) const {
  const RouteState* best = nullptr;
  for (auto route : routes) {
    const RouteState& state = states_[route];
    if (state.open) return &state;
    bool sooner = state.left_out && (!best || !best->left_out || state.left_out->until < best->left_out->until);
    if (!best || sooner) best = &state;
  }
  return best;
}

std::string_view word(router::LeftOut::Why why) {
  using Why = router::LeftOut::Why;
  switch (why) {
    case Why::capability: return "capability";
    case Why::quota: return "quota";
    case Why::benched: return "benched";
    case Why::too_large: return "too_large";
    case Why::privacy: return "privacy";
    case Why::probing: break;
  }
  return "probing";
}

void write_state(json::Writer& writer, const Call& call, const RouteState* state) {
  writer.member_bool("available", state && state->open);
  bool told = state && !state->open && state->left_out;
  write_clause(writer, "reason", told ? state->left_out->reason : Clause());
  writer.key("until");
  write_until(writer, call, told ? state->left_out->until : kNever);
}

}  // namespace freeway::api::admin
