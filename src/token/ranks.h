// The tokens of an encoding and their ranks, packed in the program (data/*.ranks).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "token/encoding.h"

namespace freeway::token {

// The packed tokens in the order of their ranks, each a byte with its length and so many bytes. Read-only and mapped: a page
// that nobody reads takes no memory.
std::string_view packed_ranks(Encoding encoding);

// Immutable once made, then shared by all threads.
class Ranks {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // Made at the first call, in some 20 ms, and never freed; thread-safe. Takes 8 bytes for each of 2^18 (o200k) or 2^17
  // (cl100k) places of a hash table over the packed tokens.
  static const Ranks& of(Encoding encoding);

  explicit Ranks(std::string_view packed);

  // The rank of the token that these bytes are, or kNone. Every single byte has one.
  std::uint32_t find(std::string_view bytes) const;
  std::size_t size() const { return size_; }
  std::size_t longest() const { return longest_; }  // token, in bytes

 private:
  struct Place {
    std::uint32_t begin = 0;  // of the token in the packed text; 0: nothing is here
    std::uint32_t rank : 18 = 0;
    std::uint32_t mark : 14 = 0;  // of the hash, to look at few tokens that are others
  };
  std::string_view packed_;
  std::vector<Place> places_;
  std::size_t size_ = 0;
  std::size_t longest_ = 0;
};

}  // namespace freeway::token
