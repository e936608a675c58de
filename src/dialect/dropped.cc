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

void add_dropped(std::vector<std::string>& names, std::string name) {
  constexpr std::size_t kLongest = 96;
  if (names.size() >= kMostDropped) return;
  if (name.size() > kLongest) name.resize(kLongest);
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

}  // namespace freeway::dialect
