// A race of connection attempts (RFC 8305): each address gets a head start over the next, a failure starts the next at
// once, the first that connects wins and the others are closed. Included inside this room only.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "net/core.h"
#include "net/resolve.h"

namespace freeway::net {

// One loop. Held by shared_ptr because attempts outlive the call that stops them.
class Race : public std::enable_shared_from_this<Race> {
 public:
  using Endpoint = asio::ip::tcp::endpoint;

  Race(Loop& loop, const Addresses& addresses, std::uint16_t port, Duration head_start);

  void start(Wakeup& wakeup);  // rung when done
  void stop();                 // closes everything, rings nobody any more
  bool done() const { return winner_.has_value() || (running_ == 0 && next_ == endpoints_.size()); }
  // The connected socket, or why there is none: refused if any address refused, else exhausted if this machine had no
  // socket, port or memory left for one, else unreachable.
  Result<TcpSocket> take();
  const Endpoint& peer() const { return peer_; }

 private:
  void start_next();
  void on_connect(std::size_t index, const ErrorCode& code);

  Loop& loop_;
  Wakeup* wakeup_ = nullptr;
  std::vector<Endpoint> endpoints_;
  Duration head_start_;
  std::vector<std::unique_ptr<TcpSocket>> sockets_;  // as many as were started
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  Timer timer_;
  std::optional<TcpSocket> winner_;
  Endpoint peer_;
  bool refused_ = false;
  bool exhausted_ = false;
  ErrorCode last_failure_;
};

}  // namespace freeway::net
