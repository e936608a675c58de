#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "app/config_parts.h"
#include "app/key_probe.h"
#include "app/operations.h"
#include "net/proxy.h"
#include "reader/section.h"

namespace freeway::app {

namespace {

using namespace api::admin;

constexpr std::string_view kKeyless = "keyless:";

std::optional<std::int64_t> number_of(std::string_view id) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size()) return {};
  return number;
}

const catalog::Key* find_key(const Situation& now, std::string_view provider, std::string_view name) {
  for (const catalog::Provider& one : now.config.providers) {
    if (one.id != provider) continue;
    for (const catalog::Key& key : one.keys) {
      if (key.name == name) return &key;
    }
  }
  return nullptr;
}

// The name under which a stored key serves; null if it does not.
const KeyOrigin* origin_of(const Situation& now, const std::string& id) {
  for (const KeyOrigin& origin : now.set.keys) {
    if (origin.source == KeyOrigin::Source::store && origin.from == id) return &origin;
  }
  return nullptr;
}

Clause why_idle(const Situation& now, const vault::ProviderKey& key) {
  if (!key.fault.empty()) return {"unreadable", "{fault}", {{"fault", key.fault}}};
  if (key.disabled && !key.disabled_reason.empty()) return Clause::quoted(key.disabled_reason);
  if (key.disabled) return {"disabled_by_hand", "disabled by hand"};
  for (const Inactive& one : now.set.inactive) {
    if (one.provider.id == key.provider) return one.why;
  }
  if (find_provider(now, key.provider) == nullptr)
    return {"unknown_provider", "no provider is called \"{provider}\" here", {{"provider", key.provider}}};
  for (const std::string& note : now.set.notes) {
    if (note.starts_with(key.provider + ": " + key.name + " "))
      return {"no_account_id", "it is not used, since its account id is not known"};
  }
  return {"doubled", "another key has the same value"};
}

Error unknown_key(const std::string& id) {
  return {ErrorKind::not_found, fmt::format("there is no key {}; `freeway keys list` shows them all", id)};
}

Error not_ours(const KeyView& key) {
  std::string where = key.source == KeyView::Source::environment ? "the environment variable " + key.from
                                                                 : std::string("the configuration file");
  return {ErrorKind::unsupported,
          fmt::format("the key {} of {} comes from {}; change it there", key.name, key.provider, where)};
}

catalog::Key as_key(const vault::ProviderKey& key) {
  catalog::Key made;
  made.name = key.name;
  made.secret = key.value;
  made.account = key.account;
  made.account_id = key.account_id;
  made.proxy = std::string(key.proxy.reveal());
  return made;
}

}  // namespace

Result<std::vector<KeyView>> Keeper::keys() {
  auto now = situation();
  std::vector<KeyView> views;
  for (auto keys = parts_.vault.keys(); const vault::ProviderKey& key : *keys) {
    KeyView view;
    view.id = std::to_string(key.id);
    view.provider = key.provider;
    view.name = key.name;
    view.hint = mask(key.value);
    view.account = key.account;
    view.proxied = !key.proxy.empty();
    view.disabled = key.disabled;
    view.last_check = key.check;
    view.checked = key.checked;
    view.created = key.created;
    const KeyOrigin* origin = origin_of(*now, view.id);
    view.serving = origin != nullptr;
    if (origin != nullptr) view.name = origin->key;
    if (!view.serving) view.why = why_idle(*now, key);
    views.push_back(std::move(view));
  }
  for (const KeyOrigin& origin : now->set.keys) {
    bool stored = origin.source == KeyOrigin::Source::store;
    if ((stored && !origin.from.starts_with(kKeyless)) || origin.source == KeyOrigin::Source::none) continue;
    const catalog::Key* key = find_key(*now, origin.provider, origin.key);
    KeyView view;
    view.id = stored ? origin.from : origin.provider + ":" + origin.key;
    view.provider = origin.provider;
    view.name = origin.key;
    view.source = stored                                            ? KeyView::Source::store
                  : origin.source == KeyOrigin::Source::environment ? KeyView::Source::environment
                                                                    : KeyView::Source::configuration;
    if (!stored) view.from = origin.from;
    if (key != nullptr) {
      view.hint = mask(key->secret);
      view.account = key->account;
      view.proxied = !key->proxy.empty();
    }
    view.serving = true;
    views.push_back(std::move(view));
  }
  std::sort(views.begin(), views.end(), [](const KeyView& a, const KeyView& b) {
    return std::tie(a.provider, a.name, a.id) < std::tie(b.provider, b.name, b.id);
  });
  return views;
}

Keeper::Check Keeper::probe(const catalog::Provider& provider, const catalog::Key& key) const {
  KeyVerdict verdict = probe_key_now(provider, key, parts_.clock, options_.probe_patience);
  Check check;
  check.message = std::move(verdict.reason);
  parts_.secrets.load()->redact_excerpts(check.message);
  switch (verdict.result) {
    case catalog::ProbeResult::valid:
      check.result = Check::Result::valid;
      check.models = unlocked_models(provider);
      break;
    case catalog::ProbeResult::invalid: check.result = Check::Result::invalid; break;
    case catalog::ProbeResult::inconclusive: check.result = Check::Result::inconclusive; break;
  }
  return check;
}

Result<void> Keeper::judge_new(const Situation& now, const NewKey& key) const {
  const catalog::Provider* provider = find_provider(now, key.provider);
  if (provider == nullptr) {
    std::vector<std::string> ids;
    for (const catalog::Provider& one : all_providers(now)) ids.push_back(one.id);
    return fail(ErrorKind::invalid, fmt::format("no provider is called \"{}\"{}; `freeway models --all` lists them",
                                                key.provider, reader::did_you_mean(key.provider, ids)));
  }
  if (key.value.empty() && !provider->keyless) {
    return fail(ErrorKind::invalid, fmt::format("{} needs a key{}", provider->id,
                                                provider->signup.empty() ? "" : ": get one at " + provider->signup));
  }
  if (std::string reason = unsendable(key.value.reveal()); !key.value.empty() && !reason.empty()) {
    return fail(ErrorKind::invalid, fmt::format("the key for {} {}", provider->id, reason));
  }
  if (!key.proxy.empty()) {
    if (auto proxy = net::ProxyAddress::parse(key.proxy.reveal()); !proxy) return std::unexpected(proxy.error());
  }
  bool account_needed = provider->base_url.contains("{account_id}") && key.account_id.empty();
  if (account_needed && parts_.outside.variable(provider->account_env).value_or("").empty()) {
    return fail(ErrorKind::invalid, fmt::format("{} needs the account's id beside the key: --account-id", provider->id));
  }
  return {};
}

Result<AddedKey> Keeper::agree(const NewKey& key) {
  if (auto done = agree_keyless(parts_.store, key.provider, true); !done) return std::unexpected(done.error());
  AddedKey added;
  added.id = std::string(kKeyless) + key.provider;
  added.provider = key.provider;
  added.name = "keyless";
  return added;
}

// The key as its provider would be shown it.
catalog::Key Keeper::shown(const catalog::Provider& provider, const NewKey& key) const {
  catalog::Key made;
  made.secret = key.value;
  made.account_id = key.account_id;
  if (made.account_id.empty()) made.account_id = parts_.outside.variable(provider.account_env).value_or("");
  made.proxy = std::string(key.proxy.reveal());
  return made;
}

Result<std::vector<AddedKey>> Keeper::add_keys(std::vector<NewKey> keys, bool check) {
  auto now = situation();
  std::vector<std::optional<Check>> checks(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (auto good = judge_new(*now, keys[i]); !good) return std::unexpected(good.error());
    if (!check || keys[i].value.empty()) continue;
    const catalog::Provider& provider = *find_provider(*now, keys[i].provider);
    checks[i] = probe(provider, shown(provider, keys[i]));
    if (checks[i]->result == Check::Result::invalid) {
      return fail(ErrorKind::invalid, checks[i]->message + "; it was not added");
    }
  }
  return keep_keys(keys, std::move(checks));
}

// Judged already; `checks` says what their providers said, where they were asked.
Result<std::vector<AddedKey>> Keeper::keep_keys(const std::vector<NewKey>& keys, std::vector<std::optional<Check>> checks) {
  std::vector<vault::NewKey> stored;
  for (const NewKey& key : keys) {
    if (!key.value.empty()) stored.push_back({key.provider, key.name, key.value, key.account, key.account_id, key.proxy});
  }
  std::vector<std::int64_t> ids;
  if (!stored.empty()) {
    auto added = parts_.vault.add(std::move(stored));
    if (!added) return std::unexpected(added.error());
    ids = std::move(*added);
  }
  std::vector<AddedKey> done;
  std::size_t next = 0;
  auto held = parts_.vault.keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].value.empty()) {
      auto agreed = agree(keys[i]);
      if (!agreed) return std::unexpected(agreed.error());
      done.push_back(std::move(*agreed));
      continue;
    }
    AddedKey added;
    std::int64_t id = ids[next++];
    added.id = std::to_string(id);
    added.provider = keys[i].provider;
    auto row = std::find_if(held->begin(), held->end(), [&](const vault::ProviderKey& key) { return key.id == id; });
    added.name = row == held->end() ? keys[i].name : row->name;
    added.hint = mask(keys[i].value);
    added.check = std::move(checks[i]);
    if (added.check) {
      auto noted = parts_.vault.note_check(id, added.check->message);
      if (!noted) return std::unexpected(noted.error());
    }
    done.push_back(std::move(added));
  }
  if (auto put = refresh(); !put) return std::unexpected(put.error());
  return done;
}

Result<void> Keeper::remove_key(const std::string& id) {
  if (id.starts_with(kKeyless)) {
    if (auto done = agree_keyless(parts_.store, id.substr(kKeyless.size()), false); !done) return done;
    return refresh();
  }
  auto number = number_of(id);
  if (!number) {
    auto all = keys();
    if (!all) return std::unexpected(all.error());
    for (const KeyView& key : *all) {
      if (key.id == id) return std::unexpected(not_ours(key));
    }
    return std::unexpected(unknown_key(id));
  }
  if (auto done = parts_.vault.remove(*number); !done) return done;
  return refresh();
}

Result<Keeper::Check> Keeper::check_key(const std::string& id) {
  auto now = situation();
  if (auto number = number_of(id)) {
    for (auto keys = parts_.vault.keys(); const vault::ProviderKey& key : *keys) {
      if (key.id != *number) continue;
      if (!key.fault.empty()) return fail(ErrorKind::malformed, key.fault);
      const catalog::Provider* provider = find_provider(*now, key.provider);
      if (provider == nullptr) {
        return fail(ErrorKind::invalid, fmt::format("no provider is called \"{}\" here", key.provider));
      }
      catalog::Key shown = as_key(key);
      if (shown.account_id.empty()) shown.account_id = parts_.outside.variable(provider->account_env).value_or("");
      Check check = probe(*provider, shown);
      auto noted = parts_.vault.note_check(key.id, check.message);
      if (!noted) return std::unexpected(noted.error());
      return check;
    }
    return std::unexpected(unknown_key(id));
  }
  for (const KeyOrigin& origin : now->set.keys) {
    bool keyless = origin.source == KeyOrigin::Source::store && origin.from == id;
    if (!keyless && origin.provider + ":" + origin.key != id) continue;
    const catalog::Key* key = find_key(*now, origin.provider, origin.key);
    if (key != nullptr) return probe(*find_provider(*now, origin.provider), *key);
  }
  return std::unexpected(unknown_key(id));
}

Result<void> Keeper::disable_key(const std::string& id, const std::string& reason) {
  auto number = number_of(id);
  if (!number)
    return fail(ErrorKind::unsupported, "only stored keys can be disabled; take this one out where it comes from");
  if (auto done = parts_.vault.disable(*number, reason); !done) return done;
  return refresh();
}

Result<void> Keeper::enable_key(const std::string& id) {
  auto number = number_of(id);
  if (!number) return fail(ErrorKind::unsupported, "only stored keys can be disabled and enabled");
  if (auto done = parts_.vault.enable(*number); !done) return done;
  return refresh();
}

Result<std::vector<RevealedKey>> Keeper::reveal_keys() {
  std::vector<RevealedKey> all;
  for (auto keys = parts_.vault.keys(); const vault::ProviderKey& key : *keys) {
    if (!key.fault.empty()) continue;
    RevealedKey one;
    one.provider = key.provider;
    one.name = key.name;
    one.value = key.value;
    one.account = key.account;
    one.account_id = key.account_id;
    one.proxy = key.proxy;
    if (key.disabled) one.disabled_reason = key.disabled_reason.empty() ? "disabled by hand" : key.disabled_reason;
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace freeway::app
