// Pieces add up to the text, and so do tokens to no more than its bytes; no input takes long or crashes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "token/count.h"
#include "token/split.h"

using namespace freeway::token;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (Encoding encoding : {Encoding::cl100k, Encoding::o200k}) {
    std::size_t at = 0, pieces = 0;
    Splitter splitter(encoding, text);
    for (std::string_view piece = splitter.next(); !piece.empty(); piece = splitter.next()) {
      if (piece.data() != text.data() + at) std::abort();
      at += piece.size();
      ++pieces;
    }
    if (at != size) std::abort();
    const std::uint64_t tokens = count(encoding, text);
    if (tokens < pieces || tokens > size) std::abort();
  }
  return 0;
}
