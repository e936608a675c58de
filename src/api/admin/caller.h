// Who asks the admin API, told from a request's head. Any thread; nothing waits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "api/admin/accounts.h"
#include "api/settings.h"
#include "http/head.h"
#include "server/server.h"

namespace freeway::api::admin {

inline constexpr std::string_view kLoginCookie = "freeway_session";
inline constexpr std::string_view kCsrfField = "x-freeway-csrf";

// By what a request may use the admin API.
enum class Access : std::uint8_t {
  none,
  no_token,    // none, and there is no token that could help
  login_over,  // none; the cookie shows a login that has ended
  token,       // server.admin_token
  login,       // the cookie of a login
  socket,      // the Unix socket, which only this machine's user reaches
};

struct Caller {
  Access access = Access::none;
  std::string address;  // of the client, as far as proxies may be believed; "" = it has none
  // A program on this machine, on its own account: no sign of a proxy that could speak for somebody else.
  bool here = false;
  std::shared_ptr<Login> login;
  std::string csrf;  // what a change by this login must show

  bool may() const { return access == Access::token || access == Access::login || access == Access::socket; }
  // A page elsewhere can have the browser send the cookie, but not read this.
  bool csrf_right(const http::RequestHead& head) const;
  std::string who() const;  // the account, "token", "socket"; "" = nobody that is known
};

// `accounts` may be null. A cookie counts only where no Authorization is shown.
Caller identify(const http::RequestHead& head, const server::Peer& peer, const Settings& settings, const Accounts* accounts);

// Goes with one login's token and tells nothing of it.
std::string csrf_of(std::string_view token);

}  // namespace freeway::api::admin
