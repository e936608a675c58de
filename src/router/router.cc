#include "router/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include "router/capability.h"
#include "router/clauses.h"

namespace freeway::router {

using catalog::Model;
using catalog::RouteId;

namespace {

// Keys of one model are looked at so many at a time, so that the ledger's lock is held briefly.
constexpr std::size_t kBatch = 8;

// So many routes that failed once are offered where no other can serve.
constexpr std::size_t kLastResorts = 8;

class Planner {
 public:
  Planner(const Snapshot& snapshot, const ledger::Ledger& ledger, const Benches& benches, const Query& query, bool hurried)
      : snapshot_(snapshot),
        catalog_(*snapshot.catalog),
        bindings_(*snapshot.bindings),
        ledger_(ledger),
        benches_(benches),
        query_(query),
        privacy_{query.privacy, snapshot.policy.label_age},
        particular_(query.request && particular(*query.request)),
        doubts_(query.doubted && !query.doubted->empty()),
        hurried_(hurried) {}

  // Nothing: what may serve, if anything may, was passed by.
  std::optional<Plan> make();

 private:
  const std::vector<RouteId>& routes() const { return query_.routes->routes(); }
  bool enough() const { return query_.enough > 0 && plan_.order.size() >= query_.enough; }
  bool tried(RouteId route) const {
    return query_.tried && std::find(query_.tried->begin(), query_.tried->end(), route) != query_.tried->end();
  }
  // How near the group is to what failed in this request.
  enum class Doubt : unsigned char { none, provider, model };
  Doubt doubt(const Group& group) const;
  std::optional<std::size_t> place_of_session() const;
  bool look_at(Doubt wanted, std::optional<std::size_t> session);
  void consider(std::size_t place);
  void look_at_all();
  bool passed_by(const Group& group);
  void lacks(const Group& group, MissingSet missing);
  bool forbidden(const Group& group);
  void look_at(const Group& group);
  void look_closely(RouteId route, ledger::Standing& standing);
  bool benched(RouteId route);
  void last_resort();
  void refuse(RouteId route, const ledger::Refusal& refusal);
  void leave_out(LeftOut left);
  void explain();
  void opens(Instant at) { plan_.earliest = std::min(plan_.earliest, at); }

  struct Candidate {
    RouteId route = 0;
    bool poor = false;
    std::uint32_t load = 0;
    std::uint64_t last_used = 0;
  };

  const Snapshot& snapshot_;
  const catalog::Catalog& catalog_;
  const ledger::Bindings& bindings_;
  const ledger::Ledger& ledger_;
  const Benches& benches_;
  const Query& query_;
  catalog::PrivacyPolicy privacy_;
  bool particular_;                // the request asks for what few do
  bool doubts_;                    // something failed that its kin may share
  std::vector<Group> unknown_;     // whether they have what is needed
  std::vector<RouteId> yielding_;  // of the routes left out
  std::vector<Candidate> open_;
  bool hurried_;            // groups that were closed lately are passed by
  bool passed_by_ = false;  // some were
  bool able_ = false;       // some group has all that is needed, or may have it
  MissingSet missing_in_all_ = 0xffff, missing_in_first_ = 0;
  std::uint64_t largest_context_ = 0;
  Plan plan_;
};

void Planner::lacks(const Group& group, MissingSet missing) {
  if (!query_.explain) return;
  for (std::uint32_t i = group.begin; i < group.end; ++i) {
    if (tried(routes()[i])) continue;
    LeftOut left;
    left.route = routes()[i];
    left.missing = first_of(missing);
    left.reason = lacking(left.missing);
    leave_out(std::move(left));
  }
}

// Nothing else of a group that may serve is looked at before this.
bool Planner::forbidden(const Group& group) {
  if (privacy_.level == catalog::Privacy::any) return false;  // most requests; the label need not be fetched
  const auto& label = catalog_.provider(routes()[group.begin]).data_use;
  auto against = catalog::objection(label, privacy_, query_.at.wall);
  if (against == catalog::Objection::none) return false;
  plan_.forbidden += group.end - group.begin;
  if (!query_.explain) return true;
  Clause reason = describe(against, label, privacy_).after(fmt::format("privacy {}: ", to_string(privacy_.level)));
  for (std::uint32_t i = group.begin; i < group.end; ++i) {
    LeftOut left;
    left.route = routes()[i];
    left.why = LeftOut::Why::privacy;
    left.reason = reason;
    leave_out(std::move(left));
  }
  return true;
}

std::optional<std::size_t> Planner::place_of_session() const {
  if (!query_.session_model) return std::nullopt;
  const auto& of_session = catalog_.by_full_name(*query_.session_model);
  if (of_session.empty()) return std::nullopt;
  const auto& wanted = catalog_.routes()[of_session.front()];
  for (std::size_t place = 0; place < query_.routes->groups(); ++place) {
    const auto& first = catalog_.routes()[routes()[query_.routes->group(place).begin]];
    if (first.model == wanted.model && first.provider == wanted.provider) return place;
  }
  return std::nullopt;
}

// Looks at the group now if it is known to have what is needed, and later if nobody knows.
void Planner::consider(std::size_t place) {
  const Group& group = query_.routes->group(place);
  if (passed_by(group) || forbidden(group)) return;
  const Model& model = catalog_.model(routes()[group.begin]);
  RouteId first = routes()[group.begin];
  Capability capability;
  if (query_.request) capability = check(model, query_, first);
  if (particular_) capability.missing |= missing_for_particulars(catalog_.provider(first), model, query_);
  largest_context_ = std::max(largest_context_, model.context.value_or(0));
  missing_in_all_ &= capability.missing;
  if (capability.missing != 0) {
    if (missing_in_first_ == 0) missing_in_first_ = capability.missing;
    lacks(group, capability.missing);
    return;
  }
  able_ = true;
  if (capability.unknown) {
    unknown_.push_back(group);
  } else {
    look_at(group);
  }
}

// Most of what was closed when the routes were ranked still is, and as long as others serve nobody needs to know more of it.
bool Planner::passed_by(const Group& group) {
  bool passed = hurried_ && group.closed_until > query_.at.now;
  passed_by_ = passed_by_ || passed;
  return passed;
}

Planner::Doubt Planner::doubt(const Group& group) const {
  Doubt found = Doubt::none;
  if (!doubts_) return found;
  const auto& ours = catalog_.routes()[routes()[group.begin]];
  for (const Doubted& doubted : *query_.doubted) {
    const auto& failed = catalog_.routes()[doubted.route];
    if (failed.provider != ours.provider) continue;
    if (failed.model == ours.model) return Doubt::model;
    if (doubted.provider) found = Doubt::provider;
  }
  return found;
}

void Planner::look_at_all() {
  auto session = place_of_session();
  if (session && doubt(query_.routes->group(*session)) != Doubt::none) session.reset();
  if (session) consider(*session);
  if (!look_at(Doubt::none, session)) return;
  if (doubts_ && !(look_at(Doubt::provider, session) && look_at(Doubt::model, session))) return;
  plan_.complete = !passed_by_;
}

// At the groups of this doubt, but for the session's, which was looked at before. False: there is enough.
bool Planner::look_at(Doubt wanted, std::optional<std::size_t> session) {
  for (std::size_t place = 0; place < query_.routes->groups(); ++place) {
    if (enough()) return false;
    if (place != session && (!doubts_ || doubt(query_.routes->group(place)) == wanted)) consider(place);
  }
  for (const Group& group : unknown_) {
    if (enough()) return false;
    look_at(group);
  }
  unknown_.clear();
  return true;
}

void Planner::leave_out(LeftOut left) {
  // Where so many are closed, most of the others are, too.
  constexpr std::size_t kMany = 32;
  if (plan_.left_out.size() == kMany) plan_.left_out.reserve(routes().size());
  plan_.left_out.push_back(std::move(left));
}

bool Planner::benched(RouteId route) {
  auto bench = benches_.find(catalog_, route, query_.at.now);
  if (!bench) return false;
  LeftOut left;
  left.route = route;
  left.why = bench->probing ? LeftOut::Why::probing : LeftOut::Why::benched;
  left.until = bench->until;
  left.bench_reason = bench->reason;
  left.told = bench->told;
  if (bench->yielding) yielding_.push_back(route);
  opens(bench->until);
  if (query_.explain) left.reason = router::benched(*bench, query_.at.now);
  leave_out(std::move(left));
  return true;
}

void Planner::refuse(RouteId route, const ledger::Refusal& refusal) {
  LeftOut left;
  left.route = route;
  left.why = refusal.too_large ? LeftOut::Why::too_large : LeftOut::Why::quota;
  left.until = refusal.until;
  left.on_release = refusal.concurrent;
  opens(refusal.until);
  plan_.waits_for_release = plan_.waits_for_release || refusal.concurrent;
  if (query_.explain) left.reason = refused(refusal, query_.at.now);
  leave_out(std::move(left));
}

// Of the keys that may serve now, those that do evidently worse come last, else the least loaded first, and of equals the
// one that has rested longest.
void Planner::look_at(const Group& group) {
  std::array<RouteId, kBatch> batch;
  std::array<ledger::Standing, kBatch> standings;
  open_.clear();
  open_.reserve(group.end - group.begin);
  for (std::uint32_t i = group.begin; i < group.end;) {
    std::size_t count = 0;
    for (; i < group.end && count < kBatch; ++i) {
      RouteId route = routes()[i];
      if (!tried(route) && !benched(route)) batch[count++] = route;
    }
    ledger_.survey(bindings_, std::span(batch).first(count), query_.demand, query_.at, std::span(standings).first(count),
                   query_.first_look);
    for (std::size_t k = 0; k < count; ++k) {
      if (standings[k].near) look_closely(batch[k], standings[k]);
      if (standings[k].refusal) {
        refuse(batch[k], *standings[k].refusal);
      } else if (group.end - group.begin == 1) {
        plan_.order.push_back(batch[k]);
      } else {
        open_.push_back({batch[k], query_.routes->poor(batch[k]), standings[k].load, standings[k].last_used});
      }
    }
  }
  std::sort(open_.begin(), open_.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.poor, a.load, a.last_used, a.route) < std::tie(b.poor, b.load, b.last_used, b.route);
  });
  for (const auto& candidate : open_) plan_.order.push_back(candidate.route);
}

// The estimate can't tell whether the route's pools have room.
void Planner::look_closely(RouteId route, ledger::Standing& standing) {
  ledger::Demand demand = query_.recount ? query_.recount(route).demand : query_.demand;
  standing.refusal = ledger_.look(bindings_, route, demand, query_.at, query_.first_look);
}

// Nothing else can serve: better a route that failed once than none.
void Planner::last_resort() {
  std::array<ledger::Standing, 1> standing;
  for (RouteId route : yielding_) {
    ledger_.survey(bindings_, std::span(&route, 1), query_.demand, query_.at, standing);
    if (standing[0].refusal) continue;
    std::erase_if(plan_.left_out, [route](const LeftOut& left) { return left.route == route; });
    plan_.order.push_back(route);
    if (enough() || plan_.order.size() >= kLastResorts) return;
  }
}

void Planner::explain() {
  std::shared_ptr<const Preference> preference;
  if (snapshot_.rankings) preference = snapshot_.rankings->of(query_.strategy);
  for (RouteId route : plan_.order) {
    Plan::Chosen chosen;
    chosen.route = route;
    if (preference && !preference->models.empty()) {
      const Scored& scored = preference->models[snapshot_.rankings->bound().model_of[route]];
      chosen.score = scored.steps;
      chosen.level = scored.level;
      chosen.parts = describe(query_.strategy, scored.facts);
      if (query_.routes->poor(route)) chosen.parts.emplace_back("poor_key", "this key does worse than its siblings");
    }
    plan_.chosen.push_back(std::move(chosen));
  }
}

std::optional<Plan> Planner::make() {
  std::size_t expected = query_.enough > 0 ? std::min(query_.enough, routes().size()) : routes().size();
  plan_.order.reserve(expected);
  look_at_all();
  if (plan_.order.empty() && passed_by_) return std::nullopt;
  plan_.all_forbidden = plan_.forbidden > 0 && plan_.forbidden == routes().size();
  if (!able_ && !plan_.all_forbidden && !routes().empty()) {
    plan_.missing = first_of(missing_in_all_ != 0 ? missing_in_all_ : missing_in_first_);
    if (largest_context_ > 0) plan_.largest_context = largest_context_;
  }
  if (plan_.order.empty()) last_resort();
  if (query_.explain) explain();
  return std::move(plan_);
}

}  // namespace

const LeftOut* first_to_open(const Plan& plan) {
  auto rank = [](const LeftOut& left) { return std::pair(left.until, left.why == LeftOut::Why::privacy); };
  auto sooner = [&](const LeftOut& a, const LeftOut& b) { return rank(a) < rank(b); };
  auto at = std::min_element(plan.left_out.begin(), plan.left_out.end(), sooner);
  return at == plan.left_out.end() ? nullptr : &*at;
}

Plan plan(const Snapshot& snapshot, const ledger::Ledger& ledger, const Benches& benches, const Query& query) {
  bool hurried = query.enough > 0;
  auto made = Planner(snapshot, ledger, benches, query, hurried).make();
  if (!made) made = Planner(snapshot, ledger, benches, query, false).make();
  return std::move(*made);
}

}  // namespace freeway::router
