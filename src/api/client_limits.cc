#include "api/client_limits.h"

#include <algorithm>

namespace freeway::api {

namespace {

constexpr Duration kMinute = std::chrono::seconds(60);
constexpr Duration kDay = std::chrono::hours(24);

std::int64_t day_of(WallTime wall) { return wall.time_since_epoch() / kDay; }

}  // namespace

std::optional<Duration> ClientLimits::admit(const ClientKey& key, Instant now, WallTime wall) {
  if (!key.rpm && !key.tpd) return std::nullopt;
  std::lock_guard lock(mutex_);
  Used& used = used_[key.name];
  if (key.tpd) {
    if (used.day != day_of(wall)) used.tokens = 0;
    used.day = day_of(wall);
    if (used.tokens >= *key.tpd) return kDay - wall.time_since_epoch() % kDay;
  }
  if (key.rpm) {
    while (!used.requests.empty() && used.requests.front() + kMinute <= now) used.requests.pop_front();
    if (*key.rpm == 0) return kMinute;
    if (used.requests.size() >= *key.rpm) {
      // After a reload to a lower limit more than one must leave the window.
      return used.requests[used.requests.size() - *key.rpm] + kMinute - now;
    }
    used.requests.push_back(now);
  }
  return std::nullopt;
}

void ClientLimits::refused(const ClientKey& key, Instant admitted) {
  if (!key.rpm) return;
  std::lock_guard lock(mutex_);
  auto& requests = used_[key.name].requests;
  auto at = std::find(requests.rbegin(), requests.rend(), admitted);
  if (at != requests.rend()) requests.erase(std::next(at).base());
}

void ClientLimits::spent(const ClientKey& key, std::uint64_t tokens, WallTime wall) {
  if (!key.tpd) return;
  std::lock_guard lock(mutex_);
  Used& used = used_[key.name];
  if (used.day != day_of(wall)) used.tokens = 0;
  used.day = day_of(wall);
  used.tokens += tokens;
}

}  // namespace freeway::api
