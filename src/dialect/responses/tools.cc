#include "dialect/responses/tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dialect/openai/digest.h"
#include "dialect/openai/members.h"
#include "json/writer.h"

namespace freeway::dialect::responses {

using openai::expect;
using openai::has_text;
using openai::text_of;
using openai::wrong;

namespace {

constexpr std::size_t kLongestName = 64;  // of a function

// Agents declare these for the case that the server has them, and work without.
bool can_do_without(std::string_view type) {
  return type.starts_with("web_search") || type == "tool_search" || type == "image_generation";
}

std::string custom_description(json::Value tool) {
  std::string text = text_of(tool["description"]);
  json::Value format = tool["format"];
  if (!format["definition"].given()) return text;
  if (!text.empty()) text += "\n\n";
  text +=
      fmt::format("The input must follow this {} grammar:\n{}", text_of(format["syntax"]), text_of(format["definition"]));
  return text;
}

void write_custom(json::Writer& out, json::Value tool) {
  std::string description = custom_description(tool);
  if (!description.empty()) out.member("description", description);
  out.key("parameters").begin_object().member("type", "object").key("properties").begin_object();
  out.key(kCustomArgument).begin_object().member("type", "string").member("description", "The input as plain text.");
  out.end_object().end_object().key("required").begin_array().string(kCustomArgument).end_array();
  out.member_bool("additionalProperties", false).end_object();
}

void write_function(json::Writer& out, json::Value tool) {
  for (std::string_view name : {"description", "parameters", "strict"}) {
    if (tool[name].given()) out.member_raw(name, tool[name].raw());
  }
}

bool known_member(json::Value member) {
  for (std::string_view name :
       {"type", "name", "description", "parameters", "strict", "format", "defer_loading", "allowed_callers"}) {
    if (member.key_equals(name)) return true;
  }
  return false;
}

}  // namespace

const Tool* Tools::find(std::string_view wire) const {
  for (const Tool& tool : tools_)
    if (tool.wire == wire) return &tool;
  return nullptr;
}

std::string Tools::wire_name(std::string_view space, std::string_view name) const {
  for (const Tool& tool : tools_)
    if (tool.space == space && tool.name == name) return tool.wire;
  if (space.empty()) return std::string(name);
  std::string wire(space);
  if (!wire.ends_with("__")) wire += "__";
  wire += name;
  for (char& c : wire) {
    bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!fine) c = '_';
  }
  if (wire.size() <= kLongestName && !find(wire)) return wire;
  std::string mark = "_" + openai::Digest().add(space).add(name).letters(8);
  return wire.substr(0, kLongestName - mark.size()) + mark;
}

Refusal Tools::add(json::Value tool, const std::string& param, std::string_view space, Dropped& dropped) {
  if (auto refusal = openai::require_text(tool["name"], param + ".name", "what the tool is called")) return refusal;
  if (auto refusal = expect(tool["description"], param + ".description", json::Type::string, "a string")) return refusal;
  if (auto refusal = expect(tool["parameters"], param + ".parameters", json::Type::object, "an object")) return refusal;
  if (auto refusal = expect(tool["strict"], param + ".strict", json::Type::boolean, "a boolean")) return refusal;
  if (auto refusal = expect(tool["format"], param + ".format", json::Type::object, "an object")) return refusal;
  if (tools_.size() == kMostTools) return wrong(param, fmt::format("is one tool too many; {} are the most", kMostTools));
  Tool made;
  made.custom = tool["type"].equals("custom");
  made.space = space;
  made.name = text_of(tool["name"]);
  bool twice = std::any_of(tools_.begin(), tools_.end(),
                           [&](const Tool& one) { return one.space == made.space && one.name == made.name; });
  if (twice) {
    std::string found = fmt::format("'{}'", made.name.substr(0, 100));
    return wrong(param + ".name", fmt::format("is {}, as another tool's", found), found);
  }
  made.wire = wire_name(space, made.name);
  json::Writer out(made.declaration);
  out.begin_object().member("type", "function").key("function").begin_object().member("name", made.wire);
  made.custom ? write_custom(out, tool) : write_function(out, tool);
  out.end_object().end_object();
  // The grammar is told to the model, and nothing makes it keep to it.
  if (made.custom && tool["format"]["definition"].given()) dropped.add("tools[].format");
  for (json::Value member : tool)
    if (member.given() && !known_member(member)) dropped.add("tools[]." + json::unescape(member.key()));
  tools_.push_back(std::move(made));
  return std::nullopt;
}

Refusal Tools::read_space(json::Value tool, const std::string& param, Dropped& dropped) {
  if (auto refusal = openai::require_text(tool["name"], param + ".name", "what the namespace is called")) return refusal;
  json::Value inner = tool["tools"];
  if (!inner.is(json::Type::array)) return wrong(param + ".tools", "must be an array of tools");
  if (has_text(tool["description"])) dropped.add("tools[].namespace.description");
  std::size_t at = 0;
  for (json::Value one : inner) {
    std::string place = fmt::format("{}.tools[{}]", param, at++);
    json::Value type = one["type"];
    if (!type.equals("function") && !type.equals("custom"))
      return wrong(place + ".type", "must be \"function\" or \"custom\"");
    if (auto refusal = add(one, place, text_of(tool["name"]), dropped)) return refusal;
  }
  return std::nullopt;
}

Refusal Tools::read_one(json::Value tool, const std::string& param, std::string_view space, Dropped& dropped) {
  if (!tool.is(json::Type::object)) return wrong(param, fmt::format("must be an object, not {}", openai::type_name(tool)));
  json::Value type = tool["type"];
  if (!type.is(json::Type::string)) return wrong(param + ".type", "must be a string");
  if (type.equals("function") || type.equals("custom")) return add(tool, param, space, dropped);
  if (type.equals("namespace")) return read_space(tool, param, dropped);
  std::string name = text_of(type).substr(0, 64);
  if (!can_do_without(name)) {
    std::string found = fmt::format("'{}'", name);
    return wrong(param + ".type",
                 fmt::format("is {}, a tool that freeway can't have run; declare a function in its place", found), found);
  }
  dropped.add("tools[]." + name);
  left_out_.push_back(std::move(name));
  return std::nullopt;
}

Refusal Tools::read(json::Value tools, Dropped& dropped) {
  if (auto refusal = expect(tools, "tools", json::Type::array, "an array")) return refusal;
  std::size_t at = 0;
  for (json::Value tool : tools) {
    if (auto refusal = read_one(tool, fmt::format("tools[{}]", at++), {}, dropped)) return refusal;
  }
  return std::nullopt;
}

const Tool* Tools::named(json::Value choice) const {
  std::string space = text_of(choice["namespace"]), name = text_of(choice["name"]);
  for (const Tool& tool : tools_)
    if (tool.space == space && tool.name == name) return &tool;
  return find(name);
}

// The tools that may be used are the only ones that the provider hears of.
Refusal Tools::allow(json::Value choice) {
  json::Value mode = choice["mode"];
  if (!mode.equals("auto") && !mode.equals("required")) return wrong("tool_choice.mode", "must be \"auto\" or \"required\"");
  if (!choice["tools"].is(json::Type::array)) return wrong("tool_choice.tools", "must be an array");
  allowed_.emplace();
  std::size_t at = 0;
  for (json::Value one : choice["tools"]) {
    std::string place = fmt::format("tool_choice.tools[{}]", at++);
    std::string type = text_of(one["type"]);
    if (std::find(left_out_.begin(), left_out_.end(), type) != left_out_.end()) continue;
    const Tool* tool = named(one);
    if (!tool) return wrong(place, "names no tool of `tools`");
    allowed_->push_back(tool->wire);
  }
  if (mode.equals("required")) {
    if (allowed_->empty()) return wrong("tool_choice.tools", "allows no tool that freeway can have called");
    choice_ = "\"required\"";
  }
  return std::nullopt;
}

Refusal Tools::choose(json::Value choice) {
  if (!choice.given() || choice.equals("auto")) return std::nullopt;
  if (choice.equals("none") || choice.equals("required")) {
    if (tools_.empty() && choice.equals("required"))
      return wrong("tool_choice", "is \"required\", but there is no tool that freeway can have called");
    if (!tools_.empty()) choice_ = std::string(choice.raw());
    return std::nullopt;
  }
  json::Value type = choice["type"];
  if (type.equals("allowed_tools")) return allow(choice);
  if (!type.equals("function") && !type.equals("custom"))
    return wrong(choice.is(json::Type::object) ? "tool_choice.type" : "tool_choice",
                 "must be \"none\", \"auto\", \"required\", or name a function, a custom tool or allowed tools");
  const Tool* tool = named(choice);
  if (!tool) return wrong("tool_choice.name", "names no tool of `tools`");
  choice_ = fmt::format(R"({{"type":"function","function":{{"name":{}}}}})", json::quote(tool->wire));
  return std::nullopt;
}

std::string Tools::declared_json() const {
  std::string list;
  for (const Tool& tool : tools_) {
    if (allowed_ && std::find(allowed_->begin(), allowed_->end(), tool.wire) == allowed_->end()) continue;
    list += list.empty() ? "[" : ",";
    list += tool.declaration;
  }
  return list.empty() ? list : list + "]";
}

}  // namespace freeway::dialect::responses
