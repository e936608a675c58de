#include "dialect/dropped.h"

#include <algorithm>

namespace freeway::dialect {

bool says_something(json::Value member) {
  switch (member.type()) {
    case json::Type::null: return false;
    case json::Type::boolean: return member.boolean().value_or(false);
    case json::Type::number: return true;
    case json::Type::string: return !member.escaped().empty();
    case json::Type::array:
    case json::Type::object: return member.size() > 0;
  }
  return false;
}

bool is_unknown(json::Value member, Known known) {
  auto is_member = [&](std::string_view name) { return member.key_equals(name); };
  return std::none_of(known.begin(), known.end(), is_member) && says_something(member);
}

std::vector<std::string> unknown_members(std::string_view where, json::Value object, Known known) {
  std::vector<std::string> names;
  if (!object.is(json::Type::object)) return names;
  for (json::Value member : object) {
    if (is_unknown(member, known)) names.push_back(std::string(where) + json::unescape(member.key()));
  }
  return names;
}

void Dropped::add(std::string name) {
  constexpr std::size_t kMost = 32;
  constexpr std::size_t kLongest = 96;
  if (names_.size() == kMost) return;
  if (name.size() > kLongest) name.resize(kLongest);
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(std::move(name));
}

}  // namespace freeway::dialect
