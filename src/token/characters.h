// What kind of character stands where, for the split patterns of encodings. Immutable tables; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace freeway::token {

// Groups of Unicode's general categories. The numbers stand in data/character_classes.inc too.
enum class CharacterClass : std::uint8_t {
  other = 0,     // signs, controls, what is not assigned; a byte that is no UTF-8
  space = 1,     // White_Space
  number = 2,    // N
  mark = 3,      // M
  caseless = 4,  // Lm, Lo
  lower = 5,     // Ll
  upper = 6,     // Lu, Lt
};

struct Character {
  CharacterClass kind = CharacterClass::other;
  std::uint8_t size = 0;  // in bytes; 0: the text is at its end
};

// The character that begins at `at`. A byte that begins none is one of its own.
Character character(std::string_view text, std::size_t at);

}  // namespace freeway::token
