// Tool calls that a model wrote as text, in the forms of the model families that do.
//
// A form counts only if all of it is certain: a tool of that name was declared, and the arguments are a sound JSON object,
// or parameters whose types the tool's schema tells. Anything else stays text.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace freeway::dialect::openai {

struct DeclaredTool {
  std::string name;
  std::string parameters;  // its JSON Schema, "" if it has none
};

// The tools that a request declares and allows; none with tool_choice "none".
std::vector<DeclaredTool> declared_tools(json::Value root);

struct WrittenCall {
  std::string name;
  std::string arguments;  // JSON text of an object
};

// One family's way: what stands between two tags, or from a tag to the end of the text.
struct CallForm {
  std::string_view open;
  std::string_view close;  // "" if only the end of the text ends it
  using Read = std::optional<std::vector<WrittenCall>> (*)(std::string_view inside, std::span<const DeclaredTool> tools);
  Read read;
};
std::span<const CallForm> call_forms();

}  // namespace freeway::dialect::openai
