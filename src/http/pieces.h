// A body that is sent piece by piece, because it is not held whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/spool.h"

namespace freeway::http {

// A text, or a part of a spool.
struct Piece {
  std::string text;
  std::shared_ptr<const Spool> spool = nullptr;  // null: the text
  std::uint64_t from = 0;
  std::uint64_t count = 0;
};

inline std::uint64_t length_of(const std::vector<Piece>& pieces) {
  std::uint64_t length = 0;
  for (const Piece& piece : pieces) length += piece.spool ? piece.count : piece.text.size();
  return length;
}

}  // namespace freeway::http
