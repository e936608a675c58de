// The calls that a request makes: one after the other, and, where the running one is late, a hedge beside it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/duration.h"
#include "base/log.h"
#include "relay/course.h"
#include "relay/question.h"

namespace freeway::relay {

using catalog::RouteId;

namespace {

// A hedge is worth a route of which less than half is used, in thousandths of its fullest pool.
constexpr std::uint32_t kSpare = 500;
// So many routes are asked for a spare place.
constexpr std::size_t kMostSpares = 8;
// So often in a row a hedge has to be first, before a model that kept silent is said to be stalled: once happens to any.
constexpr std::uint32_t kStalled = 2;

// How little a failure of one says about the other.
enum Apart : std::size_t { kKey, kModel, kProvider };
Apart apart(const catalog::Catalog& catalog, RouteId a, RouteId b) {
  const auto& one = catalog.routes()[a];
  const auto& other = catalog.routes()[b];
  if (one.provider != other.provider) return kProvider;
  return one.model != other.model ? kModel : kKey;
}

// Where to look for a place beside a route: at other providers first, then at other models, then at other keys.
std::vector<RouteId> spares(const catalog::Catalog& catalog, RouteId slow, const std::vector<RouteId>& open) {
  std::vector<RouteId> found;
  for (Apart distance : {kProvider, kModel, kKey}) {
    for (RouteId route : open) {
      if (found.size() == kMostSpares) return found;
      if (apart(catalog, slow, route) == distance) found.push_back(route);
    }
  }
  return found;
}

// Then the route may be tried again once its bench is over.
bool asks_for_patience(const router::Verdict& verdict) {
  using router::Reason;
  return verdict.told || verdict.reason == Reason::rate_limited || verdict.reason == Reason::quota_exhausted;
}

}  // namespace

Attempt::Context Course::context(bool last) {
  return {*job_.request,    *job_.surface,     *job_.snapshot,     job_.options,           delivery_.wakeup(), client_,
          services_.ledger, services_.benches, services_.measures, services_.stream_space, deadline_,          last};
}

// True: the request is over.
net::Task<bool> Course::attempt(Taken taken, bool last) {
  Attempt first(context(last), std::move(taken));
  std::unique_ptr<Attempt> hedge;
  Attempt* ended = &first;
  Attempt::End end = co_await race(first, hedge, ended);
  if (end == Attempt::End::failed) co_return false;
  conclude(*ended, end, ended == hedge.get());
  if (end == Attempt::End::broken) receipt_.failure = ended->breakage();
  ended->stop();
  if (end == Attempt::End::interrupted) {
    Failure failure = cut_off();
    if (ended->committed()) {
      receipt_.end = failure.called_off ? Receipt::End::cancelled : Receipt::End::broken;
      receipt_.status = 200;
      co_await ended->break_off(delivery_, failure);
      receipt_.failure = std::move(failure);
    } else {
      co_await fail(std::move(failure));
    }
  }
  co_return true;
}

// Of the first attempt and a hedge, if it comes to that: the one that is ready first delivers, and the other is called off.
// `running`, at first the first, is the one that the end is about; failures are concluded already.
net::Task<Attempt::End> Course::race(Attempt& first, std::unique_ptr<Attempt>& hedge, Attempt*& running) {
  Attempt* beside = nullptr;
  Instant hedge_at = hedge_time(first);
  first.start();
  asks(first);
  for (;;) {
    Attempt* ready = look_at(running, beside);
    if (!running) co_return Attempt::End::failed;
    bool gone = delivery_.gone();
    bool over = gone || ready || delivery_.ending();
    if (over && beside) call_off(*std::exchange(beside, nullptr), ready != nullptr);
    if (gone) co_return Attempt::End::client_gone;
    if (ready) {
      auto content = ready->first_content();
      if (job_.watcher && content) job_.watcher->answers(catalog(), ready->route(), *content);
      co_return co_await ready->deliver(delivery_, receipt_.trail);
    }
    if (over) co_return Attempt::End::interrupted;
    if (loop_.now() >= hedge_at) {
      hedge_at = kNever;
      hedge = start_hedge(*running);
      beside = hedge.get();
      if (beside) continue;
    }
    Instant until = std::min(hedge_at, running->due());
    if (beside) until = std::min(until, beside->due());
    co_await delivery_.sleep(until);
  }
}

// The attempt that is ready, which is `running` then; if none is, null. What failed is concluded, and `running` is null once
// nothing runs any more.
Attempt* Course::look_at(Attempt*& running, Attempt*& beside) {
  for (int turn = 0; running && turn < 2; ++turn) {
    Attempt::State state = running->look();
    if (state == Attempt::State::ready) return running;
    if (state == Attempt::State::failed) {
      conclude(*running, Attempt::End::failed, false);
      running->forget();
      running = std::exchange(beside, nullptr);
    } else if (!beside) {
      return nullptr;
    } else {
      std::swap(running, beside);
    }
  }
  return nullptr;
}

// When to ask another route as well: once this one is late by its own measure, and at once if it has kept silent before and
// is being tried anew.
Instant Course::hedge_time(const Attempt& attempt) {
  if (job_.options.hedge_share <= 0 || !job_.snapshot->rankings || last_chance_) return kNever;
  if (receipt_.trail.empty()) services_.hedges.earn(job_.options.hedge_share);
  Instant now = loop_.now();
  if (services_.benches.on_probation(catalog(), attempt.route(), now) == router::Reason::timeout) return now;
  auto late = services_.measures.late(job_.snapshot->rankings->bound(), attempt.route(), job_.request->stream, now);
  if (!late) return kNever;
  return now + *late < deadline_ ? now + *late : kNever;
}

// A second call, sent, if an attempt, quota and the budget are to spare for it. Null: they are not.
std::unique_ptr<Attempt> Course::start_hedge(const Attempt& slow) {
  if (receipt_.trail.size() + 2 > job_.options.max_attempts || !services_.hedges.affords()) return nullptr;
  tried_.push_back(slow.route());
  router::Plan plan = make_plan(0);
  tried_.pop_back();
  for (RouteId route : spares(catalog(), slow.route(), plan.order)) {
    auto spare = take_spare(route);
    if (!spare) continue;
    if (!services_.hedges.spend()) return nullptr;
    services_.measures.began(job_.snapshot->rankings->bound(), route, loop_.now());
    // The last that starts before the deadline may run on past it.
    auto made = std::make_unique<Attempt>(context(true), std::move(*spare));
    made->start();
    asks(*made);
    return made;
  }
  return nullptr;
}

// A place on a route that nobody else needs: no probe, no waiters, and half of every pool left when it is taken.
std::optional<Taken> Course::take_spare(RouteId route) {
  if (lacks_images(route)) return std::nullopt;
  if (services_.benches.on_probation(catalog(), route, loop_.now())) return std::nullopt;
  if (services_.waiting_room.behind(catalog().route_name(route), WaitingRoom::Place()) || crowded(route))
    return std::nullopt;
  auto demand = demand_of(job_, route, services_.token_counts);
  auto reserved = services_.ledger.reserve(*job_.snapshot->bindings, route, demand, moment());
  if (!reserved) return std::nullopt;
  std::array<ledger::Standing, 1> standing;
  services_.ledger.survey(*job_.snapshot->bindings, std::span(&route, 1), {}, moment(), standing);
  if (standing[0].load >= kSpare) return std::nullopt;
  Taken taken;
  taken.route = route;
  taken.reservation = std::move(*reserved);
  return taken;
}

bool Course::answers(RouteId route) const {
  return job_.snapshot->rankings && services_.measures.answers(job_.snapshot->rankings->bound(), route);
}

// What who watches is told of attempts.
void Course::asks(Attempt& attempt) {
  (asked_[0] ? asked_[1] : asked_[0]) = &attempt;
  if (job_.watcher) job_.watcher->asks(catalog(), attempt.route());
}

void Course::asks_no_more(Attempt& attempt) {
  std::replace(asked_.begin(), asked_.end(), &attempt, static_cast<Attempt*>(nullptr));
}

void Course::tell_failure() {
  if (job_.watcher) job_.watcher->failed(catalog(), receipt_.trail.back());
}

void Course::measure(RouteId route, const router::Sample& sample) {
  if (job_.snapshot->rankings) services_.measures.record(job_.snapshot->rankings->bound(), route, sample, loop_.now());
}

// The session's next request goes to the same model. A hedge wins over one slow answer, which is no reason to leave it.
void Course::stay_with(RouteId route, bool hedge) {
  if (job_.session.empty()) return;
  Instant now = loop_.now();
  std::string model = catalog().model_name(route);
  if (hedge) model = services_.sessions.model(job_.client, job_.session, now).value_or(model);
  services_.sessions.keep(job_.client, job_.session, model, now);
}

void Course::conclude(Attempt& attempt, Attempt::End end, bool hedge) {
  ledger::Outcome outcome = attempt.spent();
  Instant now = loop_.now();
  Call call = attempt.call();
  asks_no_more(attempt);
  RouteId route = attempt.route();
  switch (end) {
    case Attempt::End::answered:
      receipt_.end = Receipt::End::answered;
      receipt_.status = 200;
      services_.benches.succeeded(catalog(), route, now);
      measure(route, sample_of(call, nullptr));
      stay_with(route, hedge);
      if (outcome.usage) services_.token_counts.saw(catalog().model_name(route), prompt_of(job_, route), *outcome.usage);
      break;
    case Attempt::End::interrupted:
    case Attempt::End::client_gone:
      if (end == Attempt::End::client_gone) receipt_.end = Receipt::End::cancelled;
      services_.benches.release_probe(catalog(), route);
      measure(route, router::Sample());
      break;
    case Attempt::End::broken:
    case Attempt::End::failed: {
      receipt_.end = end == Attempt::End::broken ? Receipt::End::broken : Receipt::End::failed;
      if (end == Attempt::End::broken) receipt_.status = 200;
      Attempted failed = attempt.failure();
      services_.benches.apply(catalog(), route, failed.verdict, failed.evidence, attempt.started(), now, answers(route));
      measure(route, sample_of(call, &failed.verdict));
      log::warn("{} failed: {} ({})", catalog().route_name(route), failed.evidence,
                router::to_string(failed.verdict.reason));
      if (!asks_for_patience(failed.verdict)) tried_.push_back(route);
      doubt(route, failed.verdict, attempt.cut_short());
      receipt_.trail.push_back(std::move(failed));
      tell_failure();
      last_chance_ = attempt.cut_short();
      break;
    }
  }
  if (end != Attempt::End::failed) {
    receipt_.route = route;
    receipt_.usage = outcome.usage;
    receipt_.first = call.first;
    if (end != Attempt::End::broken) receipt_.call = call;
  }
  settle(attempt);
}

// What is broken or silent is so by all keys, as a rule, and there is no time to find that out key by key. Silence costs so
// much of it that the provider's other models come last, too.
void Course::doubt(RouteId route, const router::Verdict& verdict, bool cut_short) {
  using router::Blame;
  if (!router::provider_fault(verdict) && !cut_short) return;
  if (verdict.blame == Blame::key || verdict.blame == Blame::account) return;
  bool silent = verdict.reason == router::Reason::timeout && catalog().model(route).base_url.empty();
  router::Doubted doubted;
  doubted.route = route;
  doubted.provider = silent || verdict.blame == Blame::provider;
  doubted_.push_back(doubted);
}

// Last, because others take the places as soon as they are free, and must find the route benched by then.
void Course::settle(Attempt& attempt) {
  if (attempt.touched()) {
    ledger::Outcome outcome = attempt.spent();
    services_.ledger.settle(std::move(attempt.reservation()), outcome, moment());
    if (auto refusal = attempt.refusal())
      services_.ledger.refused(*job_.snapshot->bindings, catalog(), attempt.route(), *refusal, moment());
  } else {
    attempt.reservation() = ledger::Reservation();  // provably nothing was sent: every place is given back
  }
  // A trial of the route may be over, which others wait for.
  services_.waiting_room.opened();
}

// The other attempt was first, or the request is over. That is nobody's fault; but a model that stays silent is left for a
// moment, or every request would need a hedge.
void Course::call_off(Attempt& attempt, bool overtaken) {
  RouteId route = attempt.route();
  asks_no_more(attempt);
  receipt_.trail.push_back(attempt.called_off());
  tell_failure();
  if (overtaken && stalled(attempt)) {
    Error silence{ErrorKind::timeout, fmt::format("no content for {}, again, while another route had some",
                                                  format_duration(loop_.now() - attempt.started()))};
    services_.benches.apply(catalog(), route, router::judge(silence), silence.message, attempt.started(), loop_.now(),
                            answers(route));
    log::warn("{} stalls: {}", catalog().route_name(route), silence.message);
  } else {
    services_.benches.release_probe(catalog(), route);
  }
  measure(route, router::Sample());
  settle(attempt);
  attempt.forget();
}

// Whole answers differ too much in length to say so.
bool Course::stalled(const Attempt& attempt) {
  if (!job_.request->stream) return false;
  Instant now = loop_.now();
  if (services_.benches.on_probation(catalog(), attempt.route(), now) == router::Reason::timeout) return true;
  const auto& bound = job_.snapshot->rankings->bound();
  auto late = services_.measures.late(bound, attempt.route(), true, now);
  if (!late || now - attempt.started() < *late) return false;
  return services_.measures.overtaken(bound, attempt.route()) >= kStalled;
}

}  // namespace freeway::relay
