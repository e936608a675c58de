// The cheap token estimate: from bytes alone, no tables. Errs on the high side for prose and code.
#pragma once

#include <cstdint>
#include <string_view>

namespace freeway::token {

// Tokens of UTF-8 text: about four bytes a token for ASCII, one and a half characters a token for CJK and other scripts.
std::uint64_t estimate(std::string_view text);

}  // namespace freeway::token
