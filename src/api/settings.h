// What the surfaces know of the configuration; immutable, published whole, shared by all loops.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/client_keys.h"
#include "base/clock.h"
#include "base/secret.h"
#include "net/address.h"
#include "relay/options.h"
#include "router/router.h"

namespace freeway::api {

struct Settings {
  std::shared_ptr<const router::Snapshot> routing;
  std::vector<ClientKey> client_keys;
  relay::Options relay;
  std::uint64_t body_limit = 32ULL * 1024 * 1024;    // of a decoded body
  std::uint64_t upload_limit = 32ULL * 1024 * 1024;  // of one that is a form
  std::vector<std::string> hosts;                    // names under which keyless paths may be reached, besides loopback's
  std::vector<std::string> cors_origins;             // for /v1; "*" = any
  Secret admin_token;                                // empty: the admin API is reached over the Unix socket alone
  std::vector<net::Network> trusted_proxies;         // whose X-Forwarded-For counts
  std::string hash;                                  // of the configuration: equal ones decide alike
  WallTime loaded{};
};

}  // namespace freeway::api
