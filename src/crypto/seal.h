// Authenticated encryption (AES-256-GCM), keys from passphrases (scrypt), and how bytes are written down. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freeway::crypto {

inline constexpr std::size_t kKeyBytes = 32;

// From the system's source.
std::string random_bytes(std::size_t count);

// Nonce (12 bytes, random), ciphertext and tag (16): 28 bytes more than `plain`. `key` is kKeyBytes long. With one key, seal
// fewer than 2^32 times.
std::string seal(std::string_view key, std::string_view associated, std::string_view plain);
// Nothing unless key and associated data are those of `seal` and no bit has changed.
std::optional<std::string> open(std::string_view key, std::string_view associated, std::string_view sealed);

// kKeyBytes from a passphrase; memory 1024 × cost bytes, cost a power of two. Nothing if the cost is out of bounds.
inline constexpr std::uint64_t kScryptCost = 1U << 16;  // 64 MiB, a fifth of a second
std::optional<std::string> scrypt(std::string_view passphrase, std::string_view salt, std::uint64_t cost);

std::string to_hex(std::string_view bytes);  // lower-case
std::optional<std::string> from_hex(std::string_view text);
std::string to_base64(std::string_view bytes);
// Either alphabet, padding optional.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace freeway::crypto
