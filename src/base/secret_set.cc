#include "base/secret_set.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

namespace freeway {

namespace {

constexpr std::size_t kPiece = 4;
// Longer values are looked for at fewer places, so short ones must not slow the search for them.
constexpr std::size_t kLong = 16;
constexpr std::size_t kWidest = 32;
constexpr int kBeginningShift = 32 - 12;  // 4,096 hashes of the four bytes that values begin with

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

constexpr std::string_view kByNumber = "\\u00";

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// A JSON text with the ASCII characters that it spells by number (\u002b) as they are, also where it is JSON inside a string
// (\\u002b).
class Spelled {
 public:
  explicit Spelled(std::string_view json) {
    text_.reserve(json.size());
    std::size_t removed = 0;
    for (std::size_t at = 0; at < json.size();) {
      const std::size_t backslash = std::min(json.find('\\', at), json.size());
      text_ += json.substr(at, backslash - at);
      const std::size_t end = std::min(json.find_first_not_of('\\', backslash), json.size());
      at = end;
      if (auto character = by_number(json.substr(end)); character && end > backslash) {
        at += kDigits;
        removed += at - backslash - 1;
        removals_.push_back({text_.size(), removed});
        text_ += *character;
      } else {
        text_ += json.substr(backslash, end - backslash);
      }
    }
  }

  std::string_view text() const { return text_; }
  // Where a place of text() was in the JSON.
  std::size_t origin(std::size_t at) const {
    const auto behind = std::lower_bound(removals_.begin(), removals_.end(), at,
                                         [](const Removal& removal, std::size_t place) { return removal.at < place; });
    return behind == removals_.begin() ? at : at + std::prev(behind)->removed;
  }

 private:
  // A character that was spelled by number, and how much shorter the text is behind it.
  struct Removal {
    std::size_t at;
    std::size_t removed;
  };
  static constexpr std::size_t kDigits = 5;

  // The character that u002b is.
  static std::optional<char> by_number(std::string_view digits) {
    if (digits.size() < kDigits || !digits.starts_with(kByNumber.substr(1))) return std::nullopt;
    const auto high = hex_digit(digits[3]);
    const auto low = hex_digit(digits[4]);
    if (!high || !low) return std::nullopt;
    const unsigned value = *high * 16 + *low;
    if (value < 0x20 || value > 0x7e) return std::nullopt;
    return static_cast<char>(value);
  }

  std::string text_;
  std::vector<Removal> removals_;  // in order
};

// How many bytes at the end are the beginning of a character that is spelled by number.
std::size_t cut_escape(std::string_view text) {
  const std::size_t slash = text.rfind('\\');
  if (slash == std::string_view::npos) return 0;
  const std::string_view digits = text.substr(slash + 1);
  const std::string_view start = kByNumber.substr(1);
  const bool cut = digits.size() <= start.size() ? start.starts_with(digits)
                                                 : digits.size() == start.size() + 1 && digits.starts_with(start) &&
                                                       hex_digit(digits.back()).has_value();
  if (!cut) return 0;
  const std::size_t before = text.find_last_not_of('\\', slash);
  return text.size() - (before == std::string_view::npos ? 0 : before + 1);
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
    beginnings_.set(hash(load(values_[i].data())) >> kBeginningShift);
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
        if (!found(Place{begin, begin + value.size()})) return;
      }
    }
  }
}

template <class Found>
void SecretSet::search_spelled(std::string_view text, Found found) const {
  bool more = true;
  auto in_order = [&](Place place) { return more = found(place); };
  search(text, in_order);
  if (!more || values_.empty() || text.find('\\') == std::string_view::npos ||
      text.find(kByNumber) == std::string_view::npos)
    return;
  const Spelled spelled(text);
  search(spelled.text(), [&](Place place) { return in_order({spelled.origin(place.begin), spelled.origin(place.end)}); });
}

bool SecretSet::found(std::string_view text) const {
  bool any = false;
  search_spelled(text, [&any](Place) {
    any = true;
    return false;
  });
  return any;
}

std::vector<SecretSet::Place> SecretSet::places(std::string_view text) const {
  std::vector<Place> all;
  search_spelled(text, [&all](Place place) {
    all.push_back(place);
    return true;
  });
  return apart(std::move(all));
}

std::vector<SecretSet::Place> SecretSet::apart(std::vector<Place> all) {
  if (all.size() < 2) return all;
  std::sort(all.begin(), all.end(), [](const Place& a, const Place& b) { return a.begin < b.begin; });
  std::vector<Place> merged;
  for (const Place& place : all) {
    if (!merged.empty() && place.begin < merged.back().end) {
      merged.back().end = std::max(merged.back().end, place.end);
    } else {
      merged.push_back(place);
    }
  }
  return merged;
}

bool SecretSet::hide(std::string& text, const std::vector<Place>& hidden) {
  if (hidden.empty()) return false;
  std::string clean;
  clean.reserve(text.size());
  std::size_t done = 0;
  for (const Place& place : hidden) {
    clean.append(text, done, place.begin - done);
    clean += kMark;
    done = place.end;
  }
  clean.append(text, done);
  text = std::move(clean);
  return true;
}

bool SecretSet::redact(std::string& text) const { return hide(text, places(text)); }

bool SecretSet::may_begin(std::string_view text) const {
  return text.size() >= kPiece && beginnings_.test(hash(load(text.data())) >> kBeginningShift);
}

std::size_t SecretSet::begun_plainly(std::string_view text) const {
  static_assert(kBeginning == kPiece);
  for (std::size_t length = std::min(longest_, text.size() + 1); length-- > kBeginning;) {
    const auto end = text.substr(text.size() - length);
    if (!may_begin(end)) [[likely]]
      continue;
    const auto next = std::upper_bound(values_.begin(), values_.end(), end);
    if (next != values_.end() && next->starts_with(end)) return length;
  }
  return 0;
}

std::size_t SecretSet::begun(std::string_view text) const {
  if (values_.empty()) return 0;
  // A character takes six bytes if it is spelled by number, and a few backslashes more inside a string.
  const std::string_view end = text.substr(text.size() - std::min(text.size(), 8 * longest_));
  if (end.find('\\') == std::string_view::npos) [[likely]]
    return begun_plainly(text);
  const std::string_view whole = end.substr(0, end.size() - cut_escape(end));
  const Spelled spelled(whole);
  const std::size_t begun = begun_plainly(spelled.text());
  if (begun > 0) return end.size() - spelled.origin(spelled.text().size() - begun);
  return begun_plainly(text);
}

bool SecretSet::gives_away(std::string_view beginning) const {
  const Spelled spelled(beginning.substr(0, beginning.size() - cut_escape(beginning)));
  for (auto at = std::lower_bound(values_.begin(), values_.end(), spelled.text());
       at != values_.end() && at->starts_with(spelled.text()); ++at) {
    if (2 * spelled.text().size() >= at->size()) return true;
  }
  return false;
}

void SecretSet::redact_excerpts(std::string& text) const {
  constexpr std::string_view kCut = "…";
  const std::string_view all = text;
  std::vector<Place> hidden = places(all);
  std::size_t from = 0;
  for (std::size_t at = all.find(kCut); at != std::string_view::npos; at = all.find(kCut, from)) {
    const std::size_t begun = this->begun(all.substr(from, at - from));
    if (begun > 0) hidden.push_back({at - begun, at});
    from = at + kCut.size();
  }
  hide(text, apart(std::move(hidden)));
}

}  // namespace freeway
