// The running gateway, put together from a configuration: loops, pools, router state, server and surfaces. `serve` owns one
// in the program, tests own one in their process. Created, reloaded and stopped by one thread that is none of its loops'.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "api/gate.h"
#include "app/config.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "net/listen.h"
#include "net/loop.h"

namespace freeway::app {

class Service {
 public:
  // Clock and chance must outlive the service. Listens at once; answers after `start`. `journal`: the file that pools,
  // benches and sessions outlive the process in; "": they do not. `uploads`: the folder for files that are too large to be
  // held; "": the system's own for such. Fails with a sentence about the address, the catalog or the trust roots.
  static Result<std::unique_ptr<Service>> create(const Config& config, const net::ListenAddress& listen, const Clock& clock,
                                                 Random& random, const std::string& journal = "",
                                                 const std::string& uploads = "");
  ~Service();  // as stop(0)

  // Answers on this Unix socket too, to whoever owns this process alone. Only under the lock of the socket's folder, and
  // before `start`. Fails as net::UnixListener does; the service works without it.
  Result<void> listen_locally(const std::string& path);
  void start();
  std::uint16_t port() const;
  // New providers, models, keys, limits and routing for requests from now on; counters, benches and sessions stay. What is
  // fixed while running (address, threads, body limit, session time) is kept as it is. Fails and changes nothing on a bad
  // catalog.
  Result<void> reload(const Config& config);
  // Stops listening, lets open requests end for so long, then has those that are left told that the server ends (a few
  // seconds) and closes what is left even then; all at once for a drain of zero. Returns how many were closed by force.
  std::size_t stop(Duration drain);
  // Does every loop answer within the limit? While started.
  bool responsive(Duration limit);

  net::Runtime& runtime();
  // For what the service can't know by itself: the request log and the operations of the admin API. Filled in before
  // `start`; what it points to outlives the service.
  api::Office& office();
  // Fills in how the journal does. Any thread.
  void tell_journal(api::admin::Condition& condition) const;

 private:
  struct State;
  explicit Service(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace freeway::app
