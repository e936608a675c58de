#include "net/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace freeway::net {

namespace {

constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;

// IANA's registries of special-purpose addresses (RFC 6890 and what came after), and multicast and reserved space.
constexpr std::array<std::string_view, 18> kSpecial4 = {
    "0.0.0.0/8",        "10.0.0.0/8",    "100.64.0.0/10",   "127.0.0.0/8",     "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",     "192.0.2.0/24",  "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "192.175.48.0/24",  "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",  "224.0.0.0/3",
    "168.63.129.16/32",  // Azure's host, seen by each virtual machine there
};
// Of the space that is given out; all other is special. The first holds Teredo, the third is 6to4.
constexpr std::array<std::string_view, 4> kSpecial6 = {"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};
constexpr std::string_view kGivenOut6 = "2000::/3";
constexpr std::string_view kNat64 = "64:ff9b::/96";

template <std::size_t count>
std::vector<Network> networks_of(const std::array<std::string_view, count>& texts) {
  std::vector<Network> networks;
  for (std::string_view text : texts) networks.push_back(*Network::parse(text));
  return networks;
}

bool any_holds(const std::vector<Network>& networks, const Address& address) {
  return std::any_of(networks.begin(), networks.end(), [&](const Network& one) { return one.holds(address); });
}

// What a translator would connect to, where the address names it.
Address meant(const Address& address) {
  static const Network kTranslated = *Network::parse(kNat64);
  if (!kTranslated.holds(address)) return address;
  Address v4 = *Address::parse("0.0.0.0");
  std::copy(address.bytes.begin() + 12, address.bytes.end(), v4.bytes.begin() + 12);
  return v4;
}

}  // namespace

bool is_public(const Address& address) {
  static const std::vector<Network> kNotPublic4 = networks_of(kSpecial4);
  static const std::vector<Network> kNotPublic6 = networks_of(kSpecial6);
  static const Network kUsual6 = *Network::parse(kGivenOut6);
  const Address target = meant(address);
  if (target.v4()) return !any_holds(kNotPublic4, target);
  return kUsual6.holds(target) && !any_holds(kNotPublic6, target);
}

Result<Guard> Guard::create(const std::vector<std::string>& trusted) {
  Guard guard;
  for (const std::string& text : trusted) {
    auto network = Network::parse(text);
    bool name = !text.empty() && text.find_first_of("/:@*[] ") == std::string::npos;
    if (network) {
      guard.networks_.push_back(*network);
    } else if (name) {
      guard.hosts_.push_back(text);
    } else {
      return fail(ErrorKind::invalid, fmt::format("'{}' is neither a network like 10.0.0.0/8 nor a host's name", text));
    }
    guard.identity_ += text + " ";
  }
  return guard;
}

bool Guard::trusts(std::string_view host) const {
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& one) { return iequals(one, host); });
}

bool Guard::allows(const Address& address, std::uint16_t port) const {
  const Address target = meant(address);
  if (any_holds(networks_, target)) return true;
  return (port == kHttp || port == kHttps) && is_public(target);
}

}  // namespace freeway::net
