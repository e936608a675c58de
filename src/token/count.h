// Exact token counts by the byte-pair encodings o200k_base and cl100k_base.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "token/encoding.h"

namespace freeway::token {

// Adds up the tokens of several texts, each encoded by itself. One thread; keeps the memory of its work between texts.
//
// Exact for texts that are UTF-8, special tokens being text like any other, up to `kMostWork` altogether, which a long
// conversation does not reach; what comes after that is estimated by bytes, in the proportion seen until then, so that
// nothing keeps its thread for long. Bytes that are no UTF-8 count as signs. A piece without a break, a word of more than
// `kLongestPiece` bytes, is cut there, which may add a token a cut; so time is n log n and memory bounded, whatever the
// text.
class Counter {
 public:
  // In bytes of words that are tokens; one of a word of several tokens counts as eight. Some 1 MB of English, 250 KB of
  // Chinese; in the worst case a twentieth of a second.
  static constexpr std::size_t kMostWork = 2 << 20;
  static constexpr std::size_t kLongestPiece = 1 << 16;

  explicit Counter(Encoding encoding) : encoding_(encoding) {}

  Counter& add(std::string_view text);
  // What need not be counted: frames, images.
  Counter& add_tokens(std::uint64_t tokens) {
    tokens_ += tokens;
    return *this;
  }
  std::uint64_t tokens() const { return tokens_; }

 private:
  struct Part {
    std::uint32_t before = 0;  // where the part before begins
    std::uint32_t end = 0;
    std::uint32_t rank = 0;  // of this part and the next as one token
  };
  std::uint64_t encode(std::string_view piece);
  void rank(std::string_view piece, std::uint32_t part);

  Encoding encoding_;
  std::uint64_t tokens_ = 0;
  std::size_t work_ = 0;
  std::uint64_t counted_ = 0;         // tokens
  std::uint64_t estimated_ = 0;       // of the same texts
  std::vector<Part> parts_;           // by their first byte
  std::vector<std::uint64_t> queue_;  // a heap of pairs that may become one: rank << 32 | first byte
};

// Of one text.
std::uint64_t count(Encoding encoding, std::string_view text);

}  // namespace freeway::token
