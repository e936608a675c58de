#include "net/tcp.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/redirect_error.hpp>

#include "net/hang_up.h"

namespace freeway::net {

void Unsent::take(std::size_t n) {
  while (n > 0) {
    const std::size_t left = pieces_[index_].size() - offset_;
    if (n < left) {
      offset_ += n;
      return;
    }
    n -= left;
    ++index_;
    offset_ = 0;
  }
  skip_empty();
}

void Unsent::skip_empty() {
  while (index_ < pieces_.size() && pieces_[index_].size() == offset_) {
    ++index_;
    offset_ = 0;
  }
}

Result<std::size_t> send_some(TcpSocket& socket, const Unsent& unsent) {
  std::array<iovec, 16> parts;
  std::size_t count = 0;
  std::size_t offset = unsent.offset();
  for (const std::string_view piece : unsent.pieces()) {
    if (count == parts.size()) break;
    if (piece.size() > offset) {
      parts[count].iov_base = const_cast<char*>(piece.data()) + offset;
      parts[count].iov_len = piece.size() - offset;
      ++count;
    }
    offset = 0;
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  for (;;) {
    const ssize_t sent = ::sendmsg(socket.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    return std::unexpected(to_error(ErrorCode(errno, boost::system::system_category())));
  }
}

void set_options(int descriptor) {
  const int on = 1;
  const int idle_seconds = 30;
  const int interval_seconds = 10;
  const int probes = 3;
  const unsigned unanswered_milliseconds = 60'000;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval_seconds, sizeof interval_seconds);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_milliseconds, sizeof unanswered_milliseconds);
}

std::string format_host(const asio::ip::tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

std::string format_address(const asio::ip::tcp::endpoint& endpoint) {
  const std::string host = format_host(endpoint);
  const bool brackets = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", endpoint.port());
}

void close_hard(TcpSocket& socket) {
  if (!socket.is_open()) return;
  const linger now{1, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ErrorCode ignored;
  socket.close(ignored);
}

namespace {

// Outlives the stream while an operation is pending.
struct TcpState {
  TcpState(Loop::Core& of, TcpSocket from) : core(of), socket(std::move(from)) {}
  Loop::Core& core;
  TcpSocket socket;
  ReadSink* sink = nullptr;
};

struct OnRead {
  std::shared_ptr<TcpState> state;
  void operator()(const ErrorCode& code, std::size_t bytes) const {
    Turn turn(state->core);
    ReadSink* sink = std::exchange(state->sink, nullptr);
    if (sink == nullptr) return;
    if (code) {
      sink->on_read(std::unexpected(to_error(code)));
    } else {
      sink->on_read(bytes);
    }
  }
};

Task<Result<void>> write_all(std::shared_ptr<TcpState> state, std::span<const std::string_view> pieces) {
  Unsent unsent(pieces);
  while (!unsent.empty()) {
    if (!state->socket.is_open()) co_return fail(ErrorKind::cancelled, "the stream was closed");
    Result<std::size_t> sent = send_some(state->socket, unsent);
    if (!sent) co_return std::unexpected(std::move(sent.error()));
    if (*sent > 0) {
      unsent.take(*sent);
      continue;
    }
    ErrorCode code;
    auto token = asio::redirect_error(Awaited(), code);
    Task<> writable = state->socket.async_wait(TcpSocket::wait_write, token);
    co_await std::move(writable);
    if (code) co_return std::unexpected(to_error(code));
  }
  co_return Result<void>();
}

class TcpStream final : public Stream, public HangUp {
 public:
  TcpStream(Loop& loop, TcpSocket socket, const asio::ip::tcp::endpoint& peer)
      : state_(std::make_shared<TcpState>(loop.core(), std::move(socket))), peer_(peer) {}
  ~TcpStream() override {
    state_->sink = nullptr;
    close();
  }

  void read(std::span<char> into, ReadSink& sink) override {
    state_->sink = &sink;
    state_->socket.async_read_some(asio::buffer(into.data(), into.size()), OnRead{state_});
  }
  Task<Result<void>> write(std::span<const std::string_view> pieces) override { return write_all(state_, pieces); }
  Result<std::size_t> write_now(std::span<const std::string_view> pieces) override {
    const Unsent unsent(pieces);
    if (unsent.empty()) return 0;
    if (!state_->socket.is_open()) return fail(ErrorKind::cancelled, "the stream was closed");
    return send_some(state_->socket, unsent);
  }
  void close() override {
    ErrorCode ignored;
    state_->socket.close(ignored);
  }
  void abort() override { close_hard(state_->socket); }
  bool hung_up() const override { return net::hung_up(state_->socket.native_handle()); }
  void detach() override { state_->sink = nullptr; }
  void shutdown_write() override {
    ErrorCode ignored;
    state_->socket.shutdown(TcpSocket::shutdown_send, ignored);
  }
  std::string peer() const override { return format_address(peer_); }
  std::string peer_address() const override { return format_host(peer_); }

 private:
  std::shared_ptr<TcpState> state_;
  asio::ip::tcp::endpoint peer_;
};

}  // namespace

bool hung_up(int descriptor) {
  pollfd asked{descriptor, POLLRDHUP, 0};
  return descriptor >= 0 && ::poll(&asked, 1, 0) > 0;
}

std::unique_ptr<Stream> make_tcp_stream(Loop& loop, TcpSocket socket, const asio::ip::tcp::endpoint& peer) {
  return std::make_unique<TcpStream>(loop, std::move(socket), peer);
}

}  // namespace freeway::net
