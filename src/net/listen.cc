#include "net/listen.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/log.h"
#include "net/descriptor.h"
#include "net/tcp.h"

namespace freeway::net {

namespace {

using tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

constexpr int kBacklog = 4096;
constexpr int kAcceptsPerTurn = 64;
constexpr Duration kPauseAfterError = std::chrono::milliseconds(100);

std::string name_of(const ListenAddress& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  const std::string_view host = address.host.empty() ? std::string_view("*") : std::string_view(address.host);
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", address.port);
}

Result<tcp::endpoint> endpoint_of(const ListenAddress& address) {
  if (address.host == "localhost") return tcp::endpoint(asio::ip::address_v4::loopback(), address.port);
  ErrorCode code;
  const auto ip = asio::ip::make_address(address.host, code);
  if (!code) return tcp::endpoint(ip, address.port);
  return fail(ErrorKind::invalid, fmt::format("cannot listen on \"{}\": write an address such as 127.0.0.1, ::1 or *, "
                                              "or localhost",
                                              address.host));
}

Error explain(const ListenAddress& address, int cause) {
  if (cause == EADDRINUSE) {
    return {ErrorKind::exhausted,
            fmt::format("{} is in use by another program; choose another with --listen", name_of(address))};
  }
  if (cause == EACCES) {
    return {ErrorKind::denied,
            fmt::format("no right to listen on {}; choose a port above 1023 with --listen", name_of(address))};
  }
  if (cause == EADDRNOTAVAIL) {
    return {ErrorKind::invalid, fmt::format("this machine has no address {}", name_of(address))};
  }
  return {ErrorKind::io, fmt::format("cannot listen on {}: {}", name_of(address), std::strerror(cause))};
}

// A bound socket, or errno.
std::expected<Descriptor, int> bound_socket(const tcp::endpoint& endpoint, bool share_port) {
  const int on = 1;
  const int off = 0;
  Descriptor socket(::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return std::unexpected(errno);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (share_port) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (endpoint.address().is_v6()) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) return std::unexpected(errno);
  return socket;
}

std::expected<Descriptor, int> listening_socket(const tcp::endpoint& endpoint, bool shared_port) {
  if (!shared_port && endpoint.port() != 0) {
    auto probe = bound_socket(endpoint, false);
    if (!probe) return std::unexpected(probe.error());
  }
  auto socket = bound_socket(endpoint, true);
  if (!socket) return socket;
  set_options(socket->get());
  if (::listen(socket->get(), kBacklog) != 0) return std::unexpected(errno);
  return socket;
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  auto wrong = [&] {
    return fail(
        ErrorKind::invalid,
        fmt::format("\"{}\" is not an address to listen on; write HOST:PORT, such as 127.0.0.1:8420 or [::1]:8420", text));
  };
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return wrong();
  }
  ListenAddress address;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (digits.empty() || failure != std::errc() || end != digits.data() + digits.size()) return wrong();
  address.host = host;
  return address;
}

struct Listener::State : std::enable_shared_from_this<State> {
  State(Loop& of, OnAccept callback)
      : loop(of), acceptor(of.core().executor()), on_accept(std::move(callback)), again(of, [this] { wait(); }) {}

  void wait();
  void accept_waiting();
  // False if the turn should end.
  bool accept_one();

  Loop& loop;
  Acceptor acceptor;
  OnAccept on_accept;
  Timer again;
  std::uint16_t port = 0;
};

void Listener::State::wait() {
  if (!acceptor.is_open()) return;
  acceptor.async_wait(Acceptor::wait_read, [self = shared_from_this()](const ErrorCode& code) {
    if (code || !self->acceptor.is_open()) return;
    Turn turn(self->loop.core());
    self->accept_waiting();
  });
}

void Listener::State::accept_waiting() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (!accept_one()) return;
  }
  wait();
}

bool Listener::State::accept_one() {
  tcp::endpoint peer;
  auto size = static_cast<socklen_t>(peer.capacity());
  Descriptor socket(::accept4(acceptor.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.get() < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait();
      return false;
    }
    // The peer left before it was accepted.
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return true;
    log::warn("cannot accept connections on port {} for the moment: {}", port, std::strerror(errno));
    again.set(loop.now() + kPauseAfterError);
    return false;
  }
  peer.resize(size);
  auto stream = make_tcp_stream(loop, std::move(socket), peer);
  if (!stream) {
    log::warn("{}", stream.error().message);
    return true;
  }
  on_accept(std::move(*stream));
  return acceptor.is_open();
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const ListenAddress& address, OnAccept on_accept,
                                                 bool shared_port) {
  const bool everywhere = address.host.empty() || address.host == "*";
  tcp::endpoint endpoint(asio::ip::address_v6::any(), address.port);
  if (!everywhere) {
    const Result<tcp::endpoint> named = endpoint_of(address);
    if (!named) return std::unexpected(named.error());
    endpoint = *named;
  }
  auto socket = listening_socket(endpoint, shared_port);
  if (!socket && everywhere && (socket.error() == EAFNOSUPPORT || socket.error() == EADDRNOTAVAIL)) {
    // A machine without IPv6.
    endpoint = tcp::endpoint(asio::ip::address_v4::any(), address.port);
    auto plain = listening_socket(endpoint, shared_port);
    if (!plain) return std::unexpected(explain(address, plain.error()));
    return adopt(loop, plain->release(), std::move(on_accept));
  }
  if (!socket) return std::unexpected(explain(address, socket.error()));
  return adopt(loop, socket->release(), std::move(on_accept));
}

Result<std::unique_ptr<Listener>> Listener::adopt(Loop& loop, int descriptor, OnAccept on_accept) {
  tcp::endpoint local;
  auto size = static_cast<socklen_t>(local.capacity());
  ::getsockname(descriptor, local.data(), &size);
  local.resize(size);
  auto state = std::make_shared<State>(loop, std::move(on_accept));
  state->port = local.port();
  ErrorCode code;
  state->acceptor.assign(local.protocol(), descriptor, code);
  if (code) {
    ::close(descriptor);
    return fail(ErrorKind::io, fmt::format("cannot listen on port {}: {}", local.port(), code.message()));
  }
  state->wait();
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}

Listener::~Listener() { close(); }

std::uint16_t Listener::port() const { return state_->port; }

void Listener::close() {
  ErrorCode ignored;
  state_->acceptor.close(ignored);
  state_->again.cancel();
}

}  // namespace freeway::net
