#include "dialect/dropped.h"

#include <algorithm>

namespace freeway::dialect {

void Dropped::add(std::string name) {
  constexpr std::size_t kMost = 32;
  constexpr std::size_t kLongest = 96;
  if (names_.size() == kMost) return;
  if (name.size() > kLongest) name.resize(kLongest);
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(std::move(name));
}

}  // namespace freeway::dialect
