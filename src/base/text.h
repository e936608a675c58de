// Text as protocols treat it: ASCII where letters matter, no locale.
#pragma once

#include <string>
#include <string_view>

namespace freeway {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
// Of texts of one length: equal but for case.
bool same_letters(std::string_view a, std::string_view b);
// Most texts that are compared differ in their length or their first letter.
inline bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  return a.empty() || (((a.front() ^ b.front()) | 0x20) == 0x20 && same_letters(a, b));
}
inline bool istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}
// Position of `needle` ignoring ASCII case, or npos.
std::size_t ifind(std::string_view text, std::string_view needle);
// Without spaces and tabs (and CR, LF) at either end.
std::string_view trim(std::string_view text);

// The longest beginning of at most `most` bytes that cuts no character of UTF-8 in two.
std::string_view clip(std::string_view text, std::size_t most);
// With "…" in the place of every occurrence of `part`; an empty one occurs nowhere.
std::string leave_out(std::string text, std::string_view part);

// Percent-encodes every byte outside printable ASCII, and '%', so that the result fits a header value and decodes to the
// same bytes. Text that needs nothing comes back as it is.
std::string header_safe(std::string_view text);
// Percent-encodes everything but letters, digits and -._~, for a value in a query.
std::string percent_encode(std::string_view text);
// "%2F" → "/". Bad escapes stay as they are.
std::string percent_decode(std::string_view text);

}  // namespace freeway
