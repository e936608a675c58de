// The names and types that a wire's documents may have, as tables: for wires that refuse what they do not know. A member
// that is null counts as absent.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/document.h"

namespace freeway::farm {

enum class Kind : std::uint8_t {
  text,
  base64,
  number,
  whole,
  flag,
  object,  // of any content
  any,
  shape,
  map,  // an object of any names, each value of the shape
};

struct Shape;
struct Member {
  std::string_view name;
  Kind kind = Kind::text;
  bool list = false;  // of these
  const Shape* shape = nullptr;
  std::span<const std::string_view> words = {};  // that a text may be; any if there are none
};

struct Shape {
  std::span<const Member> members;
  bool open = false;  // what it does not know it ignores
};

struct Misfit {
  enum class What : std::uint8_t { unknown, unexpected_list, wrong_type, wrong_word } what = What::unknown;
  std::string place;  // "contents[0].parts[1]": of the object that holds the member, "" for the document
  std::string name;   // of the member
  json::Value value;
  const Member* member = nullptr;  // null for unknown ones
};

// The first member of an object, in its order, that does not fit. Anything but an object fits nothing: a misfit without a
// name.
std::optional<Misfit> misfit(json::Value value, const Shape& shape);

}  // namespace freeway::farm
