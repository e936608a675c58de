// What a proxy says until its tunnel stands. The first byte chooses the kind of proxy and the size of the pieces; with its
// highest bit set, the rest is a proxy's address instead. However the bytes are cut, the talk must come to the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/proxy.h"

namespace {

using freeway::net::ProxyAddress;
using freeway::net::Tunnel;

void check(bool holds) {
  if (!holds) std::abort();
}

struct Talk {
  std::string sent;
  std::size_t used = 0;
  bool established = false;
  std::string failure;
};

Talk talk(const ProxyAddress& proxy, std::string_view bytes, std::size_t piece) {
  Talk seen;
  auto tunnel = Tunnel::begin(proxy, "provider.test", 443);
  check(tunnel.has_value());
  seen.sent = tunnel->take_output();
  check(!seen.sent.empty());
  while (seen.used < bytes.size() && !tunnel->established()) {
    const std::string_view fed = bytes.substr(seen.used, piece);
    const auto used = tunnel->feed(fed);
    if (!used) {
      check(used.error().kind == freeway::ErrorKind::proxy);
      seen.failure = used.error().message;
      break;
    }
    // All of it, but for what comes behind the proxy's answer.
    check(*used == fed.size() || (tunnel->established() && *used < fed.size()));
    seen.used += *used;
    seen.sent += tunnel->take_output();
  }
  seen.established = tunnel->established();
  check(seen.failure.empty() || !seen.established);
  check(seen.failure.find("secret") == std::string::npos);
  return seen;
}

void check_address(std::string_view text) {
  const auto parsed = ProxyAddress::parse(text);
  if (!parsed) return;
  check(!parsed->host.empty() && parsed->port != 0);
  for (const char c : parsed->name()) check(c > ' ' && c < 0x7f);
  // Every address that is taken can be talked to.
  check(Tunnel::begin(*parsed, "provider.test", 443).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 0x80) != 0) {
    check_address(rest);
    return 0;
  }
  ProxyAddress proxy;
  proxy.kind = (data[0] & 1) != 0 ? ProxyAddress::Kind::socks5 : ProxyAddress::Kind::connect;
  proxy.host = "proxy.test";
  proxy.port = 1080;
  if ((data[0] & 2) != 0) {
    proxy.user = "me";
    proxy.password = freeway::Secret("secret");
  }
  const Talk whole = talk(proxy, rest, rest.size() + 1);
  const Talk cut = talk(proxy, rest, 1 + (data[0] >> 2));
  check(whole.established == cut.established && whole.failure == cut.failure);
  if (whole.established) check(whole.used == cut.used && whole.sent == cut.sent);
  return 0;
}
