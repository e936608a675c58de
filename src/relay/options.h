// How long and how often a request is tried, and what must not come of it. Part of a configuration snapshot.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/secret_set.h"
#include "net/guard.h"

namespace freeway::relay {

// Images that a client names by address, fetched for providers that take bytes alone.
struct ImageOptions {
  bool fetch = true;
  std::uint64_t bytes = 20ULL * 1024 * 1024;                                       // of all images of a request together
  std::size_t count = 16;                                                          // of different ones in a request
  Duration patience = std::chrono::seconds(10);                                    // for all of them, inside the deadline
  std::shared_ptr<const net::Guard> guard = std::make_shared<const net::Guard>();  // where they may come from; never null
};

struct Options {
  std::uint32_t max_attempts = 20;
  // From arrival, waiting and all attempts included. Streamed: to the first content. Not streamed: to the start of the last
  // attempt, which may run on to its own `answer`.
  Duration deadline = std::chrono::seconds(60);
  Duration queue_wait = std::chrono::seconds(30);  // of it, how long to wait when no route is admissible; zero: never
  std::size_t queue_length = 10'000;               // requests that may wait at once; more are answered 429 at once
  double hedge_share = 0;  // how many calls beside others may be made, as a share of the requests: 0 to 1

  // Of one attempt; a provider's and a model's own values go first.
  Duration connect = std::chrono::seconds(5);
  Duration first_token = std::chrono::seconds(30);
  Duration answer = std::chrono::seconds(120);
  Duration idle = std::chrono::seconds(60);

  Duration early_head = std::chrono::seconds(10);  // a waiting stream gets its head by then
  Duration heartbeat = std::chrono::seconds(10);   // and then a comment so often (the contract's bound is 15 s)

  ImageOptions images;

  // What must not leave, whoever says it: hidden in answers, errors and evidence. Null: nothing is known to be a secret.
  std::shared_ptr<const SecretSet> secrets;
};

}  // namespace freeway::relay
