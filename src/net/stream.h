// A byte stream: plain TCP, TLS, a Unix socket, or a pair in memory. Belongs to one loop.
//
// At most one read and one write at a time; the two may overlap. `close` may be called at any time on the loop's thread,
// ends a pending read and write with `cancelled`, and is safe to call twice. Destroying a stream closes it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/loop.h"

namespace freeway::net {

// Told of the end of one read, on the loop's thread, never inside `read` itself.
class ReadSink {
 public:
  virtual ~ReadSink() = default;
  // bytes > 0: so many arrived. Fails with closed at the orderly end, io after a reset, timeout when the peer vanished,
  // cancelled when the stream was closed here.
  virtual void on_read(Result<std::size_t> bytes) = 0;
};

class Stream {
 public:
  virtual ~Stream() = default;

  // Reads at least one byte into `into`, which must live until the sink is told. The sink must outlive the read or the
  // stream must be closed and destroyed first (then the sink is not told).
  virtual void read(std::span<char> into, ReadSink& sink) = 0;
  // Writes all the pieces, in one system call where the kernel takes them. The pieces must live until it returns.
  virtual Task<Result<void>> write(std::span<const std::string_view> pieces) = 0;
  // Writes what the kernel takes at once and returns how many bytes that were: 0 if it takes none now. Never waits, so it
  // may be called outside coroutines; not while a `write` is under way.
  virtual Result<std::size_t> write_now(std::span<const std::string_view> pieces) = 0;
  virtual void close() = 0;
  // The sink of a pending read is never told. For sinks that die before their stream; close first.
  virtual void detach() = 0;
  // Sends FIN after what was written; reading goes on.
  virtual void shutdown_write() = 0;
  // "127.0.0.1:51234" for logs; "" in memory.
  virtual std::string peer() const = 0;
  // The peer's address without the port; "unix" on a Unix socket.
  virtual std::string peer_address() const = 0;
  // The peer is a process of this program's own user, or of root, on a Unix socket.
  virtual bool from_owner() const { return false; }
  // Closes with RST instead of FIN, so that the peer notices at once.
  virtual void abort() { close(); }
};

// Two ends of a stream in memory, for tests; `capacity` bytes may be on the way each direction before a write waits.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> memory_pipe(Loop& loop, std::size_t capacity = 64 * 1024);

}  // namespace freeway::net
