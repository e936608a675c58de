#include "reader/leaves.h"

#include <sstream>

namespace freeway::reader {

namespace {

// Long arrays are written over several lines.
std::string one_line(std::string_view text) {
  std::string line;
  bool broken = false;
  for (char c : text) {
    if (c == '\n') broken = true;
    if (broken && (c == '\n' || c == ' ' || c == '\t')) continue;
    if (broken) line += ' ';
    broken = false;
    line += c;
  }
  return line;
}

std::string value_of(const toml::node& node) {
  // Strings in one spelling, whichever the file has, and line ends in them as "\n".
  constexpr auto kFlags = toml::toml_formatter::default_flags & ~toml::format_flags::allow_literal_strings &
                          ~toml::format_flags::allow_multi_line_strings;
  std::ostringstream text;
  node.visit([&](const auto& value) { text << toml::toml_formatter(value, kFlags); });
  return one_line(text.str());
}

// The text by which all elements of an array of tables are told apart; nothing if there is none.
const char* naming_key(const toml::array& array) {
  for (const char* key : {"id", "name"}) {
    bool all = !array.empty();
    for (const toml::node& element : array) {
      const toml::table* table = element.as_table();
      all = all && table != nullptr && table->get(key) != nullptr && table->get(key)->is_string();
    }
    if (all) return key;
  }
  return nullptr;
}

void walk(const toml::table& table, const Leaf& at, std::vector<Leaf>& found);

void walk(const toml::node& node, const Leaf& at, std::vector<Leaf>& found) {
  if (const toml::table* table = node.as_table()) return walk(*table, at, found);
  const toml::array* array = node.as_array();
  const char* key = array != nullptr && at.list.empty() ? naming_key(*array) : nullptr;
  if (key == nullptr) {
    found.push_back({at.list, at.element, at.member, value_of(node)});
    return;
  }
  for (const toml::node& element : *array) {
    const toml::table& table = *element.as_table();
    walk(table, {at.member, table.get(key)->as_string()->get(), ""}, found);
  }
}

void walk(const toml::table& table, const Leaf& at, std::vector<Leaf>& found) {
  for (const auto& [key, node] : table) {
    Leaf next = at;
    if (!next.member.empty()) next.member += '.';
    next.member += key.str();
    walk(node, next, found);
  }
}

}  // namespace

std::vector<Leaf> leaves(const toml::table& table) {
  std::vector<Leaf> found;
  walk(table, {}, found);
  return found;
}

}  // namespace freeway::reader
