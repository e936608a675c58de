#include "app/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace freeway::app {

namespace {

// The next code point; a broken byte counts as one.
char32_t take(std::string_view& text) {
  auto c = static_cast<unsigned char>(text.front());
  std::size_t size = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  size = std::min(size, text.size());
  char32_t point = size == 1 ? c : c & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(size);
  return point;
}

bool within(char32_t point, char32_t first, char32_t last) { return point >= first && point <= last; }

std::size_t width_of(char32_t point) {
  if (within(point, 0x300, 0x36F) || within(point, 0x200B, 0x200F) || within(point, 0xFE00, 0xFE0F)) return 0;
  bool wide = within(point, 0x1100, 0x115F) || within(point, 0x2E80, 0xA4CF) || within(point, 0xAC00, 0xD7A3) ||
              within(point, 0xF900, 0xFAFF) || within(point, 0xFE30, 0xFE6F) || within(point, 0xFF00, 0xFF60) ||
              within(point, 0xFFE0, 0xFFE6) || within(point, 0x1F300, 0x1FAFF) || within(point, 0x20000, 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += width_of(take(text));
  return width;
}

std::string printable(std::string_view text) {
  std::string made;
  while (!text.empty()) {
    std::string_view before = text;
    char32_t point = take(text);
    bool control =
        point < 0x20 || within(point, 0x7F, 0x9F) || within(point, 0x202A, 0x202E) || within(point, 0x2066, 0x2069);
    if (control) {
      made += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(point));
    } else {
      made += before.substr(0, before.size() - text.size());
    }
  }
  return made;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> shown = rows;
  for (auto& row : shown) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = printable(row[i]);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::string text;
  for (const auto& row : shown) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] + 2 - width_of(row[i]), ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace freeway::app
