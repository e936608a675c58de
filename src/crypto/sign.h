// Ed25519 signatures (RFC 8032). Keys and signatures are raw bytes. Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace freeway::crypto {

inline constexpr std::size_t kSigningKeyBytes = 32;  // of either half
inline constexpr std::size_t kSignatureBytes = 64;

// The public half of a private key, which is any kSigningKeyBytes unpredictable bytes. Nothing for another length.
std::optional<std::string> public_key_of(std::string_view private_key);
// Nothing if the private key has another length.
std::optional<std::string> sign(std::string_view private_key, std::string_view message);
// False too where key or signature is none.
bool verify(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace freeway::crypto
