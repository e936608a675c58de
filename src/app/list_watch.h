// Looks from time to time at the list of models that each provider in use has of its own, and keeps what it saw in the
// store: which known models have vanished from it, and which of its models nobody here knows. It changes nothing by that: a
// vanished model goes on being asked until its provider says that it is gone.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/admin/operations.h"
#include "app/sighting.h"
#include "app/situation.h"
#include "base/published.h"
#include "base/secret_set.h"
#include "store/store.h"

namespace freeway::app {

// Thread-safe; everything but the constructor may wait for the disk, `look` and `look_now` for providers.
class ListWatch {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    std::function<std::shared_ptr<const Situation>()> situation;
    std::function<Result<Roster>(const catalog::Provider&, const catalog::Key&, const std::atomic<bool>& called_off)> ask;
    const Published<SecretSet>& secrets;  // not kept, whatever providers say
  };
  // What the parts refer to must outlive it.
  explicit ListWatch(Parts parts) : parts_(std::move(parts)) {}
  ~ListWatch();  // calls off the question that is being asked

  // Looks from now on by itself, on a thread of its own, as often as `[catalog] discover_every` says.
  void start();
  // Asks each provider whose time has come. One that was never asked, or not for too long, has its time within an hour of
  // when it is first seen, so that a start asks nobody and not all are asked at once. How many were asked.
  std::size_t look();
  // Asks this one, or all in use for "", whatever the time; what was seen. Fails with not_found for one that is not in use.
  Result<std::vector<api::admin::Discovery>> look_now(const std::string& provider);
  // What was seen of the providers in use. Fails as the store does.
  Result<std::vector<api::admin::Discovery>> all();

 private:
  Result<void> recall(const std::string& provider);
  void ask(const catalog::Provider& provider);
  bool due(const catalog::Provider& provider, Duration every);

  const Parts parts_;
  std::mutex asking_;  // one provider after the other
  std::mutex mutex_;   // what follows
  std::condition_variable changed_;
  std::map<std::string, Sighting> sightings_;  // by provider, once they were read from the store
  std::map<std::string, Instant> due_;         // of those that were seen in use
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

}  // namespace freeway::app
