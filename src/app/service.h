// The running gateway, put together from a configuration: loops, pools, router state, server and surfaces. `serve` owns one
// in the program, tests own one in their process. Created, reloaded and stopped by one thread that is none of its loops'.
#pragma once

#include <cstdint>
#include <memory>

#include "app/config.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "net/listen.h"
#include "net/loop.h"

namespace freeway::app {

class Service {
 public:
  // Clock and chance must outlive the service. Listens at once; answers after `start`. Fails with a sentence about the
  // address, the catalog or the trust roots.
  static Result<std::unique_ptr<Service>> create(const Config& config, const net::ListenAddress& listen, const Clock& clock,
                                                 Random& random);
  ~Service();  // as stop(0)

  void start();
  std::uint16_t port() const;
  // New providers, models, keys, limits and routing for requests from now on; counters, benches and sessions stay. What is
  // fixed while running (address, threads, body limit, session time) is kept as it is. Fails and changes nothing on a bad
  // catalog.
  Result<void> reload(const Config& config);
  // Stops listening, lets open requests end for so long, then closes what is left. Returns how many were closed by force.
  std::size_t stop(Duration drain);

  net::Runtime& runtime();

 private:
  struct State;
  explicit Service(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace freeway::app
