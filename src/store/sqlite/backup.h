// A database copied whole into one file.
#pragma once

#include <string>

#include "base/error.h"
#include "store/store.h"

namespace freeway::store::sqlite {

// Copies rows, not pages, so that nothing of what was removed is in the copy. The source's writers go on meanwhile. Written
// beside `to`, synced, then renamed: a backup that was there stays until then. A draft that a crash left
// (`to` + ".freeway-draft") is overwritten, but nothing else that is no backup: fails with exhausted.
Result<void> copy_database(const std::string& from, const std::string& to, const BackupChoice& choice);

}  // namespace freeway::store::sqlite
