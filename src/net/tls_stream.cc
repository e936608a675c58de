#include <openssl/err.h>

#include <boost/asio/redirect_error.hpp>
#include <cerrno>

#include "net/hang_up.h"
#include "net/tls.h"

namespace freeway::net {

namespace {

using StatePtr = std::shared_ptr<TlsState>;

// The plain bytes of one record.
constexpr std::size_t kRecord = 16 * 1024;

enum class Progress { done, want_read, want_write, failed };

// What a call of OpenSSL that returned `result` came to; a failure is noted in the state.
Progress judge(TlsState& state, int result) {
  const int cause = errno;
  switch (SSL_get_error(state.ssl.get(), result)) {
    case SSL_ERROR_NONE: return Progress::done;
    case SSL_ERROR_WANT_READ: return Progress::want_read;
    case SSL_ERROR_WANT_WRITE: return Progress::want_write;
    case SSL_ERROR_ZERO_RETURN:
      state.failure = {ErrorKind::closed, "the peer closed the connection"};
      return Progress::failed;
    case SSL_ERROR_SYSCALL:
      state.broken = true;
      state.failure = to_error(ErrorCode(cause == 0 ? EPIPE : cause, boost::system::system_category()));
      break;
    default: {
      state.broken = true;
      const unsigned long code = ERR_peek_error();
      if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        state.failure = {ErrorKind::io, "the connection ended without the end of TLS"};
      } else {
        const char* reason = ERR_reason_error_string(code);
        state.failure = {ErrorKind::tls, reason != nullptr ? reason : "TLS failed"};
      }
    }
  }
  ERR_clear_error();
  return Progress::failed;
}

void tell(TlsState& state, Result<std::size_t> bytes) {
  if (ReadSink* sink = std::exchange(state.sink, nullptr)) sink->on_read(std::move(bytes));
}

void try_read(const StatePtr& state);

void read_when(const StatePtr& state, TcpSocket::wait_type direction) {
  state->socket.async_wait(direction, [state](const ErrorCode& code) {
    Turn turn(state->core);
    if (code) {
      tell(*state, std::unexpected(to_error(code)));
    } else {
      try_read(state);
    }
  });
}

void try_read(const StatePtr& state) {
  if (state->sink == nullptr) return;
  if (!state->socket.is_open()) {
    tell(*state, fail(ErrorKind::cancelled, "the stream was closed"));
    return;
  }
  std::size_t filled = 0;
  while (filled < state->into.size()) {
    ERR_clear_error();
    const int n = SSL_read(state->ssl.get(), state->into.data() + filled, static_cast<int>(state->into.size() - filled));
    if (n > 0) {
      filled += static_cast<std::size_t>(n);
      if (SSL_pending(state->ssl.get()) == 0) break;
      continue;
    }
    // What came before a failure is told first; the next read meets the failure again.
    if (filled > 0) break;
    switch (judge(*state, n)) {
      case Progress::want_read: read_when(state, TcpSocket::wait_read); return;
      case Progress::want_write: read_when(state, TcpSocket::wait_write); return;
      default: tell(*state, std::unexpected(state->failure)); return;
    }
  }
  tell(*state, filled);
}

// Hands `out` to OpenSSL. True if all of it left.
Result<bool> flush(TlsState& state) {
  if (!state.socket.is_open()) return fail(ErrorKind::cancelled, "the stream was closed");
  if (state.broken) return std::unexpected(state.failure);
  std::size_t done = 0;
  bool blocked = false;
  while (done < state.out.size() && !blocked) {
    ERR_clear_error();
    const int n = SSL_write(state.ssl.get(), state.out.data() + done, static_cast<int>(state.out.size() - done));
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (judge(state, n) == Progress::failed) {
      return std::unexpected(state.failure);
    } else {
      blocked = true;
    }
  }
  state.out.erase(0, done);
  return !blocked;
}

// Goes on flushing by itself what a write_now took.
void flush_later(const StatePtr& state) {
  if (state->flushing) return;
  state->flushing = true;
  state->socket.async_wait(TcpSocket::wait_write, [state](const ErrorCode& code) {
    Turn turn(state->core);
    state->flushing = false;
    if (code) return;
    const Result<bool> flushed = flush(*state);
    if (flushed && !*flushed) flush_later(state);
  });
}

// Moves up to one record's worth into `out`.
std::size_t gather(TlsState& state, const Unsent& unsent) {
  std::size_t taken = 0;
  std::size_t offset = unsent.offset();
  for (const std::string_view piece : unsent.pieces()) {
    const std::string_view part = piece.substr(offset).substr(0, kRecord - taken);
    state.out.append(part);
    taken += part.size();
    offset = 0;
    if (taken == kRecord) break;
  }
  return taken;
}

Task<Result<void>> write_all(StatePtr state, std::span<const std::string_view> pieces) {
  Unsent unsent(pieces);
  while (!unsent.empty() || !state->out.empty()) {
    if (state->out.empty()) unsent.take(gather(*state, unsent));
    const Result<bool> flushed = flush(*state);
    if (!flushed) co_return std::unexpected(flushed.error());
    if (*flushed) continue;
    ErrorCode code;
    auto token = asio::redirect_error(Awaited(), code);
    Task<> writable = state->socket.async_wait(TcpSocket::wait_write, token);
    co_await std::move(writable);
    if (code) co_return std::unexpected(to_error(code));
  }
  co_return Result<void>();
}

class TlsStream final : public Stream, public HangUp {
 public:
  TlsStream(StatePtr state, const asio::ip::tcp::endpoint& peer) : state_(std::move(state)), peer_(peer) {}
  ~TlsStream() override {
    state_->sink = nullptr;
    close();
  }

  void read(std::span<char> into, ReadSink& sink) override {
    state_->sink = &sink;
    state_->into = into;
    if (SSL_has_pending(state_->ssl.get()) == 1) {
      asio::post(state_->core.executor(), [state = state_] {
        Turn turn(state->core);
        try_read(state);
      });
    } else {
      read_when(state_, TcpSocket::wait_read);
    }
  }
  Task<Result<void>> write(std::span<const std::string_view> pieces) override { return write_all(state_, pieces); }
  Result<std::size_t> write_now(std::span<const std::string_view> pieces) override {
    if (!state_->out.empty()) {
      const Result<bool> flushed = flush(*state_);
      if (!flushed) return std::unexpected(flushed.error());
      if (!*flushed) return 0;
    }
    Unsent unsent(pieces);
    std::size_t total = 0;
    while (!unsent.empty()) {
      const std::size_t taken = gather(*state_, unsent);
      unsent.take(taken);
      total += taken;
      const Result<bool> flushed = flush(*state_);
      if (!flushed) return std::unexpected(flushed.error());
      if (!*flushed) {
        flush_later(state_);
        break;
      }
    }
    return total;
  }
  void close() override {
    say_goodbye();
    ErrorCode ignored;
    state_->socket.close(ignored);
  }
  void abort() override { close_hard(state_->socket); }
  bool hung_up() const override { return net::hung_up(state_->socket.native_handle()); }
  void detach() override { state_->sink = nullptr; }
  void shutdown_write() override {
    say_goodbye();
    ErrorCode ignored;
    state_->socket.shutdown(TcpSocket::shutdown_send, ignored);
  }
  std::string peer() const override { return format_address(peer_); }
  std::string peer_address() const override { return format_host(peer_); }

 private:
  void say_goodbye() {
    if (!state_->socket.is_open() || state_->broken) return;
    ERR_clear_error();
    SSL_shutdown(state_->ssl.get());
    ERR_clear_error();
  }

  StatePtr state_;
  asio::ip::tcp::endpoint peer_;
};

}  // namespace

std::unique_ptr<Stream> make_tls_stream(std::shared_ptr<TlsState> state, const asio::ip::tcp::endpoint& peer) {
  return std::make_unique<TlsStream>(std::move(state), peer);
}

}  // namespace freeway::net
