// What the admin API needs done by the one room that knows everything: `app` fills these functions in, the admin API calls
// them. Commands that find no running server call the same functions themselves.
//
// Each blocks as it must (disk, network) and is called on a worker's thread, never on a loop's; several may run at once. An
// Error's kind says what the client is told: invalid and malformed 400, denied 403, not_found 404, exhausted 409 (it is
// there already, or in use), too_large 413, unsupported 422, others 500. Its message is one sentence and goes out as it is.
// A function that is not set answers 501. No value here holds a secret but where its type is Secret.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/admin/key_text.h"
#include "api/admin/preferences.h"
#include "api/admin/setting_view.h"
#include "base/clause.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "catalog/privacy.h"
#include "dialect/model_list.h"

namespace freeway::api::admin {

// A provider that is known and not asked.
struct IdleProvider {
  std::string id;
  std::string name;         // for people; may be empty
  Clause why;               // with what to do
  bool awaits_key = false;  // a key is all that it lacks
  bool keyless = false;     // and it may be asked without one, if somebody says yes to that
  std::string signup;       // where to get one; may be empty
  std::vector<std::string> env;
  std::uint32_t models = 0;
};

// The list of providers that the configuration lies over.
struct CatalogStanding {
  enum class Source : std::uint8_t { none, built_in, installed } source = Source::none;
  std::uint64_t version = 0;
  std::string as_of;
  std::string installed_on;  // a day; "" where it is not known or not installed
  std::string trouble;       // why an installed one is not in force; "" if nothing is wrong
};

// What only `app` knows of the running gateway. Quick: nothing waits for the disk here.
struct Condition {
  std::string config_path;
  std::string data_directory;
  std::vector<std::string> warnings;  // of the configuration in force, and of what is fixed until the next start
  std::string last_reload_error;      // why the last reload changed nothing; "" if it did not fail
  std::string journal;                // "ok", else one sentence: what is wrong with it
  std::uint64_t journal_bytes = 0;
  std::vector<IdleProvider> idle;
  CatalogStanding catalog;
};

// A provider key, from wherever it comes.
struct KeyView {
  std::string id;  // names it in paths: the store's number ("12"), else "provider:name"
  std::string provider;
  std::string name;  // unique within its provider
  enum class Source : std::uint8_t { configuration, environment, store } source = Source::store;
  std::string from;  // environment: the variable's name
  std::string hint;  // from mask()
  std::string account;
  bool proxied = false;    // it has an outbound proxy of its own
  bool serving = false;    // the running configuration has routes with it
  bool disabled = false;   // by hand, until it is enabled
  Clause why;              // it does not serve: disabled, unreadable, doubled, of an unknown provider; empty = it does
  std::string last_check;  // what the last check said; "" = never checked
  std::optional<WallTime> checked;
  std::optional<WallTime> created;  // stored ones
};

std::string_view to_string(KeyView::Source source);

// "…x7Qa" for secrets of 20 characters or more, "…" for shorter ones, "" for none. Never more than the last four.
std::string mask(const Secret& secret);

struct NewKey {
  std::string provider;
  std::string name;  // "" = the first free "key-1", "key-2", …
  Secret value;      // empty: the yes to asking this provider without a key
  std::string account, account_id;
  Secret proxy;
};

// A stored key with its value: what an export writes. For who may see secrets alone, see may_reveal in desk.h.
struct RevealedKey {
  std::string provider;
  std::string name;
  Secret value;
  std::string account, account_id;
  Secret proxy;
  std::string disabled_reason;  // "" = in use
};

struct KeyCheck {
  enum class Result : std::uint8_t { valid, invalid, inconclusive } result = Result::inconclusive;
  std::string message;              // one sentence, redacted
  std::vector<std::string> models;  // what it unlocks, as "provider/wire-id"; only if valid
};

std::string_view to_string(KeyCheck::Result result);

struct AddedKey {
  std::string id;
  std::string provider, name;
  std::string hint;
  std::optional<KeyCheck> check;  // if one was asked for
};

struct ImportDone {
  std::vector<AddedKey> added;
  std::vector<LinePassed> refused;  // lines that could not be added, and why
};

struct ClientView {
  std::string name;
  enum class Source : std::uint8_t { configuration, store } source = Source::store;
  std::vector<std::string> models;
  std::optional<std::uint64_t> rpm, tpd;
  catalog::Privacy privacy = catalog::Privacy::any;
  std::optional<WallTime> expires, created, revoked, used;  // stored ones
};

struct NewClient {
  std::string name;
  std::vector<std::string> models;
  std::optional<std::uint64_t> rpm, tpd;
  catalog::Privacy privacy = catalog::Privacy::any;
  std::optional<WallTime> expires;
};

// What is to become of a stored client; what is not set stays as it is, an inner nothing takes the limit away.
struct ClientChange {
  std::optional<std::vector<std::string>> models;
  std::optional<std::optional<std::uint64_t>> rpm, tpd;
  std::optional<catalog::Privacy> privacy;
  std::optional<std::optional<WallTime>> expires;
};

// The one answer that holds a client key: the client is told it once.
struct FreshClient {
  ClientView client;
  Secret key;
};

struct Reloaded {
  bool changed = false;  // the configuration in force is another than before
  std::vector<std::string> warnings;
};

struct BackupOrder {
  std::string path;         // on the server's machine; "" = a new name in the data directory's folder of backups
  bool requests = true;     // with the request log
  bool master_key = false;  // with the master key, so that it restores on a fresh machine
  Secret passphrase;        // that the master key is sealed under
};

struct BackupDone {
  std::string path;
  std::uint64_t bytes = 0;
};

// A provider's own list of models beside what the gateway knows of it.
struct Discovery {
  struct Mark {
    std::string model;             // wire id
    std::optional<bool> listed;    // false: it has vanished from the list; unset: nobody can say yet
    std::optional<WallTime> seen;  // on the list, last
  };
  std::string provider;
  std::optional<WallTime> looked;           // last
  std::optional<WallTime> listed_at;        // when a list was read last
  std::size_t listed = 0;                   // models on it
  std::string trouble;                      // why the last look says nothing; "" if it does
  std::vector<Mark> known;                  // all models that the gateway knows of it
  std::vector<dialect::ListedModel> fresh;  // on the list, and unknown

  const Mark* find(std::string_view model) const;
};

struct Operations {
  std::function<Condition()> condition;

  std::function<Result<std::vector<KeyView>>()> keys;  // by provider and name
  // All or none. Serve from the moment it returns. `check`: probed first; an invalid one is refused with `invalid`.
  std::function<Result<std::vector<AddedKey>>(std::vector<NewKey>, bool check)> add_keys;
  std::function<Result<void>(const std::string& id)> remove_key;
  std::function<Result<KeyCheck>(const std::string& id)> check_key;
  std::function<Result<void>(const std::string& id, const std::string& reason)> disable_key;
  std::function<Result<void>(const std::string& id)> enable_key;
  std::function<Result<std::vector<RevealedKey>>()> reveal_keys;           // stored ones, by provider and name
  std::function<Result<KeysFound>(const std::string& text)> preview_keys;  // changes nothing, asks nobody
  // What is good is added, what is not is told with its line; what is here already is passed over.
  std::function<Result<ImportDone>(const ImportOrder&)> import_keys;
  // The stored keys with their values, in the format "env", "json", "csv" or "text". As reveal_keys.
  std::function<Result<std::string>(const std::string& format)> export_keys;

  std::function<Result<std::vector<Discovery>>()> discoveries;  // of the providers in use, in their order
  // Asks these providers for their lists now, one after the other ("": all in use); not_found for one that is not in use.
  std::function<Result<std::vector<Discovery>>(const std::string& provider)> discover;

  std::function<Result<std::vector<ClientView>>()> clients;  // by name, revoked ones too
  std::function<Result<FreshClient>(NewClient)> add_client;
  std::function<Result<ClientView>(const std::string& name, const ClientChange& change)> change_client;
  std::function<Result<void>(const std::string& name)> revoke_client;

  std::function<Result<std::vector<SettingView>>()> settings;
  std::function<Result<PreferencesView>()> preferences;
  // In force when it returns. Fails with invalid, naming it, for a name that means nothing.
  std::function<Result<PreferencesView>(Preferences)> set_preferences;

  // As SIGHUP. Fails with `invalid` and changes nothing on a bad file; the message names the mistakes, a line each.
  std::function<Result<Reloaded>()> reload;
  std::function<Result<BackupDone>(BackupOrder)> backup;
  // Seals everything anew; unsupported where the master key comes from the environment. Socket only.
  std::function<Result<void>()> rotate_master_key;
};

}  // namespace freeway::api::admin
