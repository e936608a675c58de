// The keys that clients show, and what each may do. Immutable, part of a configuration snapshot; counters live elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "catalog/privacy.h"
#include "http/head.h"

namespace freeway::api {

// Who asks from the dashboard, in the log and in sessions: no key opens anything by this name.
inline constexpr std::string_view kDashboardClient = "dashboard";

struct ClientKey {
  std::string name;                 // unique; names the client in logs and sessions
  Secret key;                       // configured; empty if only `digest` is known
  std::string digest;               // SHA-256 of a generated key, hex; "" for configured ones
  std::vector<std::string> models;  // allow-list; empty: everything
  std::optional<std::uint64_t> rpm;
  std::optional<std::uint64_t> tpd;
  catalog::Privacy privacy = catalog::Privacy::any;
  std::optional<WallTime> expires;  // refused from then on

  bool expired(WallTime now) const { return expires && *expires <= now; }
};

// The dashboard's own: no limit, no allow-list, and nothing that it could be shown by.
const ClientKey& dashboard_key();

// What `?key=` shows, as Google's clients send it; on /v1beta alone. A secret, as all of such a query: nobody may log it.
std::optional<std::string> key_in_query(const http::RequestHead& head);
// The client key that a request shows: Authorization: Bearer, x-api-key, x-goog-api-key, and on /v1beta `?key=`; of several,
// the first valid one in this order counts. Null if there is none; one that has expired is none.
const ClientKey* authenticate(const std::vector<ClientKey>& keys, const http::RequestHead& head, WallTime now);
// The one that would be it, had it not expired; null if there is none.
const ClientKey* expired_key(const std::vector<ClientKey>& keys, const http::RequestHead& head, WallTime now);

// The strictest of what the key (null: none) and the request's x-freeway-privacy fields say. Fails with invalid for a field
// that names no level; the message names those that there are.
Result<catalog::Privacy> privacy_of(const ClientKey* key, const http::Fields& fields);

}  // namespace freeway::api
