// json::Document against simdjson's DOM: both accept or both refuse, and what both accept is the same tree.
#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "json/document.h"

namespace {

using freeway::json::Document;
using freeway::json::Type;
using freeway::json::Value;
using simdjson::dom::element_type;

[[noreturn]] void differ(std::string_view what, std::string_view text) {
  std::fprintf(stderr, "differ: %.*s\n%.*s\n", static_cast<int>(what.size()), what.data(), static_cast<int>(text.size()),
               text.data());
  std::abort();
}

void expect(bool same, std::string_view what, std::string_view text) {
  if (!same) differ(what, text);
}

void compare_number(Value ours, simdjson::dom::element theirs) {
  if (theirs.is<std::int64_t>()) {
    expect(ours.integer() == std::int64_t(theirs), "whole number", ours.raw());
  } else if (theirs.is<std::uint64_t>()) {
    expect(!ours.integer(), "number beyond 64 bits with a sign", ours.raw());
  } else {
    auto number = ours.number();
    expect(number && *number == double(theirs), "number", ours.raw());
    auto whole = ours.integer();
    if (whole && std::fabs(*number) < 0x1p53)
      expect(static_cast<double>(*whole) == *number, "whole number of a double", ours.raw());
  }
}

void compare(Value ours, simdjson::dom::element theirs) {
  switch (theirs.type()) {
    case element_type::ARRAY: {
      expect(ours.is(Type::array), "array", ours.raw());
      Value child = ours.first();
      std::size_t count = 0;
      for (simdjson::dom::element element : simdjson::dom::array(theirs)) {
        expect(child.present(), "fewer elements", ours.raw());
        compare(child, element);
        child = child.next();
        ++count;
      }
      expect(!child.present() && ours.size() == count, "size of an array", ours.raw());
      break;
    }
    case element_type::OBJECT: {
      expect(ours.is(Type::object), "object", ours.raw());
      Value child = ours.first();
      std::size_t count = 0;
      for (auto [key, element] : simdjson::dom::object(theirs)) {
        expect(child.present(), "fewer members", ours.raw());
        expect(child.key_equals(key), "key", ours.raw());
        expect(ours[key].present(), "member by name", ours.raw());
        compare(child, element);
        child = child.next();
        ++count;
      }
      expect(!child.present() && ours.size() == count, "size of an object", ours.raw());
      break;
    }
    case element_type::STRING:
      expect(ours.string() == std::string_view(theirs) && ours.equals(std::string_view(theirs)), "string", ours.raw());
      break;
    case element_type::BOOL: expect(ours.boolean() == bool(theirs), "boolean", ours.raw()); break;
    case element_type::NULL_VALUE: expect(ours.is(Type::null), "null", ours.raw()); break;
    default:
      expect(ours.is(Type::number), "type", ours.raw());
      compare_number(ours, theirs);
      break;
  }
}

// Touches everything a caller may ask for, where there is nothing to compare with.
void walk(Value value) {
  (void)value.string();
  (void)value.number();
  (void)value.integer();
  for (Value child : value) {
    (void)value[freeway::json::unescape(child.key())];
    walk(child);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  static simdjson::dom::parser parser;
  static Document document;
  auto ours = document.reparse(text, {.depth = 200, .values = 100'000});
  if (ours) walk(document.root());

  // Differences that are meant: ours skips a byte order mark, and has its own limits.
  std::string_view plain = text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text;
  if (!ours && ours.error().kind == freeway::ErrorKind::too_large) return 0;
  simdjson::dom::element tree;
  auto error = parser.parse(plain.data(), plain.size()).get(tree);
  // A text that starts with two marks is malformed for both.
  if (error == simdjson::DEPTH_ERROR || error == simdjson::CAPACITY) return 0;
  // simdjson refuses numbers beyond its types and lone surrogates; the grammar knows neither limit.
  if (error == simdjson::NUMBER_ERROR && ours) return 0;
  if (error == simdjson::STRING_ERROR && ours && plain.find("\\u") != std::string_view::npos) return 0;
  if (ours.has_value() != (error == simdjson::SUCCESS)) {
    std::fprintf(stderr, "ours: %s, simdjson: %s\n", ours ? "accepted" : ours.error().message.c_str(),
                 simdjson::error_message(error));
    differ("verdict", text);
  }
  if (ours) compare(document.root(), tree);
  return 0;
}
