// The short form of a provider's limits: `rpm`, `rpd`, `tpm`, `tpd` and `concurrency` of each key, or of each key and model.
// They are pools like any other.
#pragma once

#include <cstdint>
#include <vector>

#include "farm/pool.h"

namespace freeway::farm {

// 0 means no limit.
struct LimitSpec {
  std::uint64_t rpm = 0;
  std::uint64_t rpd = 0;
  std::uint64_t tpm = 0;
  std::uint64_t tpd = 0;
  std::uint64_t concurrency = 0;
  Pace pace;
  bool calendar_day = false;  // a day starts at 00:00 UTC instead of sliding

  bool any() const { return rpm + rpd + tpm + tpd + concurrency > 0; }
};

// One pool for each of them, those without a limit too, so that all are counted; none if there is no limit at all.
std::vector<PoolSpec> pools_of(const LimitSpec& limits);

}  // namespace freeway::farm
