// The database's shape, as numbered files: `migrations/0003_….sql` leads from version 2 to version 3.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "store/sqlite/database.h"

namespace freeway::store::sqlite {

// The files' texts, in order; the first leads from an empty database to version 1.
const std::vector<const char*>& migrations();

// The database's version; 0 for an empty one. Fails with unsupported if it is newer than the newest migration or another
// program's.
Result<std::int64_t> check_version(Database& database);

// Brings the database to the newest version, each step whole or not at all. Fails as `check_version` does, or as the disk.
Result<void> migrate(Database& database);
// The same, with other migrations.
Result<void> migrate(Database& database, const std::vector<const char*>& steps);

}  // namespace freeway::store::sqlite
