// One request between arrival and receipt. Lives in Relay::serve's frame; belongs to its loop.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "relay/attempt.h"
#include "relay/delivery.h"
#include "relay/failure.h"
#include "relay/relay.h"

namespace freeway::relay {

class Course final : public Served {
 public:
  // All that it is given must outlive it. The receipt is empty.
  Course(net::Loop& loop, upstream::Client& client, const Services& services, Job& job, server::Reply& reply,
         Receipt& receipt)
      : loop_(loop),
        client_(client),
        services_(services),
        job_(job),
        receipt_(receipt),
        delivery_(reply, job),
        deadline_(job.arrival + job.options.deadline) {}

  net::Task<> run();
  Progress progress() const override;
  void cut() override;

 private:
  const catalog::Catalog& catalog() const { return *job_.snapshot->catalog; }
  ledger::Moment moment() { return {loop_.now(), loop_.wall()}; }
  using RouteId = catalog::RouteId;
  using Why = router::LeftOut::Why;
  router::Plan make_plan(std::size_t enough);
  void tell_plan();
  void explain(router::Plan& plan);
  bool crowded(RouteId route);
  bool lacks_images(RouteId route) const;
  std::optional<RouteId> worth_fetching(const router::Plan& plan) const;
  net::Task<> fetch_images(RouteId route);
  void lacks_way(RouteId route);
  net::Task<> let_others_try(RouteId route);
  static void leave_out(router::Plan& plan, RouteId route, Why why, Instant until, Clause reason);
  std::optional<Taken> take(router::Plan& plan);
  net::Task<bool> wait(const router::Plan& plan);
  std::optional<Failure> hopeless();
  Failure used_up();
  Failure cut_off() const;
  net::Task<bool> attempt(Taken taken, bool last);
  net::Task<Attempt::End> race(Attempt& first, std::unique_ptr<Attempt>& hedge, Attempt*& running);
  Attempt* look_at(Attempt*& running, Attempt*& beside);
  void asks(Attempt& attempt);
  void asks_no_more(Attempt& attempt);
  void tell_failure();
  Instant hedge_time(const Attempt& attempt);
  std::unique_ptr<Attempt> start_hedge(const Attempt& slow);
  std::optional<Taken> take_spare(RouteId route);
  Attempt::Context context(bool last);
  void conclude(Attempt& attempt, Attempt::End end, bool hedge);
  void call_off(Attempt& attempt, bool overtaken);
  bool stalled(const Attempt& attempt);
  void stay_with(RouteId route, bool hedge);
  void doubt(RouteId route, const router::Verdict& verdict, bool cut_short);
  void settle(Attempt& attempt);
  bool answers(RouteId route) const;
  void measure(RouteId route, const router::Sample& sample);
  net::Task<> fail(Failure failure);
  static bool worth_waiting(const router::Plan& plan);
  std::vector<std::string> worth_waiting_for(const router::Plan& plan) const;
  void renew();

  net::Loop& loop_;
  upstream::Client& client_;
  const Services& services_;
  Job& job_;
  Receipt& receipt_;
  Delivery delivery_;
  Instant deadline_;
  Instant queue_limit_ = kNever;  // set when the request first waits
  Instant opens_ = kNever;        // earliest, as the last plan and the last refusals say
  bool last_chance_ = false;      // the deadline passed while another route could still be tried: one more attempt may start
  bool looked_ = false;           // at the routes, once at least
  bool behind_ = false;           // a route was open but somebody came before us
  std::optional<RouteId> crowded_;       // a route was open, but others are finding out whether it works
  std::optional<RouteId> wants_images_;  // a route was open that needs them as data
  std::optional<Failure> no_images_;     // they can't be had, or not by the way of some routes
  std::vector<RouteId> tried_;           // and those that no image comes to
  std::vector<router::Doubted> doubted_;
  std::array<Attempt*, 2> asked_{};  // the attempts that run, for who watches
  WaitingRoom::Place place_;
  WaitingRoom::Place crowd_;  // among those who wait for the first answer of a model
  bool renewed_ = false;      // the routes are not those that the place stands for
};

}  // namespace freeway::relay
