// Counts the tokens of texts: each on standard input as its length in four bytes, the lowest first, and its bytes; each on
// standard output as a line with its tokens by cl100k_base and by o200k_base. For tests that compare with another counter.
#include <array>
#include <cstdint>
#include <iostream>
#include <string>

#include "token/count.h"

int main() {
  std::array<char, 4> head;
  while (std::cin.read(head.data(), head.size())) {
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < head.size(); ++i) size |= std::uint32_t{static_cast<std::uint8_t>(head[i])} << (8 * i);
    std::string text(size, '\0');
    if (!std::cin.read(text.data(), size)) return 1;
    std::cout << freeway::token::count(freeway::token::Encoding::cl100k, text) << ' '
              << freeway::token::count(freeway::token::Encoding::o200k, text) << '\n';
  }
  return 0;
}
