// Connecting: resolve (off the loop, cached), race IPv6 and IPv4 (RFC 8305), optional TLS with host verification.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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

// Shared by all loops; thread-safe. Holds the TLS context, its session cache (resumption) and the DNS cache.
class Dialer {
 public:
  struct Options {
    TlsOptions tls;
    Duration dns_ttl = std::chrono::seconds(60);  // getaddrinfo tells no TTL
    Duration dns_failure_ttl = std::chrono::seconds(2);
    Duration attempt_delay = std::chrono::milliseconds(250);  // head start of one address over the next
  };
  // Fails if the trust roots can't be loaded.
  static Result<std::unique_ptr<Dialer>> create(Options options);
  ~Dialer();

  // Connects on `loop` within the deadline; an orderly TLS handshake included. Fails with refused, unreachable, tls or
  // timeout, in a sentence naming host and port and nothing secret. `abandon`: when the caller no longer wants it, it rings
  // nothing but sets *abandon; the dial then ends soon and closes what it opened.
  Task<Result<std::unique_ptr<Stream>>> dial(Loop& loop, Endpoint endpoint, Instant deadline, std::shared_ptr<bool> abandon);

 private:
  struct State;
  explicit Dialer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace freeway::net
