// What a simulated provider reads from a chat request: enough to count, to match and to echo.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace freeway::farm {

struct Ask {
  std::string model;
  bool stream = false;
  bool include_usage = false;
  unsigned n = 1;
  std::optional<std::uint64_t> max_tokens;
  std::uint64_t prompt_tokens = 0;
  std::string last_user;    // all text parts of the last user message
  std::string first_tool;   // the name of the first declared tool
  bool structured = false;  // asks for JSON
  bool after_tool = false;  // the last message is a tool's result
};

// What a picky provider refuses with 400.
struct Demands {
  std::vector<std::string> reject;  // top-level members it does not know
  unsigned tool_id_length = 0;      // of every tool call id in the history; 0: any
  std::uint64_t context = 0;        // prompt tokens; 0: any

  bool any() const { return !reject.empty() || tool_id_length > 0 || context > 0; }
};

// Fails with malformed (no JSON) or invalid (wrong types).
Result<Ask> read_ask(std::string_view body);
// Fails with invalid (a rejected member, a wrong id) or too_large (over the context). `body` was read before.
Result<void> meet(const Demands& demands, std::string_view body, const Ask& ask);

// The farm's own rule: four bytes a token, rounded up.
inline std::uint64_t tokens_in(std::size_t bytes) { return (bytes + 3) / 4; }

}  // namespace freeway::farm
