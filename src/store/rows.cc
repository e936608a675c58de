#include "store/rows.h"

#include <array>
#include <utility>

namespace freeway::store {

namespace {
constexpr std::array<std::pair<End, std::string_view>, 4> kEnds{
    {{End::answered, "answered"}, {End::failed, "failed"}, {End::broken, "broken"}, {End::cancelled, "cancelled"}}};
}  // namespace

std::string_view to_string(End end) {
  for (const auto& [value, name] : kEnds) {
    if (value == end) return name;
  }
  return "unknown";
}

std::optional<End> parse_end(std::string_view text) {
  for (const auto& [value, name] : kEnds) {
    if (name == text) return value;
  }
  return {};
}

}  // namespace freeway::store
