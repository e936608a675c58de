// What is known of each scope, and that as the journal tells it.
//
// A record `bench` is a scope's whole state, after each change: identity · told by the provider (bit 0), answered lately
// (bit 1), strikes (from bit 8) · failures · first step · began · until · ground · name · reason · evidence.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "journal/replica.h"
#include "router/verdict.h"

namespace freeway::router {

// A guess of at most so much yields until so many failures in a row say that the scope is down. One that answered lately
// has more credit: if it fails once in eight calls, five come together once in 30,000.
inline constexpr Duration kMomentOfRest = std::chrono::seconds(2);
inline constexpr std::uint32_t kDown = 2, kDownAfterAnswers = 5;
// A probe that never ended is forgotten.
inline constexpr Duration kLongestProbe = std::chrono::minutes(10);

struct Scope {
  std::uint64_t identity = 0;  // digest of a name in which keys stand by their identity
  std::string name;            // for people
  Instant began;               // the last bench
  Instant until;
  Duration step{};             // its first step, if it was not told
  std::uint32_t failures = 0;  // in a row, one for each rest: so often its length doubles
  std::uint32_t strikes = 0;   // in a row, those during a rest that yielded included
  bool answered = false;       // lately, before the first of them
  bool told = false;           // `until` is the provider's word
  std::uint64_t ground = 0;    // of a bench without end: what it stands on
  Instant probe = kNever;      // since when somebody tries the scope; kNever: nobody does
  Reason reason = Reason::rate_limited;
  std::string evidence;

  bool moment_of_rest() const { return !told && until != kNever && step <= kMomentOfRest; }
  // To those that nothing else can serve. Silence costs them too much to be asked for twice.
  bool yielding() const {
    return moment_of_rest() && strikes < (answered && reason != Reason::timeout ? kDownAfterAnswers : kDown);
  }
  // Only a probe may try it.
  bool on_probation(Instant now) const { return failures > 0 && !told && (until <= now || yielding()); }
  bool probing(Instant now) const { return probe != kNever && now - probe < kLongestProbe; }
  bool idle(Instant now) const { return failures == 0 && until <= now && probe == kNever; }
};

journal::Payload payload_of(const Scope& scope);

class BenchBook final : public journal::Replica {
 public:
  void apply(const journal::Record& record) override;
  void restart(journal::Moment at, Duration shift) override;
  void write(journal::Draft& draft, journal::Moment at) override;

  const std::unordered_map<std::uint64_t, Scope>& scopes() const { return scopes_; }

 private:
  std::unordered_map<std::uint64_t, Scope> scopes_;  // those that are not idle
};

}  // namespace freeway::router
