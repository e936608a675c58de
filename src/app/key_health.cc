#include "app/key_health.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"

namespace freeway::app {

namespace {

constexpr Duration kPeriod = std::chrono::seconds(20);  // between two looks
constexpr std::int64_t kParts = 16;

// A chat would use the allowance, and a key that is not there can't be bad.
bool is_free(const catalog::Provider& provider) {
  return provider.probe && !provider.probe->paths.empty() && provider.probe->model.empty();
}

// From one part of it to all of it, the same for a key each time.
Duration first_wait(Duration every, std::string_view identity) {
  std::int64_t part = 0;
  for (char c : identity) part = (part * 31 + static_cast<unsigned char>(c)) % kParts;
  return every / kParts * (part + 1);
}

}  // namespace

KeyHealth::KeyHealth(const Published<api::Settings>& settings, router::Benches& benches, const Clock& clock, Ask ask,
                     Secrets secrets, Duration every)
    : settings_(settings),
      benches_(benches),
      clock_(clock),
      ask_(std::move(ask)),
      secrets_(std::move(secrets)),
      every_(every) {}

KeyHealth::~KeyHealth() {
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void KeyHealth::start() {
  thread_ = std::thread([this] {
    for (;;) {
      look();
      std::unique_lock lock(mutex_);
      Duration pause = every_ > Duration::zero() ? std::min(kPeriod, every_ / kParts) : kPeriod;
      changed_.wait_for(lock, pause, [this] { return ends_; });
      if (ends_) return;
    }
  });
}

void KeyHealth::set_every(Duration every) {
  std::lock_guard lock(mutex_);
  every_ = every;
}

bool KeyHealth::ends() const {
  std::lock_guard lock(mutex_);
  return ends_;
}

bool KeyHealth::due(const Found& found, Duration every, std::map<std::string, Instant>& seen) {
  std::string name = found.provider.id + " " + found.key.identity;
  Instant now = clock_.now();
  auto known = due_.find(name);
  Instant when = known == due_.end() ? now + first_wait(every, found.key.identity) : std::min(known->second, now + every);
  bool comes = now >= when;
  seen[std::move(name)] = comes ? now + every : when;
  return comes;
}

std::size_t KeyHealth::look() {
  Duration every;
  {
    std::lock_guard lock(mutex_);
    every = every_;
  }
  if (every <= Duration::zero()) return 0;
  auto settings = settings_.load();
  const catalog::Catalog& catalog = *settings->routing->catalog;
  std::map<std::string, Instant> seen;
  std::set<std::pair<std::uint32_t, std::uint32_t>> looked_at;  // provider and key
  std::size_t asked = 0;
  for (catalog::RouteId id = 0; id < catalog.routes().size(); ++id) {
    const catalog::Route& route = catalog.routes()[id];
    if (!looked_at.emplace(route.provider, route.key).second) continue;
    Found found{catalog, catalog.provider(id), catalog.key(id), id};
    if (!is_free(found.provider) || found.key.secret.empty()) continue;
    if (!due(found, every, seen)) continue;
    if (ends()) return asked;
    judge(found);
    ++asked;
  }
  due_ = std::move(seen);
  return asked;
}

void KeyHealth::judge(const Found& found) {
  KeyVerdict verdict = ask_(found.provider, found.key);
  secrets_()->redact_excerpts(verdict.reason);
  const std::string scope = fmt::format("{} {}", found.provider.id, found.key.name);
  bool benched = false;
  for (const router::Bench& bench : benches_.all(clock_.now()))
    benched = benched || (bench.scope == scope && bench.reason == router::Reason::invalid_key);
  if (verdict.result == catalog::ProbeResult::invalid && !benched) {
    router::Verdict dead;
    dead.reason = router::Reason::invalid_key;
    dead.blame = router::Blame::key;
    dead.bench = Duration::max();
    benches_.apply(found.catalog, found.route, dead, verdict.reason, clock_.now(), clock_.now());
    log::warn("{} is no longer taken and rests: {}", scope, verdict.reason);
  } else if (verdict.result == catalog::ProbeResult::valid && benched) {
    benches_.lift(scope, clock_.now());
    log::info("{} is taken again", scope);
  }
}

}  // namespace freeway::app
