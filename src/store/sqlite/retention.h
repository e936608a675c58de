// What makes the log forget: by age, and by the size of the database. Each step is small, so that a write never waits long.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite.h"

namespace freeway::store::sqlite {

// What time it is for deciding what is old. A wall clock that jumps ahead is believed three hours later, if it stays there:
// one that is a year ahead for a moment would cost the whole log.
class PatientWall {
 public:
  WallTime read(Instant now, WallTime wall);

 private:
  std::optional<Duration> offset_;  // wall - monotonic, as believed
  std::optional<Instant> ahead_since_;
};

// One transaction: removes up to a few thousand of the oldest requests, or gives some freed pages back to the disk. True if
// there is more to do.
Result<bool> forget_step(Database& database, const SqliteOptions& options, WallTime now);

}  // namespace freeway::store::sqlite
