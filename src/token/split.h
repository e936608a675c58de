// Cuts a text into the pieces that an encoding's pattern makes of it, which are then encoded each by itself.
//
// Written by hand for the two patterns, since a regular expression would need look-ahead, Unicode's categories and a bound
// on its time. Here every character is looked at a few times at most and nothing recurses.
#pragma once

#include <cstddef>
#include <string_view>

#include "token/characters.h"
#include "token/encoding.h"

namespace freeway::token {

class Splitter {
 public:
  // The text must outlive the pieces. Any bytes will do.
  Splitter(Encoding encoding, std::string_view text) : encoding_(encoding), text_(text) {}
  // The next piece; empty at the end. All of them together are the text.
  std::string_view next();

 private:
  Character look(std::size_t at) const { return character(text_, at); }
  std::size_t word(Character first) const;
  std::size_t letters(std::size_t at) const;
  std::size_t capitals_and_letters(std::size_t at, bool with_small) const;
  std::size_t contraction(std::size_t at) const;
  std::size_t numbers() const;
  std::size_t signs() const;
  std::size_t spaces() const;

  Encoding encoding_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace freeway::token
