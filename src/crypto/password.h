// Passwords of people, hashed with Argon2id (RFC 9106) by libsodium. Slow on purpose and blocking, so never on a loop;
// thread-safe. Each call takes the memory of the cost while it runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freeway::crypto {

struct PasswordCost {
  std::uint64_t memory = 64ULL * 1024 * 1024;  // bytes, 8 KiB at least
  std::uint64_t passes = 3;                    // 1 at least
};

// "$argon2id$v=19$m=65536,t=3,p=1$salt$hash", with a fresh salt. Nothing if there is not that much memory.
std::optional<std::string> hash_password(std::string_view password, const PasswordCost& cost);

// False too for a hash that is none. Takes as long as the hash's own cost says, whatever the password is.
bool password_matches(const std::string& hash, std::string_view password);

// A hash that no password has, to try passwords of unknown people against, so that it takes as long.
std::string hash_of_nothing(const PasswordCost& cost);

}  // namespace freeway::crypto
