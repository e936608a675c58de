#include "crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>

namespace freeway::crypto {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  // Fails only without memory or without the default provider; a wrong digest would be worse than no process.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) std::abort();
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{size} * 2);
  for (unsigned int i = 0; i < size; ++i) {
    text += kHex[digest[i] >> 4U];
    text += kHex[digest[i] & 15U];
  }
  return text;
}

std::string random_token(std::size_t count) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr unsigned int kFair =
      256 - 256 % static_cast<unsigned int>(kAlphabet.size());  // above it bytes favour the first letters
  std::string token;
  token.reserve(count);
  std::array<unsigned char, 64> bytes{};
  while (token.size() < count) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
    for (unsigned char byte : bytes) {
      if (byte < kFair && token.size() < count) token += kAlphabet[byte % kAlphabet.size()];
    }
  }
  return token;
}

}  // namespace freeway::crypto
