#include "json/pattern.h"

// std::regex recurses once a character and may take exponential time; this engine does not recurse and gives up after so
// many states, where the text is read through an iterator that cannot jump.
#define BOOST_REGEX_MAX_STATE_COUNT 1000000
#include <fmt/format.h>

#include <boost/regex.hpp>
#include <boost/regex/pending/unicode_iterator.hpp>
#include <string>

#include "json/scan.h"

namespace freeway::json {
namespace {

std::wstring code_points(std::string_view utf8) {
  std::wstring out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    std::size_t size = sequence_size(utf8.substr(at));
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(utf8[at + i]); };
    unsigned point = 0xfffd;
    if (size == 1) point = byte(0);
    if (size > 1) point = byte(0) & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) point = point << 6 | (byte(i) & 0x3f);
    out.push_back(static_cast<wchar_t>(point));
    at += size == 0 ? 1 : size;
  }
  return out;
}

// ECMAScript's \u00e9 and \u{e9} as the engine's \x{e9}.
std::wstring translated(const std::wstring& pattern) {
  std::wstring out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    out.push_back(pattern[i]);
    if (pattern[i] != L'\\' || i + 1 == pattern.size()) continue;
    wchar_t escape = pattern[++i];
    if (escape == L'u' && i + 4 < pattern.size() && pattern[i + 1] != L'{') {
      out += L"x{" + pattern.substr(i + 1, 4) + L"}";
      i += 4;
    } else {
      out.push_back(escape == L'u' ? L'x' : escape);
    }
  }
  return out;
}

}  // namespace

struct Pattern::Regex {
  boost::wregex expression;
};

Result<Pattern> Pattern::compile(std::string_view utf8) {
  auto regex = std::make_shared<Regex>();
  try {
    auto flags = boost::regex_constants::ECMAScript | boost::regex_constants::no_mod_m | boost::regex_constants::no_mod_s;
    regex->expression.assign(translated(code_points(utf8)), flags);
  } catch (const std::exception& problem) {
    return fail(ErrorKind::invalid, fmt::format("the pattern '{}' cannot be used: {}", utf8, problem.what()));
  }
  Pattern pattern;
  pattern.regex_ = std::move(regex);
  return pattern;
}

Result<bool> Pattern::found_in(std::string_view utf8) const {
  try {
    using Points = boost::u8_to_u32_iterator<std::string_view::const_iterator, wchar_t>;
    Points begin(utf8.begin(), utf8.begin(), utf8.end()), end(utf8.end(), utf8.begin(), utf8.end());
    return boost::regex_search(begin, end, regex_->expression, boost::regex_constants::match_single_line);
  } catch (const std::exception&) {
    return fail(ErrorKind::exhausted, "a pattern is too costly to match");
  }
}

}  // namespace freeway::json
