// What the gateways of all loops share. Owned by `app`, thread-safe, outlives them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "api/admin/accounts.h"
#include "api/admin/feed.h"
#include "api/admin/operations.h"
#include "api/client_limits.h"
#include "api/flights.h"
#include "api/metrics.h"
#include "api/plan_book.h"
#include "api/settings.h"
#include "api/throttle.h"
#include "base/published.h"
#include "base/random.h"
#include "base/secret_set.h"
#include "dialect/responses/store.h"
#include "relay/services.h"
#include "store/spools.h"
#include "store/store.h"
#include "store/worker.h"

namespace freeway::api {

// What only `app` knows of the process. Callable on any thread, without waiting.
struct Vitals {
  std::string version;
  Instant started{};
  WallTime started_wall{};
  std::function<std::size_t()> connections;  // open now
  std::function<std::uint64_t()> memory;     // resident, in bytes
};

// What is counted, logged and told about requests.
struct Office {
  explicit Office(std::size_t loops) : metrics(loops), flights(loops) {}

  Metrics metrics;
  Flights flights;
  PlanBook plans;
  WrongKeys wrong_keys;
  dialect::responses::Store responses;  // that clients may come back to
  admin::Feed feed;
  admin::Operations operations;
  Vitals vitals;
  store::Store* store = nullptr;                  // the request log; null: none is kept
  admin::Accounts* accounts = nullptr;            // who may use the dashboard; null: nobody
  const Published<SecretSet>* secrets = nullptr;  // what must not leave; never null once requests come
  store::Spools* spools = nullptr;                // for what clients upload; never null once requests come
  // Where the admin API answers, so that no loop waits for the disk. Both must end before the loops do.
  store::Worker* desk = nullptr;     // questions
  store::Worker* errands = nullptr;  // operations, which may take long
  // Passwords, each worker with one thread: so many hashes take memory at once and no more, however many log in.
  store::Worker* guard = nullptr;         // from anywhere
  store::Worker* family_guard = nullptr;  // from where a login came already, which no flood from elsewhere holds up
};

struct Gate {
  const Published<Settings>& settings;
  relay::Services services;
  ClientLimits& limits;
  Random& random;
  const std::atomic<bool>& draining;
  Office& office;
};

}  // namespace freeway::api
