#include "base/random.h"

namespace freeway {

std::uint64_t SeededRandom::next() {
  std::lock_guard lock(mutex_);
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::string random_id(Random& random, std::size_t count) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string id;
  id.reserve(count);
  for (std::size_t i = 0; i < count; ++i) id.push_back(kAlphabet[random.next() % 36]);
  return id;
}

}  // namespace freeway
