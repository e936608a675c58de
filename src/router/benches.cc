#include "router/benches.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "journal/journal.h"
#include "router/bench_book.h"
#include "router/grounds.h"

namespace freeway::router {

using catalog::Catalog;
using catalog::RouteId;

namespace {

// What waits for somebody else's probe looks again so often.
constexpr Duration kProbeLook = std::chrono::milliseconds(250);
// Where a first step is longer than the bound of the escalation already, it doubles up to this.
constexpr Duration kLongestOfLong = std::chrono::hours(24);
constexpr std::size_t kMostEvidence = 300;
constexpr std::size_t kCatalogsKept = 4;

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

// `key`: how the key is called in it.
std::string name_of(const Catalog& catalog, RouteId route, Place place, const std::string& key) {
  switch (place) {
    case kKey: return catalog.provider(route).id + " " + key;
    case kAccount: {
      const auto& account = catalog.key(route).account;
      return catalog.provider(route).id + (account.empty() ? " account" : " account:" + account);
    }
    case kModel: return catalog.model_name(route);
    case kProvider: return catalog.provider(route).id;
    default: return catalog.model_name(route) + " " + key;
  }
}

using Scopes = std::array<Scope*, kPlaces>;

// What is kept of a catalog that was asked about.
struct Known {
  explicit Known(const Catalog& catalog) : serial(catalog.serial()), scopes(catalog.routes().size()), grounds(catalog) {}

  bool benched(const Scope& scope, Instant now) const {
    return scope.until == kNever ? grounds.hold(scope.ground) : scope.until > now;
  }

  std::uint64_t serial;
  std::vector<Scopes> scopes;  // of the routes
  Grounds grounds;
};

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
  std::unordered_map<std::uint64_t, Scope*> by_identity;
  std::vector<Scope*> active;
  std::deque<Known> catalogs;

  journal::Journal* journal = nullptr;

  Scope* scope(std::uint64_t identity) {
    auto& found = by_identity[identity];
    if (!found) {
      scopes.push_back({});
      found = &scopes.back();
      found->identity = identity;
    }
    return found;
  }
  void tell(const Scope& scope, Instant now) const {
    if (journal) journal->append(journal::Kind::bench, {now, journal::kNoWall}, payload_of(scope).words());
  }
  const Known& of(const Catalog& catalog);
  // Of the newest catalog that was asked about; null: none was.
  const Known* latest() const {
    auto older = [](const Known& a, const Known& b) { return a.serial < b.serial; };
    auto found = std::max_element(catalogs.begin(), catalogs.end(), older);
    return found == catalogs.end() ? nullptr : &*found;
  }
  // By the configuration in force, as far as it is known.
  bool benched(const Scope& scope, Instant now) const {
    const Known* in_force = latest();
    return in_force ? in_force->benched(scope, now) : scope.until > now;
  }
  // Until a change of the configuration that it goes by, or of the one in force: requests end by that of their beginning.
  bool dead(const Scope& scope, const Known& known) const {
    return scope.until == kNever && (known.benched(scope, kNever) || latest()->benched(scope, kNever));
  }
  void lift(Scope& scope, Instant now) const {
    scope.until = now;
    scope.failures = scope.strikes = 0;
    scope.probe = kNever;
    scope.told = false;
    tell(scope, now);
  }
  void activate(Scope& scope) {
    if (std::find(active.begin(), active.end(), &scope) == active.end()) active.push_back(&scope);
    quiet = false;
  }
  void tidy(Instant now) {
    std::erase_if(active, [now](const Scope* scope) { return scope->idle(now); });
    quiet = active.empty();
  }
  // False: the verdict changes nothing.
  bool bench(Scope& scope, const Verdict& verdict, Instant started, Instant now, bool answered);
};

const Known& Benches::State::of(const Catalog& catalog) {
  for (const Known& known : catalogs)
    if (known.serial == catalog.serial()) return known;
  if (catalogs.size() >= kCatalogsKept) catalogs.pop_front();
  Known& made = catalogs.emplace_back(catalog);
  for (RouteId id = 0; id < made.scopes.size(); ++id) {
    for (std::size_t at = 0; at < kPlaces; ++at) {
      auto place = static_cast<Place>(at);
      std::string identity = std::to_string(at) + name_of(catalog, id, place, catalog.key(id).identity);
      Scope* one = made.scopes[id][at] = scope(journal::digest(identity));
      one->name = name_of(catalog, id, place, catalog.key(id).name);
    }
  }
  return made;
}

Benches::Benches(Options options) : state_(std::make_unique<State>()) { state_->options = options; }
Benches::~Benches() = default;

std::unique_ptr<journal::Replica> Benches::replica() { return std::make_unique<BenchBook>(); }

void Benches::remember(journal::Journal& journal, journal::Replica& told) {
  std::lock_guard lock(state_->mutex);
  state_->journal = &journal;
  for (const auto& [identity, kept] : static_cast<BenchBook&>(told).scopes()) {
    Scope& scope = *state_->scope(identity);
    scope = kept;
    state_->activate(scope);
  }
}

bool Benches::State::bench(Scope& scope, const Verdict& verdict, Instant started, Instant now, bool answered) {
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
  // Who tried during the rest did not wait for its end, so it says nothing about how long it should be.
  bool during_rest = holds && scope.failures > 0 && scope.moment_of_rest() && step <= kMomentOfRest;
  if (new_evidence && scope.strikes++ == 0) scope.answered = answered;
  if (new_evidence && !during_rest) ++scope.failures;
  scope.step = step;
  scope.began = now;
  // The provider's clock does not run slower for having been asked twice.
  Instant until = now + (verdict.reset ? step : escalated(step, scope.failures, options.longest));
  if (holds && scope.until >= until) return false;
  scope.until = until;
  scope.told = false;
  return true;
}

void Benches::apply(const Catalog& catalog, RouteId route, const Verdict& verdict, std::string_view evidence,
                    Instant started, Instant now, bool answered) {
  bool benching = verdict.blame != Blame::client && verdict.bench;
  if (!benching && state_->quiet) return;
  std::lock_guard lock(state_->mutex);
  const Known& known = state_->of(catalog);
  const Scopes& scopes = known.scopes[route];
  for (auto* scope : scopes)
    if (scope->probe != kNever && scope->probe <= started) scope->probe = kNever;
  if (!benching) return;
  Place place = place_of(verdict.blame);
  Scope& scope = *scopes[place];
  if (state_->dead(scope, known)) return;
  if (scope.until == kNever) scope.until = now;  // it was another configuration's
  if (*verdict.bench == Duration::max()) {
    scope.until = kNever;
    scope.ground = ground_of(catalog, route, place);
    scope.began = now;
    scope.told = false;
  } else {
    std::uint32_t strikes = scope.strikes;
    bool rests = state_->bench(scope, verdict, started, now, answered);
    if (!rests && scope.strikes != strikes) state_->tell(scope, now);
    if (!rests) return;
  }
  scope.reason = verdict.reason;
  scope.evidence.assign(evidence.substr(0, kMostEvidence));
  state_->activate(scope);
  state_->tell(scope, now);
}

void Benches::succeeded(const Catalog& catalog, RouteId route, Instant now) {
  if (state_->quiet) return;
  std::lock_guard lock(state_->mutex);
  const Known& known = state_->of(catalog);
  for (auto* scope : known.scopes[route]) {
    // An answer to who tried during the rest is better evidence than the guess was.
    bool tried = scope->moment_of_rest() && scope->until > now && scope->probe != kNever;
    bool lifted = tried || (scope->until == kNever && !state_->dead(*scope, known));
    bool changed = scope->failures > 0 || lifted;
    scope->failures = scope->strikes = 0;
    scope->probe = kNever;
    if (lifted) scope->until = now;
    if (changed) state_->tell(*scope, now);
  }
  state_->tidy(now);
}

std::optional<Bench> Benches::find(const Catalog& catalog, RouteId route, Instant now) const {
  if (state_->quiet) return std::nullopt;
  std::lock_guard lock(state_->mutex);
  const Scope* longest = nullptr;
  const Scope* probed = nullptr;
  bool yielding = true;
  const Known& known = state_->of(catalog);
  for (const auto* scope : known.scopes[route]) {
    if (known.benched(*scope, now)) {
      yielding = yielding && scope->yielding();
      if (!longest || scope->until > longest->until) longest = scope;
    }
    if (scope->on_probation(now) && scope->probing(now)) probed = scope;
  }
  bool busy = longest && yielding && probed;
  if (longest && !busy)
    return Bench{longest->name, longest->until, longest->reason, longest->evidence, false, yielding, longest->told};
  if (probed) return Bench{probed->name, now + kProbeLook, probed->reason, probed->evidence, true, false, false};
  return std::nullopt;
}

bool Benches::admit_probe(const Catalog& catalog, RouteId route, Instant now) {
  if (state_->quiet) return true;
  std::lock_guard lock(state_->mutex);
  const Known& known = state_->of(catalog);
  const Scopes& scopes = known.scopes[route];
  for (const auto* scope : scopes) {
    if (known.benched(*scope, now) && !scope->yielding()) return false;
    if (scope->on_probation(now) && scope->probing(now)) return false;
  }
  for (auto* scope : scopes)
    if (scope->on_probation(now)) scope->probe = now;
  return true;
}

std::optional<Reason> Benches::on_probation(const Catalog& catalog, RouteId route, Instant now) const {
  if (state_->quiet) return std::nullopt;
  std::lock_guard lock(state_->mutex);
  const Scopes& scopes = state_->of(catalog).scopes[route];
  for (const auto* scope : scopes)
    if (scope->on_probation(now)) return scope->reason;
  return std::nullopt;
}

void Benches::release_probe(const Catalog& catalog, RouteId route) {
  if (state_->quiet) return;
  std::lock_guard lock(state_->mutex);
  const Scopes& scopes = state_->of(catalog).scopes[route];
  for (auto* scope : scopes) scope->probe = kNever;
}

std::vector<Bench> Benches::all(Instant now) const {
  std::vector<Bench> benches;
  std::lock_guard lock(state_->mutex);
  for (const auto* scope : state_->active) {
    if (state_->benched(*scope, now))
      benches.push_back({scope->name, scope->until, scope->reason, scope->evidence, false, false, scope->told});
  }
  return benches;
}

std::size_t Benches::lift(std::string_view scope, Instant now) {
  std::lock_guard lock(state_->mutex);
  std::size_t lifted = 0;
  for (auto* one : state_->active) {
    if (!state_->benched(*one, now) || (!scope.empty() && one->name != scope)) continue;
    state_->lift(*one, now);
    ++lifted;
  }
  state_->tidy(now);
  return lifted;
}

std::size_t Benches::revive(const Catalog& catalog, std::string_view provider, std::string_view key, Instant now) {
  if (state_->quiet) return 0;
  std::lock_guard lock(state_->mutex);
  const Known& known = state_->of(catalog);
  std::size_t lifted = 0;
  for (RouteId route = 0; route < known.scopes.size(); ++route) {
    if (catalog.provider(route).id != provider || catalog.key(route).name != key) continue;
    for (Place place : {kKey, kRoute}) {
      Scope& scope = *known.scopes[route][place];
      if (scope.until != kNever || !known.benched(scope, now)) continue;
      state_->lift(scope, now);
      ++lifted;
    }
  }
  state_->tidy(now);
  return lifted;
}

}  // namespace freeway::router
