// How long and how often a request is tried. Part of a configuration snapshot.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace freeway::relay {

struct Options {
  std::uint32_t max_attempts = 20;
  // From arrival, waiting and all attempts included. Streamed: to the first content. Not streamed: to the start of the last
  // attempt, which may run on to its own `answer`.
  Duration deadline = std::chrono::seconds(60);
  Duration queue_wait = std::chrono::seconds(30);  // of it, how long to wait when no route is admissible; zero: never
  std::size_t queue_length = 10'000;               // requests that may wait at once; more are answered 429 at once

  // Of one attempt; a provider's and a model's own values go first.
  Duration connect = std::chrono::seconds(5);
  Duration first_token = std::chrono::seconds(30);
  Duration answer = std::chrono::seconds(120);
  Duration idle = std::chrono::seconds(60);

  Duration early_head = std::chrono::seconds(10);  // a waiting stream gets its head by then
  Duration heartbeat = std::chrono::seconds(10);   // and then a comment so often (the contract's bound is 15 s)
};

}  // namespace freeway::relay
