// TLS as a client, on OpenSSL directly over the socket. Included inside this room only.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "net/dial.h"
#include "net/tcp.h"

namespace freeway::net {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

// Something that a dial waits for; held by it and by whoever reports.
struct Readiness {
  Wakeup* wakeup = nullptr;  // cleared when the dial ends first
  bool ready = false;

  void report() {
    ready = true;
    if (wakeup != nullptr) wakeup->ring();
  }
};

struct EndReadiness {
  std::shared_ptr<Readiness> readiness;
  ~EndReadiness() { readiness->wakeup = nullptr; }
};

// Trust roots, settings and the sessions to resume, shared by all loops. Thread-safe. Outlives its connections: each holds
// it.
class TlsContext {
 public:
  // Waits for the loading of the roots if that is still going on: OpenSSL must not be left at work when the process ends.
  ~TlsContext();
  // Loads a named file of roots here; the system's are loaded with the first use, on a thread of its own, because that takes
  // as long as starting the whole program.
  static Result<std::shared_ptr<TlsContext>> create(const TlsOptions& options);

  // Called on the loop. What it returns is ready once the roots are loaded, or cannot be.
  std::shared_ptr<Readiness> load_roots(Loop& loop, Wakeup& wakeup);
  // Once that is ready.
  Result<void> roots() const;

  // Ready to connect on the descriptor: verification of the host (name or address), SNI, a session to resume. Null if out of
  // memory. `origin` names the session and must outlive the result.
  std::unique_ptr<SSL, FreeSsl> prepare(const Endpoint& endpoint, const std::string& origin, int descriptor);

 private:
  static int on_session(SSL* ssl, SSL_SESSION* session);
  void keep(const std::string& origin, SSL_SESSION* session);

  struct Waiting {
    std::shared_ptr<Door> door;
    std::shared_ptr<Readiness> readiness;
  };
  enum class Roots { unasked, loading, loaded, missing };
  void load_system_roots();

  std::unique_ptr<SSL_CTX, FreeSsl> context_;
  mutable std::mutex mutex_;  // guards what follows
  Roots roots_ = Roots::unasked;
  std::thread loader_;
  std::vector<Waiting> waiting_;
  std::map<std::string, std::unique_ptr<SSL_SESSION, FreeSsl>> sessions_;  // the newest of each origin
};

// One connection; shared with what is pending on it.
struct TlsState {
  TlsState(Loop& of, TcpSocket from, std::shared_ptr<TlsContext> context, const Endpoint& endpoint);

  Loop::Core& core;
  TcpSocket socket;
  std::shared_ptr<TlsContext> shared;
  std::string origin;
  std::unique_ptr<SSL, FreeSsl> ssl;
  ReadSink* sink = nullptr;
  std::span<char> into;
  std::string out;  // plain bytes handed over but not yet taken by OpenSSL: at most one record
  bool flushing = false;
  bool broken = false;  // no close_notify may follow
  Error failure;        // when broken
};

// Shakes hands, until the deadline or the ticket's end. Fails with tls, timeout, cancelled or unreachable. The wake-up is
// the coroutine's own and the ticket's.
Task<Result<void>> shake_hands(std::shared_ptr<TlsState> state, Wakeup& wakeup, Instant deadline,
                               std::shared_ptr<DialTicket> ticket);

std::unique_ptr<Stream> make_tls_stream(std::shared_ptr<TlsState> state, const asio::ip::tcp::endpoint& peer);

}  // namespace freeway::net
