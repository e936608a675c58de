// A TOML text as a flat list of its values, for comparing two of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reader/section.h"

namespace freeway::reader {

// One value. An array of tables that all have an `id`, or all a `name`, is walked too: `list` and `element` tell where, as
// in "models", "openai/gpt-oss-120b", "limits.rpm". Any other array is one value.
struct Leaf {
  std::string list;     // "": at the top
  std::string element;  // "": at the top
  std::string member;   // dotted
  std::string value;    // as TOML, in one line
};

// In the order of the tables' keys. The table must have come from parse_toml.
std::vector<Leaf> leaves(const toml::table& table);

}  // namespace freeway::reader
