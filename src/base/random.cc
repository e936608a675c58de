#include "base/random.h"

namespace freeway {

std::uint64_t SeededRandom::next() {
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_.fetch_add(kStep, std::memory_order_relaxed) + kStep;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::string random_id(Random& random, std::size_t count) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string id(count, ' ');
  std::uint64_t drawn = 0, fraction = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // Four letters of each half of a draw, which is read as a fraction: 36^4 is so small beside 2^32 that none is noticeably
    // likelier than another.
    if (i % 8 == 0) drawn = random.next();
    if (i % 4 == 0) fraction = i % 8 == 0 ? drawn : drawn >> 32;
    fraction = (fraction & 0xffffffff) * 36;
    id[i] = kAlphabet[fraction >> 32];
  }
  return id;
}

}  // namespace freeway
