// Texts that are filled again and again, whose memory is kept for the next time unless one time needed much.
#pragma once

#include <cstddef>
#include <string>

namespace freeway {

// Of a text that holds more, the memory is given back.
inline constexpr std::size_t kScratchBytes = 16 * 1024;

// Of a text whose content nobody needs any more.
inline void shrink_scratch(std::string& text) {
  if (text.capacity() > kScratchBytes) std::string().swap(text);
}

// Of a text whose content stays.
inline void shrink_around(std::string& text) {
  if (text.capacity() > kScratchBytes && text.size() < text.capacity() / 4) text.shrink_to_fit();
}

}  // namespace freeway
