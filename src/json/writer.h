// Appends JSON to a string. Commas are the writer's business, nesting the caller's; nothing is buffered beside `out`.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace freeway::json {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view text);  // escaped here; invalid UTF-8 becomes U+FFFD
  Writer& integer(std::int64_t number);
  Writer& natural(std::uint64_t number);
  Writer& number(double number);  // shortest form that reads back the same; non-finite becomes null
  Writer& boolean(bool value);
  Writer& null();
  Writer& raw(std::string_view json);  // a value that is JSON already

  // key + value in one call.
  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& member(std::string_view name, const char* text) { return key(name).string(text); }
  template <std::integral Number>
  Writer& member(std::string_view name, Number number) {
    key(name);
    if constexpr (std::same_as<Number, bool>) {
      return boolean(number);
    } else if constexpr (std::signed_integral<Number>) {
      return integer(number);
    } else {
      return natural(number);
    }
  }
  Writer& member_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }
  Writer& member_bool(std::string_view name, bool value) { return key(name).boolean(value); }

 private:
  void separate();
  std::string& out_;
  bool first_ = true;  // no comma before the next value or key
};

// `"text"` with quotes and escapes.
std::string quote(std::string_view text);
void append_escaped(std::string& out, std::string_view text);

}  // namespace freeway::json
