// Connections to providers and the pool of those that wait for reuse. Included inside this room only. One loop.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "net/loop.h"
#include "net/stream.h"

namespace freeway::upstream {

// Who reads a connection at the moment. Either call may end with the connection given away or destroyed.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual void on_bytes(std::string_view bytes) = 0;
  virtual void on_end(const Error& why) = 0;
};

class Pool;

class Connection final : private net::ReadSink {
 public:
  Connection(Pool& pool, std::string origin, std::unique_ptr<net::Stream> stream);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void attach(Reader* reader) { reader_ = reader; }
  // Reads once, unless a read is pending.
  void listen();
  // Gives the read buffer back, unless a read is pending: nothing more is wanted for now.
  void rest();
  net::Stream& stream() { return *stream_; }
  const std::string& origin() const { return origin_; }

  bool reused = false;
  Instant idle_since{};

 private:
  void on_read(Result<std::size_t> bytes) override;

  Pool& pool_;
  std::string origin_;
  Reader* reader_ = nullptr;
  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0;
  bool reading_ = false;
  bool filled_ = false;  // the last read took all the buffer: the next one gets a larger one
  std::unique_ptr<net::Stream> stream_;
};

class Pool {
 public:
  Pool(net::Loop& loop, std::size_t idle_per_origin, Duration idle_for);

  // The connection used last, or null.
  std::unique_ptr<Connection> take(const std::string& origin);
  // Keeps it for reuse, in place of the one unused for longest if there are too many.
  void put(std::unique_ptr<Connection> connection);
  // An idle connection ended, or the provider sent what nobody asked for.
  void discard(Connection& connection);
  std::size_t idle() const;
  std::size_t open() const { return open_; }

 private:
  friend class Connection;
  void sweep();

  net::Loop& loop_;
  std::size_t idle_per_origin_;
  Duration idle_for_;
  std::size_t open_ = 0;
  net::Timer sweeper_;
  std::map<std::string, std::vector<std::unique_ptr<Connection>>, std::less<>> idle_;  // oldest first
};

}  // namespace freeway::upstream
