#include "dialect/openai/digest.h"

#include <bit>
#include <cstring>

namespace freeway::dialect::openai {

namespace {
std::uint64_t avalanche(std::uint64_t x) {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  x = (x ^ (x >> 29)) * 0xa0761d6478bd642f;
  return x ^ (x >> 32);
}
}  // namespace

void Digest::mix(std::uint64_t word) {
  a_ = std::rotl((a_ ^ word) * 0x9e3779b97f4a7c15, 31);
  b_ = std::rotl((b_ + word) * 0xc2b2ae3d27d4eb4f, 27) ^ a_;
}

Digest& Digest::add(std::string_view field) {
  mix(field.size());
  while (field.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, field.data(), 8);
    if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
    mix(word);
    field.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  for (char c : field) rest = rest << 8 | static_cast<unsigned char>(c);
  mix(rest);
  return *this;
}

Digest& Digest::add(std::uint64_t number) {
  mix(number);
  return *this;
}

std::string Digest::hex() const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(32, '0');
  char* at = out.data();
  for (std::uint64_t half : {avalanche(a_), avalanche(b_)}) {
    for (int shift = 60; shift >= 0; shift -= 4) *at++ = kHex[(half >> shift) & 15];
  }
  return out;
}

std::string Digest::letters(std::size_t count) const {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  std::uint64_t pool = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 8 == 0) pool = avalanche(a_ ^ avalanche(b_ + i / 8));
    out.push_back(kLetters[pool % 62]);
    pool /= 62;
  }
  return out;
}

std::string mint_call_id(const Digest& digest) { return "call_" + digest.letters(24); }

}  // namespace freeway::dialect::openai
