// Where freeway keeps rows: provider keys (sealed), clients (hashed), the request log, and small facts about itself.
//
// Thread-safe. All functions block on the disk but for `log` and `status`, so no loop calls them: a coroutine goes through a
// Worker. Writes of several callers are committed together and are on the disk when the function returns; readers never wait
// for writers. Failures are sentences for the person at the terminal: io for a full disk, a read-only folder or a broken
// file, unsupported for a database of a newer freeway.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/accounts.h"
#include "store/query.h"
#include "store/rows.h"

namespace freeway::store {

// What happens together or not at all.
struct Changes {
  std::vector<KeyRow> put_keys;  // new, or in place of the row with this id; `check` and `checked` count for new rows only
  std::vector<std::int64_t> remove_keys;  // ids; missing ones are no mistake
  std::vector<ClientRow> put_clients;     // new, or in place of the row with this name; `used` counts for new rows only
  std::vector<std::string> remove_clients;
  std::map<std::string, std::optional<std::string>> facts;  // nothing: forget
};

struct BackupChoice {
  bool requests = true;  // with the request log; usage is always in
  // In the copy only, see read_backup.
  std::map<std::string, std::string> facts;
  std::map<std::string, std::string> files;  // contents by name
};

class Store {
 public:
  virtual ~Store() = default;  // writes what waits

  virtual Result<std::vector<KeyRow>> keys() = 0;        // by provider and id
  virtual Result<std::vector<ClientRow>> clients() = 0;  // by name, revoked ones too
  // A small fact about this gateway by its name: "vault.check".
  virtual Result<std::optional<std::string>> fact(std::string_view name) = 0;

  // Fails with exhausted where a name is taken, and then changes nothing.
  virtual Result<void> apply(const Changes& changes) = 0;
  // Ids for new keys, from the one returned on; gone for good, whether used or not.
  virtual Result<std::int64_t> reserve_key_ids(std::int64_t count) = 0;
  virtual Result<void> note_key_check(std::int64_t id, std::string_view check, WallTime at) = 0;

  // Takes a finished request down; nothing of the record is kept but its coding. Never waits for the disk and never fails:
  // what finds the queue full or the disk unwilling is dropped and counted, and the log says so once. On the disk within
  // about a second. So is when its client asked last, to within a minute.
  virtual void log(const RequestRecord& record) = 0;
  // Returns after what was logged before is written or dropped.
  virtual void flush() = 0;

  virtual Result<RequestPage> requests(const RequestQuery& query) = 0;
  // With its attempts; nothing if it is not (or no longer) in the log. Of several with one id, the newest.
  virtual Result<std::optional<RequestRecord>> request(std::string_view id) = 0;
  // By time, then provider, model, key, client. Without any split: one row.
  virtual Result<std::vector<UsageRow>> usage(const UsageQuery& query) = 0;
  // From the log itself, unlike usage.
  virtual Result<Measured> measures(const MeasureQuery& query) = 0;
  // The newest request that was tried in vain or broke, with its attempts; not one that was refused for its own mistake.
  // Looks at a bounded part of the log.
  virtual Result<std::optional<RequestRecord>> last_failure() = 0;

  virtual StoreStatus status() const = 0;

  // Lives as long as the store.
  virtual AccountBook& accounts() = 0;

  // One file with all of it but logins, as of one moment, while others go on reading and writing. Whole or not at all: a
  // backup that was at `path` stays until the new one is on the disk. Fails with exhausted where another file is.
  virtual Result<void> backup(const std::string& path, const BackupChoice& choice) = 0;
};

}  // namespace freeway::store
