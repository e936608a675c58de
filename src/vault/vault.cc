#include "vault/vault.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.h"
#include "crypto/seal.h"
#include "vault/envelope.h"
#include "vault/secrets.h"

namespace freeway::vault {

namespace {

constexpr std::string_view kCheckText = "freeway";
constexpr std::string_view kTable = "provider_keys";

Place check_place() { return {"facts", 0, kCheckFact, ""}; }
Place value_place(const store::KeyRow& row) { return {kTable, row.id, "value", row.provider}; }
Place proxy_place(const store::KeyRow& row) { return {kTable, row.id, "proxy", row.provider}; }

// The fact, which is text, holds the envelope in hex.
std::string check_value(const MasterKey& master) {
  return crypto::to_hex(seal(master, check_place(), Secret(std::string(kCheckText))));
}

Error damaged(const Error& why) {
  return {ErrorKind::malformed,
          fmt::format("the check value of the stored keys is damaged ({}); restore a backup", why.message)};
}

std::string free_name(const std::set<std::string>& taken) {
  for (int number = 1;; ++number) {
    std::string name = fmt::format("key-{}", number);
    if (!taken.contains(name)) return name;
  }
}

ProviderKey opened(const store::KeyRow& row, const MasterKey& master) {
  ProviderKey key;
  key.id = row.id;
  key.provider = row.provider;
  key.name = row.name;
  key.account = row.account;
  key.account_id = row.account_id;
  key.created = row.created;
  key.disabled = row.disabled;
  key.disabled_reason = row.disabled_reason;
  key.check = row.check;
  key.checked = row.checked;
  auto value = vault::open(master, value_place(row), row.sealed);
  auto proxy = row.sealed_proxy.empty() ? Result<Secret>(Secret()) : vault::open(master, proxy_place(row), row.sealed_proxy);
  const Error* trouble = !value ? &value.error() : !proxy ? &proxy.error() : nullptr;
  if (trouble == nullptr) {
    key.value = std::move(*value);
    key.proxy = std::move(*proxy);
  } else {
    key.fault = fmt::format("the stored key {} of {} does not open: {}; remove it and add it again", row.name, row.provider,
                            trouble->message);
  }
  return key;
}

store::KeyRow sealed(const ProviderKey& key, const MasterKey& master) {
  store::KeyRow row;
  row.id = key.id;
  row.provider = key.provider;
  row.name = key.name;
  row.account = key.account;
  row.account_id = key.account_id;
  row.created = key.created;
  row.disabled = key.disabled;
  row.disabled_reason = key.disabled_reason;
  row.sealed = seal(master, value_place(row), key.value);
  if (!key.proxy.empty()) row.sealed_proxy = seal(master, proxy_place(row), key.proxy);
  return row;
}

}  // namespace

Vault::Vault(store::Store& store, MasterKeySource source, const Clock& clock)
    : store_(store), source_(std::move(source)), clock_(clock) {}

Result<std::unique_ptr<Vault>> Vault::open(store::Store& store, MasterKeySource source, const Clock& clock) {
  std::unique_ptr<Vault> vault(new Vault(store, std::move(source), clock));
  auto fact = store.fact(kCheckFact);
  if (!fact) return std::unexpected(fact.error());
  std::string envelope;
  std::optional<std::string> wanted;
  if (*fact) {
    envelope = crypto::from_hex(**fact).value_or("");
    auto id = sealed_by(envelope);
    if (!id) return std::unexpected(damaged(id.error()));
    wanted = *id;
  }
  auto master = vault->source_.load(wanted);
  if (!master) return std::unexpected(master.error());
  if (wanted) {
    auto text = vault::open(*master, check_place(), envelope);
    if (!text) return std::unexpected(damaged(text.error()));
  }
  vault->master_.store(std::make_shared<const MasterKey>(std::move(*master)));
  vault->checked_ = wanted.has_value();
  if (auto done = vault->load(); !done) return std::unexpected(done.error());
  for (auto kept = vault->keys(); const auto& key : *kept) {
    if (!key.fault.empty()) log::error("{}", key.fault);
  }
  return vault;
}

Result<void> Vault::load() {
  auto rows = store_.keys();
  if (!rows) return std::unexpected(rows.error());
  auto clients = store_.clients();
  if (!clients) return std::unexpected(clients.error());
  Keys keys;
  keys.reserve(rows->size());
  auto master = master_.load();
  for (const auto& row : *rows) keys.push_back(opened(row, *master));
  keys_.store(std::make_shared<const Keys>(std::move(keys)));
  clients_.store(std::make_shared<const Clients>(std::move(*clients)));
  if (changed_) changed_();
  return {};
}

// The file is on the disk before anything is sealed with it.
Result<void> Vault::need_master(store::Changes& changes) {
  if (master_.load()->empty()) {
    MasterKey made = MasterKey::generate();
    if (auto done = source_.stage(made); !done) return done;
    if (auto done = source_.promote(); !done) return done;
    master_.store(std::make_shared<const MasterKey>(std::move(made)));
  }
  if (!checked_) changes.facts[std::string(kCheckFact)] = check_value(*master_.load());
  return {};
}

Result<void> Vault::check(const std::vector<NewKey>& keys) const {
  auto held = this->keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const NewKey& key = keys[i];
    if (key.provider.empty()) return fail(ErrorKind::invalid, "a key needs a provider");
    if (key.value.empty()) return fail(ErrorKind::invalid, fmt::format("the key for {} is empty", key.provider));
    auto same = [&key](const auto& other) {
      return other.provider == key.provider && other.value.matches(key.value.reveal());
    };
    auto twin = std::find_if(held->begin(), held->end(), same);
    if (twin != held->end()) {
      return fail(ErrorKind::exhausted, fmt::format("{} already has this key, under the name {}", key.provider, twin->name));
    }
    auto end = keys.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find_if(keys.begin(), end, same) != end) {
      return fail(ErrorKind::invalid, fmt::format("the same key for {} is given twice", key.provider));
    }
  }
  return {};
}

Result<std::vector<std::int64_t>> Vault::add(std::vector<NewKey> keys) {
  std::lock_guard lock(changing_);
  if (auto fine = check(keys); !fine) return std::unexpected(fine.error());
  store::Changes changes;
  if (auto ready = need_master(changes); !ready) return std::unexpected(ready.error());
  std::map<std::string, std::set<std::string>> names;
  for (auto kept = this->keys(); const auto& key : *kept) names[key.provider].insert(key.name);
  for (const auto& key : keys) names[key.provider].insert(key.name);
  auto next = store_.reserve_key_ids(static_cast<std::int64_t>(keys.size()));
  if (!next) return std::unexpected(next.error());
  std::vector<std::int64_t> ids;
  for (auto& added : keys) {
    ids.push_back((*next)++);
    ProviderKey key;
    key.id = ids.back();
    key.provider = std::move(added.provider);
    key.name = added.name.empty() ? free_name(names[key.provider]) : std::move(added.name);
    names[key.provider].insert(key.name);
    key.value = std::move(added.value);
    key.account = std::move(added.account);
    key.account_id = std::move(added.account_id);
    key.proxy = std::move(added.proxy);
    key.created = clock_.wall();
    changes.put_keys.push_back(sealed(key, *master_.load()));
  }
  if (auto done = store_.apply(changes); !done) return std::unexpected(done.error());
  checked_ = true;
  if (auto done = load(); !done) return std::unexpected(done.error());
  return ids;
}

// On the row as the store has it: one that does not open can be disabled too.
Result<void> Vault::change(std::int64_t id, const std::function<void(store::KeyRow&)>& edit) {
  std::lock_guard lock(changing_);
  auto rows = store_.keys();
  if (!rows) return std::unexpected(rows.error());
  auto row = std::find_if(rows->begin(), rows->end(), [id](const auto& candidate) { return candidate.id == id; });
  if (row == rows->end()) return fail(ErrorKind::not_found, fmt::format("there is no stored key {}", id));
  store::Changes changes;
  if (edit) {
    edit(*row);
    changes.put_keys.push_back(std::move(*row));
  } else {
    changes.remove_keys.push_back(id);
  }
  if (auto done = store_.apply(changes); !done) return done;
  return load();
}

Result<void> Vault::remove(std::int64_t id) { return change(id, nullptr); }

Result<void> Vault::disable(std::int64_t id, std::string reason) {
  return change(id, [&reason](store::KeyRow& row) {
    row.disabled = true;
    row.disabled_reason = std::move(reason);
  });
}

Result<void> Vault::enable(std::int64_t id) {
  return change(id, [](store::KeyRow& row) {
    row.disabled = false;
    row.disabled_reason.clear();
  });
}

Result<void> Vault::note_check(std::int64_t id, std::string_view check) {
  std::lock_guard lock(changing_);
  if (auto done = store_.note_key_check(id, check, clock_.wall()); !done) return done;
  return load();
}

std::vector<Secret> Vault::secrets() const {
  std::vector<Secret> all;
  for (auto kept = keys(); const auto& key : *kept) {
    all.push_back(key.value);
    for (auto& part : proxy_secrets(key.proxy)) all.push_back(std::move(part));
  }
  auto master = master_.load();
  if (!master->empty()) all.push_back(master->text());
  return all;
}

Result<void> Vault::rotate_master_key() {
  std::lock_guard lock(changing_);
  if (source_.environment) {
    return fail(ErrorKind::unsupported,
                "the master key comes from FREEWAY_MASTER_KEY; freeway can't change it there by itself");
  }
  MasterKey next = MasterKey::generate();
  if (auto staged = source_.stage(next); !staged) return staged;
  // If this fails, the staged key stays until the next start, which knows for certain what is on the disk.
  if (auto done = reseal(next); !done) return done;
  return source_.promote();
}

Result<void> Vault::rotate_to(const MasterKey& next) {
  std::lock_guard lock(changing_);
  if (!source_.environment) {
    return fail(ErrorKind::unsupported,
                fmt::format("the master key is in {}, where freeway makes the next one itself", source_.path()));
  }
  if (auto done = reseal(next); !done) return done;
  source_.environment = next.text();
  return {};
}

// Everything in one transaction. Rows that do not open with the old key are left as they are.
Result<void> Vault::reseal(const MasterKey& next) {
  store::Changes changes;
  for (auto kept = keys(); const auto& key : *kept) {
    if (key.fault.empty()) changes.put_keys.push_back(sealed(key, next));
  }
  changes.facts[std::string(kCheckFact)] = check_value(next);
  if (auto done = store_.apply(changes); !done) return done;
  checked_ = true;
  master_.store(std::make_shared<const MasterKey>(next));
  if (changed_) changed_();
  return {};
}

}  // namespace freeway::vault
