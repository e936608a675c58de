// One request in flight: a place in its loop's list, and what readers of events are told on its way. Lives in the frame that
// serves the request.
#pragma once

#include "api/flights.h"
#include "api/request_log.h"
#include "relay/watcher.h"
#include "server/reply.h"

namespace freeway::api {

class Flight final : public relay::Watcher {
 public:
  // All must outlive it.
  Flight(Flights::Lane& lane, Office& office, const Asked& asked, server::Reply& reply);
  ~Flight();
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  FlightRow row() const;
  std::string_view id() const { return asked_.request_id; }
  void call_off();
  const Flight* older() const { return older_; }
  Flight* older() { return older_; }

  void began(relay::Served& served) override { served_ = &served; }
  void ended() override { served_ = nullptr; }
  bool wants_plan(Instant now) override { return lane_.wants_plan(now); }
  void planned(const catalog::Catalog& catalog, const router::Query& query, const router::Plan& plan) override;
  void asks(const catalog::Catalog& catalog, catalog::RouteId route) override;
  void failed(const catalog::Catalog& catalog, const relay::Attempted& attempted) override;
  void answers(const catalog::Catalog& catalog, catalog::RouteId route, Instant first) override;

 private:
  Flights::Lane& lane_;
  Office& office_;
  const Asked& asked_;
  net::Wakeup& wakeup_;
  relay::Served* served_ = nullptr;  // null between the parts of a request that is asked in several
  Flight* newer_ = nullptr;
  Flight* older_ = nullptr;
};

}  // namespace freeway::api
