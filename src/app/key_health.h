// Asks providers from time to time whether they still take the keys, where the catalog knows a way that costs no allowance:
// a key that died is benched before a request finds out, and one that is taken again is used again.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "api/settings.h"
#include "app/key_probe.h"
#include "base/clock.h"
#include "base/published.h"
#include "base/secret_set.h"
#include "router/benches.h"

namespace freeway::app {

class KeyHealth {
 public:
  using Ask = std::function<KeyVerdict(const catalog::Provider& provider, const catalog::Key& key)>;  // may block

  using Secrets = std::function<std::shared_ptr<const SecretSet>()>;  // kept out of what providers say; never null

  // Everything must outlive it. `every`: how often a key is asked about; zero: never.
  KeyHealth(const Published<api::Settings>& settings, router::Benches& benches, const Clock& clock, Ask ask, Secrets secrets,
            Duration every);
  ~KeyHealth();  // waits for the question that is being asked

  // Looks from now on by itself, on a thread of its own.
  void start();
  void set_every(Duration every);
  // Asks about every key whose time has come, the first time some part of `every` after it was first seen, so that a start
  // asks nobody and not all are asked at once. How many were asked. Blocking; one thread at a time.
  std::size_t look();

 private:
  struct Found {
    const catalog::Catalog& catalog;
    const catalog::Provider& provider;
    const catalog::Key& key;
    catalog::RouteId route;  // one with this key
  };
  bool due(const Found& found, Duration every, std::map<std::string, Instant>& seen);
  void judge(const Found& found);
  bool ends() const;

  const Published<api::Settings>& settings_;
  router::Benches& benches_;
  const Clock& clock_;
  const Ask ask_;
  const Secrets secrets_;
  std::map<std::string, Instant> due_;  // when a key's time comes, by its provider and identity

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Duration every_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace freeway::app
