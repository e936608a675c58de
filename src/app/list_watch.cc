#include "app/list_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace freeway::app {

namespace {

constexpr Duration kPeriod = std::chrono::seconds(20);  // between two looks
constexpr Duration kFirst = std::chrono::hours(1);
constexpr std::int64_t kParts = 16;
constexpr std::size_t kMostKeys = 3;  // asked before a list counts as unreadable

std::string fact_of(const std::string& provider) { return "list." + provider; }

// From one part of it to all of it, the same for a provider each time.
Duration first_wait(Duration every, std::string_view provider) {
  std::int64_t part = 0;
  for (char c : provider) part = (part * 31 + static_cast<unsigned char>(c)) % kParts;
  return std::min(every, kFirst) / kParts * (part + 1);
}

}  // namespace

ListWatch::~ListWatch() {
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ListWatch::start() {
  thread_ = std::thread([this] {
    while (!ends_) {
      look();
      Duration every = parts_.situation()->config.discover_every;
      Duration pause = every > Duration::zero() ? std::min(kPeriod, every / kParts) : kPeriod;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, pause, [this] { return ends_.load(); });
    }
  });
}

Result<void> ListWatch::recall(const std::string& provider) {
  {
    std::lock_guard lock(mutex_);
    if (sightings_.contains(provider)) return {};
  }
  auto kept = parts_.store.fact(fact_of(provider));
  if (!kept) return std::unexpected(kept.error());
  std::lock_guard lock(mutex_);
  sightings_.emplace(provider, read_sighting(kept->value_or("")).value_or(Sighting()));
  return {};
}

bool ListWatch::due(const catalog::Provider& provider, Duration every) {
  if (list_address(provider).empty() || !recall(provider.id)) return false;
  std::lock_guard lock(mutex_);
  Instant now = parts_.clock.now();
  auto known = due_.find(provider.id);
  if (known == due_.end()) {
    Duration wait = first_wait(every, provider.id);
    const auto& looked = sightings_[provider.id].looked;
    if (looked) wait = std::max(wait, std::min(every, *looked + every - parts_.clock.wall()));
    known = due_.emplace(provider.id, now + wait).first;
  }
  known->second = std::min(known->second, now + every);
  if (now < known->second) return false;
  known->second = now + every;
  return true;
}

std::size_t ListWatch::look() {
  auto situation = parts_.situation();
  Duration every = situation->config.discover_every;
  if (every <= Duration::zero()) return 0;
  std::size_t asked = 0;
  for (const catalog::Provider& provider : situation->config.providers) {
    if (ends_) break;
    if (!due(provider, every)) continue;
    ask(provider);
    ++asked;
  }
  return asked;
}

void ListWatch::ask(const catalog::Provider& provider) {
  std::lock_guard alone(asking_);
  Result<Roster> found = fail(ErrorKind::unsupported, fmt::format("{} has no key to ask with", provider.id));
  for (std::size_t i = 0; i < std::min(provider.keys.size(), kMostKeys) && !found && !ends_; ++i) {
    found = parts_.ask(provider, provider.keys[i], ends_);
  }
  if (ends_ || !recall(provider.id)) return;
  const auto secrets = parts_.secrets.load();
  if (found) {
    std::erase_if(found->models, [&](const dialect::ListedModel& model) { return secrets->found(model.id); });
  } else {
    Error why = found.error();
    secrets->redact_excerpts(why.message);
    found = std::unexpected(std::move(why));
  }
  std::string kept;
  std::vector<std::string> vanished;
  {
    std::lock_guard lock(mutex_);
    Sighting& sighting = sightings_[provider.id];
    vanished = note(sighting, provider, std::move(found), parts_.clock.wall());
    kept = write_sighting(sighting);
  }
  for (const std::string& model : vanished) log::info("{} lists {} no longer", provider.id, model);
  store::Changes changes;
  changes.facts[fact_of(provider.id)] = std::move(kept);
  if (auto done = parts_.store.apply(changes); !done)
    log::warn("the list of {} is not kept: {}", provider.id, done.error().message);
}

Result<std::vector<api::admin::Discovery>> ListWatch::look_now(const std::string& wanted) {
  auto situation = parts_.situation();
  std::size_t asked = 0;
  for (const catalog::Provider& provider : situation->config.providers) {
    if (!wanted.empty() && provider.id != wanted) continue;
    ++asked;
    if (!list_address(provider).empty()) ask(provider);
  }
  if (asked == 0 && !wanted.empty()) return fail(ErrorKind::not_found, fmt::format("no provider {} is in use", wanted));
  auto told = all();
  if (told && !wanted.empty()) std::erase_if(*told, [&](const auto& one) { return one.provider != wanted; });
  return told;
}

Result<std::vector<api::admin::Discovery>> ListWatch::all() {
  std::vector<api::admin::Discovery> told;
  auto situation = parts_.situation();
  for (const catalog::Provider& provider : situation->config.providers) {
    if (auto done = recall(provider.id); !done) return std::unexpected(done.error());
    std::lock_guard lock(mutex_);
    told.push_back(tell(sightings_[provider.id], provider));
  }
  return told;
}

}  // namespace freeway::app
