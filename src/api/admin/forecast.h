// When a pool will be used up, if it is used on as it was. Pure.
#pragma once

#include <optional>
#include <string>

#include "ledger/ledger.h"

namespace freeway::api::admin {

struct Forecast {
  WallTime exhausted{};
  std::string basis;  // "120 used since 2026-01-01T00:00:00.000Z"
};

// By the rate of use since the present window began; of a pool that never resets, since yesterday began (UTC). Nothing where
// the window ends first, where too little of it has passed to tell (a 48th of it, half an hour at most), and for pools whose
// use frees bit by bit (sliding windows, buckets) or that count running calls: used on as they were, they don't run out.
// What is used up already is so now.
std::optional<Forecast> forecast(const ledger::PoolLevel& level, Instant now, WallTime wall);

}  // namespace freeway::api::admin
