#include "net/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <thread>
#include <utility>

namespace freeway::net {

namespace {

constexpr std::size_t kKeptSessions = 1024;
constexpr unsigned char kProtocols[] = "\x08http/1.1";

int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int origin_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::string last_cause() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown cause";
}

Error explain_handshake(SSL* ssl, int kind) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return {ErrorKind::tls, fmt::format("the certificate was refused: {}", X509_verify_cert_error_string(verified))};
  }
  if (kind == SSL_ERROR_SYSCALL || kind == SSL_ERROR_ZERO_RETURN) {
    ERR_clear_error();
    return {ErrorKind::tls, "the peer ended the TLS handshake"};
  }
  return {ErrorKind::tls, fmt::format("the TLS handshake failed: {}", last_cause())};
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::create(const TlsOptions& options) {
  auto made = std::make_shared<TlsContext>();
  made->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = made->context_.get();
  if (context == nullptr) return fail(ErrorKind::tls, fmt::format("TLS cannot start: {}", last_cause()));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_protos(context, kProtocols, sizeof kProtocols - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_ex_data(context, context_index(), made.get());
  SSL_CTX_sess_set_new_cb(context, &TlsContext::on_session);
  if (!options.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
      return fail(ErrorKind::tls, fmt::format("cannot load the trust roots from {}: {}", options.ca_file, last_cause()));
    }
    made->roots_ = Roots::loaded;
  }
  return made;
}

std::shared_ptr<Readiness> TlsContext::load_roots(Loop& loop, Wakeup& wakeup) {
  auto readiness = std::make_shared<Readiness>();
  std::lock_guard lock(mutex_);
  if (roots_ == Roots::loaded || roots_ == Roots::missing) {
    readiness->ready = true;
    return readiness;
  }
  readiness->wakeup = &wakeup;
  waiting_.push_back({loop.core().door, readiness});
  if (roots_ == Roots::unasked) {
    roots_ = Roots::loading;
    loader_ = std::thread([this] { load_system_roots(); });
  }
  return readiness;
}

TlsContext::~TlsContext() {
  if (loader_.joinable()) loader_.join();
}

void TlsContext::load_system_roots() {
  const bool loaded = SSL_CTX_set_default_verify_paths(context_.get()) == 1;
  ERR_clear_error();
  std::lock_guard lock(mutex_);
  roots_ = loaded ? Roots::loaded : Roots::missing;
  for (const Waiting& one : std::exchange(waiting_, {})) {
    one.door->post([readiness = one.readiness] { readiness->report(); });
  }
}

Result<void> TlsContext::roots() const {
  std::lock_guard lock(mutex_);
  if (roots_ == Roots::loaded) return {};
  return fail(ErrorKind::tls, "the system's trust roots cannot be loaded; install the package ca-certificates");
}

std::unique_ptr<SSL, FreeSsl> TlsContext::prepare(const Endpoint& endpoint, const std::string& origin, int descriptor) {
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context_.get()));
  if (ssl == nullptr || SSL_set_fd(ssl.get(), descriptor) != 1) return nullptr;
  SSL_set_ex_data(ssl.get(), origin_index(), const_cast<std::string*>(&origin));
  SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  ErrorCode not_numeric;
  asio::ip::make_address(endpoint.host, not_numeric);
  bool named = false;
  if (!not_numeric) {
    named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), endpoint.host.c_str()) == 1;
  } else {
    named = SSL_set1_host(ssl.get(), endpoint.host.c_str()) == 1 &&
            SSL_set_tlsext_host_name(ssl.get(), endpoint.host.c_str()) == 1;
  }
  if (!named) return nullptr;
  std::lock_guard lock(mutex_);
  const auto kept = sessions_.find(origin);
  if (kept != sessions_.end()) SSL_set_session(ssl.get(), kept->second.get());
  return ssl;
}

int TlsContext::on_session(SSL* ssl, SSL_SESSION* session) {
  auto* shared = static_cast<TlsContext*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index()));
  const auto* origin = static_cast<const std::string*>(SSL_get_ex_data(ssl, origin_index()));
  shared->keep(*origin, session);
  return 1;  // the reference is ours now
}

void TlsContext::keep(const std::string& origin, SSL_SESSION* session) {
  std::lock_guard lock(mutex_);
  if (sessions_.size() >= kKeptSessions && !sessions_.contains(origin)) sessions_.erase(sessions_.begin());
  sessions_[origin].reset(session);
}

TlsState::TlsState(Loop& of, TcpSocket from, std::shared_ptr<TlsContext> context, const Endpoint& endpoint)
    : core(of.core()),
      socket(std::move(from)),
      shared(std::move(context)),
      // A session is not resumed over another way: the peer could tell that both are the same client's.
      origin(fmt::format("{}:{} {}", endpoint.host, endpoint.port, endpoint.proxy ? endpoint.proxy->identity() : "")) {
  ErrorCode ignored;
  socket.native_non_blocking(true, ignored);
  ssl = shared->prepare(endpoint, origin, socket.native_handle());
}

Task<Result<void>> shake_hands(std::shared_ptr<TlsState> state, Wakeup& wakeup, Instant deadline,
                               std::shared_ptr<DialTicket> ticket) {
  if (state->ssl == nullptr) co_return fail(ErrorKind::tls, "TLS cannot start");
  SSL* ssl = state->ssl.get();
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl);
    if (result == 1) co_return Result<void>();
    const int kind = SSL_get_error(ssl, result);
    if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) co_return std::unexpected(explain_handshake(ssl, kind));
    auto readiness = std::make_shared<Readiness>();
    readiness->wakeup = &wakeup;
    const EndReadiness end(readiness);
    const auto direction = kind == SSL_ERROR_WANT_READ ? TcpSocket::wait_read : TcpSocket::wait_write;
    state->socket.async_wait(direction, [state, readiness](const ErrorCode&) {
      Turn turn(state->core);
      readiness->report();
    });
    while (!readiness->ready) {
      Task<bool> woken = wakeup.wait(deadline);
      const bool rang = co_await std::move(woken);
      if (ticket && ticket->abandoned()) co_return fail(ErrorKind::cancelled, "nobody waits for the connection");
      if (!rang) co_return fail(ErrorKind::timeout, "the TLS handshake took too long");
    }
  }
}

}  // namespace freeway::net
