#include "net/tcp.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "net/hang_up.h"
#include "net/poller.h"

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

Result<std::size_t> send_some(int descriptor, const Unsent& unsent) {
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
    const ssize_t sent = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
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

namespace {

void reset_at_close(int descriptor) {
  const linger now{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

void close_hard(TcpSocket& socket) {
  if (!socket.is_open()) return;
  reset_at_close(socket.native_handle());
  ErrorCode ignored;
  socket.close(ignored);
}

namespace {

// Outlives the stream while something of it is under way.
class TcpState final : public Poller::Watcher, public std::enable_shared_from_this<TcpState> {
 public:
  TcpState(Loop& loop, Descriptor socket) : loop_(loop), socket_(std::move(socket)) {}
  ~TcpState() override { close(); }

  bool watch() { return loop_.core().poller->watch(socket_.get(), *this); }
  int descriptor() const { return socket_.get(); }
  bool open() const { return socket_.get() >= 0; }

  void read(std::span<char> into, ReadSink& sink) {
    into_ = into;
    sink_ = &sink;
    if (readable_ || !open()) read_soon();
  }
  void detach() { sink_ = nullptr; }
  void on_edge(std::uint32_t events) override;
  void close();
  // After an edge that says so, or when the stream is closed.
  Task<bool> writable() {
    if (!writable_) writable_.emplace(loop_);
    return writable_->wait(kNever);
  }

 private:
  void read_soon();
  void try_read();
  void tell(Result<std::size_t> bytes) { std::exchange(sink_, nullptr)->on_read(std::move(bytes)); }

  Loop& loop_;
  Descriptor socket_;
  std::span<char> into_;
  ReadSink* sink_ = nullptr;        // of a pending read
  bool readable_ = false;           // there may be more to read, of which no edge will tell
  bool ended_ = false;              // the end is near, of which no other edge will tell
  bool reading_soon_ = false;       // its turn will come, between those of others
  std::optional<Wakeup> writable_;  // once a write had to wait
};

void TcpState::on_edge(std::uint32_t events) {
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0 && writable_) writable_->ring();
  ended_ = ended_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (ended_ || (events & EPOLLIN) != 0) readable_ = true;
  if (readable_ && sink_ != nullptr && !reading_soon_) try_read();
}

void TcpState::read_soon() {
  if (reading_soon_ || loop_.core().closing) return;
  reading_soon_ = true;
  asio::post(loop_.core().executor(), [self = shared_from_this()] {
    Turn turn(self->loop_.core());
    self->reading_soon_ = false;
    if (self->sink_ == nullptr) return;
    if (self->open()) {
      self->try_read();
    } else {
      self->tell(fail(ErrorKind::cancelled, "the stream was closed"));
    }
  });
}

// The last thing it does is to tell the sink, which may be the end of the stream.
void TcpState::try_read() {
  ssize_t count = -1;
  do {
    count = ::recv(descriptor(), into_.data(), into_.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    // A part of what fits is all there was: of what comes then an edge tells.
    if (static_cast<std::size_t>(count) < into_.size() && !ended_) readable_ = false;
    tell(static_cast<std::size_t>(count));
  } else if (count == 0) {
    tell(std::unexpected(to_error(asio::error::eof)));
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    readable_ = false;
  } else {
    tell(std::unexpected(to_error(ErrorCode(errno, boost::system::system_category()))));
  }
}

void TcpState::close() {
  if (!open()) return;
  loop_.core().poller->forget(descriptor(), *this);
  socket_ = Descriptor();
  if (sink_ != nullptr) read_soon();
  if (writable_) writable_->ring();
}

Task<Result<void>> write_all(std::shared_ptr<TcpState> state, std::span<const std::string_view> pieces) {
  Unsent unsent(pieces);
  while (!unsent.empty()) {
    if (!state->open()) co_return fail(ErrorKind::cancelled, "the stream was closed");
    Result<std::size_t> sent = send_some(state->descriptor(), unsent);
    if (!sent) co_return std::unexpected(std::move(sent.error()));
    if (*sent > 0) {
      unsent.take(*sent);
      continue;
    }
    Task<bool> writable = state->writable();
    co_await std::move(writable);
  }
  co_return Result<void>();
}

class TcpStream final : public Stream, public HangUp {
 public:
  TcpStream(std::shared_ptr<TcpState> state, const asio::ip::tcp::endpoint& peer) : state_(std::move(state)), peer_(peer) {}
  ~TcpStream() override {
    state_->detach();
    state_->close();
  }

  void read(std::span<char> into, ReadSink& sink) override { state_->read(into, sink); }
  Task<Result<void>> write(std::span<const std::string_view> pieces) override { return write_all(state_, pieces); }
  Result<std::size_t> write_now(std::span<const std::string_view> pieces) override {
    const Unsent unsent(pieces);
    if (unsent.empty()) return 0;
    if (!state_->open()) return fail(ErrorKind::cancelled, "the stream was closed");
    return send_some(state_->descriptor(), unsent);
  }
  void close() override { state_->close(); }
  void abort() override {
    if (state_->open()) reset_at_close(state_->descriptor());
    state_->close();
  }
  bool hung_up() const override { return net::hung_up(state_->descriptor()); }
  void detach() override { state_->detach(); }
  void shutdown_write() override {
    if (state_->open()) ::shutdown(state_->descriptor(), SHUT_WR);
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

Result<std::unique_ptr<Stream>> make_tcp_stream(Loop& loop, Descriptor socket, const asio::ip::tcp::endpoint& peer) {
  auto state = std::make_shared<TcpState>(loop, std::move(socket));
  if (!state->watch()) {
    return fail(ErrorKind::exhausted, fmt::format("a connection cannot be watched: {}", std::strerror(errno)));
  }
  return std::make_unique<TcpStream>(std::move(state), peer);
}

}  // namespace freeway::net
