// One request to a provider and its answer, as a thing to look at. It moves by itself on its loop and rings the wake-up it
// was started with; the owner looks at what has become of it. Destroying it ends it: a connection whose answer was not read
// to its end is closed at once, so the provider learns that nobody listens.
//
// Redirects are never followed (credentials would travel). gzip and deflate answers come out decoded.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "http/head.h"

namespace freeway::upstream {

class Exchange {
 public:
  struct State;
  explicit Exchange(std::shared_ptr<State> state);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // The moment the last byte of the request was handed to a connected socket; from then on the provider may have acted.
  // Of the present sending: unset again while a request that got lost on a stale connection waits to be sent once more.
  std::optional<Instant> dispatched_at() const;
  // Any byte of the request has left, wholly sent or not; as above, of the present sending.
  bool touched() const;

  // The answer's head, once it came whole.
  const http::ResponseHead* head() const;
  // Decoded body bytes that were not consumed yet; good until consume() or the next suspension.
  std::string_view body() const;
  void consume(std::size_t n);  // also makes room: nothing more is read while read_ahead bytes wait
  // Holds a whole answer: lifts read_ahead so that body() grows up to answer_limit.
  void collect();
  // The body ended as its framing says, and all of it is in body().
  bool complete() const;
  // What broke, once: refused, unreachable, denied (by the guard), tls, timeout (of the connection), closed (cut), protocol,
  // too_large.
  const std::optional<Error>& failure() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace freeway::upstream
