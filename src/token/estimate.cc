#include "token/estimate.h"

#include <algorithm>

namespace freeway::token {
namespace {

// Weights in fortieths of a token.
constexpr std::uint64_t kPlain = 9, kDigit = 24, kSign = 27, kTwo = 20, kThree = 40, kFour = 80;

// At most 255 bytes, so that counters of one byte suffice and the loop becomes vector code.
std::uint64_t weigh(const char* at, std::size_t size) {
  std::uint8_t ascii = 0, letters = 0, digits = 0, signs = 0, leads = 0, long_leads = 0, longest_leads = 0;
  for (std::size_t i = 0; i < size; ++i) {
    auto byte = static_cast<std::uint8_t>(at[i]);
    ascii += byte < 0x80;
    letters += static_cast<std::uint8_t>((byte | 0x20) - 'a') < 26;
    digits += static_cast<std::uint8_t>(byte - '0') < 10;
    signs += static_cast<std::uint8_t>(byte - 0x21) < 0x5f;  // printable ASCII
    leads += byte >= 0xc0;
    long_leads += byte >= 0xe0;
    longest_leads += byte >= 0xf0;
  }
  std::uint64_t other = std::uint64_t{signs} - letters - digits;
  return (std::uint64_t{ascii} - digits - other) * kPlain + digits * kDigit + other * kSign + (leads - long_leads) * kTwo +
         (long_leads - longest_leads) * kThree + longest_leads * kFour;
}

// As above, for text that is ASCII alone.
std::uint64_t weigh_ascii(const char* at, std::size_t size) {
  std::uint8_t letters = 0, digits = 0, signs = 0;
  for (std::size_t i = 0; i < size; ++i) {
    auto byte = static_cast<std::uint8_t>(at[i]);
    letters += static_cast<std::uint8_t>((byte | 0x20) - 'a') < 26;
    digits += static_cast<std::uint8_t>(byte - '0') < 10;
    signs += static_cast<std::uint8_t>(byte - 0x21) < 0x5f;
  }
  std::uint64_t other = std::uint64_t{signs} - letters - digits;
  return (size - digits - other) * kPlain + digits * kDigit + other * kSign;
}

bool is_ascii(const char* at, std::size_t size) {
  std::uint8_t all = 0;
  for (std::size_t i = 0; i < size; ++i) all |= static_cast<std::uint8_t>(at[i]);
  return all < 0x80;
}

}  // namespace

std::uint64_t estimate(std::string_view text) {
  constexpr std::size_t kBlock = 128;
  std::uint64_t weight = 0;
  for (std::size_t from = 0; from < text.size(); from += kBlock) {
    const char* at = text.data() + from;
    std::size_t size = std::min(kBlock, text.size() - from);
    weight += is_ascii(at, size) ? weigh_ascii(at, size) : weigh(at, size);
  }
  return std::max<std::uint64_t>((weight + 39) / 40, text.empty() ? 0 : 1);
}

}  // namespace freeway::token
