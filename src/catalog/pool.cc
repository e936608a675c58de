#include "catalog/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/duration.h"
#include "base/text.h"
#include "catalog/calendar.h"

namespace freeway::catalog {

namespace {

constexpr std::string_view kExpected =
    "expected \"sliding 60s\", \"fixed 1h\", \"day America/Los_Angeles\", \"month UTC\", \"month since 17\", "
    "\"bucket 60s\" or \"once\"";

Result<Window> wrong(std::string_view text, std::string_view what) {
  return fail(ErrorKind::invalid, fmt::format("The window \"{}\" {}; {}.", text, what, kExpected));
}

// The first word; `rest` becomes what follows it.
std::string_view take_word(std::string_view& rest) {
  rest = trim(rest);
  auto end = std::min(rest.find_first_of(" \t"), rest.size());
  std::string_view word = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return word;
}

Result<Window> parse_length(std::string_view text, Window::Kind kind, std::string_view rest) {
  auto length = parse_duration(rest);
  if (!length || *length <= Duration::zero()) return wrong(text, "names no length of time");
  Window window;
  window.kind = kind;
  window.length = *length;
  return window;
}

Result<Window> parse_since(std::string_view text, std::string_view rest) {
  Window window;
  window.kind = Window::Kind::month_since;
  window.zone.clear();
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), window.day);
  if (error != std::errc() || end != rest.data() + rest.size() || window.day < 1 || window.day > 28)
    return wrong(text, "needs the day of the month it starts on, 1 to 28");
  return window;
}

}  // namespace

Result<Window> Window::parse(std::string_view text) {
  std::string_view rest = text;
  std::string_view word = take_word(rest);
  if (word == "sliding") return parse_length(text, Kind::sliding, rest);
  if (word == "fixed") return parse_length(text, Kind::fixed, rest);
  if (word == "bucket") return parse_length(text, Kind::bucket, rest);
  if (word == "once") {
    if (!rest.empty()) return wrong(text, "has something after \"once\"");
    Window window;
    window.kind = Kind::once;
    return window;
  }
  if (word != "day" && word != "month") return wrong(text, "is of no known kind");
  if (word == "month") {
    std::string_view after = rest;
    if (take_word(after) == "since") return parse_since(text, after);
  }
  Window window;
  window.kind = word == "day" ? Kind::day : Kind::month;
  window.zone = std::string(rest);
  if (!rest.empty()) {
    auto zone = Zone::find(window.zone);
    if (!zone) return std::unexpected(zone.error());
  }
  return window;
}

Period period_of(const Window& window) {
  using std::chrono::hours;
  switch (window.kind) {
    case Window::Kind::day: return Period::day;
    case Window::Kind::month:
    case Window::Kind::month_since: return Period::month;
    case Window::Kind::once: return Period::once;
    default: break;
  }
  if (window.length == Duration::zero()) return Period::unknown;
  if (window.length <= std::chrono::seconds(10)) return Period::second;
  if (window.length <= std::chrono::minutes(5)) return Period::minute;
  if (window.length <= hours(6)) return Period::hour;
  return window.length <= hours(48) ? Period::day : Period::month;
}

std::uint64_t cost(const Price& price, std::uint64_t input, std::uint64_t output) {
  constexpr std::uint64_t kMillion = 1'000'000;
  __extension__ typedef unsigned __int128 Wide;
  Wide sum = static_cast<Wide>(price.input) * input + static_cast<Wide>(price.output) * output;
  return static_cast<std::uint64_t>(std::min<Wide>((sum + kMillion - 1) / kMillion, UINT64_MAX));
}

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, in = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (in < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = in;
    } else if (at < pattern.size() && pattern[at] == text[in]) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

bool covers(const PoolSpec& pool, std::string_view wire_id) {
  return std::any_of(pool.models.begin(), pool.models.end(),
                     [&](const std::string& pattern) { return matches(pattern, wire_id); });
}

}  // namespace freeway::catalog
