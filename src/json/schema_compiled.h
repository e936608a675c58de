// What Schema holds. Private to this room.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "json/document.h"
#include "json/pattern.h"
#include "json/schema.h"

namespace freeway::json {

struct Schema::Compiled {
  std::string text;
  Document document;
  bool reference_stands_alone = false;                // up to draft 7, what stands beside a $ref is ignored
  std::unordered_map<std::size_t, Value> references;  // by the offset of the $ref's value
  std::unordered_map<std::size_t, Pattern> patterns;  // by the offset of a pattern's value, or of a pattern's key
};

// Checks the shape of every keyword and fills in references and patterns.
Result<void> compile_schema(Schema::Compiled& compiled);
Result<void> check_instance(const Schema::Compiled& compiled, Value instance);

}  // namespace freeway::json
