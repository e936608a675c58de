// What is in force: the configuration together with what the environment and the store add to it. Immutable once made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/preferences.h"
#include "app/provider_set.h"
#include "store/store.h"
#include "vault/vault.h"

namespace freeway::app {

struct Situation {
  Config config;  // providers and client keys complete: the file's, the environment's, the store's; preferences laid over
  ProviderSet set;
  Preferences preferences;
  std::vector<std::string> warnings;  // of the file, and of what was left aside
  std::string made_of;                // digest of all that it was made from: equal ones are equal situations

  // The file's own, without what the store adds.
  std::vector<std::string> file_order;
  api::admin::Profiles file_profiles;
  std::vector<std::string> file_warnings;
};

// What the store adds to the file and the environment.
struct Kept {
  std::vector<StoredKey> keys;
  vault::Vault::Clients clients;
  std::string preferences;  // as kept_preferences tells
};

struct SituationSources {
  std::string config_path;
  bool config_path_explicit = false;  // false: the file may be missing
  std::optional<std::string> listen;  // the flag's value, over everything else
  std::string data_directory;         // where a catalog may be installed
};

// The keys that the store knows, opened; also the empty one of each provider that somebody agreed to ask without a key.
std::vector<StoredKey> stored_keys(const vault::Vault::Keys& keys, const std::vector<std::string>& keyless);

// Reads the file and puts the rest over it. Nothing if the file has mistakes, which are in `mistakes` with the warnings.
std::optional<Situation> read_situation(const SituationSources& sources, const Outside& outside, const Kept& kept,
                                        std::vector<Mistake>& mistakes);
// The file as it was read then, with what the store adds now.
Situation with_kept(Situation before, const Kept& kept, const Outside& outside);

// Every secret of it that must not leave: keys, proxies, client keys, the admin token.
std::vector<Secret> configured_secrets(const Config& config);

// Which providers may be asked without a key, because somebody said yes to it: ids, kept as a fact of the store. Blocking.
Result<std::vector<std::string>> agreed_keyless(store::Store& store);
Result<void> agree_keyless(store::Store& store, const std::string& provider, bool yes);

// Is the provider in the file or built in, and as what?
const catalog::Provider* find_provider(const Situation& situation, std::string_view id);
// All that there are, active and not.
std::vector<catalog::Provider> all_providers(const Situation& situation);

}  // namespace freeway::app
