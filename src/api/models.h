// /v1/models and /v1/models/{id}: every name that a client key may use, and whether it can serve now.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/client_keys.h"
#include "ledger/ledger.h"
#include "relay/services.h"
#include "router/router.h"

namespace freeway::api {

// {"object":"list","data":[…]}
std::string model_list(const router::Snapshot& snapshot, const ClientKey& key, const relay::Services& services);

// One row under the name asked. Nothing if the name resolves to no model that this key may use; `forbidden` tells the two
// apart.
std::optional<std::string> model_row(const router::Snapshot& snapshot, const ClientKey& key, const relay::Services& services,
                                     std::string_view name, bool& forbidden);

}  // namespace freeway::api
