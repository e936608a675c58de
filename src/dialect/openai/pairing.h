// Which result answers which call, and the ids that some clients leave out.
#pragma once

#include <string>
#include <vector>

#include "json/document.h"

namespace freeway::dialect::openai {

// One call of an assistant message.
struct PastCall {
  json::Value call;      // the element of tool_calls; the function itself if `legacy`
  json::Value function;  // name and arguments
  bool legacy = false;   // message.function_call
  std::string id;        // "" until paired or minted
  bool answered = false;
};

// One message with a call's result.
struct PastResult {
  json::Value message;
  bool legacy = false;  // role "function"
  std::string id;       // "" if no call is left that it could answer
};

// An assistant message with calls and the results right after it.
struct Exchange {
  std::vector<PastCall> calls;
  std::vector<PastResult> results;
};

bool is_result(json::Value message);
// The calls of a message, none for most.
std::vector<PastCall> calls_of(json::Value message);
PastResult result_of(json::Value message);

// Gives every call an id and every result the id of its call: ids that are there first, then names, then order. A call that
// has no id takes that of its result; ids are minted from `position` and the call, the same each time.
void pair(Exchange& exchange, std::uint64_t position);

}  // namespace freeway::dialect::openai
