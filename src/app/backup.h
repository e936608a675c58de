// A gateway's state as one file, and back.
//
// A backup is an SQLite database: sealed provider keys, hashed clients, the dashboard's account and audit, usage, with or
// without the request log, and the journal of pools, benches and sessions. The configuration file and logins are not in it.
// Neither is the master key, without which the provider keys do not open, unless a passphrase is given to seal it under: a
// file that is copied about must not open by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "store/store.h"
#include "vault/vault.h"

namespace freeway::app {

struct BackupPlan {
  std::string path;
  bool requests = true;              // with the request log
  std::optional<Secret> passphrase;  // with the master key, sealed under it
};
struct BackupFacts {
  std::string path;
  std::uint64_t bytes = 0;
};
// Of a gateway that runs or of one that does not; blocking. A backup that was at the path stays until the new one is whole.
// Fails with invalid for a passphrase that is too short or a path in the data directory outside of its `backups`, with
// exhausted where a file is that is no backup, else as the disk does.
Result<BackupFacts> make_backup(store::Store& store, const vault::Vault& vault, const std::string& data_directory,
                                const BackupPlan& plan, WallTime now);

struct RestorePlan {
  std::string path;
  std::string data_directory;
  bool replace = false;              // what is there is moved aside
  std::optional<Secret> passphrase;  // opens the backup's master key
  vault::MasterKeySource master;     // where the vault will look for its key
};
struct Restored {
  std::string made;                // when, "2026-11-23T04:00:36Z"
  std::string missing_master_key;  // id of the key that must be brought before a start; "" = all is there
  std::string kept;                // where the former database is; "" = there was none
  std::string kept_key;            // where the master key is that opens it; "" = the one in use does, if any
};
// Into a data directory whose lock the caller holds. Killed at any moment, either the former state is there, or the
// restored one, or none and a second run finishes; the former database and its master key are never overwritten. Fails with
// not_found, malformed (no whole backup), unsupported (of a newer freeway), exhausted (there is a database and `replace` is
// false), denied (wrong passphrase), io.
Result<Restored> restore_backup(const RestorePlan& plan);

}  // namespace freeway::app
