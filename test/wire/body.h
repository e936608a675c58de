// How a transcript spells a body that holds ids which the gateway made up.
#pragma once

#include <string_view>

namespace freeway::wire {

// Byte by byte, but `{9:x}` in `expected` stands for nine letters, digits or `_`, and `{+:x}` for one or more: the same ones
// wherever the name x stands again, and others than under any other name.
bool same_body(std::string_view expected, std::string_view got);

}  // namespace freeway::wire
