// What is told of a route that may not serve now. Pure.
#pragma once

#include "base/clause.h"
#include "router/router.h"

namespace freeway::router {

// A model that lacks something: "it has no tools".
Clause lacking(Missing missing);
// "u1 key#1 is benched for 12 s (rate_limited)".
Clause benched(const Bench& bench, Instant now);
// "rpm: 30 of 30 used, frees in 12 s".
Clause refused(const ledger::Refusal& refusal, Instant now);

}  // namespace freeway::router
