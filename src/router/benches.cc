#include "router/benches.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_map>

namespace freeway::router {

using catalog::Catalog;
using catalog::RouteId;

namespace {

// What waits for somebody else's probe looks again so often.
constexpr Duration kProbeLook = std::chrono::milliseconds(250);
// A guess of at most so much yields after a first failure.
constexpr Duration kMomentOfRest = std::chrono::seconds(2);
// A probe that never ended is forgotten.
constexpr Duration kLongestProbe = std::chrono::minutes(10);
// Where a first step is longer than the bound of the escalation already, it doubles up to this.
constexpr Duration kLongestOfLong = std::chrono::hours(24);
constexpr std::size_t kMostEvidence = 300;
constexpr std::size_t kCatalogsKept = 4;

enum Place : std::size_t { kRoute, kKey, kAccount, kModel, kProvider, kPlaces };

Place place_of(Blame blame) {
  switch (blame) {
    case Blame::key: return kKey;
    case Blame::account: return kAccount;
    case Blame::model: return kModel;
    case Blame::provider: return kProvider;
    case Blame::client:
    case Blame::route: break;
  }
  return kRoute;
}

std::string name_of(const Catalog& catalog, RouteId route, Place place) {
  switch (place) {
    case kKey: return catalog.provider(route).id + " " + catalog.key(route).name;
    case kAccount: {
      const auto& account = catalog.key(route).account;
      return catalog.provider(route).id + (account.empty() ? " account" : " account:" + account);
    }
    case kModel: return catalog.model_name(route);
    case kProvider: return catalog.provider(route).id;
    default: return catalog.route_name(route);
  }
}

struct Scope {
  std::string name;
  Instant began;  // the last bench
  Instant until;
  Duration step{};             // its first step, if it was not told
  std::uint32_t failures = 0;  // in a row
  bool told = false;           // `until` is the provider's word
  std::uint64_t serial = 0;    // for a bench without end: of the catalog it holds for
  Instant probe = kNever;      // since when somebody tries the scope; kNever: nobody does
  Reason reason = Reason::rate_limited;
  std::string evidence;

  bool benched(Instant now, std::uint64_t catalog) const { return until == kNever ? serial == catalog : until > now; }
  bool yielding() const { return failures == 1 && !told && until != kNever && step <= kMomentOfRest; }
  // Only a probe may try it.
  bool on_probation(Instant now) const { return failures > 0 && !told && (until <= now || yielding()); }
  bool probing(Instant now) const { return probe != kNever && now - probe < kLongestProbe; }
  bool idle(Instant now) const { return failures == 0 && until <= now && probe == kNever; }
};

using Scopes = std::array<Scope*, kPlaces>;

Duration escalated(Duration step, std::uint32_t failures, Duration longest) {
  Duration most = step >= longest ? std::max(step, kLongestOfLong) : longest;
  for (std::uint32_t i = 1; i < failures && step < most; ++i) step *= 2;
  return std::min(step, most);
}

}  // namespace

struct Benches::State {
  Options options;
  std::mutex mutex;
  std::atomic<bool> quiet{true};  // no scope is active: every question is answered without the lock
  std::deque<Scope> scopes;       // never erased, so pointers stay good
  std::unordered_map<std::string, Scope*> by_name;
  std::vector<Scope*> active;
  std::deque<std::pair<std::uint64_t, std::vector<Scopes>>> catalogs;  // by serial, the latest last

  Scope* scope(std::string name) {
    auto& found = by_name[name];
    if (!found) {
      scopes.push_back({});
      found = &scopes.back();
      found->name = std::move(name);
    }
    return found;
  }
  const Scopes& of(const Catalog& catalog, RouteId route);
  void activate(Scope& scope) {
    if (std::find(active.begin(), active.end(), &scope) == active.end()) active.push_back(&scope);
    quiet = false;
  }
  void tidy(Instant now) {
    std::erase_if(active, [now](const Scope* scope) { return scope->idle(now); });
    quiet = active.empty();
  }
  // False: the verdict changes nothing.
  bool bench(Scope& scope, const Verdict& verdict, Instant started, Instant now);
};

const Scopes& Benches::State::of(const Catalog& catalog, RouteId route) {
  for (const auto& [serial, scopes_of] : catalogs)
    if (serial == catalog.serial()) return scopes_of[route];
  if (catalogs.size() >= kCatalogsKept) catalogs.pop_front();
  std::vector<Scopes> made(catalog.routes().size());
  for (RouteId id = 0; id < made.size(); ++id) {
    for (std::size_t place = 0; place < kPlaces; ++place)
      made[id][place] = scope(name_of(catalog, id, static_cast<Place>(place)));
  }
  catalogs.emplace_back(catalog.serial(), std::move(made));
  return catalogs.back().second[route];
}

Benches::Benches(Options options) : state_(std::make_unique<State>()) { state_->options = options; }
Benches::~Benches() = default;

bool Benches::State::bench(Scope& scope, const Verdict& verdict, Instant started, Instant now) {
  Duration step = *verdict.bench;
  bool holds = scope.until > now;
  if (verdict.told) {
    // The provider's word replaces a guess; of two words the later moment counts.
    if (holds && scope.told && scope.until >= now + step) return false;
    scope.until = now + step;
    scope.told = true;
    scope.began = now;
    return true;
  }
  // Attempts that were under way when the bench began say nothing new, unless they say something graver.
  bool new_evidence = scope.failures == 0 || started >= scope.began;
  if (!new_evidence && step <= scope.step) return false;
  if (new_evidence) ++scope.failures;
  scope.step = step;
  scope.began = now;
  Instant until = now + escalated(step, scope.failures, options.longest);
  if (holds && scope.until >= until) return false;
  scope.until = until;
  scope.told = false;
  return true;
}

void Benches::apply(const Catalog& catalog, RouteId route, const Verdict& verdict, std::string_view evidence,
                    Instant started, Instant now) {
  bool benching = verdict.blame != Blame::client && verdict.bench;
  if (!benching && state_->quiet) return;
  std::lock_guard lock(state_->mutex);
  const auto& scopes = state_->of(catalog, route);
  for (auto* scope : scopes)
    if (scope->probe != kNever && scope->probe <= started) scope->probe = kNever;
  if (!benching) return;
  Scope& scope = *scopes[place_of(verdict.blame)];
  bool dead = scope.until == kNever && scope.serial == catalog.serial();
  if (dead) return;
  if (scope.until == kNever) scope.until = now;  // it was another configuration's
  if (*verdict.bench == Duration::max()) {
    scope.until = kNever;
    scope.serial = catalog.serial();
    scope.began = now;
    scope.told = false;
  } else if (!state_->bench(scope, verdict, started, now)) {
    return;
  }
  scope.reason = verdict.reason;
  scope.evidence.assign(evidence.substr(0, kMostEvidence));
  state_->activate(scope);
}

void Benches::succeeded(const Catalog& catalog, RouteId route, Instant now) {
  if (state_->quiet) return;
  std::lock_guard lock(state_->mutex);
  for (auto* scope : state_->of(catalog, route)) {
    scope->failures = 0;
    scope->probe = kNever;
    if (scope->until == kNever && scope->serial != catalog.serial()) scope->until = now;
  }
  state_->tidy(now);
}

std::optional<Bench> Benches::find(const Catalog& catalog, RouteId route, Instant now) const {
  if (state_->quiet) return std::nullopt;
  std::lock_guard lock(state_->mutex);
  const Scope* longest = nullptr;
  const Scope* probed = nullptr;
  bool yielding = true;
  for (const auto* scope : state_->of(catalog, route)) {
    if (scope->benched(now, catalog.serial())) {
      yielding = yielding && scope->yielding();
      if (!longest || scope->until > longest->until) longest = scope;
    }
    if (scope->on_probation(now) && scope->probing(now)) probed = scope;
  }
  if (longest) return Bench{longest->name, longest->until, longest->reason, longest->evidence, false, yielding && !probed};
  if (probed) return Bench{probed->name, now + kProbeLook, probed->reason, probed->evidence, true, false};
  return std::nullopt;
}

bool Benches::admit_probe(const Catalog& catalog, RouteId route, Instant now) {
  if (state_->quiet) return true;
  std::lock_guard lock(state_->mutex);
  const auto& scopes = state_->of(catalog, route);
  for (const auto* scope : scopes) {
    if (scope->benched(now, catalog.serial()) && !scope->yielding()) return false;
    if (scope->on_probation(now) && scope->probing(now)) return false;
  }
  for (auto* scope : scopes)
    if (scope->on_probation(now)) scope->probe = now;
  return true;
}

void Benches::release_probe(const Catalog& catalog, RouteId route) {
  if (state_->quiet) return;
  std::lock_guard lock(state_->mutex);
  for (auto* scope : state_->of(catalog, route)) scope->probe = kNever;
}

std::vector<Bench> Benches::all(Instant now) const {
  std::vector<Bench> benches;
  std::lock_guard lock(state_->mutex);
  std::uint64_t latest = 0;
  for (const auto& [serial, scopes] : state_->catalogs) latest = std::max(latest, serial);
  for (const auto* scope : state_->active) {
    if (scope->benched(now, latest))
      benches.push_back({scope->name, scope->until, scope->reason, scope->evidence, false, false});
  }
  return benches;
}

}  // namespace freeway::router
