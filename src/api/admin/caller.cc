#include "api/admin/caller.h"

#include <algorithm>

#include "api/endpoint.h"
#include "api/throttle.h"
#include "base/text.h"
#include "crypto/digest.h"

namespace freeway::api::admin {

namespace {

bool token_right(const http::RequestHead& head, const Secret& token) {
  constexpr std::string_view kBearer = "bearer ";
  return std::any_of(head.fields.begin(), head.fields.end(), [&](const http::Field& field) {
    return iequals(field.name, "authorization") && istarts_with(field.value, kBearer) &&
           token.matches(trim(std::string_view(field.value).substr(kBearer.size())));
  });
}

// Calls `found(value)` for each cookie of ours until it returns true.
template <class Found>
bool any_cookie(const http::RequestHead& head, Found found) {
  for (const auto& field : head.fields) {
    if (!iequals(field.name, "cookie")) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      auto end = std::min(list.find(';'), list.size());
      std::string_view one = trim(list.substr(0, end));
      list.remove_prefix(std::min(end + 1, list.size()));
      if (one.starts_with(kLoginCookie) && one.substr(kLoginCookie.size()).starts_with('=') &&
          found(one.substr(kLoginCookie.size() + 1)))
        return true;
    }
  }
  return false;
}

// Proxies add some of these, ask with HTTP/1.0, or pass on a name or a page's origin that is not ours.
bool unproxied(const http::RequestHead& head) {
  for (std::string_view sign : {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"})
    if (head.fields.find(sign)) return false;
  auto host = head.fields.find("host");
  auto origin = head.fields.find("origin");
  if (head.minor_version == 0 || !host || !loopback_name(host_name(*host))) return false;
  return !origin || iequals(authority_of(*origin), *host);
}

bool loopback_address(std::string_view peer) {
  auto address = net::Address::parse(peer);
  static const net::Network kFour = *net::Network::parse("127.0.0.0/8");
  static const net::Network kSix = *net::Network::parse("::1");
  return address && (kFour.holds(*address) || kSix.holds(*address));
}

std::string spell_source(const server::Peer& peer, const http::RequestHead& head, const Settings& settings) {
  auto source = source_of(peer.address, head, settings.trusted_proxies);
  return source ? net::to_string(*source) : std::string();
}

}  // namespace

std::string csrf_of(std::string_view token) {
  return crypto::sha256_hex("freeway csrf " + std::string(token)).substr(0, 32);
}

bool Caller::csrf_right(const http::RequestHead& head) const {
  auto shown = head.fields.find(kCsrfField);
  return shown && !csrf.empty() && Secret(csrf).matches(*shown);
}

std::string Caller::who() const {
  if (login) return login->row.account;
  if (access == Access::socket) return "socket";
  return access == Access::token ? "token" : "";
}

Caller identify(const http::RequestHead& head, const server::Peer& peer, const Settings& settings,
                const Accounts* accounts) {
  Caller caller;
  if (peer.local_admin) {
    caller.access = Access::socket;
    caller.here = true;
    return caller;
  }
  caller.address = spell_source(peer, head, settings);
  caller.here = loopback_address(peer.address) && unproxied(head);
  if (!settings.admin_token.empty() && token_right(head, settings.admin_token)) {
    caller.access = Access::token;
    return caller;
  }
  caller.access = settings.admin_token.empty() ? Access::no_token : Access::none;
  if (!accounts || head.fields.find("authorization")) return caller;
  bool shown = false;
  any_cookie(head, [&](std::string_view token) {
    shown = true;
    caller.login = accounts->find(token);
    if (caller.login) caller.csrf = csrf_of(token);
    return caller.login != nullptr;
  });
  if (caller.login) {
    caller.access = Access::login;
  } else if (shown) {
    caller.access = Access::login_over;
  }
  return caller;
}

}  // namespace freeway::api::admin
