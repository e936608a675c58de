#include "relay/hedge_budget.h"

#include <algorithm>

namespace freeway::relay {

void HedgeBudget::earn(double share) {
  auto earned = static_cast<std::int64_t>(share * static_cast<double>(kCall));
  std::int64_t before = credit_.load(std::memory_order_relaxed);
  while (!credit_.compare_exchange_weak(before, std::min(before + earned, kMost * kCall), std::memory_order_relaxed))
    continue;
}

bool HedgeBudget::spend() {
  std::int64_t before = credit_.load(std::memory_order_relaxed);
  while (before >= kCall)
    if (credit_.compare_exchange_weak(before, before - kCall, std::memory_order_relaxed)) return true;
  return false;
}

}  // namespace freeway::relay
