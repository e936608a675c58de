// What lies in a data directory, opened: its lock, the store, the vault. By the server for as long as it runs, by a command
// for a moment where no server runs.
#pragma once

#include <memory>
#include <string>

#include "app/config.h"
#include "app/data_directory.h"
#include "base/clock.h"
#include "base/error.h"
#include "store/store.h"
#include "vault/secrets.h"
#include "vault/vault.h"

namespace freeway::app {

// "<data>/freeway.db"
std::string database_path(const std::string& data_directory);

// Destroyed in reverse order: vault, store, lock.
struct Holdings {
  // Creates what is missing. The log forgets as `log` says. Fails in one sentence: exhausted (another server), io (disk
  // full, read-only), denied (wrong or exposed master key), unsupported (database of a newer freeway). The clock must
  // outlive it.
  static Result<Holdings> open(const std::string& data_directory, const LogConfig& log, const Outside& outside,
                               const Clock& clock);

  DataDirectory directory;
  std::unique_ptr<vault::Secrets> secrets;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<vault::Vault> vault;
};

// The master key's place: FREEWAY_MASTER_KEY, else the file.
vault::MasterKeySource master_key_source(const std::string& data_directory, const Outside& outside);

}  // namespace freeway::app
