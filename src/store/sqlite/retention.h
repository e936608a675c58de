// What makes the log forget: by age, and by the size of the database. Each step is small, so that a write never waits long.
#pragma once

#include "base/error.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite.h"

namespace freeway::store::sqlite {

// One transaction: removes up to a few thousand of the oldest requests, or gives some freed pages back to the disk. True if
// there is more to do.
Result<bool> forget_step(Database& database, const SqliteOptions& options, WallTime now);

}  // namespace freeway::store::sqlite
