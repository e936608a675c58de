// The ranks of all models under each strategy, published for the requests.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "router/router.h"
#include "router/strategy.h"

namespace freeway::router {

using catalog::Catalog;
using catalog::Kind;
using catalog::RouteId;

namespace {

// A key is poor if it fails so many times as often as the best of its siblings, where enough samples say so.
constexpr double kPoor = 4;
constexpr double kEvidence = 10;

bool chat_only(const Catalog& catalog) {
  const auto& routes = catalog.routes();
  for (RouteId route = 0; route < routes.size(); ++route)
    if (catalog.model(route).kind != Kind::chat) return false;
  return true;
}

// The lists of a preference from its order of routes. With weights, the first models share the load.
void fill(Preference& preference, const Catalog& catalog, std::vector<RouteId> order, std::shared_ptr<const Glance> glance,
          std::vector<double> weights) {
  preference.rank.resize(order.size());
  for (std::uint32_t place = 0; place < order.size(); ++place) preference.rank[order[place]] = place;
  preference.all = RouteList(catalog, std::move(order), std::move(glance));
  preference.all.share(std::move(weights));
  preference.chat = preference.all;
  if (chat_only(catalog)) return;
  preference.chat = preference.all.filtered(catalog, [&](RouteId route) { return catalog.model(route).kind == Kind::chat; });
}

}  // namespace

Preference prefer(const Catalog& catalog, const Policy& policy) {
  std::vector<RouteId> order;
  auto count = catalog.routes().size();
  order.reserve(count);
  std::vector<bool> taken(count);
  auto take = [&](const std::vector<RouteId>& routes) {
    for (RouteId route : routes) {
      if (!taken[route]) order.push_back(route);
      taken[route] = true;
    }
  };
  for (const auto& name : policy.order) take(routes_named(catalog, name));
  std::vector<RouteId> all(count);
  std::iota(all.begin(), all.end(), 0U);
  take(all);
  Preference preference;
  fill(preference, catalog, std::move(order), nullptr, {});
  return preference;
}

Rankings::Rankings(std::shared_ptr<const Catalog> catalog, const Policy& policy, const Measures& measures,
                   std::shared_ptr<const Measures::Bound> bound)
    : catalog_(std::move(catalog)), measures_(measures), bound_(std::move(bound)) {
  configured_ = std::make_shared<const Preference>(prefer(*catalog_, policy));
  for (RouteId first : bound_->first_route) place_.push_back(configured_->rank[first]);
  auto set = std::make_shared<Set>();
  for (std::size_t i = 0; i < set->size(); ++i) {
    auto same = std::make_shared<Preference>(*configured_);
    same->strategy = static_cast<Strategy>(i);
    (*set)[i] = std::move(same);
  }
  published_.store(std::move(set));
}

std::shared_ptr<const Preference> Rankings::of(Strategy strategy) const {
  return (*published_.load())[static_cast<std::size_t>(strategy)];
}

double Rankings::turn() {
  constexpr double kGolden = 0.6180339887498949;
  double whole = 0;
  return std::modf(kGolden * static_cast<double>(turns_.fetch_add(1, std::memory_order_relaxed) % 1'000'000), &whole);
}

Facts Rankings::facts_of(std::uint32_t model, Instant now) const {
  Facts facts;
  facts.measured = measures_.of_model(*bound_, model, now);
  facts.rank = catalog_->model(bound_->first_route[model]).rank;
  return facts;
}

// Shares that are left, of every model: each key's fullest pool counts. And which routes are closed, until when.
static void weigh(std::vector<Facts>& facts, Glance& glance, const Measures::Bound& bound, const ledger::Ledger& ledger,
                  const ledger::Bindings& bindings, ledger::Moment at) {
  constexpr std::size_t kBatch = 8;
  std::array<RouteId, kBatch> batch;
  std::array<ledger::Standing, kBatch> standings;
  for (auto& one : facts) one.left = 0;
  auto count = static_cast<RouteId>(bound.model_of.size());
  for (RouteId route = 0; route < count;) {
    std::size_t number = 0;
    for (; route < count && number < kBatch; ++route) batch[number++] = route;
    ledger.survey(bindings, std::span(batch).first(number), {}, at, std::span(standings).first(number));
    for (std::size_t i = 0; i < number; ++i) {
      const auto& refusal = standings[i].refusal;
      double load = refusal ? 1 : static_cast<double>(standings[i].load) / 1000;
      facts[bound.model_of[batch[i]]].left += std::max(0.0, 1 - load);
      if (refusal && !refusal->concurrent) glance.closed_until[batch[i]] = refusal->until;
    }
  }
}

void Rankings::mark_poor_keys(Glance& glance, Instant now) const {
  auto count = static_cast<RouteId>(bound_->keys.size());
  for (RouteId first = 0, end = 0; first < count; first = end) {
    double best = 0;
    for (end = first; end < count && bound_->model_of[end] == bound_->model_of[first]; ++end)
      if (bound_->keys[end]) best = std::max(best, measures_.of_key(*bound_, end, now).success);
    if (best <= Measures::kPriorSuccess) continue;
    for (RouteId route = first; route < end; ++route) {
      Estimate key = measures_.of_key(*bound_, route, now);
      glance.poor[route] = key.samples >= kEvidence && 1 - key.success >= kPoor * (1 - best);
    }
  }
}

std::shared_ptr<const Preference> Rankings::rank(Strategy strategy, const std::vector<Facts>& facts,
                                                 const Preference& before,
                                                 const std::shared_ptr<const Glance>& glance) const {
  auto made = std::make_shared<Preference>();
  made->strategy = strategy;
  made->models.resize(facts.size());
  std::vector<std::uint32_t> models(facts.size());
  std::iota(models.begin(), models.end(), 0U);
  for (std::uint32_t model : models) {
    Scored& scored = made->models[model];
    scored.facts = facts[model];
    scored.steps = steps(strategy, scored.facts);
    int last = before.models.empty() ? 0 : before.models[model].level;
    scored.level = level(scored.steps, last);
  }
  const auto& scores = made->models;
  std::sort(models.begin(), models.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(scores[a].level, place_[a]) < std::pair(scores[b].level, place_[b]);
  });
  std::vector<RouteId> order;
  order.reserve(bound_->model_of.size());
  std::vector<double> weights;
  for (std::uint32_t model : models) {
    RouteId first = bound_->first_route[model];
    for (RouteId route = first; route < bound_->model_of.size() && bound_->model_of[route] == model; ++route)
      order.push_back(route);
    bool leads = strategy == Strategy::spread && scores[model].level == scores[models.front()].level;
    if (leads) weights.push_back(scores[model].facts.left);
  }
  fill(*made, *catalog_, std::move(order), glance, std::move(weights));
  return made;
}

void Rankings::refresh(const ledger::Ledger& ledger, const ledger::Bindings& bindings, ledger::Moment at) {
  std::vector<Facts> facts(bound_->models.size());
  for (std::uint32_t model = 0; model < facts.size(); ++model) facts[model] = facts_of(model, at.now);
  auto glance = std::make_shared<Glance>();
  glance->poor.resize(bound_->model_of.size());
  glance->closed_until.resize(bound_->model_of.size(), Instant::min());
  weigh(facts, *glance, *bound_, ledger, bindings, at);
  mark_poor_keys(*glance, at.now);
  auto before = published_.load();
  auto next = std::make_shared<Set>();
  for (std::size_t i = 0; i < next->size(); ++i) (*next)[i] = rank(static_cast<Strategy>(i), facts, *(*before)[i], glance);
  published_.store(std::move(next));
}

}  // namespace freeway::router
