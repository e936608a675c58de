#include "router/benches.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "journal/journal.h"
#include "router/bench_book.h"

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

// What a dead key is dead for.
std::uint64_t digest_of(const catalog::Provider& provider) {
  std::string text;
  auto add = [&text](const std::string& part) { text.append(std::to_string(part.size())).append(":").append(part); };
  for (const auto* part : {&provider.id, &provider.dialect, &provider.base_url, &provider.proxy}) add(*part);
  for (const auto& model : provider.models)
    if (!model.base_url.empty()) add(model.base_url);
  for (const auto& key : provider.keys)
    for (const auto* part : {&key.identity, &key.account, &key.account_id, &key.proxy}) add(*part);
  return journal::digest(text);
}

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
  std::unordered_map<std::uint64_t, Scope*> by_identity;
  std::vector<Scope*> active;
  std::deque<std::pair<std::uint64_t, std::vector<Scopes>>> catalogs;  // by serial, the latest last

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
  bool bench(Scope& scope, const Verdict& verdict, Instant started, Instant now, bool answered);
};

const Scopes& Benches::State::of(const Catalog& catalog, RouteId route) {
  for (const auto& [serial, scopes_of] : catalogs)
    if (serial == catalog.serial()) return scopes_of[route];
  if (catalogs.size() >= kCatalogsKept) catalogs.pop_front();
  std::vector<Scopes> made(catalog.routes().size());
  const catalog::Provider* provider = nullptr;
  std::uint64_t configuration = 0;
  for (RouteId id = 0; id < made.size(); ++id) {
    if (provider != &catalog.provider(id)) configuration = digest_of(catalog.provider(id));
    provider = &catalog.provider(id);
    for (std::size_t at = 0; at < kPlaces; ++at) {
      auto place = static_cast<Place>(at);
      std::string identity = std::to_string(at) + name_of(catalog, id, place, catalog.key(id).identity);
      Scope* one = made[id][at] = scope(journal::digest(identity));
      one->name = name_of(catalog, id, place, catalog.key(id).name);
      // A bench without end that outlived its process.
      if (one->until == kNever && one->serial == 0 && one->configuration == configuration) one->serial = catalog.serial();
      if (one->until != kNever) one->configuration = configuration;
    }
  }
  catalogs.emplace_back(catalog.serial(), std::move(made));
  return catalogs.back().second[route];
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
    scope.configuration = digest_of(catalog.provider(route));
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
  for (auto* scope : state_->of(catalog, route)) {
    // An answer to who tried during the rest is better evidence than the guess was.
    bool tried = scope->moment_of_rest() && scope->until > now && scope->probe != kNever;
    bool lifted = tried || (scope->until == kNever && scope->serial != catalog.serial());
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
  for (const auto* scope : state_->of(catalog, route)) {
    if (scope->benched(now, catalog.serial())) {
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
  const auto& scopes = state_->of(catalog, route);
  for (const auto* scope : scopes) {
    if (scope->benched(now, catalog.serial()) && !scope->yielding()) return false;
    if (scope->on_probation(now) && scope->probing(now)) return false;
  }
  for (auto* scope : scopes)
    if (scope->on_probation(now)) scope->probe = now;
  return true;
}

std::optional<Reason> Benches::on_probation(const Catalog& catalog, RouteId route, Instant now) const {
  if (state_->quiet) return std::nullopt;
  std::lock_guard lock(state_->mutex);
  for (const auto* scope : state_->of(catalog, route))
    if (scope->on_probation(now)) return scope->reason;
  return std::nullopt;
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
      benches.push_back({scope->name, scope->until, scope->reason, scope->evidence, false, false, scope->told});
  }
  return benches;
}

std::size_t Benches::lift(std::string_view scope, Instant now) {
  std::lock_guard lock(state_->mutex);
  std::uint64_t latest = 0;
  for (const auto& [serial, scopes] : state_->catalogs) latest = std::max(latest, serial);
  std::size_t lifted = 0;
  for (auto* one : state_->active) {
    if (!one->benched(now, latest) || (!scope.empty() && one->name != scope)) continue;
    one->until = now;
    one->failures = one->strikes = 0;
    one->probe = kNever;
    one->told = false;
    state_->tell(*one, now);
    ++lifted;
  }
  state_->tidy(now);
  return lifted;
}

}  // namespace freeway::router
