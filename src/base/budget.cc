#include "base/budget.h"

namespace freeway {

bool Budget::take(std::uint64_t bytes) {
  std::uint64_t held = held_.load(std::memory_order_relaxed);
  do {
    if (held + bytes > most()) return false;
  } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
  return true;
}

bool Share::hold(std::uint64_t bytes) {
  const std::uint64_t wanted = bytes - bytes % kStep;
  if (wanted > held_) {
    if (!budget_->take(wanted - held_)) return false;
  } else if (wanted < held_) {
    budget_->give_back(held_ - wanted);
  }
  held_ = wanted;
  return true;
}

void Share::hold_anyway(std::uint64_t bytes) {
  if (hold(bytes)) return;
  const std::uint64_t wanted = bytes - bytes % kStep;
  budget_->take_anyway(wanted - held_);
  held_ = wanted;
}

}  // namespace freeway
