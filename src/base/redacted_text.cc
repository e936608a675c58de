#include "base/redacted_text.h"

#include <algorithm>
#include <array>

namespace freeway {

namespace {
constexpr std::size_t kLeaves = SecretSet::kBeginning - 1;
constexpr std::size_t kKeptCapacity = 256;
}  // namespace

bool RedactedText::passes(std::string_view part) {
  if (holds() || tail_.size() > kLeaves) return false;
  // What begins in the tail goes on in the part.
  std::array<char, 2 * kLeaves> bytes;
  const std::size_t more = std::min(part.size(), kLeaves);
  std::copy_n(tail_.begin(), tail_.size(), bytes.begin());
  std::copy_n(part.begin(), more, bytes.begin() + static_cast<std::ptrdiff_t>(tail_.size()));
  const std::string_view seam(bytes.data(), tail_.size() + more);
  for (std::size_t at = 0; at < tail_.size(); ++at) {
    if (secrets_->may_begin(seam.substr(at))) return false;
  }
  if (secrets_->begun(part) > 0 || secrets_->found(part)) return false;
  if (part.size() >= kLeaves) tail_.clear();
  tail_ += part.substr(part.size() - more);
  keep_end();
  return true;
}

void RedactedText::feed(std::string_view part, std::string& out) {
  tail_ += part;
  std::size_t known = 0;  // all before it is decided
  for (const auto& place : secrets_->places(tail_)) {
    if (left_ < place.begin) out.append(tail_, left_, place.begin - left_);
    out += SecretSet::kMark;
    known = left_ = place.end;
  }
  const std::size_t begun = secrets_->begun(std::string_view(tail_).substr(known));
  if (begun == 0) {
    out.append(tail_, left_);
    tail_.erase(0, known);
    keep_end();
  } else {
    const std::size_t held = tail_.size() - begun;
    if (left_ < held) out.append(tail_, left_, held - left_);
    left_ = std::max(left_, held) - held;
    tail_.erase(0, held);
  }
  if (tail_.capacity() > std::max(kKeptCapacity, 2 * tail_.size())) tail_.shrink_to_fit();
}

std::string RedactedText::release() {
  std::string held = tail_.substr(left_);
  if (!held.empty() && tail_.size() >= SecretSet::kShortest) held = SecretSet::kMark;
  left_ = tail_.size();
  return held;
}

// All of it has left.
void RedactedText::keep_end() {
  if (tail_.size() > kLeaves) tail_.erase(0, tail_.size() - kLeaves);
  left_ = tail_.size();
}

}  // namespace freeway
