#include "router/bench_book.h"

#include <algorithm>

namespace freeway::router {

using journal::Kind;

namespace {

// What a scope's failures in a row say after so long is nothing any more, and a dead key of long ago may live.
constexpr Duration kForgotten = std::chrono::hours(48);
constexpr Duration kForgottenDead = std::chrono::hours(24 * 60);

constexpr std::uint64_t kTold = 1, kAnswered = 2;
constexpr int kStrikesAt = 8;

bool forgotten(const Scope& scope, Instant now) {
  if (scope.until == kNever) return now - scope.began > kForgottenDead;
  if (scope.until > now) return false;
  return scope.failures == 0 || now - scope.until > kForgotten;
}

}  // namespace

journal::Payload payload_of(const Scope& scope) {
  journal::Payload payload;
  std::uint64_t told = (scope.told ? kTold : 0) | (scope.answered ? kAnswered : 0);
  told |= std::uint64_t{scope.strikes} << kStrikesAt;
  payload.word(scope.identity).word(told).word(scope.failures).number(scope.step.count());
  payload.number(scope.began.time_since_epoch().count()).number(scope.until.time_since_epoch().count());
  payload.word(scope.ground).text(scope.name).text(to_string(scope.reason)).text(scope.evidence);
  return payload;
}

void BenchBook::apply(const journal::Record& record) {
  if (record.kind != Kind::bench) return;
  journal::Reader reader(record.payload);
  Scope scope;
  scope.identity = reader.word();
  std::uint64_t told = reader.word();
  scope.told = (told & kTold) != 0;
  scope.answered = (told & kAnswered) != 0;
  scope.strikes = static_cast<std::uint32_t>(told >> kStrikesAt);
  scope.failures = static_cast<std::uint32_t>(reader.word());
  scope.step = Duration(std::max<std::int64_t>(reader.number(), 0));
  scope.began = Instant(Duration(reader.number()));
  scope.until = Instant(Duration(reader.number()));
  scope.ground = reader.word();
  scope.name = reader.text();
  scope.reason = chat::reason_named(reader.text()).value_or(Reason::rate_limited);
  scope.evidence = reader.text();
  if (!reader.good()) return;
  if (scope.idle(record.at.now)) {
    scopes_.erase(scope.identity);
  } else {
    scopes_.insert_or_assign(scope.identity, std::move(scope));
  }
}

void BenchBook::restart(journal::Moment, Duration shift) {
  for (auto& [identity, scope] : scopes_) {
    scope.began += shift;
    if (scope.until != kNever) scope.until += shift;
  }
}

void BenchBook::write(journal::Draft& draft, journal::Moment at) {
  std::erase_if(scopes_, [&](const auto& item) { return forgotten(item.second, at.now); });
  for (const auto& [identity, scope] : scopes_) draft.add(Kind::bench, at, payload_of(scope).words());
}

}  // namespace freeway::router
