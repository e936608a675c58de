// Digests and unpredictable bytes. Thread-safe; the only room that sees OpenSSL's EVP.
#pragma once

#include <string>
#include <string_view>

namespace freeway::crypto {

// Lower-case hex of SHA-256.
std::string sha256_hex(std::string_view bytes);

// `count` characters of [A-Za-z0-9] from the system's random source, for keys. About 5.95 bits each.
std::string random_token(std::size_t count);

}  // namespace freeway::crypto
