#include "relay/answer_sizes.h"

#include <algorithm>

namespace freeway::relay {

std::uint64_t AnswerSizes::long_answer(const std::string& model) const {
  std::lock_guard lock(mutex_);
  auto found = sizes_.find(model);
  return found == sizes_.end() ? kUnknown : static_cast<std::uint64_t>(found->second) + 1;
}

void AnswerSizes::saw(const std::string& model, std::uint64_t tokens) {
  tokens = std::min(tokens, kLongest);
  std::lock_guard lock(mutex_);
  auto [at, added] = sizes_.try_emplace(model, static_cast<double>(tokens));
  if (added) return;
  auto size = static_cast<double>(tokens);
  // One answer in fifty of sinking: about the 95th percentile of what comes.
  at->second = size > at->second ? size : at->second - (at->second - size) * 0.02;
}

}  // namespace freeway::relay
