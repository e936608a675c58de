// How many calls may be made beside others: each request earns a share of one, and a hedge costs a whole one, so that there
// are never more hedges than that share of the requests. Thread-safe, no lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace freeway::relay {

class HedgeBudget {
 public:
  // More is not saved up, so that a long good time does not pay for a storm.
  static constexpr std::int64_t kMost = 10;

  // A request is being sent. `share`: 0 to 1.
  void earn(double share);
  bool affords() const { return credit_.load(std::memory_order_relaxed) >= kCall; }
  // False: there is not enough, and nothing is taken.
  bool spend();

 private:
  static constexpr std::int64_t kCall = 1'000'000;
  std::atomic<std::int64_t> credit_{0};  // millionths of a call
};

}  // namespace freeway::relay
