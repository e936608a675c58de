// Who guesses keys, and for how long nobody listens to guesses from there. Right keys are never turned away.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "http/head.h"
#include "net/address.h"

namespace freeway::api {

// The address that a request comes from: the peer's own, or behind trusted proxies the last one in X-Forwarded-For that is
// none of them. Nothing for peers without an address (a Unix socket, a pair in memory).
std::optional<net::Address> source_of(std::string_view peer_address, const http::RequestHead& head,
                                      std::span<const net::Network> trusted);

// Whom a chain of trusted proxies asks for. Nothing where the peer is none of them, X-Forwarded-For names nobody, or one of
// them named its peer in words that are no address.
std::optional<net::Address> asked_for(std::string_view peer_address, const http::RequestHead& head,
                                      std::span<const net::Network> trusted);

// Counts wrong keys by address, IPv6 by its /64, which is what one customer has. Thread-safe, bounded: of too many
// addresses, those that began first are forgotten.
class WrongKeys {
 public:
  struct Options {
    std::uint32_t most = 20;  // of one address, from its first wrong key on for so long:
    Duration window = std::chrono::minutes(1);
    std::size_t addresses = 8192;
  };
  WrongKeys() : WrongKeys(Options{}) {}
  explicit WrongKeys(Options options) : options_(options) {}

  // A wrong key came from there. Nothing: say so. Else it was one too many, and this is how long guesses stay unheard.
  std::optional<Duration> wrong(const net::Address& source, Instant now);
  // The last one from there was not wrong after all.
  void take_back(const net::Address& source);
  // Nor were any from there, it seems.
  void forgive(const net::Address& source);

 private:
  using Order = std::list<net::Address>;  // by the beginning of the window
  struct Guesses {
    Instant until;
    std::uint32_t count = 0;
    Order::iterator place;
  };

  const Options options_;
  std::mutex mutex_;
  std::map<net::Address, Guesses> guesses_;
  Order order_;
};

}  // namespace freeway::api
