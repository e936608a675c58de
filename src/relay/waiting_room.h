// Requests that wait for a route to open. On every route clients take turns, so that one with hundreds of waiters keeps
// nobody else waiting for long; within a client, and where there is one alone, it is first come, first served.
//
// A request holds a Place with the routes it could take, by name ("u1/m1 key#1"), because names outlast a change of the
// configuration and ids do not. A route is taken only by a request whose turn is the first on that route. A newcomer can't
// overtake: where somebody waits, it has to join first. When a Place ends, or the ledger says that room opened, whoever is
// now first on a route is rung. Thread-safe; a Place belongs to its request's loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/loop.h"
#include "relay/fair_line.h"

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
    // Gives up: that costs the client no turn.
    void leave() { end(false); }
    // A route was taken: the client has had a turn on all that the place stood for.
    void served() { end(true); }
    // Waits for these routes from now on; among its client's waiters as early as before. The place must be held.
    void move_to(std::vector<std::string> routes);
    // False also once the place was lost to another client's newcomer, which is told by a ring.
    bool held() const;

   private:
    friend class WaitingRoom;
    struct Waiter;
    void end(bool served);
    WaitingRoom* room_ = nullptr;
    std::shared_ptr<Waiter> waiter_;
  };

  // Joins at the end of the client's turns. If the room is full, the client with the most places loses its newest, if it has
  // more than this one will have; else the place is not held. `wakeup` must outlive the place.
  Place join(std::string_view client, std::vector<std::string> routes, net::Wakeup& wakeup);
  // Is it somebody else's turn before this place (before a newcomer: does anybody wait for the route)?
  bool behind(std::string_view route, const Place& place) const;
  // Is this place the first on one of its routes at least?
  bool first(const Place& place) const;
  // Room opened somewhere: rings whoever is first on a route.
  void opened();
  // The configuration changed, and with it perhaps what each may take: rings everybody.
  void changed();
  std::size_t size() const { return count_.load(std::memory_order_relaxed); }

 private:
  using Waiter = Place::Waiter;
  using Ticket = FairLine::Ticket;
  using Rings = std::set<std::shared_ptr<Waiter>>;
  static void ring(const Rings& waiters);
  bool make_room(FairLine::ClientId client, Rings& rings);
  void step_in(const Waiter& waiter);
  void step_out(const Waiter& waiter, bool served, Rings& rings);
  void remove(const Waiter& waiter, bool served, Rings& rings);

  const std::size_t most_;
  std::atomic<std::size_t> count_{0};
  mutable std::mutex mutex_;
  Ticket next_ticket_ = 1;
  std::map<std::string, FairLine, std::less<>> lines_;  // with a waiter at least
  std::unordered_map<Ticket, std::shared_ptr<Waiter>> waiters_;
  std::map<std::string, FairLine::ClientId, std::less<>> clients_;  // that ever waited
  std::vector<std::set<Ticket>> places_;                            // of each client
};

}  // namespace freeway::relay
