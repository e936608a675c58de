// Memory that many may hold together, and the share that each of them has of it.
#pragma once

#include <atomic>
#include <cstdint>

namespace freeway {

// Thread-safe, no lock.
class Budget {
 public:
  explicit Budget(std::uint64_t most) : most_(most) {}

  // Bytes, from now on; what is held already stays.
  void set_most(std::uint64_t bytes) { most_.store(bytes, std::memory_order_relaxed); }
  std::uint64_t most() const { return most_.load(std::memory_order_relaxed); }
  // What all shares hold together.
  std::uint64_t held() const { return held_.load(std::memory_order_relaxed); }

 private:
  friend class Share;
  bool take(std::uint64_t bytes);
  void take_anyway(std::uint64_t bytes) { held_.fetch_add(bytes, std::memory_order_relaxed); }
  void give_back(std::uint64_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::atomic<std::uint64_t> most_;
  std::atomic<std::uint64_t> held_{0};
};

// One holder's. One thread at a time; the budget outlives it. It counts in steps, rounded down, so less than one is free.
class Share {
 public:
  static constexpr std::uint64_t kStep = 64 * 1024;

  explicit Share(Budget& budget) : budget_(&budget) {}
  ~Share() { budget_->give_back(held_); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  // It holds so many bytes now. False: all together may not hold so much more, and it is still counted with what it held.
  bool hold(std::uint64_t bytes);
  // The same for what is there already and cannot be refused: others will be, while all hold too much.
  void hold_anyway(std::uint64_t bytes);
  std::uint64_t held() const { return held_; }

 private:
  Budget* budget_;
  std::uint64_t held_ = 0;
};

}  // namespace freeway
