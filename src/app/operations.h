// What can be done to a gateway's keys, clients and configuration: by the admin API of a running one, and by commands
// where none runs. One implementation for both.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/admin/operations.h"
#include "app/key_import.h"
#include "app/list_watch.h"
#include "app/situation.h"
#include "base/clock.h"
#include "base/published.h"
#include "vault/secrets.h"

namespace freeway::app {

// Holds the situation in force, and changes it. Thread-safe; everything blocks but `situation` and `condition`, so no loop
// calls it. Changes happen one after the other. What the constructor is given must outlive it.
class Keeper {
 public:
  struct Parts {
    store::Store& store;
    vault::Vault& vault;
    vault::Secrets& secrets;
    const Clock& clock;
    const Outside& outside;
  };
  struct Options {
    SituationSources sources;
    std::string data_directory;
    Duration probe_patience = std::chrono::seconds(15);
  };
  // Puts a situation in force; fails and changes nothing on a bad catalog.
  using Publish = std::function<Result<void>(const Situation&)>;

  Keeper(const Parts& parts, Options options);

  // The first look. Fails with invalid if the file has mistakes; `mistakes` holds them, and the warnings.
  Result<void> load(std::vector<Mistake>& mistakes);
  std::shared_ptr<const Situation> situation() const { return situation_.load(); }
  // From now on every change is put in force through it.
  void publish_through(Publish publish);

  // The file, the environment and the store anew. Fails with invalid and leaves all as it was.
  Result<api::admin::Reloaded> reload(std::vector<Mistake>& mistakes);
  // The store alone has changed.
  Result<void> refresh();

  // Refers to this object. Without `reload`'s and the benches' functions where nothing runs: see `publish_through`.
  api::admin::Operations operations();

  // Looks at providers' lists from now on by itself.
  void watch_lists() { lists_.start(); }

  // One more thing that the running gateway knows, for `condition`.
  void tell_journal(std::function<void(api::admin::Condition&)> journal) { journal_ = std::move(journal); }

 private:
  using Check = api::admin::KeyCheck;
  api::admin::Condition condition() const;
  Result<std::vector<api::admin::KeyView>> keys();
  Result<std::vector<api::admin::AddedKey>> add_keys(std::vector<api::admin::NewKey> keys, bool check);
  Result<std::vector<api::admin::AddedKey>> keep_keys(const std::vector<api::admin::NewKey>& keys,
                                                      std::vector<std::optional<Check>> checks);
  catalog::Key shown(const catalog::Provider& provider, const api::admin::NewKey& key) const;
  Result<api::admin::KeysFound> preview_keys(const std::string& text);
  Result<api::admin::ImportDone> import_keys(const api::admin::ImportOrder& order);
  Result<std::string> export_keys(const std::string& format);
  KeyImport read_import(const std::string& text, const std::string& provider);
  std::vector<std::optional<Check>> probe_all(const Situation& now, const std::vector<api::admin::NewKey>& keys) const;
  Result<void> judge_new(const Situation& now, const api::admin::NewKey& key) const;
  Result<api::admin::AddedKey> agree(const api::admin::NewKey& key);
  Result<void> remove_key(const std::string& id);
  Result<Check> check_key(const std::string& id);
  Result<void> disable_key(const std::string& id, const std::string& reason);
  Result<void> enable_key(const std::string& id);
  Result<std::vector<api::admin::RevealedKey>> reveal_keys();
  Result<std::vector<api::admin::SettingView>> settings();
  api::admin::PreferencesView preferences();
  Result<api::admin::PreferencesView> set_preferences(const Preferences& wanted);
  Result<std::vector<api::admin::ClientView>> clients();
  Result<api::admin::FreshClient> add_client(api::admin::NewClient client);
  Result<void> ours(const std::string& name, std::string_view what_to_do);
  Result<api::admin::ClientView> change_client(const std::string& name, const api::admin::ClientChange& change);
  Result<void> revoke_client(const std::string& name);
  Result<api::admin::BackupDone> backup(const api::admin::BackupOrder& order);
  Check probe(const catalog::Provider& provider, const catalog::Key& key) const;
  Result<Kept> kept();
  Result<Situation> look(std::vector<Mistake>& mistakes);
  Result<void> put_in_force(Situation next);

  Parts parts_;
  const Options options_;
  mutable std::mutex changing_;
  std::mutex preferring_;  // one change of preferences after the other
  Published<Situation> situation_;
  Publish publish_;
  std::function<void(api::admin::Condition&)> journal_;
  mutable std::mutex told_;
  std::string last_reload_error_;
  ListWatch lists_;
};

}  // namespace freeway::app
