// Requests that wait for a route to open, first come, first served on every route.
//
// A request holds a Place with the routes it could take. A route is taken only by a request with no earlier Place on that
// route, so a newcomer can't overtake. When a Place is given up, or the ledger says that room opened, whoever is now first
// on a route is rung. Thread-safe; a Place belongs to its request's loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"
#include "net/loop.h"

namespace freeway::relay {

class WaitingRoom {
 public:
  explicit WaitingRoom(std::size_t most) : most_(most) {}

  class Place {
   public:
    Place() = default;
    Place(Place&&) noexcept;
    Place& operator=(Place&&) noexcept;
    ~Place() { leave(); }
    void leave();
    bool held() const { return room_ != nullptr; }

   private:
    friend class WaitingRoom;
    struct Waiter;
    WaitingRoom* room_ = nullptr;
    std::shared_ptr<Waiter> waiter_;
  };

  // Joins at the end of the line. Not held if the room is full. `wakeup` must outlive the place.
  Place join(std::vector<catalog::RouteId> routes, net::Wakeup& wakeup);
  // Is somebody before this place (before a newcomer: anybody) waiting for the route?
  bool behind(catalog::RouteId route, const Place& place) const;
  // Is this place the first on one of its routes at least?
  bool first(const Place& place) const;
  // Room opened somewhere: rings whoever is first on a route.
  void opened();
  std::size_t size() const { return count_.load(std::memory_order_relaxed); }

 private:
  using Line = std::set<std::pair<std::uint64_t, std::shared_ptr<Place::Waiter>>>;
  static void ring(const std::shared_ptr<Place::Waiter>& waiter);

  const std::size_t most_;
  std::atomic<std::size_t> count_{0};
  mutable std::mutex mutex_;
  std::uint64_t next_ticket_ = 1;
  std::unordered_map<catalog::RouteId, Line> lines_;
};

}  // namespace freeway::relay
