#include "base/redacted_text.h"

#include <algorithm>
#include <array>

namespace freeway {

namespace {
constexpr std::size_t kLeaves = SecretSet::kBeginning - 1;
constexpr std::size_t kSpelled = 8;  // bytes of a character that is spelled by number, inside a string
constexpr std::size_t kKeptCapacity = 256;
}  // namespace

bool RedactedText::passes(std::string_view part) {
  // What may be spelled by number is looked at closely.
  if (holds() || tail_.size() > kLeaves || part.find('\\') != std::string_view::npos) return false;
  // What begins in the tail goes on in the part.
  std::array<char, 2 * kLeaves> bytes;
  const std::size_t before = tail_.size();
  const std::size_t more = std::min(part.size(), kLeaves);
  for (std::size_t i = 0; i < before; ++i) bytes[i] = tail_[i];
  for (std::size_t i = 0; i < more; ++i) bytes[before + i] = part[i];
  const std::string_view seam(bytes.data(), before + more);
  for (std::size_t at = 0; at < before; ++at) {
    if (secrets_->may_begin(seam.substr(at))) return false;
  }
  if (secrets_->begun(part) > 0 || secrets_->found(part)) return false;
  if (more == kLeaves) {
    tail_.assign(part.substr(part.size() - kLeaves));
  } else {
    tail_.assign(seam.substr(seam.size() - std::min(seam.size(), kLeaves)));
  }
  left_ = tail_.size();
  return true;
}

void RedactedText::feed(std::string_view part, std::string& out) {
  tail_ += part;
  std::size_t held = tail_.size() - secrets_->begun(tail_);  // from here on nothing is decided
  auto places = secrets_->places(tail_);
  // A value that another may begin in is not decided either, unless so much came that it never will be.
  while (!places.empty() && places.back().end > held && tail_.size() - places.back().begin <= 2 * secrets_->longest()) {
    held = std::min(held, places.back().begin);
    places.pop_back();
  }
  std::size_t known = 0;
  for (const auto& place : places) {
    if (left_ < place.begin) out.append(tail_, left_, place.begin - left_);
    out += SecretSet::kMark;
    known = left_ = place.end;
  }
  if (held < known) held = tail_.size() - secrets_->begun(std::string_view(tail_).substr(known));
  if (left_ < held) out.append(tail_, left_, held - left_);
  if (held == tail_.size()) {
    tail_.erase(0, known);
    keep_end();
  } else {
    left_ = std::max(left_, held) - held;
    tail_.erase(0, held);
  }
  if (tail_.capacity() > std::max(kKeptCapacity, 2 * tail_.size())) tail_.shrink_to_fit();
}

std::string RedactedText::release() {
  std::string held = tail_.substr(left_);
  if (!held.empty() && (secrets_->gives_away(tail_) || secrets_->found(tail_))) held = SecretSet::kMark;
  left_ = tail_.size();
  return held;
}

// All of it has left.
void RedactedText::keep_end() {
  std::size_t kept = kLeaves;
  if (tail_.rfind('\\') != std::string::npos) kept *= kSpelled;
  if (tail_.size() > kept) tail_.erase(0, tail_.size() - kept);
  left_ = tail_.size();
}

}  // namespace freeway
