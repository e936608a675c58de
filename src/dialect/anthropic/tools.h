// Tools that the client runs, and which of them may or must be used.
#pragma once

#include "dialect/anthropic/findings.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::dialect::anthropic {

// Appends the members `tools`, `tool_choice` and `parallel_tool_calls` to an object that is open. Fails for tools that run
// at Anthropic or whose schema only its models know.
Checked write_tools(json::Writer& out, json::Value tools, json::Value choice, Dropped& dropped);

}  // namespace freeway::dialect::anthropic
