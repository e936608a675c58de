#include "crypto/password.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cstdlib>

namespace freeway::crypto {

namespace {

// Its first call chooses code for this processor and opens the system's random source.
void prepare() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

}  // namespace

std::optional<std::string> hash_password(std::string_view password, const PasswordCost& cost) {
  prepare();
  std::array<char, crypto_pwhash_STRBYTES> text{};
  int failed = crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost.passes,
                                     static_cast<std::size_t>(cost.memory), crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) return {};
  return std::string(text.data());
}

bool password_matches(const std::string& hash, std::string_view password) {
  prepare();
  if (hash.size() >= crypto_pwhash_STRBYTES) return false;
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

std::string hash_of_nothing(const PasswordCost& cost) {
  constexpr std::size_t kSalt = 22;  // characters of base64: 16 bytes
  constexpr std::size_t kHash = 43;  // 32 bytes, all zero: as likely as any other to be hit
  return fmt::format("$argon2id$v=19$m={},t={},p=1${}${}", cost.memory / 1024, cost.passes, std::string(kSalt, 'A'),
                     std::string(kHash, 'A'));
}

}  // namespace freeway::crypto
