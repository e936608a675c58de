// Listening sockets: one per loop on the same port (SO_REUSEPORT), so that the kernel spreads connections and no thread
// hands sockets to another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "net/stream.h"

namespace freeway::net {

struct ListenAddress {
  std::string host = "127.0.0.1";  // an address, or "localhost", or "" / "*" for all
  std::uint16_t port = 0;          // 0: the kernel chooses

  // "127.0.0.1:8420", "[::1]:8420", ":8420", "localhost:0".
  static Result<ListenAddress> parse(std::string_view text);
};

// Owned by one loop; destroying it stops listening. Accept errors (too many files) are logged, then accepting pauses for
// 100 ms instead of spinning.
class Listener {
 public:
  using OnAccept = std::move_only_function<void(std::unique_ptr<Stream>)>;
  // Binds and listens at once; accepting starts when the loop runs. Fails with a sentence naming the address and the cause
  // ("127.0.0.1:8420 is in use by another program; choose another with --listen").
  // `shared_port`: a second loop of this process joins a port that the first one opened. Without it a port that somebody
  // listens on is refused, although SO_REUSEPORT would let two programs share it silently.
  static Result<std::unique_ptr<Listener>> open(Loop& loop, const ListenAddress& address, OnAccept on_accept,
                                                bool shared_port = false);
  ~Listener();
  std::uint16_t port() const;
  void close();  // on the loop's thread

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state);
  static Result<std::unique_ptr<Listener>> adopt(Loop& loop, int descriptor, OnAccept on_accept);
  std::shared_ptr<State> state_;
};

}  // namespace freeway::net
