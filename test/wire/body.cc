#include "wire/body.h"

#include <charconv>
#include <map>
#include <optional>
#include <string>

namespace freeway::wire {

namespace {

bool id_character(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

struct Blank {
  std::size_t length = 0;  // 0: as long as it goes
  std::string name;
  std::size_t size = 0;  // in the text
};

std::optional<Blank> blank_at(std::string_view text) {
  auto colon = text.find(':');
  auto end = text.find('}');
  if (!text.starts_with('{') || colon == std::string_view::npos || end == std::string_view::npos || colon > end)
    return std::nullopt;
  Blank blank;
  std::string_view length = text.substr(1, colon - 1);
  if (length != "+") {
    auto [stop, error] = std::from_chars(length.data(), length.data() + length.size(), blank.length);
    if (error != std::errc() || stop != length.data() + length.size()) return std::nullopt;
  }
  blank.name = std::string(text.substr(colon + 1, end - colon - 1));
  blank.size = end + 1;
  return blank;
}

}  // namespace

bool same_body(std::string_view expected, std::string_view got) {
  std::map<std::string, std::string_view> names;
  std::map<std::string_view, std::string> ids;
  while (!expected.empty()) {
    auto blank = blank_at(expected);
    if (!blank) {
      if (got.empty() || got.front() != expected.front()) return false;
      expected.remove_prefix(1);
      got.remove_prefix(1);
      continue;
    }
    std::size_t length = 0;
    while (length < got.size() && id_character(got[length])) ++length;
    if (length == 0 || (blank->length != 0 && blank->length != length)) return false;
    std::string_view id = got.substr(0, length);
    if (names.emplace(blank->name, id).first->second != id) return false;
    if (ids.emplace(id, blank->name).first->second != blank->name) return false;
    expected.remove_prefix(blank->size);
    got.remove_prefix(length);
  }
  return got.empty();
}

}  // namespace freeway::wire
