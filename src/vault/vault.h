// Secrets at rest: provider keys sealed with the master key, client keys hashed.
//
// `keys` and `clients` are snapshots in memory: any thread, no waiting. Everything that changes something blocks on the disk
// (see store/worker.h), is serialized, is on the disk when it returns, and publishes the next snapshots.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/published.h"
#include "base/secret.h"
#include "store/store.h"
#include "vault/master_key.h"

namespace freeway::vault {

struct ProviderKey {
  std::int64_t id = 0;
  std::string provider;
  std::string name;
  Secret value;  // empty if `fault` says why it can't be opened
  std::string account;
  std::string account_id;
  Secret proxy;  // its own outbound proxy with its password; "" = the provider's
  WallTime created{};
  bool disabled = false;
  std::string disabled_reason;
  std::string check;  // as of the last load, see Store::note_key_check
  std::optional<WallTime> checked;
  std::string fault;  // one sentence: this row does not open, because it was changed or swapped; the others work
  bool usable() const { return !disabled && fault.empty(); }
};

struct NewKey {
  std::string provider;
  std::string name;  // "" = "key-1", "key-2" …, the first that is free at this provider
  Secret value;
  std::string account;
  std::string account_id;
  Secret proxy;
};

struct NewClient {
  std::string name;
  std::vector<std::string> models;
  std::optional<std::uint64_t> rpm;
  std::optional<std::uint64_t> tpd;
  std::string privacy = "any";  // as store::ClientRow::privacy
  std::optional<WallTime> expires;
};

// What is to become of a client; what is not set stays as it is. An inner nothing takes the limit away.
struct ClientChange {
  std::optional<std::vector<std::string>> models;
  std::optional<std::optional<std::uint64_t>> rpm, tpd;
  std::optional<std::string> privacy;
  std::optional<std::optional<WallTime>> expires;
};

// A client key at the one moment when it is known.
struct FreshClient {
  store::ClientRow row;
  Secret key;  // "fw-" and 40 characters, 238 bits
};

class Vault {
 public:
  using Keys = std::vector<ProviderKey>;          // by provider and id
  using Clients = std::vector<store::ClientRow>;  // by name, revoked ones too

  // Reads the master key, checks it against the store's check value and opens all rows; the first `add` makes a master key
  // where there is none. Fails with denied, in one sentence, for a wrong or an exposed one. Rows that do not open are no
  // failure: see ProviderKey::fault. The store and the clock must outlive the vault.
  static Result<std::unique_ptr<Vault>> open(store::Store& store, MasterKeySource source, const Clock& clock);

  std::shared_ptr<const Keys> keys() const { return keys_.load(); }
  std::shared_ptr<const Clients> clients() const { return clients_.load(); }

  // The id of each, in order; all or none. Fails with invalid for an empty value or one given twice, with exhausted for a
  // name that is taken or a value that this provider already has (naming the key that holds it).
  Result<std::vector<std::int64_t>> add(std::vector<NewKey> keys);
  Result<void> remove(std::int64_t id);                              // not_found
  Result<void> disable(std::int64_t id, std::string reason);         // not_found
  Result<void> enable(std::int64_t id);                              // not_found
  Result<void> note_check(std::int64_t id, std::string_view check);  // what the last check of this key said; the time is now

  Result<FreshClient> add_client(NewClient client);  // exhausted for a name that is taken, also by a revoked one
  // Fails with not_found, with unsupported for a revoked one.
  Result<void> change_client(std::string_view name, ClientChange change);
  Result<void> revoke_client(std::string_view name);  // not_found

  // Seals everything anew with a fresh master key and puts its file in the place of the old one; MasterKeySource says why a
  // process killed meanwhile loses nothing. Backups made before need the old key. Fails with unsupported if the key comes
  // from the environment.
  Result<void> rotate_master_key();
  // The same to a key of the caller's, for one that comes from the environment (else unsupported): when this returns, only
  // the new one opens.
  Result<void> rotate_to(const MasterKey& next);

  // The master key in force, for a backup that is to hold it; empty if none was needed yet.
  std::shared_ptr<const MasterKey> master_key() const { return master_.load(); }

  // What must not leave: the values of all keys, the passwords of their proxies, the master key.
  std::vector<Secret> secrets() const;
  // Called after every change of the snapshots, on the thread that made it; may read snapshots and change nothing. Set
  // before others use the vault.
  void on_change(std::function<void()> callback) { changed_ = std::move(callback); }

 private:
  Vault(store::Store& store, MasterKeySource source, const Clock& clock);
  Result<void> load();
  Result<void> need_master(store::Changes& changes);
  Result<void> check(const std::vector<NewKey>& keys) const;
  Result<void> change(std::int64_t id, const std::function<void(store::KeyRow&)>& edit);
  Result<void> reseal(const MasterKey& next);

  store::Store& store_;
  MasterKeySource source_;
  const Clock& clock_;
  std::function<void()> changed_;
  std::mutex changing_;
  bool checked_ = false;  // the store holds a check value
  Published<MasterKey> master_{std::make_shared<MasterKey>()};
  Published<Keys> keys_;
  Published<Clients> clients_;
};

}  // namespace freeway::vault
