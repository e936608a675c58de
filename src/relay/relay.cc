#include "relay/relay.h"

#include <fmt/format.h>

#include <algorithm>

#include "relay/course.h"
#include "relay/question.h"

namespace freeway::relay {

namespace {

using catalog::RouteId;

constexpr std::size_t kEnough = 3;

// While it lives, the request may be looked at.
class Watched {
 public:
  Watched(Watcher* watcher, Served& served) : watcher_(watcher) {
    if (watcher_) watcher_->began(served);
  }
  ~Watched() {
    if (watcher_) watcher_->ended();
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  Watcher* watcher_;
};

// By a change of the configuration, while the request waited.
Failure taken_away(std::string_view model) {
  Failure failure;
  failure.status = 404;
  failure.type = "invalid_request_error";
  failure.code = "model_not_found";
  failure.param = "model";
  failure.message = fmt::format("No route of the model '{}' is left: the configuration changed while this request waited.",
                                model.empty() ? "auto" : model);
  return failure;
}

}  // namespace

net::Task<> Course::fail(Failure failure) {
  receipt_.end = failure.called_off ? Receipt::End::cancelled : Receipt::End::failed;
  receipt_.status = failure.status;
  receipt_.failure = std::move(failure);
  co_await delivery_.fail(*receipt_.failure, receipt_.trail, catalog());
}

// Why no further attempt may be made, if so.
std::optional<Failure> Course::hopeless() {
  if (delivery_.ending()) return cut_off();
  if (job_.routes.empty()) return taken_away(job_.request->model);
  if (receipt_.trail.size() >= job_.options.max_attempts) return used_up();
  if (loop_.now() >= deadline_ && !last_chance_) return deadline_passed(receipt_.trail, catalog(), job_.options.deadline);
  return std::nullopt;
}

// The last attempt is in the plan as well: as a bench, or as a pool that it filled.
Failure Course::used_up() {
  router::Plan plan = make_plan(0);
  explain(plan);
  return attempts_used_up(receipt_.trail, plan, catalog(), loop_.now());
}

Failure Course::cut_off() const { return delivery_.called_off() ? cancelled_by_admin() : shutting_down(); }

Progress Course::progress() const {
  Progress progress;
  progress.catalog = &catalog();
  progress.trail = &receipt_.trail;
  if (place_.held() || crowd_.held()) progress.state = Progress::State::waiting;
  for (const Attempt* attempt : asked_) {
    if (!attempt || progress.state == Progress::State::answering) continue;
    if (progress.route && !attempt->committed()) continue;
    progress.state = attempt->committed() ? Progress::State::answering : Progress::State::asking;
    progress.route = attempt->route();
    progress.first = attempt->first_content();
    progress.tokens = attempt->tokens_so_far();
  }
  return progress;
}

void Course::cut() {
  for (Attempt* attempt : asked_)
    if (attempt) attempt->let_go();
}

net::Task<> Course::run() {
  Watched watched(job_.watcher, *this);
  for (;;) {
    if (delivery_.gone()) {
      receipt_.end = Receipt::End::cancelled;
      break;
    }
    auto end = hopeless();
    if (end) {
      co_await fail(std::move(*end));
      break;
    }
    if (receipt_.trail.empty()) tell_plan();
    // Most requests are served by one of the first routes; the others are looked at only where that fails.
    router::Plan plan = make_plan(kEnough);
    std::optional<Taken> taken = take(plan);
    if (!taken && !crowded_ && !wants_images_ && !plan.complete) {
      plan = make_plan(0);
      taken = take(plan);
    }
    if (!taken && !crowded_ && !wants_images_) wants_images_ = worth_fetching(plan);
    if (wants_images_) {
      RouteId needs_them = *wants_images_;
      co_await fetch_images(needs_them);
      continue;
    }
    if (crowded_) {
      RouteId route = *crowded_;
      co_await let_others_try(route);
      continue;
    }
    if (plan.all_forbidden) {
      catalog::PrivacyPolicy policy{job_.privacy, job_.snapshot->policy.label_age};
      Failure failure = forbidden_by_policy(job_.routes, catalog(), policy, loop_.wall(), job_.request->model);
      co_await fail(std::move(failure));
      break;
    }
    if (plan.missing != router::Missing::none) {
      Failure failure = missing_capability(plan, *job_.request, job_.request->model, job_.privacy);
      if (no_images_ && plan.missing == router::Missing::image_data) failure = *no_images_;
      co_await fail(std::move(failure));
      break;
    }
    if (!taken) {
      if (place_.held()) crowd_.leave();
      bool waited = co_await wait(plan);
      crowd_.leave();  // not before, so that all stand in line in the order in which they came
      if (waited) {
        renew();
        continue;
      }
      explain(plan);
    }
    if (!taken) {
      Failure failure = last_chance_ ? deadline_passed(receipt_.trail, catalog(), job_.options.deadline)
                                     : no_route(receipt_.trail, plan, catalog(), opens_, loop_.now());
      if (no_images_ && receipt_.trail.empty() && plan.left_out.empty()) failure = *no_images_;
      co_await fail(std::move(failure));
      break;
    }
    place_.served();
    crowd_.served();
    Taken mine = std::move(*taken);
    auto other = [&](RouteId route) { return route != mine.route; };
    bool last = last_chance_ || std::none_of(plan.order.begin(), plan.order.end(), other);
    bool over = co_await attempt(std::move(mine), last);
    if (over) break;
  }
  place_.leave();
  crowd_.leave();
  receipt_.snapshot = job_.snapshot;
  receipt_.arrival = job_.arrival;
  receipt_.ended = loop_.now();
  receipt_.streamed = job_.request->stream;
  receipt_.strategy = job_.strategy;
}

Relay::Relay(net::Loop& loop, upstream::Client& client, Services services)
    : loop_(loop), client_(client), services_(services) {}

bool Relay::able(const Job& job) const {
  router::Query query = question_of(job, services_, {loop_.now(), loop_.wall()});
  query.enough = 1;
  query.explain = false;
  router::Plan plan = router::plan(*job.snapshot, services_.ledger, services_.benches, query);
  return plan.missing == router::Missing::none;
}

net::Task<> Relay::serve(Job& job, server::Reply& reply, Receipt& receipt) {
  job.request->client = job.client;
  job.request->created = std::chrono::duration_cast<std::chrono::seconds>(loop_.wall().time_since_epoch()).count();
  job.request->signatures = &services_.signatures;
  Course course(loop_, client_, services_, job, reply, receipt);
  co_await course.run();
}

}  // namespace freeway::relay
