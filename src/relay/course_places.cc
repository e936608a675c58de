// How a request comes to a route: plans, places on pools, and waiting for them.
#include <algorithm>

#include "relay/course.h"
#include "relay/question.h"

namespace freeway::relay {

using catalog::RouteId;

namespace {

// A request stands in line on so many routes at most, on those that open first.
constexpr std::size_t kMostLines = 64;
// When to look again at a route that somebody else has just begun to try.
constexpr Duration kProbeLook = std::chrono::milliseconds(250);
// When to look again at one that nobody has had an answer from yet.
constexpr Duration kTrialLook = std::chrono::milliseconds(10);

}  // namespace

router::Plan Course::make_plan(std::size_t enough) {
  router::Query query = question_of(job_, services_, moment());
  query.enough = enough;
  query.explain = false;
  query.first_look = !looked_;
  looked_ = true;
  query.tried = &tried_;
  query.doubted = &doubted_;
  return router::plan(*job_.snapshot, services_.ledger, services_.benches, query);
}

// For who watches: the plan that is about to be made, all of it, in words.
void Course::tell_plan() {
  if (!job_.watcher || !job_.watcher->wants_plan(loop_.now())) return;
  router::Query query = question_of(job_, services_, moment());
  query.tried = &tried_;
  router::Plan plan = router::plan(*job_.snapshot, services_.ledger, services_.benches, query);
  job_.watcher->planned(catalog(), query, plan);
}

// Texts for the routes left out that a client is told about: the one that opens first, the first and the last.
void Course::explain(router::Plan& plan) {
  if (plan.left_out.empty()) return;
  std::vector<RouteId> told = {router::first_to_open(plan)->route, plan.left_out.front().route, plan.left_out.back().route};
  router::RouteList few(catalog(), told);
  router::Query query = question_of(job_, services_, moment());
  query.routes = &few;
  router::Plan explained = router::plan(*job_.snapshot, services_.ledger, services_.benches, query);
  for (auto& left : plan.left_out) {
    auto same = [&left](const router::LeftOut& other) { return other.route == left.route; };
    auto at = std::find_if(explained.left_out.begin(), explained.left_out.end(), same);
    if (left.reason.empty() && at != explained.left_out.end()) left.reason = at->reason;
  }
}

// Nobody knows yet whether the route works and enough others are finding out, or some wait for that who came before. Who
// has a last chance can't wait any more.
bool Course::crowded(RouteId route) {
  if (!job_.snapshot->rankings || last_chance_) return false;
  Instant now = loop_.now();
  if (services_.measures.wait_for_others(job_.snapshot->rankings->bound(), route, now) > now) return true;
  return services_.waiting_room.size() > 0 && services_.waiting_room.behind(catalog().model_name(route), crowd_);
}

// Stands in line for the model, whoever its keys are; the first looks often, and each wakes the next when it goes.
net::Task<> Course::let_others_try(RouteId route) {
  Instant now = loop_.now();
  if (!crowd_.held()) {
    std::vector<std::string> lines = {catalog().model_name(route)};
    net::Wakeup& wakeup = delivery_.wakeup();
    crowd_ = services_.waiting_room.join(job_.client, std::move(lines), wakeup);
    if (crowd_.held()) co_return;
  }
  bool first = !crowd_.held() || services_.waiting_room.first(crowd_);
  Instant until = std::min(deadline_, now + (first ? kTrialLook : router::Measures::kTrial));
  co_await delivery_.sleep(until);
  receipt_.waited += loop_.now() - now;
}

void Course::leave_out(router::Plan& plan, RouteId route, Why why, Instant until, Clause reason) {
  router::LeftOut left;
  left.route = route;
  left.why = why;
  left.until = until;
  left.reason = std::move(reason);
  plan.left_out.push_back(std::move(left));
}

// The best route that nobody before us waits for. What a plan could not know (somebody was before us, or quicker) is added
// to its routes left out. Stops at a route that a crowd waits for: what is worse must not profit from that.
std::optional<Taken> Course::take(router::Plan& plan) {
  opens_ = plan.earliest;
  behind_ = false;
  crowded_.reset();
  wants_images_.reset();
  for (RouteId route : plan.order) {
    if (services_.waiting_room.size() > 0 && services_.waiting_room.behind(catalog().route_name(route), place_)) {
      behind_ = true;
      static const Clause kOthersWait("others_wait", "others came before and wait for it");
      leave_out(plan, route, Why::quota, kNever, kOthersWait);
      continue;
    }
    // Before a place is taken, which nobody else could use meanwhile.
    if (lacks_images(route)) {
      // The deadline has passed, and they must come before it.
      if (last_chance_) continue;
      wants_images_ = route;
      return std::nullopt;
    }
    if (crowded(route)) {
      crowded_ = route;
      return std::nullopt;
    }
    Instant now = loop_.now();
    auto demand = demand_of(job_, route, services_.token_counts);
    auto reserved = services_.ledger.reserve(*job_.snapshot->bindings, route, demand, moment());
    if (!reserved) {
      const ledger::Refusal& refusal = reserved.error();
      opens_ = std::min(opens_, refusal.until);
      plan.waits_for_release = plan.waits_for_release || refusal.concurrent;
      leave_out(plan, route, refusal.too_large ? Why::too_large : Why::quota, refusal.until,
                {"used_up", "{pool} is used up", {{"pool", std::string(refusal.pool)}}});
      continue;
    }
    if (!services_.benches.admit_probe(catalog(), route, now)) {
      opens_ = std::min(opens_, now + kProbeLook);
      leave_out(plan, route, Why::probing, now + kProbeLook,
                {"tried_by_another", "another request is trying whether it works again"});
      continue;
    }
    if (job_.snapshot->rankings) services_.measures.began(job_.snapshot->rankings->bound(), route, now);
    Taken taken;
    taken.route = route;
    taken.reservation = std::move(*reserved);
    return taken;
  }
  return std::nullopt;
}

// Waiting helps against quota and told delays, and while somebody tries whether a route works again (unless it hung: then
// the trial may, too); not against providers that are broken.
bool Course::worth_waiting(const router::Plan& plan) {
  using router::Reason;
  return std::any_of(plan.left_out.begin(), plan.left_out.end(), [](const router::LeftOut& left) {
    if (left.why == Why::quota) return true;
    if (left.why == Why::probing) return left.bench_reason != Reason::timeout;
    if (left.why != Why::benched || left.until == kNever) return false;
    return left.told || left.bench_reason == Reason::rate_limited || left.bench_reason == Reason::quota_exhausted;
  });
}

// The routes that may open. On all others (of which this request lacks something, or which it has tried) nobody behind it
// must wait.
std::vector<std::string> Course::worth_waiting_for(const router::Plan& plan) const {
  std::vector<const router::LeftOut*> closed;
  for (const auto& left : plan.left_out) {
    bool opens = left.why == Why::quota || left.why == Why::probing || (left.why == Why::benched && left.until != kNever);
    if (opens) closed.push_back(&left);
  }
  auto most = closed.begin() + static_cast<std::ptrdiff_t>(std::min(closed.size(), kMostLines));
  std::partial_sort(closed.begin(), most, closed.end(), [](const auto* a, const auto* b) { return a->until < b->until; });
  std::vector<std::string> routes;
  for (auto at = closed.begin(); at != most; ++at) routes.push_back(catalog().route_name((*at)->route));
  return routes;
}

// False: no route opens in time.
net::Task<bool> Course::wait(const router::Plan& plan) {
  Instant now = loop_.now();
  if (queue_limit_ == kNever) queue_limit_ = now + job_.options.queue_wait;
  Instant limit = std::min(deadline_, queue_limit_);
  if (now >= limit || !worth_waiting(plan)) co_return false;
  bool by_time = opens_ <= limit;
  if (!by_time && !behind_ && !plan.waits_for_release) co_return false;
  if (!place_.held()) {
    std::vector<std::string> routes = worth_waiting_for(plan);
    net::Wakeup& wakeup = delivery_.wakeup();
    place_ = services_.waiting_room.join(job_.client, std::move(routes), wakeup);
    // What opened before we stood in line rang nobody: look once more.
    co_return place_.held();
  }
  if (renewed_) {
    place_.move_to(worth_waiting_for(plan));
    renewed_ = false;
    co_return true;
  }
  Instant until = limit;
  if (services_.waiting_room.first(place_)) until = std::min(limit, opens_);
  co_await delivery_.sleep(until);
  receipt_.waited += loop_.now() - now;
  co_return true;
}

// After a wait. What was asked nowhere yet goes by the configuration of now: the routes it waits for may be gone, and others
// may have come.
void Course::renew() {
  if (!job_.renew || !receipt_.trail.empty()) return;
  auto fresh = job_.renew(*job_.snapshot);
  if (!fresh) return;
  job_.snapshot = std::move(fresh->snapshot);
  job_.routes = std::move(fresh->routes);
  job_.privacy = catalog::stricter(job_.privacy, fresh->privacy);
  tried_.clear();
  renewed_ = true;
}

}  // namespace freeway::relay
