#include "dialect/anthropic/tools.h"

#include "dialect/anthropic/blocks.h"
#include "dialect/openai/check.h"
#include "dialect/openai/members.h"

namespace freeway::dialect::anthropic {

namespace {

using openai::has_text;
using openai::wrong;

std::unexpected<RequestError> refused(std::string param, std::string_view what) {
  return std::unexpected(wrong(std::move(param), what));
}

Checked check_tool(json::Value tool, const Place& place) {
  if (!tool.is(json::Type::object))
    return refused(place.name(), fmt::format("must be an object, not {}", openai::type_name(tool)));
  json::Value type = tool["type"];
  if (type.given() && !type.equals("custom")) {
    std::string found = fmt::format("\"{}\"", openai::text_of(type).substr(0, 80));
    std::string what = fmt::format(
        "is {}, a tool of Anthropic's own that no provider here knows; leave it out or declare a tool with an input_schema",
        found);
    return std::unexpected(wrong(place.name(), what, found));
  }
  if (!has_text(tool["name"])) return refused(place.member("name"), "is required");
  if (!tool["input_schema"].is(json::Type::object))
    return refused(place.member("input_schema"), "is required and must be an object");
  return {};
}

void write_tool(json::Writer& out, json::Value tool, Dropped& dropped) {
  pass_by(tool, dropped);
  out.begin_object().member("type", "function").key("function").begin_object().member_raw("name", tool["name"].raw());
  for (json::Value member : tool) {
    if (!member.given()) continue;
    if (member.key_equals("description")) {
      out.member_raw("description", member.raw());
    } else if (member.key_equals("input_schema")) {
      out.member_raw("parameters", member.raw());
    } else if (member.key_equals("strict")) {
      out.member_raw("strict", member.raw());
    } else if (!member.key_equals("name") && !member.key_equals("type") && !member.key_equals("cache_control") &&
               !member.key_equals("eager_input_streaming")) {
      dropped.add("tools[]." + json::unescape(member.key()));
    }
  }
  out.end_object().end_object();
}

bool declared(json::Value tools, json::Value name) {
  const std::string wanted = openai::text_of(name);
  for (json::Value tool : tools) {
    if (tool["name"].equals(wanted)) return true;
  }
  return false;
}

Checked write_choice(json::Writer& out, json::Value tools, json::Value choice) {
  json::Value type = choice["type"];
  if (!choice.is(json::Type::object)) return refused("tool_choice", "must be an object");
  if (type.equals("auto")) {
    out.member("tool_choice", "auto");
  } else if (type.equals("any")) {
    out.member("tool_choice", "required");
  } else if (type.equals("none")) {
    out.member("tool_choice", "none");
  } else if (type.equals("tool")) {
    json::Value name = choice["name"];
    if (!has_text(name)) return refused("tool_choice.name", "is required: the tool that must be used");
    if (!declared(tools, name)) return refused("tool_choice.name", "is not the name of a tool in `tools`");
    out.key("tool_choice").begin_object().member("type", "function").key("function").begin_object();
    out.member_raw("name", name.raw()).end_object().end_object();
  } else {
    return refused("tool_choice.type", "must be \"auto\", \"any\", \"tool\" or \"none\"");
  }
  if (choice["disable_parallel_tool_use"].boolean().value_or(false)) out.member("parallel_tool_calls", false);
  return {};
}

}  // namespace

Checked write_tools(json::Writer& out, json::Value tools, json::Value choice, Dropped& dropped) {
  if (tools.given() && !tools.is(json::Type::array))
    return refused("tools", fmt::format("must be an array, not {}", openai::type_name(tools)));
  const Place root("");
  std::size_t at = 0;
  for (json::Value tool : tools) {
    if (auto good = check_tool(tool, root.element("tools", at++)); !good) return good;
  }
  if (at > 0) {
    out.key("tools").begin_array();
    for (json::Value tool : tools) write_tool(out, tool, dropped);
    out.end_array();
  }
  if (!choice.given()) return {};
  // Without tools there is nothing to choose, and some providers refuse a choice then.
  if (at == 0 && !choice["type"].equals("tool")) return {};
  return write_choice(out, tools, choice);
}

}  // namespace freeway::dialect::anthropic
