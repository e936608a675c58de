// Connecting: resolve (off the loop, cached), race IPv6 and IPv4 (RFC 8305), optional TLS with host verification.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/stream.h"

namespace freeway::net {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
};

struct TlsOptions {
  std::string ca_file;  // "" = the system's roots; tests name their own
};

// The caller's hand on a dial under way. Belongs to the loop that dials.
class DialTicket {
 public:
  // Nobody wants the connection any more: the dial ends with cancelled and closes what it opened.
  void abandon();
  bool abandoned() const { return abandoned_; }

 private:
  friend class Dialer;
  bool abandoned_ = false;
  Wakeup* dialling_ = nullptr;
};

// Shared by all loops; thread-safe. Holds the TLS context, its session cache (resumption) and the DNS cache.
class Dialer {
 public:
  struct Options {
    TlsOptions tls;
    Duration dns_ttl = std::chrono::seconds(60);  // getaddrinfo tells no TTL
    Duration dns_failure_ttl = std::chrono::seconds(2);
    Duration attempt_delay = std::chrono::milliseconds(250);  // head start of one address over the next
    // Numeric addresses of a name, best first; blocking, called on threads of the dialer's own. Empty: getaddrinfo.
    std::function<Result<std::vector<std::string>>(const std::string& host)> resolve;
  };
  // Fails if the named file of trust roots can't be loaded; the system's are loaded with the first TLS connection.
  static Result<std::unique_ptr<Dialer>> create(Options options);
  ~Dialer();

  // Connects on `loop` within the deadline; an orderly TLS handshake included. Fails with refused, unreachable, tls,
  // timeout or cancelled, in a sentence naming host and port and nothing secret. The ticket may be null.
  Task<Result<std::unique_ptr<Stream>>> dial(Loop& loop, Endpoint endpoint, Instant deadline,
                                             std::shared_ptr<DialTicket> ticket);

 private:
  struct State;
  explicit Dialer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // coroutines that dial hold it too
};

}  // namespace freeway::net
