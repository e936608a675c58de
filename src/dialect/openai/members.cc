#include "dialect/openai/members.h"

#include <algorithm>

#include "base/text.h"
#include "json/writer.h"

namespace freeway::dialect::openai {

namespace {
bool named(json::Value member, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return member.key_equals(name); });
}
}  // namespace

void remove_nulls(json::Edits& edits, json::Value object, std::initializer_list<std::string_view> keep) {
  if (!object.is(json::Type::object)) return;
  for (json::Value member : object) {
    if (member.type() == json::Type::null && !named(member, keep)) edits.remove(member);
  }
}

void set_string(json::Edits& edits, json::Value object, std::string_view name, std::string_view text) {
  json::Value member = object[name];
  if (member.equals(text)) return;
  set_json(edits, object, name, json::quote(text));
}

void set_json(json::Edits& edits, json::Value object, std::string_view name, std::string_view text) {
  json::Value member = object[name];
  if (member) {
    edits.replace(member, std::string(text));
  } else {
    edits.append_member(object, name, text);
  }
}

void repair_arguments(json::Edits& edits, json::Value function) {
  if (!function.is(json::Type::object)) return;
  json::Value arguments = function["arguments"];
  if (arguments.is(json::Type::string)) return;
  set_string(edits, function, "arguments", arguments.given() ? arguments.raw() : "{}");
}

std::optional<std::string> unwrap_arguments(std::string_view arguments) {
  if (!trim(arguments).starts_with('"')) return std::nullopt;
  auto outer = json::Document::parse(arguments);
  if (!outer) return std::nullopt;
  std::string inside = text_of(outer->root());
  auto inner = json::Document::parse(inside);
  if (!inner || !inner->root().is(json::Type::object)) return std::nullopt;
  return inside;
}

bool has_text(json::Value value) { return !value.escaped().empty(); }

std::string text_of(json::Value value) { return value.string().value_or(std::string()); }

void append_text(std::string& out, json::Value value) {
  if (value.has_escapes()) {
    out.append(json::unescape(value.escaped()));
  } else {
    out.append(value.escaped());
  }
}

std::string copy_without(json::Value object, std::initializer_list<std::string_view> names) {
  std::string out = "{";
  for (json::Value member : object) {
    if (named(member, names)) continue;
    if (out.size() > 1) out.push_back(',');
    out.append("\"").append(member.key()).append("\":").append(member.raw());
  }
  out.push_back('}');
  return out;
}

void cut_member(std::string& out, std::string_view text, json::Value member) {
  std::size_t begin = member.key_offset();
  std::size_t end = member.offset() + member.raw().size();
  std::size_t before = text.find_last_not_of(" \t\r\n", begin - 1);
  if (before != std::string_view::npos && text[before] == ',') {
    begin = before;
  } else {
    std::size_t after = text.find_first_not_of(" \t\r\n", end);
    if (after != std::string_view::npos && text[after] == ',') end = after + 1;
  }
  out.assign(text.substr(0, begin));
  out.append(text.substr(end));
}

}  // namespace freeway::dialect::openai
