// A regular expression of a JSON Schema: ECMAScript's syntax over code points. Matching takes bounded time and memory,
// whatever the pattern. Private to this room.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"

namespace freeway::json {

class Pattern {
 public:
  // Fails with invalid if the syntax is wrong or unknown.
  static Result<Pattern> compile(std::string_view utf8);
  // Whether it matches anywhere in the text; fails with exhausted if that is too costly to find out.
  Result<bool> found_in(std::string_view utf8) const;

 private:
  struct Regex;
  std::shared_ptr<const Regex> regex_;
};

}  // namespace freeway::json
