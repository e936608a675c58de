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
std::string model_list(const router::Snapshot& snapshot, const ClientKey& key, catalog::Privacy privacy,
                       const relay::Services& services);

// A part of the list in Anthropic's shape: {"data":[…],"has_more","first_id","last_id"}.
struct Page {
  std::size_t limit = 20;
  std::string after, before;  // a name that it begins behind, or ends before; "" for none
};
// Nothing if no model has the name that the page is to begin or end at.
std::optional<std::string> model_page(const router::Snapshot& snapshot, const ClientKey& key, catalog::Privacy privacy,
                                      const relay::Services& services, const Page& page);

// One row under the name asked. Nothing if the name resolves to no model that this key may use; `forbidden` tells the two
// apart.
std::optional<std::string> model_row(const router::Snapshot& snapshot, const ClientKey& key, catalog::Privacy privacy,
                                     const relay::Services& services, std::string_view name, bool anthropic,
                                     bool& forbidden);

}  // namespace freeway::api
