#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>

#include "farm/table.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

void write(json::Writer& out, const toml::node& node) {
  if (const auto* table = node.as_table()) {
    out.begin_object();
    for (const auto& [key, value] : *table) {
      out.key(key.str());
      write(out, value);
    }
    out.end_object();
  } else if (const auto* array = node.as_array()) {
    out.begin_array();
    for (const auto& element : *array) write(out, element);
    out.end_array();
  } else if (const auto* text = node.as_string()) {
    out.string(text->get());
  } else if (const auto* whole = node.as_integer()) {
    out.integer(whole->get());
  } else if (const auto* real = node.as_floating_point()) {
    out.number(real->get());
  } else if (const auto* flag = node.as_boolean()) {
    out.boolean(flag->get());
  } else {
    std::ostringstream printed;
    if (const auto* date = node.as_date()) printed << date->get();
    if (const auto* time = node.as_time()) printed << time->get();
    if (const auto* both = node.as_date_time()) printed << both->get();
    out.string(printed.str());
  }
}

}  // namespace

Result<std::string> toml_to_json(std::string_view text, std::string_view name) {
  try {
    const auto table = toml::parse(text);
    std::string out;
    json::Writer writer(out);
    write(writer, table);
    return out;
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    return fail(ErrorKind::malformed, fmt::format("{}:{}:{}: {}", name, at.line, at.column, error.description()));
  }
}

}  // namespace freeway::farm
