// Which providers are in use, with which keys, and why the others are not. Pure: everything it depends on is handed in.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/clause.h"
#include "base/secret.h"
#include "catalog/provider.h"

namespace freeway::app {

// A provider key from the store, opened.
struct StoredKey {
  std::string provider;
  std::string id;    // in the store
  std::string name;  // may be empty
  Secret secret;
  std::string account, account_id, proxy;
  bool disabled = false;
};

struct KeyOrigin {
  enum class Source : std::uint8_t { configuration, environment, store, none };  // none: the empty key of a keyless provider
  std::string provider;
  std::string key;  // its name
  Source source = Source::none;
  std::string from;  // the variable's name, or the store's id
};

struct Inactive {
  catalog::Provider provider;  // without keys
  Clause why;                  // with what to do: "no key; set GROQ_API_KEY or run `freeway keys add groq`"
  bool awaits_key = false;     // a key is all that it lacks
};

struct ProviderSet {
  std::vector<catalog::Provider> active;  // configured ones in the order of the file, then built-in ones by id
  std::vector<KeyOrigin> keys;            // of the active ones, in their order
  std::vector<Inactive> inactive;
  std::vector<std::string> notes;   // what was left aside and why: a stored key of an unknown provider, a doubled key
  bool keyless_by_default = false;  // no provider key is in use, so the keyless ones that don't train on prompts serve
};

// `builtin`: the catalog in force, or nothing where `[catalog] builtin = false`. A retired one without a key is left out.
//
// A configured provider serves with its configured keys; without `keys`, one that is built in takes those below. A built-in
// provider serves when the environment or the store has a key for it, or when it is keyless and configured with `keys = []`,
// or when no provider that serves has a key, it is keyless, and its label says that it does not train on prompts.
// Configured, environment's and store's keys add up; equal ones count once, and the first keeps its name. One that is off
// (`enabled = false`) or needs an account id that nobody gave does not serve.
ProviderSet choose_providers(const std::vector<ProviderEntry>& configured, const std::vector<catalog::Provider>& builtin,
                             const std::vector<StoredKey>& stored,
                             const std::function<std::optional<std::string>(const std::string&)>& variable);

// The same for a whole configuration, put in place: config.providers becomes the active ones, and the built-in aliases are
// worked out anew, since they never hide a model that is in use. Call it again when keys or the store change.
ProviderSet use_providers(Config& config, const std::vector<StoredKey>& stored, const Outside& outside);

}  // namespace freeway::app
