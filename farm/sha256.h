// SHA-256 (FIPS 180-4), for telling whether a body arrived as it was sent.
#pragma once

#include <string>
#include <string_view>

namespace freeway::farm {

// 64 hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace freeway::farm
