// Which scopes must not be used until when. Thread-safe. Names and keys' identities, not indices, so that a reload keeps
// them. A bench "until the configuration changes" is over where what it is about has changed (router/grounds.h), and
// survives every other reload and restart.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "router/verdict.h"

namespace freeway::journal {
class Journal;
class Replica;
}  // namespace freeway::journal

namespace freeway::router {

struct Bench {
  std::string scope;       // "u1/m1 key#1", "u1 key#1", "u1 account", "u1 account:NAME", "u1/m1", "u1"
  Instant until = kNever;  // kNever: until what it is about is configured otherwise (a dead key)
  Reason reason = Reason::rate_limited;
  std::string evidence;  // a short excerpt of what the provider said, no secret
  bool probing = false;  // the bench has passed or yields, and one request tries the scope; `until`: when to look again
  // A guessed moment of rest after few failures in a row: where nothing else can serve, one request at a time may try all
  // the same.
  bool yielding = false;
  bool told = false;  // `until` is the provider's word
};

class Benches {
 public:
  struct Options {
    Duration longest = std::chrono::minutes(5);  // bound of the escalation; a told delay may be longer
  };
  explicit Benches(Options options);
  ~Benches();

  // What outlives the process: every change is written to `journal`, which must outlive this, and it goes on from `told`,
  // which is what the journal read into a `replica`. Once, before anything else.
  static std::unique_ptr<journal::Replica> replica();
  void remember(journal::Journal& journal, journal::Replica& told);

  // Applies a verdict. Failures in a row of one scope double the delay; concurrent failures that started before the bench
  // began count once. `started`: when the attempt was dispatched. `answered`: the model has answered lately, so that more
  // than two failures in a row are needed to call it down.
  void apply(const catalog::Catalog& catalog, catalog::RouteId route, const Verdict& verdict, std::string_view evidence,
             Instant started, Instant now, bool answered = false);
  // The route answered: its escalation is forgotten, and a guessed moment of rest that somebody tried it in is over.
  void succeeded(const catalog::Catalog& catalog, catalog::RouteId route, Instant now);

  // The bench that keeps this route away longest, if any holds.
  std::optional<Bench> find(const catalog::Catalog& catalog, catalog::RouteId route, Instant now) const;
  // After a bench that nobody told a length of has passed, and during one that yields, one request at a time may try the
  // scope (a probe) until it succeeds or fails. False: somebody else is probing, or a bench began; plan again.
  bool admit_probe(const catalog::Catalog& catalog, catalog::RouteId route, Instant now);
  // Whether a call on this route now would be a probe, or is one: the reason of what it would find out about.
  std::optional<Reason> on_probation(const catalog::Catalog& catalog, catalog::RouteId route, Instant now) const;
  // The probe ended without a verdict (the client left).
  void release_probe(const catalog::Catalog& catalog, catalog::RouteId route);

  std::vector<Bench> all(Instant now) const;
  // Ends the bench of this scope, or all of them for "", and forgets their escalation: somebody knows better. How many.
  std::size_t lift(std::string_view scope, Instant now);
  // Ends the benches without end of this key and of its routes: its provider takes it, or somebody wants it tried. How many.
  std::size_t revive(const catalog::Catalog& catalog, std::string_view provider, std::string_view key, Instant now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freeway::router
