#include "relay/token_counts.h"

#include <algorithm>
#include <cmath>

namespace freeway::relay {

namespace {

// A larger figure counts at once. One answer in fifty of sinking: about the 95th percentile of what comes.
void follow(double& figure, double seen) { figure = seen > figure ? seen : figure - (figure - seen) * 0.02; }

std::uint64_t times(std::uint64_t tokens, double factor) {
  return factor == 1 ? tokens : static_cast<std::uint64_t>(std::ceil(static_cast<double>(tokens) * factor));
}

double factor_of(const chat::Usage& usage, std::uint64_t tokens) {
  const double factor = static_cast<double>(usage.prompt_tokens) / static_cast<double>(std::max<std::uint64_t>(tokens, 1));
  return std::clamp(factor, 1.0, TokenCounts::kMostFactor);
}

}  // namespace

TokenCounts::Expected TokenCounts::expect(const std::string& model, const Prompt& prompt) const {
  std::lock_guard lock(mutex_);
  auto found = models_.find(model);
  const Counts known = found == models_.end() ? Counts() : found->second;
  double factor = known.factor;
  if (prompt.counted && known.counted_factor > 0) {
    factor = known.counted_factor;
  } else if (prompt.counted && !prompt.own) {  // what it counts more than estimates, it may count more than this, too
    factor *= kForeign;
  }
  Expected expected;
  expected.prompt = times(prompt.counted.value_or(prompt.estimate), factor);
  expected.answer = found == models_.end() ? kUnknown : static_cast<std::uint64_t>(known.answer) + 1;
  return expected;
}

void TokenCounts::saw(const std::string& model, const Prompt& prompt, const chat::Usage& usage) {
  const auto answer = static_cast<double>(std::min(usage.completion_tokens, kLongest));
  std::lock_guard lock(mutex_);
  auto [at, added] = models_.try_emplace(model);
  Counts& counts = at->second;
  if (added) counts.answer = answer;
  follow(counts.answer, answer);
  if (usage.estimated || prompt.estimate < kTelling) return;
  follow(counts.factor, factor_of(usage, prompt.estimate));
  if (prompt.counted) follow(counts.counted_factor, factor_of(usage, *prompt.counted));
}

}  // namespace freeway::relay
