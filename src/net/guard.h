// Where a connection may lead that somebody outside asks for: to the public internet, and not into the networks that this
// machine happens to stand in. Immutable, so any thread may ask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/address.h"

namespace freeway::net {

// Reachable from everywhere and nobody's own: no loopback, private, shared (CGNAT), link-local, unique-local, multicast,
// unspecified, reserved or documentation address, nor one that stands for such a one (mapped, NAT64, 6to4, Teredo).
bool is_public(const Address& address);

class Guard {
 public:
  Guard() = default;
  // Each of `trusted` is an address, a network or a host's name, which may lead anywhere, at any port. Fails with invalid.
  static Result<Guard> create(const std::vector<std::string>& trusted);

  // The name itself is trusted, whatever it resolves to.
  bool trusts(std::string_view host) const;
  // A public address at the port of http or https, or a trusted one.
  bool allows(const Address& address, std::uint16_t port) const;
  // Equal for guards that allow the same: connections that were made under one are good for the other.
  const std::string& identity() const { return identity_; }

 private:
  std::vector<Network> networks_;
  std::vector<std::string> hosts_;
  std::string identity_;
};

}  // namespace freeway::net
