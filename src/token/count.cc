#include "token/count.h"

#include <algorithm>
#include <functional>

#include "token/estimate.h"
#include "token/ranks.h"
#include "token/split.h"

namespace freeway::token {

namespace {

// At most so many bytes, and no character cut in two.
std::string_view head_of(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t size = most;
  while (size > most - 4 && (static_cast<std::uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

Counter& Counter::add(std::string_view text) {
  std::size_t done = 0;
  std::uint64_t counted = 0;
  Splitter splitter(encoding_, text);
  std::string_view piece;
  while (done < text.size() && work_ < kMostWork) {
    if (piece.empty()) piece = splitter.next();
    std::string_view part = head_of(piece, kLongestPiece);
    counted += encode(part);
    piece.remove_prefix(part.size());
    done += part.size();
  }
  counted_ += counted;
  estimated_ += estimate(text.substr(0, done));
  tokens_ += counted;
  if (done < text.size()) tokens_ += estimate(text.substr(done)) * counted_ / std::max<std::uint64_t>(estimated_, 1);
  return *this;
}

// The pair of the lowest rank becomes one, of equals the first, until no pair is a token.
std::uint64_t Counter::encode(std::string_view piece) {
  const Ranks& ranks = Ranks::of(encoding_);
  work_ += piece.size();
  if (piece.size() == 1 || ranks.find(piece) != Ranks::kNone) return 1;
  work_ += piece.size() * 7;
  const auto size = static_cast<std::uint32_t>(piece.size());
  parts_.resize(size);
  queue_.clear();
  for (std::uint32_t i = 0; i < size; ++i) parts_[i] = {i - 1, i + 1, Ranks::kNone};
  for (std::uint32_t i = 0; i + 1 < size; ++i) rank(piece, i);
  std::uint64_t left = size;
  while (!queue_.empty()) {
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
    std::uint64_t pair = queue_.back();
    queue_.pop_back();
    auto first = static_cast<std::uint32_t>(pair);
    Part& part = parts_[first];
    if (part.rank != pair >> 32) continue;  // one of the two has grown since
    parts_[part.end].rank = Ranks::kNone;
    part.end = parts_[part.end].end;
    --left;
    if (part.end < size) parts_[part.end].before = first;
    rank(piece, first);
    if (first > 0) rank(piece, part.before);
  }
  return left;
}

void Counter::rank(std::string_view piece, std::uint32_t at) {
  Part& part = parts_[at];
  part.rank = Ranks::kNone;
  if (part.end >= piece.size()) return;
  part.rank = Ranks::of(encoding_).find(piece.substr(at, parts_[part.end].end - at));
  if (part.rank == Ranks::kNone) return;
  queue_.push_back(std::uint64_t{part.rank} << 32 | at);
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
}

std::uint64_t count(Encoding encoding, std::string_view text) { return Counter(encoding).add(text).tokens(); }

}  // namespace freeway::token
