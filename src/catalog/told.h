// What providers say of their own limits in the fields of their answers.
//
// Names differ, and so do meanings: Groq's x-ratelimit-limit-requests is the day's, SambaNova's the minute's. So a
// provider's entry says which field tells what ([[providers.limit_fields]]); of a provider without, only names that say it
// themselves are believed, and of others no more than that so much is left until then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalog/pool.h"
#include "http/fields.h"

namespace freeway::catalog {

// Fields of one limit. Empty names: it is not told.
struct LimitFields {
  Unit unit = Unit::requests;
  Period per = Period::minute;
  Scope scope = Scope::key;  // of a limit that the catalog has no pool for
  bool of_model = true;      // the same: the limit is each model's own
  std::string limit, remaining, reset;
};

// One limit as it was told.
struct Told {
  Unit unit = Unit::requests;
  Period per = Period::unknown;
  Scope scope = Scope::key;
  bool of_model = true;
  std::optional<std::uint64_t> limit, remaining;  // in parts of the unit
  std::optional<Duration> reset;                  // from now
};

// What an answer's fields tell, by the provider's entry, or by what names say where it has none. `now` is for moments.
std::vector<Told> read_told(const std::vector<LimitFields>& known, const http::Fields& fields, WallTime now);

}  // namespace freeway::catalog
