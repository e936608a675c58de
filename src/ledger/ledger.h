// What every route may still do, counted exactly.
//
// A route draws on several pools at once; a request reserves on all of them or on none. A place is held from `reserve`,
// stamped at `dispatched` (the moment the last byte went out, from which its windows count), and ends with `settle`.
// Thread-safe; one mutex, held for well under a microsecond, never while waiting. Time is passed in: the moments are those
// of one clock, read shortly before the call, never of a time to come.
//
// With a journal, counts outlive the process at whatever moment it dies. Over-counted are at most the requests that were in
// flight: each counts as reserved, and from the start after it if it was not stamped yet. Sliding windows come back in 256
// parts, each at its latest moment.
//
// What a call counts for: pools of requests and of concurrent calls 1, pools of tokens what the Demand says, pools of
// neurons and credit what these tokens cost by the model's price, pools of audio seconds what the Demand says of those.
//
// What the provider says goes over what the catalog states (learning.cc): a limit that it names holds for that pool from
// then on; where it has counted more than we did, or says that nothing is left, no more is drawn until its reset. A limit
// that nobody names is found from its refusals: two that come with the same count of calls let in make it a limit.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "chat/usage.h"
#include "ledger/counter.h"

namespace freeway::journal {
class Journal;
class Replica;
}  // namespace freeway::journal

namespace freeway::ledger {

// Both clocks at one moment: windows of a fixed length use the one that never jumps, days and months the calendar.
struct Moment {
  Instant now;
  WallTime wall;
};

// What a request is expected to cost.
struct Demand {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t output_tokens = 0;  // the smaller of max_tokens and a usual long answer
  std::uint64_t max_tokens = 0;     // as asked, or the model's usual substitute: for charge prompt+max_tokens
  // `output_tokens` is what is usual and not what was asked: where it alone makes the request too large for a pool, all that
  // the pool has is reserved instead.
  bool output_guessed = false;
  std::uint64_t audio_seconds = 0;
};

// Why a route can't take a request now.
struct Refusal {
  std::string_view pool;    // "u1/key#1/m1/rpm"; lives as long as the ledger
  Instant until = kNever;   // the earliest moment with room, if nothing is given back before; kNever: not by waiting
  std::uint64_t limit = 0;  // of that pool
  std::uint64_t used = 0;   // of that pool, held places included
  bool too_large = false;   // more than the pool's whole limit at once
  bool concurrent = false;  // opens when another request ends, at an unknown time; `until` is kNever
};

// How an attempt ended.
struct Outcome {
  bool success = false;
  std::optional<chat::Usage> usage;  // unset: what was reserved stands
  bool refused = false;              // for a limit: the provider did not let it in
};

class Ledger;
struct Hold;

// Held places. Move-only; must not outlive the ledger. Destroyed before `dispatched`: given back. Destroyed after it without
// `settle`: charged as reserved, because the provider may have counted it.
class Reservation {
 public:
  Reservation();
  Reservation(Reservation&&) noexcept;
  Reservation& operator=(Reservation&&) noexcept;
  ~Reservation();
  explicit operator bool() const { return ledger_ != nullptr; }

 private:
  friend class Ledger;
  Ledger* ledger_ = nullptr;
  std::unique_ptr<Hold> hold_;
};

// What a refusal said of the limit that it was for.
struct Refused {
  catalog::Scope scope = catalog::Scope::key;
  bool of_model = true;  // of this model alone
  std::optional<catalog::Unit> unit;
  catalog::Period per = catalog::Period::unknown;
  std::optional<std::uint64_t> limit;  // in parts of the unit
  std::optional<Duration> delay;       // until it may be asked again
};

// Amounts are in parts of the unit.
struct PoolLevel {
  std::string name;
  catalog::Unit unit;
  catalog::Window window;
  std::uint64_t limit = 0;                  // that holds now
  std::uint64_t stated = 0;                 // by the catalog or the configuration; kMostAmount: by nobody
  std::uint64_t used = 0;                   // stamped within the current window
  std::uint64_t in_flight = 0;              // held and not (yet) stamped; for `concurrent`, the running calls
  Instant resets = kNever;                  // when something frees
  Learned learned;                          // how the limit came to be another than the stated one
  std::optional<Counter::Ceiling> ceiling;  // what the provider says is left, where it says less than we count
  Tally today, yesterday;
};

// The pools of every route of one catalog; immutable, belongs to a catalog snapshot. Counters live in the ledger under the
// pools' names, so a reload keeps them.
class Bindings;

// Shorter prompts than these tokens are estimated well enough for anything.
inline constexpr std::uint64_t kWorthCounting = 100;

// How a route stands, for choosing among several.
struct Standing {
  std::optional<Refusal> refusal;
  // Some pool of tokens would take half of the demand's prompt and not twice as much: it matters what it truly is.
  bool near = false;
  std::uint32_t load = 0;       // of its fullest pool, in thousandths of the limit
  std::uint64_t last_used = 0;  // the larger, the more lately a place on it was reserved; 0: never
};

class Ledger {
 public:
  struct Options {
    Duration guard = std::chrono::milliseconds(300);  // added to every window, for what travels between two clocks (≤ 0.5 s)
  };
  explicit Ledger(Options options);
  ~Ledger();

  // Writes every step to `journal`, which must outlive the ledger, and goes on from `told`, what the journal read into a
  // `replica`. Once, before anything else; without it all is in memory alone.
  static std::unique_ptr<journal::Replica> replica(const Options& options);
  void remember(journal::Journal& journal, journal::Replica& told);

  // Creates counters for pools not seen before; a changed limit applies at once. A pool whose window or unit changed starts
  // anew, but for a sliding window of another length, which keeps its stamps.
  std::shared_ptr<const Bindings> bind(const catalog::Catalog& catalog);

  std::expected<Reservation, Refusal> reserve(const Bindings& bindings, catalog::RouteId route, const Demand& demand,
                                              Moment at);
  // Would `reserve` succeed? For plans; reserves nothing.
  std::optional<Refusal> look(const Bindings& bindings, catalog::RouteId route, const Demand& demand, Moment at,
                              bool first_look = false) const;
  // The same for several routes under one lock: pass a handful, not a catalog. `out` has the size of `routes`.
  // `first_look`: it is a request's first, so pools without room count it as refused, unless it is near.
  void survey(const Bindings& bindings, std::span<const catalog::RouteId> routes, const Demand& demand, Moment at,
              std::span<Standing> out, bool first_look = false) const;
  // Once for a reservation (and after `again`); later calls do nothing.
  void dispatched(Reservation& reservation, Moment at);
  // A dispatched call got lost without an answer and is to go out once more on the same route: what it drew stands, as far
  // as the provider may have counted it, and as much is held again, until the next `dispatched`. False: there is no room,
  // and nothing changes.
  bool again(Reservation& reservation, Moment at);
  void settle(Reservation&& reservation, const Outcome& outcome, Moment at);

  // The provider told how its limits stand, in the answer to the call of this reservation.
  void heard(const Bindings& bindings, const catalog::Catalog& catalog, catalog::RouteId route,
             const Reservation& reservation, std::span<const catalog::Told> told, Moment at);
  // The provider refused a call for a limit. After the call was settled.
  void refused(const Bindings& bindings, const catalog::Catalog& catalog, catalog::RouteId route, const Refused& refusal,
               Moment at);

  // Called, outside the lock, when room opened earlier than any Refusal said: a request ended, a place or a part of it was
  // given back, a limit was raised. Set once before the first request; must not throw.
  void on_release(std::function<void()> callback);

  std::vector<PoolLevel> levels(Moment at) const;

 private:
  friend class Reservation;
  struct State;
  void give_up(std::unique_ptr<Hold> hold);
  std::unique_ptr<State> state_;
};

}  // namespace freeway::ledger
