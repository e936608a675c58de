// How a handler answers one request, and learns of the client.
#pragma once

#include <string>
#include <string_view>

#include "http/fields.h"
#include "net/loop.h"

namespace freeway::server {

// A whole answer.
struct Answer {
  int status = 200;
  http::Fields fields;  // Content-Length and Connection are the server's
  std::string body;
};

// How a handler answers one request, and learns of the client. Valid while `handle` runs. One loop.
class Reply {
 public:
  virtual ~Reply() = default;

  // The client has gone (closed, or reset). Rings the wake-up when it happens. A client that only closes its sending side
  // counts as gone, as in nginx: the two look the same until something is written.
  virtual bool gone() const = 0;
  // The server's drain takes no longer: answer with an error now, or end the stream with one. Rings the wake-up when it
  // happens.
  virtual bool ending() const { return false; }
  // Rung on changes of the client; the handler waits on it for its own sources too.
  virtual net::Wakeup& wakeup() = 0;

  // One whole answer. Returns false if the client is gone.
  virtual net::Task<bool> send(Answer answer) = 0;
  // A streamed answer: `begin` fixes the head, which leaves together with the first piece; then pieces, each in one write
  // and in chunked coding; then `end`, with a last piece if there is one. Trailers reach clients that sent "TE: trailers".
  // On HTTP/1.0 the body runs to the end of the connection.
  virtual void begin(int status, http::Fields fields) = 0;
  virtual net::Task<bool> write(std::string_view bytes) = 0;
  virtual net::Task<bool> end(std::string_view last_bytes, http::Fields trailers) = 0;
  virtual bool begun() const = 0;
  // How long its client has kept writes waiting because it took nothing, since it connected: of use as a difference.
  // Writing by itself takes none of that.
  virtual Duration stalled() const { return Duration::zero(); }
  // After this answer the connection is closed.
  virtual void close_after() = 0;
};

}  // namespace freeway::server
