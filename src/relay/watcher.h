// Who watches a request from outside while it is served, and what there is to see. On the request's loop; nothing here may
// wait.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "relay/trail.h"
#include "router/router.h"

namespace freeway::relay {

// How far a request has come. Points into it, so it is to be read at once.
struct Progress {
  enum class State : unsigned char {
    planning,
    waiting,    // in line for a route
    asking,     // no content yet
    answering,  // content goes to the client
  };
  State state = State::planning;
  const catalog::Catalog* catalog = nullptr;  // that the routes are of
  const Trail* trail = nullptr;               // attempts that failed so far
  std::optional<catalog::RouteId> route;      // that is asked or answers; of two that race, the first
  std::optional<Instant> first;               // its first content
  std::uint64_t tokens = 0;                   // of its answer so far; where the provider has told none, an estimate
};

class Served {
 public:
  virtual Progress progress() const = 0;
  // Ends what runs upstream at once, even while the request is busy with its client. After Watcher::called_off was set.
  virtual void cut() = 0;

 protected:
  ~Served() = default;
};

class Watcher {
 public:
  // The request is to end now. Set by the watcher, which then cuts it and rings the reply's wake-up; the client is told that
  // an administrator has cancelled it.
  bool called_off = false;

  // The request may be looked at until `ended`.
  virtual void began(Served& served) = 0;
  virtual void ended() = 0;

  // Is the plan of now to be explained in full? That costs many times what serving's own look does.
  virtual bool wants_plan(Instant now) = 0;
  // It, before the first attempt; of a request that waits, again with each look.
  virtual void planned(const catalog::Catalog& catalog, const router::Query& query, const router::Plan& plan) = 0;

  virtual void asks(const catalog::Catalog& catalog, catalog::RouteId route) = 0;
  virtual void failed(const catalog::Catalog& catalog, const Attempted& attempted) = 0;
  // A stream has its first content.
  virtual void answers(const catalog::Catalog& catalog, catalog::RouteId route, Instant first) = 0;

 protected:
  ~Watcher() = default;
};

}  // namespace freeway::relay
