#include "app/provider_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/config_parts.h"

namespace freeway::app {

namespace {

using catalog::Key;
using catalog::Provider;
using Variable = std::function<std::optional<std::string>(const std::string&)>;

struct Found {
  Key key;
  KeyOrigin::Source source = KeyOrigin::Source::none;
  std::string from;
};

bool needs_account(const Provider& provider) { return provider.base_url.contains("{account_id}"); }

std::optional<std::string> set_variable(const Variable& variable, const std::string& name) {
  if (name.empty()) return {};
  auto value = variable(name);
  if (value && value->empty()) value.reset();  // set to nothing counts as not set
  return value;
}

// Decides over one provider after the other.
class Chooser {
 public:
  // `keyless`: those that answer without a key serve too, if their label says that they don't train on prompts.
  Chooser(const std::vector<StoredKey>& stored, const Variable& variable, bool keyless)
      : stored_(stored), variable_(variable), keyless_(keyless) {}

  void configured(const ProviderEntry& entry) { decide(entry.provider, collect(entry), entry.builtin, entry.keys_named); }
  void built_in(const Provider& provider) {
    ProviderEntry entry;
    entry.provider = provider;
    entry.builtin = true;
    std::vector<Found> found = collect(entry);
    if (provider.retired && found.empty()) return;
    decide(provider, std::move(found), true, false);
  }
  void note_strangers();
  ProviderSet take() { return std::move(set_); }

 private:
  std::vector<Found> collect(const ProviderEntry& entry);
  void from_environment(const Provider& provider, std::vector<Found>& found);
  void from_store(const Provider& provider, std::vector<Found>& found);
  void add(const Provider& provider, Found candidate, std::vector<Found>& found);
  void fill_accounts(const Provider& provider, std::vector<Found>& found);
  void decide(Provider provider, std::vector<Found> found, bool builtin, bool keys_named);
  void use(Provider provider, std::vector<Found> found);
  void leave(Provider provider, Clause why, bool awaits_key = false);

  const std::vector<StoredKey>& stored_;
  const Variable& variable_;
  const bool keyless_;
  ProviderSet set_;
};

void Chooser::add(const Provider& provider, Found candidate, std::vector<Found>& found) {
  for (const Found& other : found) {
    if (other.key.secret.reveal() != candidate.key.secret.reveal()) continue;
    set_.notes.push_back(
        fmt::format("{}: {} is the same key as {} and counts once", provider.id, candidate.key.name, other.key.name));
    return;
  }
  std::string name = candidate.key.name;
  auto taken = [&](const Found& other) { return other.key.name == candidate.key.name; };
  for (int number = 2; std::any_of(found.begin(), found.end(), taken); ++number)
    candidate.key.name = fmt::format("{}#{}", name, number);
  found.push_back(std::move(candidate));
}

void Chooser::from_environment(const Provider& provider, std::vector<Found>& found) {
  for (const std::string& name : provider.env) {
    auto value = set_variable(variable_, name);
    if (!value) continue;
    Found candidate;
    candidate.key.name = name;
    candidate.source = KeyOrigin::Source::environment;
    candidate.from = name;
    if (std::string reason = unsendable(*value); !reason.empty()) {
      set_.notes.push_back(fmt::format("{}: the key in {} {}; it is not used", provider.id, name, reason));
      return;
    }
    candidate.key.secret = Secret(std::move(*value));
    return add(provider, std::move(candidate), found);
  }
}

void Chooser::from_store(const Provider& provider, std::vector<Found>& found) {
  for (const StoredKey& stored : stored_) {
    if (stored.provider != provider.id || stored.disabled) continue;
    Found candidate;
    candidate.key.name = stored.name.empty() ? "key-" + stored.id : stored.name;
    candidate.key.secret = stored.secret;
    candidate.key.account = stored.account;
    candidate.key.account_id = stored.account_id;
    candidate.key.proxy = stored.proxy;
    candidate.source = KeyOrigin::Source::store;
    candidate.from = stored.id;
    add(provider, std::move(candidate), found);
  }
}

std::vector<Found> Chooser::collect(const ProviderEntry& entry) {
  std::vector<Found> found;
  for (const Key& key : entry.provider.keys) {
    bool given = !key.secret.empty();
    found.push_back({key, given ? KeyOrigin::Source::configuration : KeyOrigin::Source::none, ""});
  }
  from_environment(entry.provider, found);
  from_store(entry.provider, found);
  fill_accounts(entry.provider, found);
  return found;
}

// Keys whose address can't be written are of no use.
void Chooser::fill_accounts(const Provider& provider, std::vector<Found>& found) {
  if (!needs_account(provider)) return;
  auto account = set_variable(variable_, provider.account_env);
  for (Found& one : found) {
    if (one.key.account_id.empty() && account) one.key.account_id = *account;
  }
  std::erase_if(found, [&](const Found& one) {
    if (!one.key.account_id.empty()) return false;
    set_.notes.push_back(fmt::format("{}: {} is not used, since its account id is not known", provider.id, one.key.name));
    return true;
  });
}

void Chooser::leave(Provider provider, Clause why, bool awaits_key) {
  provider.keys.clear();
  set_.inactive.push_back({std::move(provider), std::move(why), awaits_key});
}

void Chooser::use(Provider provider, std::vector<Found> found) {
  if (found.empty()) found.emplace_back().key.name = "key#1";
  provider.keys.clear();
  for (Found& one : found) {
    set_.keys.push_back({provider.id, one.key.name, one.source, std::move(one.from)});
    provider.keys.push_back(std::move(one.key));
  }
  set_.active.push_back(std::move(provider));
}

// With `values`, which it adds to: "set {variable}, or run `freeway keys add {provider}`".
std::string how_to_add(const Provider& provider, std::vector<Clause::Value>& values) {
  std::string how = "run `freeway keys add {provider}`";
  values.push_back({"provider", provider.id});
  if (!provider.env.empty()) {
    how = "set {variable}, or " + how;
    values.push_back({"variable", provider.env.front()});
  }
  if (needs_account(provider))
    how += provider.account_env.empty() ? "; it needs an account id too" : "; {account_variable} too";
  if (needs_account(provider) && !provider.account_env.empty()) values.push_back({"account_variable", provider.account_env});
  return how;
}

Clause no_key(const Provider& provider, bool keyless) {
  std::vector<Clause::Value> values;
  std::string text = "no key; " + how_to_add(provider, values);
  if (!keyless) return {"no_key", text, std::move(values)};
  text +=
      "; `freeway keys add {provider} --keyless`, or `keys = []` for it in the configuration, says yes to asking "
      "without one";
  return {"no_key_or_keyless", text, std::move(values)};
}

void Chooser::decide(Provider provider, std::vector<Found> found, bool builtin, bool keys_named) {
  if (!provider.enabled) {
    Clause why("off_in_configuration", "`enabled = false` in the configuration");
    if (!provider.status.empty()) why = {"provider_off", "off: {status}", {{"status", provider.status}}};
    return leave(std::move(provider), std::move(why));
  }
  if (!found.empty()) return use(std::move(provider), std::move(found));
  bool lacks_account = needs_account(provider) && !builtin;
  if (lacks_account)
    return leave(std::move(provider), {"no_account_id", "the address needs an account id, and no key has one"});
  if (!builtin || (keys_named && provider.keyless)) return use(std::move(provider), {});
  if (keyless_ && provider.keyless && provider.data_use.trains == catalog::DataUse::Trains::no) {
    set_.keyless_by_default = true;
    return use(std::move(provider), {});
  }
  Clause why = no_key(provider, provider.keyless && !keys_named);
  leave(std::move(provider), std::move(why), true);
}

void Chooser::note_strangers() {
  for (const StoredKey& stored : stored_) {
    auto named = [&](const Provider& provider) { return provider.id == stored.provider; };
    bool known =
        std::any_of(set_.active.begin(), set_.active.end(), named) ||
        std::any_of(set_.inactive.begin(), set_.inactive.end(), [&](const Inactive& one) { return named(one.provider); });
    if (!known) {
      set_.notes.push_back(fmt::format("a stored key is for \"{}\", which is no provider here", stored.provider));
    }
  }
}

ProviderSet choose(const std::vector<ProviderEntry>& configured, const std::vector<Provider>& builtin,
                   const std::vector<StoredKey>& stored, const Variable& variable, bool keyless) {
  Chooser chooser(stored, variable, keyless);
  for (const ProviderEntry& entry : configured) chooser.configured(entry);
  for (const Provider& provider : builtin) {
    auto same = [&](const ProviderEntry& entry) { return entry.provider.id == provider.id; };
    if (std::none_of(configured.begin(), configured.end(), same)) chooser.built_in(provider);
  }
  chooser.note_strangers();
  return chooser.take();
}

bool has_key(const Provider& provider) {
  return std::any_of(provider.keys.begin(), provider.keys.end(), [](const Key& key) { return !key.secret.empty(); });
}

}  // namespace

// A key that nothing can be asked with, since its provider is off or its account unknown, is none.
ProviderSet choose_providers(const std::vector<ProviderEntry>& configured, const std::vector<Provider>& builtin,
                             const std::vector<StoredKey>& stored, const Variable& variable) {
  ProviderSet set = choose(configured, builtin, stored, variable, false);
  if (std::any_of(set.active.begin(), set.active.end(), has_key)) return set;
  return choose(configured, builtin, stored, variable, true);
}

ProviderSet use_providers(Config& config, const std::vector<StoredKey>& stored, const Outside& outside) {
  ProviderSet set = choose_providers(config.entries, catalog_of(config), stored, outside.variable);
  config.providers = set.active;
  config.policy.aliases = with_built_in(config.aliases, known_names(config.providers));
  return set;
}

}  // namespace freeway::app
