// A 128-bit digest of a sequence of fields: the same in every process and on every machine. For telling documents apart
// and minting ids; not for secrets and no defence against somebody who looks for a collision.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freeway::dialect::openai {

class Digest {
 public:
  // Fields are told apart by their length: {"ab","c"} and {"a","bc"} differ.
  Digest& add(std::string_view field);
  Digest& add(std::uint64_t number);

  // 32 hexadecimal characters.
  std::string hex() const;
  // `count` characters of [A-Za-z0-9].
  std::string letters(std::size_t count) const;

 private:
  void mix(std::uint64_t word);
  std::uint64_t a_ = 0x243f6a8885a308d3;
  std::uint64_t b_ = 0x13198a2e03707344;
};

// "call_" and 24 letters.
std::string mint_call_id(const Digest& digest);

}  // namespace freeway::dialect::openai
