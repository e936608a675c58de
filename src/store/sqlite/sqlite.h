// The store in one SQLite file (and its -wal and -shm beside it): write-ahead log, STRICT tables, one writing thread with
// group commit, one reading connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/published.h"
#include "base/secret_set.h"
#include "store/store.h"

namespace freeway::store {

struct SqliteOptions {
  Duration retention = std::chrono::hours(24 * 30);         // of requests and their attempts
  Duration usage_retention = std::chrono::hours(24 * 400);  // of hourly sums
  std::uint64_t most_bytes = 512ULL * 1024 * 1024;   // of the database; past it the oldest requests go before their time
  std::size_t queue = 8192;                          // records that may wait to be written
  Duration linger = std::chrono::milliseconds(500);  // how long a record may wait for others to be written with
  std::int64_t audit_done = 10'000;                  // rows of the audit that are kept, of what was done
  std::int64_t audit_refused = 2'000;                // and of what was refused
  const Published<SecretSet>* secrets = nullptr;     // kept out of what strangers wrote into the log; outlives the store
};

// Opens or creates the database (0600) and brings it to the newest schema. The clock must outlive the store.
Result<std::unique_ptr<Store>> open_sqlite(const std::string& path, const Clock& clock, const SqliteOptions& options);
inline Result<std::unique_ptr<Store>> open_sqlite(const std::string& path, const Clock& clock) {
  return open_sqlite(path, clock, SqliteOptions{});
}

// What a backup holds beside rows.
struct BackupContents {
  std::map<std::string, std::string> facts;  // the store's and BackupChoice's
  std::map<std::string, std::string> files;
};
// Fails with not_found, with malformed for a file that is no whole backup, with unsupported for one of a newer freeway.
Result<BackupContents> read_backup(const std::string& path);

// Makes a database of a backup, older ones too; whole or not at all. `to` must not exist and must have no files of SQLite's
// beside it. `without`: facts that were the backup's alone.
Result<void> restore_sqlite(const std::string& backup, const std::string& to, const std::vector<std::string>& without);

}  // namespace freeway::store
