// One line of waiters in which clients take turns: start-time fair queueing with a cost of 1 a request. Pure; tickets stand
// for the waiters, and the lower came earlier.
//
// Each client has a sequence of turns in the line, as many as waiters: a new one begins where its last one ended, or with
// the line's own time if that is later, so that who joins late stands beside those who come next and not behind all. A
// client's waiters take its turns in the order in which they came; between clients the earlier turn goes first, and of equal
// turns the earlier ticket. Who gives up hands its turn to the next of its client, and the last turn is given back.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <tuple>

namespace freeway::relay {

class FairLine {
 public:
  using Ticket = std::uint64_t;
  using ClientId = std::uint32_t;

  bool empty() const { return heads_.empty(); }
  // Of a line that is not empty.
  Ticket first() const { return std::get<Ticket>(*heads_.begin()); }
  // Would this ticket be the first of the line if it stood in it? Also of one that does.
  bool before_all(ClientId client, Ticket ticket) const;

  void join(ClientId client, Ticket ticket);
  // `served`: its client has had a turn.
  void leave(ClientId client, Ticket ticket, bool served);

 private:
  // Turn, ticket, client.
  using Head = std::tuple<std::uint32_t, Ticket, ClientId>;
  struct Flow {
    std::set<Ticket> tickets;
    std::deque<std::uint32_t> turns;  // as many as tickets, rising
    std::uint32_t next = 0;           // no further turn may begin before it
  };
  static Head head_of(const Flow& flow, ClientId client);
  void advance(std::uint32_t turn);

  std::map<ClientId, Flow> flows_;  // also of clients that were served ahead of the line's time
  std::set<Head> heads_;            // the next of each client that waits
  std::uint32_t time_ = 0;          // the latest turn that was served
};

}  // namespace freeway::relay
