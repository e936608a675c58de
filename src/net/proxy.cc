#include "net/proxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace freeway::net {

namespace {

constexpr std::size_t kLongestHost = 255;
constexpr std::size_t kLongestCredential = 255;  // RFC 1929
constexpr std::string_view kExpected = "expected http://[user:password@]host:port or socks5h://[user:password@]host:port";

std::unexpected<Error> wrong(std::string_view why) {
  return fail(ErrorKind::invalid, fmt::format("{}: {}", kExpected, why));
}

bool host_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'; }

bool address_character(char c) { return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == '.' || c == ':'; }

Result<ProxyAddress::Kind> read_scheme(std::string_view scheme) {
  if (iequals(scheme, "http")) return ProxyAddress::Kind::connect;
  if (iequals(scheme, "socks5h")) return ProxyAddress::Kind::socks5;
  if (iequals(scheme, "socks5") || iequals(scheme, "socks")) {
    return wrong(
        "socks5:// would tell every provider's name to this machine's name server; socks5h:// lets the proxy resolve");
  }
  if (iequals(scheme, "https"))
    return wrong("TLS to the proxy itself is not supported; what goes to providers is TLS anyway");
  if (istarts_with(scheme, "socks4")) return wrong("SOCKS 4 is not supported");
  return wrong("the scheme is neither http nor socks5h");
}

// [user[:password]]
Result<void> read_credentials(std::string_view text, ProxyAddress& proxy) {
  const std::size_t colon = text.find(':');
  proxy.user = percent_decode(text.substr(0, colon));
  std::string password;
  if (colon != std::string_view::npos) password = percent_decode(text.substr(colon + 1));
  if (proxy.user.empty()) return wrong("the user's name before the @ is missing");
  if (proxy.user.size() > kLongestCredential || password.size() > kLongestCredential) {
    return wrong("user and password have at most 255 characters each");
  }
  if (proxy.kind == ProxyAddress::Kind::connect && proxy.user.find(':') != std::string::npos) {
    return wrong("the user's name holds a ':', which Basic authentication cannot carry");
  }
  if (proxy.kind == ProxyAddress::Kind::socks5 && password.empty()) {
    return wrong("SOCKS 5 needs a password beside the user's name");
  }
  proxy.password = Secret(std::move(password));
  return {};
}

Result<void> read_host(std::string_view text, ProxyAddress& proxy) {
  const std::size_t colon = text.rfind(':');
  const bool brackets = text.starts_with('[');
  if (colon == std::string_view::npos || (brackets && text[colon - 1] != ']')) return wrong("the port is missing");
  std::string_view host = text.substr(0, colon);
  if (brackets) host = host.substr(1, host.size() - 2);
  const std::string_view digits = text.substr(colon + 1);
  for (const char c : host) proxy.host.push_back(ascii_lower(c));
  if (proxy.host.empty()) return wrong("the host is missing");
  const bool good = std::all_of(proxy.host.begin(), proxy.host.end(), brackets ? address_character : host_character);
  if (!good || proxy.host.size() > kLongestHost) return wrong("the host is no name and no address");
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), proxy.port);
  const bool number = failure == std::errc() && end == digits.data() + digits.size();
  if (!number || proxy.port == 0) return wrong("the port is not a number from 1 to 65535");
  return {};
}

}  // namespace

std::string authority(std::string_view host, std::uint16_t port) {
  const bool brackets = host.find(':') != std::string_view::npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", port);
}

Result<ProxyAddress> ProxyAddress::parse(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return wrong("the scheme is missing");
  const auto kind = read_scheme(text.substr(0, colon));
  if (!kind) return std::unexpected(kind.error());
  ProxyAddress proxy;
  proxy.kind = *kind;
  std::string_view rest = text.substr(colon + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return wrong("nothing may follow the port; in a password write / as %2F, ? as %3F and # as %23");
  }
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    const auto read = read_credentials(rest.substr(0, at), proxy);
    if (!read) return std::unexpected(read.error());
    rest.remove_prefix(at + 1);
  }
  const auto read = read_host(rest, proxy);
  if (!read) return std::unexpected(read.error());
  return proxy;
}

std::string ProxyAddress::name() const { return authority(host, port); }

std::string ProxyAddress::identity() const {
  // Lengths first, so that no two different proxies spell the same.
  return fmt::format("{}:{}:{}:{}:{}", kind == Kind::socks5 ? "socks5h" : "http", user.size(), user,
                     password.reveal().size(), password.reveal()) +
         "@" + name();
}

}  // namespace freeway::net
