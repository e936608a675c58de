#include "app/situation.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/digest.h"
#include "vault/secrets.h"

namespace freeway::app {

namespace {

constexpr std::string_view kKeylessFact = "providers.keyless";

void add_clients(Config& config, const vault::Vault::Clients& clients, std::vector<std::string>& warnings) {
  for (const store::ClientRow& row : clients) {
    if (row.revoked) continue;
    bool taken = std::any_of(config.client_keys.begin(), config.client_keys.end(),
                             [&](const api::ClientKey& key) { return key.name == row.name; });
    if (taken) {
      warnings.push_back("the stored client \"" + row.name + "\" is hidden by the configuration's of the same name");
      continue;
    }
    api::ClientKey key;
    key.name = row.name;
    key.digest = row.digest;
    key.models = row.models;
    key.rpm = row.rpm;
    key.tpd = row.tpd;
    key.expires = row.expires;
    auto privacy = catalog::privacy_named(row.privacy);
    key.privacy = privacy.value_or(catalog::kStrictest);
    if (!privacy)
      warnings.push_back(
          fmt::format("the stored client \"{}\" has the privacy \"{}\", which is unknown here; it gets \"{}\"", row.name,
                      row.privacy, to_string(key.privacy)));
    config.client_keys.push_back(std::move(key));
  }
}

// Writes down what a situation is made from, each piece with its length.
class Ingredients {
 public:
  void add(std::string_view piece) { text_ += fmt::format("{}:{}", piece.size(), piece); }
  void add(const StoredKey& key) {
    for (const std::string& part : {key.provider, key.id, key.name, key.account, key.account_id, key.proxy}) add(part);
    add(key.secret.reveal());
    add(key.disabled ? "disabled" : "enabled");
  }
  void add(const store::ClientRow& row) {
    add(row.name);
    add(row.digest);
    for (const std::string& model : row.models) add(model);
    add(fmt::format("{} {} {}", row.rpm.value_or(0), row.tpd.value_or(0), row.revoked.has_value()));
    add(row.privacy);
    add(row.expires ? fmt::format("{}", row.expires->time_since_epoch().count()) : "");
  }
  // The same outside, looked at through this, which must outlive it.
  Outside witnessed(const Outside& outside) {
    Outside seen;
    seen.variable = [this, &outside](const std::string& name) {
      auto value = outside.variable(name);
      add(name);
      add(value ? *value : "");
      return value;
    };
    seen.read_file = [this, &outside](const std::string& path) {
      auto content = outside.read_file(path);
      add(path);
      add(content ? *content : "");
      return content;
    };
    return seen;
  }
  std::string digest() const { return crypto::sha256_hex(text_); }

 private:
  std::string text_;
};

}  // namespace

std::vector<StoredKey> stored_keys(const vault::Vault::Keys& keys, const std::vector<std::string>& keyless) {
  std::vector<StoredKey> all;
  for (const vault::ProviderKey& key : keys) {
    if (!key.fault.empty()) continue;
    StoredKey one;
    one.provider = key.provider;
    one.id = std::to_string(key.id);
    one.name = key.name;
    one.secret = key.value;
    one.account = key.account;
    one.account_id = key.account_id;
    one.proxy = std::string(key.proxy.reveal());
    one.disabled = key.disabled;
    all.push_back(std::move(one));
  }
  for (const std::string& provider : keyless) {
    StoredKey one;
    one.provider = provider;
    one.id = "keyless:" + provider;
    one.name = "keyless";
    all.push_back(std::move(one));
  }
  return all;
}

Situation with_kept(Situation before, const Kept& kept, const Outside& outside) {
  Situation made = std::move(before);
  Config& config = made.config;
  config.policy.order = made.file_order;
  config.policy.profiles = made.file_profiles;
  std::erase_if(config.client_keys, [](const api::ClientKey& key) { return !key.digest.empty(); });
  made.warnings = made.file_warnings;
  made.set = use_providers(config, kept.keys, outside);
  made.warnings.insert(made.warnings.end(), made.set.notes.begin(), made.set.notes.end());
  add_clients(config, kept.clients, made.warnings);
  auto preferences = parse_preferences(kept.preferences);
  if (!preferences) {
    made.warnings.push_back("the stored preferences can't be read, so none hold: " + preferences.error().message);
    preferences = Preferences();
  }
  made.preferences = std::move(*preferences);
  for (std::string& note : lay_over(config, made.preferences, all_providers(made))) made.warnings.push_back(std::move(note));
  return made;
}

std::optional<Situation> read_situation(const SituationSources& sources, const Outside& outside, const Kept& kept,
                                        std::vector<Mistake>& mistakes) {
  Ingredients ingredients;
  for (const StoredKey& key : kept.keys) ingredients.add(key);
  for (const store::ClientRow& row : kept.clients) ingredients.add(row);
  ingredients.add(kept.preferences);
  Outside witnessed = ingredients.witnessed(outside);
  Loaded loaded = load_config(sources.config_path, sources.config_path_explicit, witnessed, sources.data_directory);
  mistakes = std::move(loaded.mistakes);
  if (!loaded.config) return {};
  Situation made;
  made.config = std::move(*loaded.config);
  if (sources.listen) made.config.server.listen = *sources.listen;
  made.file_order = made.config.policy.order;
  made.file_profiles = made.config.policy.profiles;
  for (const Mistake& mistake : mistakes) made.file_warnings.push_back(message_of({mistake}));
  made = with_kept(std::move(made), kept, witnessed);
  made.made_of = ingredients.digest();
  return made;
}

std::vector<Secret> configured_secrets(const Config& config) {
  std::vector<Secret> all;
  auto add = [&](const Secret& secret) {
    if (!secret.empty()) all.push_back(secret);
  };
  auto add_proxy = [&](const std::string& proxy) {
    for (Secret& secret : vault::proxy_secrets(Secret(proxy))) all.push_back(std::move(secret));
  };
  add(config.server.admin_token);
  for (const api::ClientKey& client : config.client_keys) add(client.key);
  for (const catalog::Provider& provider : config.providers) {
    add_proxy(provider.proxy);
    for (const catalog::Key& key : provider.keys) {
      add(key.secret);
      add_proxy(key.proxy);
    }
  }
  return all;
}

Result<std::vector<std::string>> agreed_keyless(store::Store& store) {
  auto fact = store.fact(kKeylessFact);
  if (!fact) return std::unexpected(fact.error());
  std::vector<std::string> ids;
  std::string_view rest = *fact ? std::string_view(**fact) : std::string_view();
  while (!rest.empty()) {
    std::size_t end = std::min(rest.find(' '), rest.size());
    ids.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return ids;
}

Result<void> agree_keyless(store::Store& store, const std::string& provider, bool yes) {
  auto agreed = agreed_keyless(store);
  if (!agreed) return std::unexpected(agreed.error());
  std::erase(*agreed, provider);
  if (yes) agreed->push_back(provider);
  std::string text;
  for (const std::string& one : *agreed) text += text.empty() ? one : " " + one;
  store::Changes changes;
  auto& fact = changes.facts[std::string(kKeylessFact)];
  if (!text.empty()) fact = std::move(text);
  return store.apply(changes);
}

const catalog::Provider* find_provider(const Situation& situation, std::string_view id) {
  for (const catalog::Provider& provider : situation.set.active) {
    if (provider.id == id) return &provider;
  }
  for (const catalog::Provider& provider : situation.config.providers) {
    if (provider.id == id) return &provider;
  }
  for (const Inactive& one : situation.set.inactive) {
    if (one.provider.id == id) return &one.provider;
  }
  return nullptr;
}

std::vector<catalog::Provider> all_providers(const Situation& situation) {
  std::vector<catalog::Provider> all = situation.config.providers;
  for (const Inactive& one : situation.set.inactive) all.push_back(one.provider);
  return all;
}

}  // namespace freeway::app
