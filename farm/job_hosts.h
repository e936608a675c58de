// Addresses that single hosts have beside OpenAI's: Cloudflare's, Hugging Face's and NVIDIA's own. They are there in the
// style of that host alone.
#pragma once

#include <string_view>

#include "farm/wire.h"

namespace freeway::farm {

// `path` is what follows the provider, decoded. Nothing if no host has it.
Route host_route(std::string_view method, std::string_view path);

// What ai/run does for a model of this kind; null if nothing.
const Endpoint* cloudflare_endpoint(ModelKind kind);

}  // namespace freeway::farm
