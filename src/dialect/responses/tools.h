// Tools that a client declares, as functions of a chat completions document, and the way back from a function's name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dropped.h"
#include "dialect/openai/check.h"
#include "json/document.h"

namespace freeway::dialect::responses {

using openai::Refusal;

struct Tool {
  std::string wire;   // the function's name
  std::string space;  // its namespace; "" for none
  std::string name;
  bool custom = false;      // takes free text
  std::string declaration;  // {"type":"function","function":{…}}
};

// A free-form tool is a function with this one argument.
inline constexpr std::string_view kCustomArgument = "input";

class Tools {
 public:
  static constexpr std::size_t kMostTools = 1024;

  // Reads `tools`. Those that a provider would have to run itself are refused, or left out where their clients can live
  // without: docs/surfaces.md has the list.
  Refusal read(json::Value tools, Dropped& dropped);
  // Reads `tool_choice`: `choice_json` is what the chat document says ("" for nothing), `declared_json` the list.
  Refusal choose(json::Value choice);

  std::string_view choice_json() const { return choice_; }
  std::string declared_json() const;  // "" for none

  // The function's name for a tool; the same whether it is declared in this request or stands in its history.
  std::string wire_name(std::string_view space, std::string_view name) const;
  // Null: nobody declared it.
  const Tool* find(std::string_view wire) const;

 private:
  Refusal read_one(json::Value tool, const std::string& param, std::string_view space, Dropped& dropped);
  Refusal read_space(json::Value tool, const std::string& param, Dropped& dropped);
  Refusal add(json::Value tool, const std::string& param, std::string_view space, Dropped& dropped);
  Refusal allow(json::Value choice);
  // The tool that a member of tool_choice names; null if it names none that is declared.
  const Tool* named(json::Value choice) const;

  std::vector<Tool> tools_;
  std::vector<std::string> left_out_;                // types
  std::optional<std::vector<std::string>> allowed_;  // wire names
  std::string choice_;
};

}  // namespace freeway::dialect::responses
