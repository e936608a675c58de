#include "base/secret_set.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace freeway {

namespace {

constexpr std::size_t kPiece = 4;
// Longer values are looked for at fewer places, so short ones must not slow the search for them.
constexpr std::size_t kLong = 16;
constexpr std::size_t kWidest = 32;

std::uint32_t load(const char* at) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, at, kPiece);
  return bytes;
}

std::uint32_t hash(std::uint32_t bytes) { return bytes * 0x9e3779b1U; }

std::string percent_encoded(std::string_view value) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string text;
  for (char c : value) {
    if (kPlain.find(c) != std::string_view::npos) {
      text += c;
    } else {
      text += '%';
      text += kHex[static_cast<unsigned char>(c) >> 4];
      text += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return text;
}

std::string escaped(std::string_view value, std::string_view characters) {
  std::string text;
  for (char c : value) {
    if (characters.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

SecretSet::SecretSet(const std::vector<std::string_view>& values) {
  for (auto value : values) {
    if (value.size() < kShortest) continue;
    values_.emplace_back(value);
    values_.push_back(percent_encoded(value));
    values_.push_back(escaped(value, "\"\\"));
    values_.push_back(escaped(value, "\"\\/"));
  }
  std::sort(values_.begin(), values_.end());
  values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
  std::vector<std::uint32_t> short_ones;
  std::vector<std::uint32_t> long_ones;
  for (std::uint32_t i = 0; i < values_.size(); ++i) {
    (values_[i].size() < kLong ? short_ones : long_ones).push_back(i);
    first_.set(static_cast<unsigned char>(values_[i].front()));
    longest_ = std::max(longest_, values_[i].size());
  }
  for (const auto* members : {&short_ones, &long_ones}) {
    if (!members->empty()) groups_.emplace_back().build(values_, *members);
  }
}

void SecretSet::Group::build(const std::vector<std::string>& values, const std::vector<std::uint32_t>& members) {
  window = kWidest;
  for (auto member : members) window = std::min(window, values[member].size());
  stride = window - kPiece + 1;
  for (auto member : members) {
    const std::string& value = values[member];
    // The end of a key differs most; its beginning is often the provider's mark.
    for (std::size_t offset = value.size() - window; offset + kPiece <= value.size(); ++offset) {
      pieces.push_back({load(value.data() + offset), member, static_cast<std::uint32_t>(offset)});
    }
  }
  int bucket_bits = std::clamp(static_cast<int>(std::bit_width(pieces.size())), 4, 24);
  int filter_bits = bucket_bits + 4;
  bucket_shift = 32 - bucket_bits;
  filter_shift = 32 - filter_bits;
  filter.resize((std::size_t{1} << filter_bits) / 64);
  auto bucket = [this](const Piece& piece) { return hash(piece.bytes) >> bucket_shift; };
  std::sort(pieces.begin(), pieces.end(), [&](const Piece& a, const Piece& b) { return bucket(a) < bucket(b); });
  buckets.assign((std::size_t{1} << bucket_bits) + 1, 0);
  for (const auto& piece : pieces) {
    std::uint32_t bit = hash(piece.bytes) >> filter_shift;
    filter[bit / 64] |= std::uint64_t{1} << (bit % 64);
    ++buckets[bucket(piece) + 1];
  }
  for (std::size_t i = 1; i < buckets.size(); ++i) buckets[i] += buckets[i - 1];
}

bool SecretSet::Group::may_hold(std::uint32_t bytes) const {
  std::uint32_t bit = hash(bytes) >> filter_shift;
  return (filter[bit / 64] >> (bit % 64) & 1) != 0;
}

template <class Found>
void SecretSet::search(std::string_view text, Found found) const {
  for (const auto& group : groups_) {
    for (std::size_t at = 0; at + kPiece <= text.size(); at += group.stride) {
      std::uint32_t bytes = load(text.data() + at);
      if (!group.may_hold(bytes)) [[likely]]
        continue;
      std::uint32_t bucket = hash(bytes) >> group.bucket_shift;
      for (std::uint32_t i = group.buckets[bucket]; i < group.buckets[bucket + 1]; ++i) {
        const Piece& piece = group.pieces[i];
        if (piece.bytes != bytes || piece.offset > at) continue;
        const std::string& value = values_[piece.value];
        std::size_t begin = at - piece.offset;
        if (text.size() - begin < value.size()) continue;
        if (std::memcmp(text.data() + begin, value.data(), value.size()) != 0) continue;
        if (!found(Hit{begin, begin + value.size()})) return;
      }
    }
  }
}

bool SecretSet::found(std::string_view text) const {
  bool any = false;
  search(text, [&any](Hit) {
    any = true;
    return false;
  });
  return any;
}

bool SecretSet::redact(std::string& text) const {
  std::vector<Hit> hits;
  search(text, [&hits](Hit hit) {
    hits.push_back(hit);
    return true;
  });
  if (hits.empty()) return false;
  std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.begin < b.begin; });
  std::string clean;
  clean.reserve(text.size());
  std::size_t done = 0;
  for (std::size_t i = 0; i < hits.size();) {
    Hit whole = hits[i++];
    for (; i < hits.size() && hits[i].begin < whole.end; ++i) whole.end = std::max(whole.end, hits[i].end);
    clean.append(text, done, whole.begin - done);
    clean += kMark;
    done = whole.end;
  }
  clean.append(text, done);
  text = std::move(clean);
  return true;
}

std::size_t SecretSet::unsure(std::string_view text) const {
  if (values_.empty()) return 0;
  for (std::size_t length = std::min(longest_ - 1, text.size()); length > 0; --length) {
    auto end = text.substr(text.size() - length);
    if (!first_.test(static_cast<unsigned char>(end.front()))) continue;
    auto next = std::upper_bound(values_.begin(), values_.end(), end);
    if (next != values_.end() && next->starts_with(end)) return length;
  }
  return 0;
}

}  // namespace freeway
