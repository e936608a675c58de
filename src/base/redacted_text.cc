#include "base/redacted_text.h"

#include <algorithm>

namespace freeway {

namespace {
constexpr std::size_t kLeaves = SecretSet::kBeginning - 1;
}

bool RedactedText::passes(std::string_view part) {
  if (holds()) return false;
  const std::size_t before = tail_.size();
  tail_ += part;
  if (secrets_->begun(tail_) > 0 || secrets_->found(tail_)) {
    tail_.resize(before);
    return false;
  }
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
    return;
  }
  const std::size_t held = tail_.size() - begun;
  if (left_ < held) out.append(tail_, left_, held - left_);
  left_ = std::max(left_, held) - held;
  tail_.erase(0, held);
}

std::string RedactedText::release() {
  std::string held = tail_.substr(left_);
  left_ = tail_.size();
  return held;
}

// All of it has left.
void RedactedText::keep_end() {
  if (tail_.size() > kLeaves) tail_.erase(0, tail_.size() - kLeaves);
  left_ = tail_.size();
}

}  // namespace freeway
