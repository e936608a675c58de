// The parts of Cohere's wire that stand in files of their own.
#pragma once

#include <string_view>

#include "farm/ask.h"
#include "farm/job.h"

namespace freeway::farm {

// Names and types, in Cohere's words; `place` is where the value stands, "" for the document. Fails with invalid.
Result<void> check_cohere(json::Value value, const Shape& shape, std::string_view place);
// POST to this path, as sent; null if there is nothing but chat.
const Endpoint* cohere_endpoint(std::string_view path);
// A v2/chat request. Fails with malformed or invalid.
Result<Ask> read_cohere(std::string_view body);

}  // namespace freeway::farm
