#include "http/grammar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace freeway::http::grammar {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 128; ++c) {
    table[static_cast<std::size_t>(c)] =
        is_alnum(static_cast<char>(c)) || std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c));
  }
  return table;
}();

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit) && parse_length(text) <= 65535U;
}

template <class Number>
std::optional<Number> parse_whole(std::string_view text, int base) {
  Number value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool holds_control(std::string_view text) {
  // Eight bytes at a time; the last eight may overlap the ones before.
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  std::uint64_t found = 0;
  auto look = [&found](const char* at) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, 8);
    const std::uint64_t del = eight ^ (kOnes * 0x7f);
    found |= ((eight - kOnes * 0x20) & ~eight) | ((del - kOnes) & ~del);
  };
  if (text.size() < 8)
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  for (std::size_t at = 0; at + 8 <= text.size(); at += 8) look(text.data() + at);
  look(text.data() + text.size() - 8);
  return (found & kHighs) != 0;
}

bool is_text(std::string_view text) {
  if (!holds_control(text)) return true;
  unsigned bad = 0;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(byte < 0x20) & static_cast<unsigned>(byte != '\t');
    bad |= static_cast<unsigned>(byte == 0x7f);
  }
  return bad == 0;
}

bool is_target(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

bool is_host(std::string_view text) {
  std::string_view port;
  bool has_port = false;
  auto split_port = [&](std::size_t colon) {
    has_port = true;
    port = text.substr(colon + 1);
    text = text.substr(0, colon);
  };
  if (text.starts_with('[')) {
    auto close = text.find(']');
    if (close == std::string_view::npos) return false;
    if (close + 1 < text.size()) {
      if (text[close + 1] != ':') return false;
      split_port(close + 1);
    }
    auto inner = text.substr(1, close - 1);
    if (inner.size() < 2 || !inner.contains(':')) return false;
    if (!std::ranges::all_of(inner, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) return false;
  } else {
    if (auto colon = text.find(':'); colon != std::string_view::npos) split_port(colon);
    if (text.empty()) return false;
    if (!std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~'; })) {
      return false;
    }
  }
  return !has_port || is_port(port);
}

std::optional<std::uint64_t> parse_length(std::string_view text) { return parse_whole<std::uint64_t>(text, 10); }

std::optional<std::uint64_t> parse_chunk_size(std::string_view text) {
  if (text.size() > 16) return std::nullopt;
  return parse_whole<std::uint64_t>(text, 16);
}

bool is_chunk_extension(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\\' && quoted) ++i;
  }
  return !quoted && is_text(text);
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace freeway::http::grammar
