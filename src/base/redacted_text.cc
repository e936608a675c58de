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
  if (holds() || tail_.size() > kLeaves) return false;
  if (part.find('\\') != std::string_view::npos || tail_.find('\\') != std::string::npos) return false;
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
  const auto places = secrets_->places(tail_);
  std::size_t decided = places.size();
  // A value that another may begin in is not decided either, unless so much came that it never will be.
  const std::size_t most = 2 * kSpelled * secrets_->longest();
  while (decided > 0 && places[decided - 1].end > held && tail_.size() - places[decided - 1].begin <= most) {
    --decided;
    held = std::min(held, places[decided].begin);
  }
  std::size_t known = 0;
  auto mark = [&](const SecretSet::Place& place) {
    if (left_ < place.begin) out.append(tail_, left_, place.begin - left_);
    if (left_ < place.end) out += SecretSet::kMark;
    known = place.end;
    left_ = std::max(left_, known);
  };
  std::for_each(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(decided), mark);
  if (held < known) {
    std::for_each(places.begin() + static_cast<std::ptrdiff_t>(decided), places.end(), mark);
    held = tail_.size() - secrets_->begun(std::string_view(tail_).substr(known));
  }
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
  if (!held.empty() && gives_away()) held = SecretSet::kMark;
  left_ = tail_.size();
  return held;
}

bool RedactedText::gives_away() const {
  if (secrets_->found(tail_)) return true;
  for (std::string_view end = tail_; end.size() >= SecretSet::kBeginning; end.remove_prefix(1)) {
    if (secrets_->gives_away(end)) return true;
  }
  return false;
}

// All of it has left.
void RedactedText::keep_end() {
  std::size_t kept = kLeaves;
  if (tail_.rfind('\\') != std::string::npos) kept *= kSpelled;
  if (tail_.size() > kept) tail_.erase(0, tail_.size() - kept);
  left_ = tail_.size();
}

}  // namespace freeway
