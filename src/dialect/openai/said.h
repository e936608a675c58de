// What a streamed answer has said so far, kept for the case that its provider never tells how many tokens that was.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "token/encoding.h"

namespace freeway::dialect::openai {

class Said {
 public:
  void add(std::string_view text);
  // A string's bytes as they stand in JSON.
  void add_escaped(std::string_view escaped);
  // Exact for up to `kKept` bytes; the rest counts in proportion.
  std::uint64_t tokens(token::Encoding encoding) const;
  // About; costs nothing.
  std::uint64_t rough_tokens() const { return (bytes_ + 3) / 4; }

 private:
  static constexpr std::size_t kKept = 8 << 10;

  std::string text_;       // its beginning
  std::size_t bytes_ = 0;  // of all
};

}  // namespace freeway::dialect::openai
