// Who changed what, in the store.
#pragma once

#include <string>
#include <string_view>

#include "api/admin/desk.h"

namespace freeway::api::admin {

// How a change is called in the audit: "keys.add" for POST keys, "keys.check" for POST keys/*/check, "keys.remove" for
// DELETE keys/*, "preferences.set" for PUT, "clients.change" for PATCH, "reload" for POST reload. "" for GET.
std::string action_of(std::string_view method, std::string_view path);

// Answers the call, and writes a row if `action` is not "". A secret is in no row. Blocks.
server::Answer answer_audited(const Gate& gate, const Call& call, server::Answer (*noun)(const Gate&, const Call&),
                              const std::string& action);

}  // namespace freeway::api::admin
