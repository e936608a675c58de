// The characters of HTTP/1.1 (RFC 9110, RFC 9112): what may stand in a method, a name, a value, a target, a host, a length.
// Pure functions; stricter than the standard where it lets two programs read the same bytes differently.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace freeway::http::grammar {

// One or more of the characters of a method or field name.
bool is_token(std::string_view text);
// A control character: a byte under 0x20, or 0x7f.
bool holds_control(std::string_view text);
// Visible characters, space, tab and bytes over 0x7f: no control characters, so neither CR, LF nor NUL. May be empty.
bool is_text(std::string_view text);
// One or more visible ASCII characters without '#'.
bool is_target(std::string_view text);
// "host", "host:port", "[v6]:port". Neither user info nor a list; a port has one to five digits.
bool is_host(std::string_view text);
// Decimal digits only, within 64 bits.
std::optional<std::uint64_t> parse_length(std::string_view text);
// One to sixteen hexadecimal digits.
std::optional<std::uint64_t> parse_chunk_size(std::string_view text);
// Text in which every quoted string ends.
bool is_chunk_extension(std::string_view text);
// Without spaces and tabs at either end.
std::string_view trim_blanks(std::string_view text);

}  // namespace freeway::http::grammar
