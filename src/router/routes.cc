#include "router/routes.h"

#include <algorithm>

namespace freeway::router {

using catalog::RouteId;

const std::vector<RouteId> RouteList::kNone;

RouteList::RouteList(const catalog::Catalog& catalog, std::vector<RouteId> routes)
    : RouteList(catalog, std::move(routes), std::shared_ptr<const Glance>()) {}

RouteList::RouteList(const catalog::Catalog& catalog, std::vector<RouteId> routes, const RouteList& like)
    : RouteList(catalog, std::move(routes), like.list_ ? like.list_->glance : nullptr) {}

RouteList::RouteList(const catalog::Catalog& catalog, std::vector<RouteId> routes, std::shared_ptr<const Glance> glance) {
  auto list = std::make_shared<List>();
  const auto& all = catalog.routes();
  list->groups.reserve(std::min<std::size_t>(routes.size(), 16));
  for (std::uint32_t i = 0; i < routes.size(); ++i) {
    bool same =
        i > 0 && all[routes[i]].model == all[routes[i - 1]].model && all[routes[i]].provider == all[routes[i - 1]].provider;
    if (!same) list->groups.push_back({i, i, kNever});
    Group& group = list->groups.back();
    group.end = i + 1;
    group.closed_until = std::min(group.closed_until, glance ? glance->closed_until[routes[i]] : Instant::min());
  }
  list->routes = std::move(routes);
  list->glance = std::move(glance);
  list_ = std::move(list);
}

void RouteList::share(std::vector<double> weights) {
  if (!list_ || weights.empty()) return;
  auto list = std::make_shared<List>(*list_);
  weights.resize(std::min(weights.size(), list->groups.size()));
  double sum = 0;
  for (double& weight : weights) weight = sum += std::max(weight, 0.0);
  // Where nobody has anything left, all have the same.
  for (std::size_t i = 0; sum <= 0 && i < weights.size(); ++i) weights[i] = static_cast<double>(i + 1);
  list->until = std::move(weights);
  list_ = std::move(list);
}

void RouteList::lead(double chance) {
  if (!shared()) return;
  const auto& until = list_->until;
  auto at = std::upper_bound(until.begin(), until.end(), chance * until.back());
  first_ = std::min(static_cast<std::size_t>(at - until.begin()), until.size() - 1);
}

}  // namespace freeway::router
