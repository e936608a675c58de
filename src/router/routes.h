// The routes of one question, best first, as an immutable list that many requests share; copying is cheap.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"

namespace freeway::router {

// Neighbours in a list that are keys of one model.
struct Group {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Instant closed_until = Instant::min();  // when the routes were ranked, none of them had quota before this moment
};

// What was seen of each route of a catalog when they were last ranked.
struct Glance {
  std::vector<bool> poor;             // its key does evidently worse than its siblings
  std::vector<Instant> closed_until;  // its pools let nothing through before
};

class RouteList {
 public:
  RouteList() = default;
  RouteList(const catalog::Catalog& catalog, std::vector<catalog::RouteId> routes);
  // Null: nothing was seen.
  RouteList(const catalog::Catalog& catalog, std::vector<catalog::RouteId> routes, std::shared_ptr<const Glance> glance);
  // What was seen is as in `like`.
  RouteList(const catalog::Catalog& catalog, std::vector<catalog::RouteId> routes, const RouteList& like);

  // The models share the load: the first groups, as many as there are weights, start at one of them by turns, each as often
  // as it weighs. Only `lead` makes it so.
  void share(std::vector<double> weights);
  bool shared() const { return list_ && !list_->until.empty(); }
  // `chance` in [0, 1) says whose turn it is.
  void lead(double chance);

  // Those that `keep` is true for, in their order.
  template <class Keep>
  RouteList filtered(const catalog::Catalog& catalog, Keep keep) const;

  const std::vector<catalog::RouteId>& routes() const { return list_ ? list_->routes : kNone; }
  // Its groups in the order of this turn.
  std::size_t groups() const { return list_ ? list_->groups.size() : 0; }
  const Group& group(std::size_t place) const {
    std::size_t leading = list_->until.size();
    return list_->groups[place < leading ? (place + first_) % leading : place];
  }
  bool poor(catalog::RouteId route) const { return list_->glance && list_->glance->poor[route]; }

  bool empty() const { return routes().empty(); }
  std::size_t size() const { return routes().size(); }
  catalog::RouteId front() const { return routes()[group(0).begin]; }
  auto begin() const { return routes().begin(); }
  auto end() const { return routes().end(); }

 private:
  struct List {
    std::vector<catalog::RouteId> routes;
    std::vector<Group> groups;
    std::shared_ptr<const Glance> glance;
    std::vector<double> until;  // sums of the weights of the groups that share
  };
  static const std::vector<catalog::RouteId> kNone;

  std::shared_ptr<const List> list_;
  std::size_t first_ = 0;
};

template <class Keep>
RouteList RouteList::filtered(const catalog::Catalog& catalog, Keep keep) const {
  if (!list_) return {};
  std::vector<catalog::RouteId> kept;
  std::vector<double> weights;
  for (std::size_t g = 0; g < list_->groups.size(); ++g) {
    const Group& group = list_->groups[g];
    std::size_t from = kept.size();
    for (std::uint32_t i = group.begin; i < group.end; ++i)
      if (keep(list_->routes[i])) kept.push_back(list_->routes[i]);
    if (kept.size() == from || g >= list_->until.size()) continue;
    weights.push_back(list_->until[g] - (g > 0 ? list_->until[g - 1] : 0));
  }
  RouteList made(catalog, std::move(kept), list_->glance);
  if (shared()) made.share(std::move(weights));
  return made;
}

}  // namespace freeway::router
