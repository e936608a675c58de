// Chance, passed in. `app` owns the real source; tests own a seeded one.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace freeway {

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  // Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

// splitmix64 from a seed: fast, repeatable, not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::atomic<std::uint64_t> state_;
};

// `count` characters of [a-z0-9], for ids that people may read.
std::string random_id(Random& random, std::size_t count);

}  // namespace freeway
