#include <fmt/format.h>

#include <algorithm>

#include "crypto/digest.h"
#include "vault/vault.h"

namespace freeway::vault {

namespace {
constexpr std::size_t kKeyCharacters = 40;  // after "fw-": 238 bits, so that a plain digest can't be searched for
}  // namespace

Result<FreshClient> Vault::add_client(NewClient client) {
  std::lock_guard lock(changing_);
  if (client.name.empty()) return fail(ErrorKind::invalid, "a client needs a name");
  auto held = clients();
  auto same = [&client](const store::ClientRow& row) { return row.name == client.name; };
  if (std::any_of(held->begin(), held->end(), same)) {
    return fail(ErrorKind::exhausted, fmt::format("there is a client named {} already; choose another name", client.name));
  }
  FreshClient fresh;
  std::string key = "fw-" + crypto::random_token(kKeyCharacters);
  fresh.row.name = std::move(client.name);
  fresh.row.digest = crypto::sha256_hex(key);
  fresh.row.models = std::move(client.models);
  fresh.row.rpm = client.rpm;
  fresh.row.tpd = client.tpd;
  fresh.row.privacy = std::move(client.privacy);
  fresh.row.expires = client.expires;
  fresh.row.created = clock_.wall();
  fresh.key = Secret(std::move(key));
  store::Changes changes;
  changes.put_clients.push_back(fresh.row);
  if (auto done = store_.apply(changes); !done) return std::unexpected(done.error());
  if (auto done = load(); !done) return std::unexpected(done.error());
  return fresh;
}

Result<void> Vault::change_client(std::string_view name, ClientChange change) {
  std::lock_guard lock(changing_);
  auto held = clients();
  auto row = std::find_if(held->begin(), held->end(), [name](const auto& client) { return client.name == name; });
  if (row == held->end()) return fail(ErrorKind::not_found, fmt::format("there is no client named {}", name));
  if (row->revoked)
    return fail(ErrorKind::unsupported, fmt::format("the client {} is revoked, for good; add another", name));
  store::ClientRow next = *row;
  if (change.models) next.models = std::move(*change.models);
  if (change.rpm) next.rpm = *change.rpm;
  if (change.tpd) next.tpd = *change.tpd;
  if (change.privacy) next.privacy = std::move(*change.privacy);
  if (change.expires) next.expires = *change.expires;
  store::Changes changes;
  changes.put_clients.push_back(std::move(next));
  if (auto done = store_.apply(changes); !done) return done;
  return load();
}

Result<void> Vault::revoke_client(std::string_view name) {
  std::lock_guard lock(changing_);
  auto held = clients();
  auto row = std::find_if(held->begin(), held->end(), [name](const auto& client) { return client.name == name; });
  if (row == held->end()) return fail(ErrorKind::not_found, fmt::format("there is no client named {}", name));
  if (row->revoked) return {};
  store::Changes changes;
  changes.put_clients.push_back(*row);
  changes.put_clients.back().revoked = clock_.wall();
  if (auto done = store_.apply(changes); !done) return done;
  return load();
}

}  // namespace freeway::vault
