#include "token/ranks.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace freeway::token {

namespace {

std::uint64_t hash_of(std::string_view bytes) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
  std::uint64_t hash = bytes.size() * kFactor;
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    std::size_t size = std::min(bytes.size(), sizeof(word));
    std::memcpy(&word, bytes.data(), size);
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 29;
    bytes.remove_prefix(size);
  }
  return hash * kFactor;
}

constexpr std::uint32_t mark_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 50); }

template <class F>
void each(std::string_view packed, F&& visit) {
  for (std::size_t at = 0; at < packed.size();) {
    std::size_t size = static_cast<std::uint8_t>(packed[at]);
    visit(at + 1, packed.substr(at + 1, size));
    at += 1 + size;
  }
}

}  // namespace

const Ranks& Ranks::of(Encoding encoding) {
  if (encoding == Encoding::cl100k) {
    static const Ranks* const kCl100k = new Ranks(packed_ranks(Encoding::cl100k));
    return *kCl100k;
  }
  static const Ranks* const kO200k = new Ranks(packed_ranks(Encoding::o200k));
  return *kO200k;
}

Ranks::Ranks(std::string_view packed) : packed_(packed) {
  each(packed, [this](std::size_t, std::string_view token) {
    ++size_;
    longest_ = std::max(longest_, token.size());
  });
  places_.resize(std::bit_ceil(size_ + size_ / 4 + 1));
  std::uint32_t rank = 0;
  each(packed, [&](std::size_t begin, std::string_view token) {
    std::uint64_t hash = hash_of(token);
    std::size_t at = hash & (places_.size() - 1);
    while (places_[at].begin != 0) at = (at + 1) & (places_.size() - 1);
    places_[at].begin = static_cast<std::uint32_t>(begin);
    places_[at].rank = rank++;
    places_[at].mark = mark_of(hash);
  });
}

std::uint32_t Ranks::find(std::string_view bytes) const {
  if (bytes.empty() || bytes.size() > longest_) return kNone;
  std::uint64_t hash = hash_of(bytes);
  for (std::size_t at = hash & (places_.size() - 1); places_[at].begin != 0; at = (at + 1) & (places_.size() - 1)) {
    const Place& place = places_[at];
    if (place.mark != mark_of(hash)) continue;
    bool same_size = static_cast<std::uint8_t>(packed_[place.begin - 1]) == bytes.size();
    if (same_size && std::memcmp(packed_.data() + place.begin, bytes.data(), bytes.size()) == 0) return place.rank;
  }
  return kNone;
}

}  // namespace freeway::token
