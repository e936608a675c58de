#include "net/connect.h"

#include <cerrno>
#include <utility>

#include "net/tcp.h"

namespace freeway::net {

namespace {

// Nothing that the other side could help.
bool ours(const ErrorCode& code, bool ipv4) {
  switch (code.value()) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return true;
    // Every port of ours is taken; but a machine without IPv6 says so, too.
    case EADDRNOTAVAIL: return ipv4;
    default: return false;
  }
}

}  // namespace

Race::Race(Loop& loop, const Addresses& addresses, std::uint16_t port, Duration head_start)
    : loop_(loop), head_start_(head_start), timer_(loop, [this] { start_next(); }) {
  for (const auto& address : interleave(addresses)) endpoints_.emplace_back(address, port);
}

void Race::start(Wakeup& wakeup) {
  wakeup_ = &wakeup;
  start_next();
}

void Race::stop() {
  wakeup_ = nullptr;
  timer_.cancel();
  next_ = endpoints_.size();
  for (const auto& socket : sockets_) close_hard(*socket);
}

void Race::start_next() {
  if (next_ == endpoints_.size()) return;
  const std::size_t index = next_++;
  ErrorCode code;
  sockets_.push_back(std::make_unique<TcpSocket>(loop_.core().executor()));
  TcpSocket& socket = *sockets_.back();
  socket.open(endpoints_[index].protocol(), code);
  ++running_;
  if (code) {
    // For example a machine without IPv6. Told later, as every failure is.
    loop_.post([self = shared_from_this(), index, code] { self->on_connect(index, code); });
    return;
  }
  set_options(socket.native_handle());
  socket.async_connect(endpoints_[index], [self = shared_from_this(), index](const ErrorCode& failure) {
    Turn turn(self->loop_.core());
    self->on_connect(index, failure);
  });
  if (next_ < endpoints_.size()) timer_.set(loop_.now() + head_start_);
}

void Race::on_connect(std::size_t index, const ErrorCode& code) {
  --running_;
  if (wakeup_ == nullptr || winner_) return;
  if (code) {
    last_failure_ = code;
    refused_ = refused_ || code == asio::error::connection_refused;
    exhausted_ = exhausted_ || ours(code, endpoints_[index].address().is_v4());
    start_next();
    if (done()) wakeup_->ring();
    return;
  }
  peer_ = endpoints_[index];
  winner_.emplace(std::move(*sockets_[index]));
  wakeup_->ring();
  stop();
}

Result<TcpSocket> Race::take() {
  if (winner_) return std::move(*winner_);
  if (refused_) return fail(ErrorKind::refused, "nobody listens there");
  if (exhausted_)
    return fail(ErrorKind::exhausted, "freeway's machine could not open another connection: " + last_failure_.message());
  return fail(ErrorKind::unreachable, last_failure_.message());
}

}  // namespace freeway::net
