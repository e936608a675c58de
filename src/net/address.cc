#include "net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace freeway::net {

namespace {

constexpr unsigned kV4Prefix = 96;
constexpr std::size_t kLongestText = 64;

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Without brackets and port.
std::string_view host_of(std::string_view text) {
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == std::string_view::npos) return {};
    std::string_view behind = text.substr(end + 1);
    if (!behind.empty() && !(behind.starts_with(':') && digits(behind.substr(1)))) return {};
    return text.substr(1, end - 1);
  }
  auto colon = text.find(':');
  bool port = colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos &&
              text.find('.') != std::string_view::npos;
  if (!port) return text;
  return digits(text.substr(colon + 1)) ? text.substr(0, colon) : std::string_view();
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  if (text.size() > kLongestText) return std::nullopt;
  std::string host(host_of(text));
  Address address;
  if (inet_pton(AF_INET6, host.c_str(), address.bytes.data()) == 1) return address;
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, host.c_str(), four.data()) != 1) return std::nullopt;
  address.bytes[10] = address.bytes[11] = 0xff;
  std::copy(four.begin(), four.end(), address.bytes.begin() + 12);
  return address;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  bool four = address.v4();
  const void* bytes = address.bytes.data() + (four ? 12 : 0);
  return inet_ntop(four ? AF_INET : AF_INET6, bytes, text.data(), text.size()) != nullptr ? text.data() : "";
}

bool Address::v4() const {
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

Address Address::masked(unsigned bits) const {
  Address result = *this;
  for (unsigned i = 0; i < result.bytes.size(); ++i) {
    unsigned kept = bits > i * 8 ? std::min(8U, bits - i * 8) : 0;
    result.bytes[i] = static_cast<std::uint8_t>(result.bytes[i] & (0xff00U >> kept));
  }
  return result;
}

Result<Network> Network::parse(std::string_view text) {
  auto slash = text.find('/');
  auto address = Address::parse(text.substr(0, slash));
  auto wrong = [&] { return fail(ErrorKind::invalid, fmt::format("'{}' is no address or network like 10.0.0.0/8", text)); };
  if (!address || text.substr(0, slash).find_first_of("[]") != std::string_view::npos) return wrong();
  Network network;
  if (slash != std::string_view::npos) {
    std::string_view length = text.substr(slash + 1);
    unsigned most = address->v4() ? 32 : 128;
    unsigned bits = 0;
    auto [end, code] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (code != std::errc() || end != length.data() + length.size() || bits > most) return wrong();
    network.bits = address->v4() ? bits + kV4Prefix : bits;
  }
  network.address = address->masked(network.bits);
  return network;
}

}  // namespace freeway::net
