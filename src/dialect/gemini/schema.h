// JSON Schemas in the part of the language that Gemini takes.
#pragma once

#include <string>
#include <vector>

#include "json/document.h"

namespace freeway::dialect::gemini {

// The schema with references put in place, `const` as an enum of one, lists of types as one type that may be null, and
// without what Gemini would refuse. `lost` gets each keyword once whose meaning is gone ("additionalProperties").
std::string clean_schema(json::Value schema, std::vector<std::string>& lost);

}  // namespace freeway::dialect::gemini
