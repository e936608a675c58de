// What client keys have used of their own limits. Thread-safe; kept by the key's name, so that a reload keeps it.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "api/client_keys.h"
#include "base/clock.h"

namespace freeway::api {

class ClientLimits {
 public:
  // Counts one request, or says how long until the key may send one (requests in any 60 s; tokens of a UTC day).
  std::optional<Duration> admit(const ClientKey& key, Instant now, WallTime wall);
  // Takes back what `admit` counted at that moment: the request was refused before any provider was asked.
  void refused(const ClientKey& key, Instant admitted);
  void spent(const ClientKey& key, std::uint64_t tokens, WallTime wall);

 private:
  struct Used {
    std::deque<Instant> requests;
    std::int64_t day = 0;
    std::uint64_t tokens = 0;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Used> used_;
};

}  // namespace freeway::api
