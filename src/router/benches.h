// Which scopes must not be used until when. Thread-safe. Names, not indices, so that a reload keeps them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "router/verdict.h"

namespace freeway::router {

struct Bench {
  std::string scope;       // "u1/m1 key#1", "u1 key#1", "u1 account", "u1 account:NAME", "u1/m1", "u1"
  Instant until = kNever;  // kNever: until the configuration changes (a dead key)
  Reason reason = Reason::rate_limited;
  std::string evidence;  // a short excerpt of what the provider said, no secret
  bool probing = false;  // the bench has passed, and one request tries the scope; `until`: when to look again
  // A first failure and a guessed moment of rest: where nothing else can serve, one request at a time may try all the same.
  bool yielding = false;
};

class Benches {
 public:
  struct Options {
    Duration longest = std::chrono::minutes(5);  // bound of the escalation; a told delay may be longer
  };
  explicit Benches(Options options);
  ~Benches();

  // Applies a verdict. Failures in a row of one scope double the delay; concurrent failures that started before the bench
  // began count once. `started`: when the attempt was dispatched.
  void apply(const catalog::Catalog& catalog, catalog::RouteId route, const Verdict& verdict, std::string_view evidence,
             Instant started, Instant now);
  // The route answered: its escalation is forgotten.
  void succeeded(const catalog::Catalog& catalog, catalog::RouteId route, Instant now);

  // The bench that keeps this route away longest, if any holds.
  std::optional<Bench> find(const catalog::Catalog& catalog, catalog::RouteId route, Instant now) const;
  // After a bench that nobody told a length of has passed, and during one that yields, one request at a time may try the
  // scope (a probe) until it succeeds or fails. False: somebody else is probing, or a bench began; plan again.
  bool admit_probe(const catalog::Catalog& catalog, catalog::RouteId route, Instant now);
  // The probe ended without a verdict (the client left).
  void release_probe(const catalog::Catalog& catalog, catalog::RouteId route);

  std::vector<Bench> all(Instant now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freeway::router
