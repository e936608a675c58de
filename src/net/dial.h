// Connecting: resolve (off the loop, cached), race IPv6 and IPv4 (RFC 8305), a tunnel through a proxy where one is set, TLS
// with host verification where asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/guard.h"
#include "net/proxy.h"
#include "net/stream.h"

namespace freeway::net {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;  // with the host, inside the tunnel if there is one
  // Set: the connection goes through this proxy or fails; the host's name is not resolved here, unless a guard must judge
  // its addresses. Proxies of the process's environment (HTTPS_PROXY) are never used.
  std::shared_ptr<const ProxyAddress> proxy = nullptr;
  // Set: only addresses that it allows are connected to. A proxy is told such an address in place of the name, which it
  // would resolve by itself, unless the guard trusts the name.
  std::shared_ptr<const Guard> guard = nullptr;
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

  // Connects on `loop` within the deadline; the proxy's tunnel and an orderly TLS handshake included. Fails with refused,
  // unreachable, tls, timeout or cancelled, in a sentence naming host and port and nothing secret; with denied where the
  // guard allows none of the host's addresses; with proxy, naming the proxy too, for whatever goes wrong (slowness as well)
  // before its tunnel stands. The ticket may be null.
  Task<Result<std::unique_ptr<Stream>>> dial(Loop& loop, Endpoint endpoint, Instant deadline,
                                             std::shared_ptr<DialTicket> ticket);

 private:
  struct State;
  explicit Dialer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // coroutines that dial hold it too
};

}  // namespace freeway::net
