#include <sys/socket.h>

#include <cerrno>

#include "net/tcp.h"
#include "net/tls.h"
#include "net/tunnel.h"

namespace freeway::net {

namespace {

Error last_error() { return to_error(ErrorCode(errno, boost::system::system_category())); }

// Feeds what has come, and takes only the proxy's own bytes off the socket. True if something had come.
Result<bool> read_answer(TcpSocket& socket, Tunnel& tunnel) {
  char bytes[512];
  const ssize_t seen = ::recv(socket.native_handle(), bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
  if (seen == 0) return fail(ErrorKind::proxy, "it closed the connection");
  if (seen < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return false;
    return std::unexpected(last_error());
  }
  const Result<std::size_t> used = tunnel.feed({bytes, static_cast<std::size_t>(seen)});
  if (!used) return fail(used.error().kind, "it " + used.error().message);
  if (::recv(socket.native_handle(), bytes, *used, MSG_DONTWAIT) != static_cast<ssize_t>(*used)) {
    return fail(ErrorKind::proxy, "the connection broke");
  }
  return true;
}

// Until the socket is ready, the deadline has passed or nobody waits any more.
Task<Result<void>> ready(Loop& loop, TcpSocket& socket, TcpSocket::wait_type direction, Wakeup& wakeup, Instant deadline,
                         std::shared_ptr<DialTicket> ticket) {
  auto readiness = std::make_shared<Readiness>();
  readiness->wakeup = &wakeup;
  const EndReadiness end(readiness);
  Loop::Core* core = &loop.core();
  socket.async_wait(direction, [core, readiness](const ErrorCode&) {
    Turn turn(*core);
    readiness->report();
  });
  while (!readiness->ready) {
    Task<bool> woken = wakeup.wait(deadline);
    const bool rang = co_await std::move(woken);
    if (ticket && ticket->abandoned()) co_return fail(ErrorKind::cancelled, "nobody waits for the connection");
    if (!rang) co_return fail(ErrorKind::timeout, "it took too long to let us through");
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> open_tunnel(Loop& loop, TcpSocket& socket, const Endpoint& endpoint, Wakeup& wakeup, Instant deadline,
                               std::shared_ptr<DialTicket> ticket) {
  Result<Tunnel> tunnel = Tunnel::begin(*endpoint.proxy, endpoint.host, endpoint.port);
  if (!tunnel) co_return fail(tunnel.error().kind, "it " + tunnel.error().message);
  std::string out = tunnel->take_output();
  while (!tunnel->established() || !out.empty()) {
    bool moved = false;
    if (!out.empty()) {
      const std::string_view piece = out;
      const Unsent unsent(std::span(&piece, 1));
      const Result<std::size_t> sent = send_some(socket.native_handle(), unsent);
      if (!sent) co_return std::unexpected(sent.error());
      out.erase(0, *sent);
      moved = *sent > 0;
    } else {
      const Result<bool> read = read_answer(socket, *tunnel);
      if (!read) co_return std::unexpected(read.error());
      moved = *read;
      out = tunnel->take_output();
    }
    if (moved) continue;
    const auto direction = out.empty() ? TcpSocket::wait_read : TcpSocket::wait_write;
    Task<Result<void>> waiting = ready(loop, socket, direction, wakeup, deadline, ticket);
    const Result<void> go_on = co_await std::move(waiting);
    if (!go_on) co_return std::unexpected(go_on.error());
  }
  co_return Result<void>();
}

}  // namespace freeway::net
