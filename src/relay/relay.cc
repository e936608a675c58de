#include "relay/relay.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "relay/attempt.h"
#include "relay/delivery.h"
#include "relay/failure.h"

namespace freeway::relay {

namespace {

using catalog::RouteId;

constexpr std::size_t kEnough = 3;
// A request stands in line on so many routes at most, on those that open first.
constexpr std::size_t kMostLines = 64;
// When to look again at a route that somebody else has just begun to try.
constexpr Duration kProbeLook = std::chrono::milliseconds(250);

// A route and the places held on its pools.
struct Taken {
  RouteId route = 0;
  ledger::Reservation reservation;
};

// One request between arrival and receipt. Lives in `serve`'s frame.
class Course {
 public:
  Course(net::Loop& loop, upstream::Client& client, Services services, Job& job, server::Reply& reply)
      : loop_(loop),
        client_(client),
        services_(services),
        job_(job),
        catalog_(*job.snapshot->catalog),
        delivery_(reply, *job.request, job.options, job.base_fields, job.arrival),
        deadline_(job.arrival + job.options.deadline) {}

  net::Task<Receipt> run();

 private:
  ledger::Moment moment() { return {loop_.now(), services_.clock.wall()}; }
  ledger::Demand demand(RouteId route) const;
  enum class Detail : unsigned char { first_few, all, explained };
  router::Plan make_plan(Detail detail);
  using Why = router::LeftOut::Why;
  static void leave_out(router::Plan& plan, RouteId route, Why why, Instant until, std::string reason);
  std::optional<Taken> take(router::Plan& plan);
  net::Task<bool> wait(const router::Plan& plan);
  net::Task<bool> attempt(Taken taken, bool last);
  void conclude(const Attempt& attempt, Attempt::End end, Taken& taken);
  net::Task<> fail(Failure failure);
  static bool worth_waiting(const router::Plan& plan);
  static std::vector<RouteId> worth_waiting_for(const router::Plan& plan);

  net::Loop& loop_;
  upstream::Client& client_;
  Services services_;
  Job& job_;
  const catalog::Catalog& catalog_;
  Delivery delivery_;
  Instant deadline_;
  Instant queue_limit_ = kNever;  // set when the request first waits
  Instant opens_ = kNever;        // earliest, as the last plan and the last refusals say
  bool last_chance_ = false;      // the deadline passed while another route could still be tried: one more attempt may start
  bool behind_ = false;           // a route was open but somebody came before us
  std::vector<RouteId> tried_;
  WaitingRoom::Place place_;
  Receipt receipt_;
};

ledger::Demand Course::demand(RouteId route) const {
  const auto& request = *job_.request;
  ledger::Demand demand;
  demand.prompt_tokens = request.prompt_tokens;
  std::uint64_t usual = services_.answer_sizes.long_answer(catalog_.model_name(route));
  std::uint64_t most = request.max_tokens.value_or(catalog_.model(route).max_output.value_or(usual));
  demand.output_tokens = std::min(most, usual) * request.choices;
  demand.output_guessed = usual < request.max_tokens.value_or(UINT64_MAX);
  demand.max_tokens = request.max_tokens.value_or(most) * request.choices;
  return demand;
}

router::Plan Course::make_plan(Detail detail) {
  router::Query query;
  query.enough = detail == Detail::first_few ? kEnough : 0;
  query.explain = detail == Detail::explained;
  query.request = job_.request.get();
  query.routes = &job_.routes;
  query.tried = &tried_;
  query.at = moment();
  if (!job_.routes.empty()) query.demand = demand(job_.routes.front());
  if (!job_.session.empty()) query.session_model = services_.sessions.model(job_.client, job_.session, query.at.now);
  return router::plan(*job_.snapshot, services_.ledger, services_.benches, query);
}

void Course::leave_out(router::Plan& plan, RouteId route, Why why, Instant until, std::string reason) {
  router::LeftOut left;
  left.route = route;
  left.why = why;
  left.until = until;
  left.reason = std::move(reason);
  plan.left_out.push_back(std::move(left));
}

// The best route that nobody before us waits for. What a plan could not know (somebody was before us, or quicker) is added
// to its routes left out.
std::optional<Taken> Course::take(router::Plan& plan) {
  opens_ = plan.earliest;
  behind_ = false;
  for (RouteId route : plan.order) {
    if (services_.waiting_room.behind(route, place_)) {
      behind_ = true;
      leave_out(plan, route, Why::quota, kNever, "others came before and wait for it");
      continue;
    }
    Instant now = loop_.now();
    auto reserved = services_.ledger.reserve(*job_.snapshot->bindings, route, demand(route), moment());
    if (!reserved) {
      const ledger::Refusal& refusal = reserved.error();
      opens_ = std::min(opens_, refusal.until);
      plan.waits_for_release = plan.waits_for_release || refusal.concurrent;
      leave_out(plan, route, refusal.too_large ? Why::too_large : Why::quota, refusal.until,
                fmt::format("{} is used up", refusal.pool));
      continue;
    }
    if (!services_.benches.admit_probe(catalog_, route, now)) {
      opens_ = std::min(opens_, now + kProbeLook);
      leave_out(plan, route, Why::probing, now + kProbeLook, "another request is trying whether it works again");
      continue;
    }
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
    return left.bench_reason == Reason::rate_limited || left.bench_reason == Reason::quota_exhausted;
  });
}

// The routes that may open. On all others (of which this request lacks something, or which it has tried) nobody behind it
// must wait.
std::vector<RouteId> Course::worth_waiting_for(const router::Plan& plan) {
  std::vector<const router::LeftOut*> closed;
  for (const auto& left : plan.left_out) {
    bool opens = left.why == Why::quota || left.why == Why::probing || (left.why == Why::benched && left.until != kNever);
    if (opens) closed.push_back(&left);
  }
  auto most = closed.begin() + static_cast<std::ptrdiff_t>(std::min(closed.size(), kMostLines));
  std::partial_sort(closed.begin(), most, closed.end(), [](const auto* a, const auto* b) { return a->until < b->until; });
  std::vector<RouteId> routes;
  for (auto at = closed.begin(); at != most; ++at) routes.push_back((*at)->route);
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
    std::vector<RouteId> routes = worth_waiting_for(plan);
    net::Wakeup& wakeup = delivery_.wakeup();
    place_ = services_.waiting_room.join(std::move(routes), wakeup);
    // What opened before we stood in line rang nobody: look once more.
    co_return place_.held();
  }
  Instant until = limit;
  if (services_.waiting_room.first(place_)) until = std::min(limit, opens_);
  co_await delivery_.sleep(until);
  co_return true;
}

net::Task<> Course::fail(Failure failure) {
  receipt_.end = Receipt::End::failed;
  receipt_.status = failure.status;
  co_await delivery_.fail(failure, receipt_.trail, catalog_);
}

net::Task<Receipt> Course::run() {
  for (;;) {
    if (delivery_.gone()) {
      receipt_.end = Receipt::End::cancelled;
      break;
    }
    if (receipt_.trail.size() >= job_.options.max_attempts) {
      Failure failure = attempts_used_up(receipt_.trail, catalog_);
      co_await fail(std::move(failure));
      break;
    }
    if (loop_.now() >= deadline_ && !last_chance_) {
      Failure failure = deadline_passed(receipt_.trail, catalog_, job_.options.deadline);
      co_await fail(std::move(failure));
      break;
    }
    // Most requests are served by one of the first routes; the others are looked at only where that fails.
    router::Plan plan = make_plan(Detail::first_few);
    std::optional<Taken> taken = take(plan);
    if (!taken) {
      plan = make_plan(Detail::all);
      taken = take(plan);
    }
    if (plan.missing != router::Missing::none) {
      Failure failure = missing_capability(plan, *job_.request, job_.request->model);
      co_await fail(std::move(failure));
      break;
    }
    if (!taken) {
      bool waited = co_await wait(plan);
      if (waited) continue;
      plan = make_plan(Detail::explained);
      taken = take(plan);
    }
    if (!taken) {
      Failure failure = last_chance_ ? deadline_passed(receipt_.trail, catalog_, job_.options.deadline)
                                     : no_route(receipt_.trail, plan, catalog_, opens_, loop_.now());
      co_await fail(std::move(failure));
      break;
    }
    place_.leave();
    Taken mine = std::move(*taken);
    auto other = [&](RouteId route) { return route != mine.route; };
    bool last = last_chance_ || std::none_of(plan.order.begin(), plan.order.end(), other);
    bool over = co_await attempt(std::move(mine), last);
    if (over) break;
  }
  place_.leave();
  co_return std::move(receipt_);
}

// True: the request is over.
net::Task<bool> Course::attempt(Taken taken, bool last) {
  Attempt::Context context{*job_.request,    *job_.snapshot,    job_.options,    receipt_.trail, delivery_, client_,
                           services_.ledger, services_.benches, services_.clock, deadline_,      last};
  Attempt attempt(context, taken.route, taken.reservation);
  Attempt::End end = co_await attempt.run();
  conclude(attempt, end, taken);
  last_chance_ = attempt.cut_short();
  co_return end != Attempt::End::failed;
}

void Course::conclude(const Attempt& attempt, Attempt::End end, Taken& taken) {
  ledger::Outcome outcome = attempt.spent();
  Instant now = loop_.now();
  switch (end) {
    case Attempt::End::answered:
      receipt_.end = Receipt::End::answered;
      receipt_.status = 200;
      services_.benches.succeeded(catalog_, taken.route, now);
      if (!job_.session.empty()) services_.sessions.keep(job_.client, job_.session, catalog_.model_name(taken.route), now);
      if (outcome.usage) services_.answer_sizes.saw(catalog_.model_name(taken.route), outcome.usage->completion_tokens);
      break;
    case Attempt::End::client_gone:
      receipt_.end = Receipt::End::cancelled;
      services_.benches.release_probe(catalog_, taken.route);
      break;
    case Attempt::End::broken:
    case Attempt::End::failed: {
      receipt_.end = end == Attempt::End::broken ? Receipt::End::broken : Receipt::End::failed;
      if (end == Attempt::End::broken) receipt_.status = 200;
      Attempted failed = attempt.failure();
      services_.benches.apply(catalog_, taken.route, failed.verdict, failed.evidence, attempt.started(), now);
      log::warn("{} failed: {} ({})", catalog_.route_name(taken.route), failed.evidence,
                router::to_string(failed.verdict.reason));
      // A route that only asked for patience may be tried again once its bench is over.
      if (failed.verdict.reason != router::Reason::rate_limited && failed.verdict.reason != router::Reason::quota_exhausted)
        tried_.push_back(taken.route);
      receipt_.trail.push_back(std::move(failed));
      break;
    }
  }
  if (end == Attempt::End::answered || end == Attempt::End::broken || end == Attempt::End::client_gone) {
    receipt_.route = taken.route;
    receipt_.usage = outcome.usage;
  }
  // Last, because others take the places as soon as they are free, and must find the route benched by then.
  if (attempt.touched()) {
    services_.ledger.settle(std::move(taken.reservation), outcome, moment());
  } else {
    taken.reservation = ledger::Reservation();  // provably nothing was sent: every place is given back
  }
  // A trial of the route may be over, which others wait for.
  services_.waiting_room.opened();
}

}  // namespace

Relay::Relay(net::Loop& loop, upstream::Client& client, Services services)
    : loop_(loop), client_(client), services_(services) {}

net::Task<Receipt> Relay::serve(Job job, server::Reply& reply) {
  Course course(loop_, client_, services_, job, reply);
  co_return co_await course.run();
}

}  // namespace freeway::relay
