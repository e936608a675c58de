// Internet addresses as values: for lists of networks and for telling peers apart. Nothing here touches a socket.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace freeway::net {

// An address of either family; IPv4 ones are held as ::ffff:a.b.c.d, so the two spellings of one are equal.
struct Address {
  std::array<std::uint8_t, 16> bytes{};

  // "127.0.0.1", "::1", "[::1]", each with a port or without. Nothing for anything else, names included.
  static std::optional<Address> parse(std::string_view text);
  bool v4() const;
  // Only its first bits, counted in the 16 bytes; the rest zero.
  Address masked(unsigned bits) const;
  auto operator<=>(const Address&) const = default;
};

// "127.0.0.1", "2001:db8::1".
std::string to_string(const Address& address);

struct Network {
  Address address;
  unsigned bits = 128;  // of the 16 bytes

  // "10.0.0.0/8", "fd00::/8", or one address. Fails with invalid.
  static Result<Network> parse(std::string_view text);
  bool holds(const Address& one) const { return one.masked(bits) == address; }
};

}  // namespace freeway::net
