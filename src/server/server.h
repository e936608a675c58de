// HTTP connections with clients: limits, keep-alive, pipelining, drain. Knows nothing of models or surfaces.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/head.h"
#include "http/parser.h"
#include "net/loop.h"
#include "net/stream.h"
#include "server/reply.h"

namespace freeway::server {

struct Options {
  std::size_t head_bytes = 64 * 1024;
  std::size_t field_count = 128;
  Duration head_time = std::chrono::seconds(30);     // from a head's first byte to its last
  Duration body_stall = std::chrono::seconds(30);    // between two pieces of a body
  Duration idle_time = std::chrono::seconds(120);    // between two messages of a connection
  Duration write_stall = std::chrono::seconds(120);  // a client that takes nothing
  std::size_t connections = 10'000;                  // a loop; more are answered 503 and closed
};

// Who asks.
struct Peer {
  std::string address;  // without the port; "unix" on a Unix socket
  // A process of the user who runs freeway, or of root, on the data directory's Unix socket: the rights of an administrator
  // without a token.
  bool local_admin = false;
};

// Takes the body of one message piece by piece, so that it need not be held whole. On the connection's loop.
class Intake {
 public:
  virtual ~Intake() = default;
  // Bytes that the body may have as they come; past it the message is refused with 413 (server.upload_limit).
  virtual std::uint64_t limit() const = 0;
  // The next bytes. Only while ready. What is wrong with them is told by the handler, once all has come.
  virtual void take(std::string_view bytes) = 0;
  // What was taken is put away; nothing more is read from the client before. Rings the wake-up when it becomes so.
  virtual bool ready() const = 0;
};

struct Incoming {
  http::RequestHead head;
  std::string body;
  std::unique_ptr<Intake> intake;  // that took the body; null: `body` holds it
  Peer peer;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // Looks at a head before one body byte is read (and before "100 Continue"): an answer refuses the request.
  virtual std::optional<Answer> admit(const http::RequestHead& head, const Peer& peer) = 0;
  // Bytes that a body may have which no intake takes; past it the message is refused with 413 (server.body_limit). Asked for
  // each message.
  virtual std::uint64_t body_limit() const = 0;
  // Who takes the body of a message that was admitted; null: it is gathered in `Incoming::body`. The wake-up outlives it.
  virtual std::unique_ptr<Intake> intake(const http::RequestHead&, net::Wakeup&) { return nullptr; }
  // Puts a failure of the message itself (malformed, too_large, timeout) into the surface's envelope.
  virtual Answer refuse(const http::RequestHead& head, int status, const Error& error) = 0;
  // Answers through `reply`; the message outlives the task. Must answer; if it returns without, the server sends 500 through
  // `refuse`.
  virtual net::Task<> handle(Incoming& incoming, Reply& reply) = 0;
};

// All connections of one loop.
class Server {
 public:
  Server(net::Loop& loop, Handler& handler, Options options);
  ~Server();
  void accept(std::unique_ptr<net::Stream> stream);
  // No new requests: idle connections close, answers say "Connection: close". Calls `drained` when the last is gone.
  void drain(std::move_only_function<void()> drained);
  // The drain took too long: asks every handler for a last word (Reply::ending), and answers requests that have not come
  // whole with 503.
  void hurry();
  // Ends every connection where it stands.
  void close_all();
  std::size_t connections() const;  // open now; any thread

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace freeway::server
