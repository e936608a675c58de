// What a simulated provider reads from a chat request: enough to count, to match and to echo.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/document.h"

namespace freeway::farm {

// What a request says of the answer's reasoning: told beside the answer, thought but not told, or not even thought.
enum class Thinking : std::uint8_t { shown, hidden, off };

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
  Thinking thinking = Thinking::shown;
  bool thinking_counts = false;  // reasoning takes of max_tokens
  bool audio = false;            // asks for it
  bool may_block = false;        // the wire has words for a prompt that is blocked
};

// What a picky provider refuses with 400.
struct Demands {
  std::vector<std::string> reject;  // top-level members it does not know
  unsigned tool_id_length = 0;      // of every tool call id in the history; 0: any
  std::uint64_t context = 0;        // prompt tokens; 0: any

  bool any() const { return !reject.empty() || tool_id_length > 0 || context > 0; }
};

// Fails with invalid (a rejected member, a wrong id) or too_large (over the context). `body` was read before.
Result<void> meet(const Demands& demands, std::string_view body, const Ask& ask);

// The farm's own rule: four bytes a token, rounded up.
inline std::uint64_t tokens_in(std::size_t bytes) { return (bytes + 3) / 4; }
// A prompt by it: what is said and called, four a message, and the declared tools.
std::uint64_t prompt_tokens(std::size_t bytes, std::size_t messages, json::Value tools);

// Of a text, or of all the text parts of a list: how long it is as it stands, and what it says.
std::size_t text_bytes(json::Value content);
std::string text_of(json::Value content);

// Is this base64 in its usual alphabet or that of URLs, and nothing before or after it?
bool is_base64(std::string_view text);

}  // namespace freeway::farm
