#include "store/sqlite/identity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace freeway::store::sqlite {

namespace {

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> list;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('\n'), text.size());
    list.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}

template <class T, class Get>
std::optional<T> optional(const Query& query, int column, Get get) {
  if (query.null(column)) return {};
  return static_cast<T>((query.*get)(column));
}

Result<void> put_key(Database& database, const KeyRow& key) {
  auto query = database.query(
      "INSERT INTO provider_keys (id, provider, name, sealed, account, account_id, sealed_proxy, created, disabled,"
      " disabled_reason, check_result, checked) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
      " ON CONFLICT (id) DO UPDATE SET provider = excluded.provider, name = excluded.name, sealed = excluded.sealed,"
      " account = excluded.account, account_id = excluded.account_id, sealed_proxy = excluded.sealed_proxy,"
      " created = excluded.created, disabled = excluded.disabled, disabled_reason = excluded.disabled_reason");
  query.bind(key.id).bind(key.provider).bind(key.name).bind_blob(key.sealed).bind(key.account).bind(key.account_id);
  query.bind_blob(key.sealed_proxy).bind(key.created).bind(key.disabled).bind(key.disabled_reason).bind(key.check);
  auto done = query.bind(key.checked).run();
  if (!done && done.error().kind == ErrorKind::invalid) {
    return fail(ErrorKind::exhausted,
                fmt::format("{} already has a key named {}; choose another name", key.provider, key.name));
  }
  return done;
}

Result<void> put_client(Database& database, const ClientRow& client) {
  auto query = database.query(
      "INSERT INTO clients (name, digest, models, rpm, tpd, created, revoked, used, privacy, expires)"
      " VALUES (?,?,?,?,?,?,?,?,?,?)"
      " ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, models = excluded.models, rpm = excluded.rpm,"
      " tpd = excluded.tpd, created = excluded.created, revoked = excluded.revoked, privacy = excluded.privacy,"
      " expires = excluded.expires");
  query.bind(client.name).bind(client.digest).bind(fmt::format("{}", fmt::join(client.models, "\n")));
  query.bind(client.rpm).bind(client.tpd).bind(client.created).bind(client.revoked).bind(client.used);
  query.bind(client.privacy).bind(client.expires);
  return query.run();
}

}  // namespace

Result<std::vector<KeyRow>> read_keys(Database& database) {
  auto query = database.query(
      "SELECT id, provider, name, sealed, account, account_id, sealed_proxy, created, disabled, disabled_reason,"
      " check_result, checked FROM provider_keys ORDER BY provider, id");
  std::vector<KeyRow> keys;
  for (;;) {
    auto more = query.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return keys;
    KeyRow& key = keys.emplace_back();
    key.id = query.integer(0);
    key.provider = query.text(1);
    key.name = query.text(2);
    key.sealed = query.text(3);
    key.account = query.text(4);
    key.account_id = query.text(5);
    key.sealed_proxy = query.text(6);
    key.created = query.time(7);
    key.disabled = query.integer(8) != 0;
    key.disabled_reason = query.text(9);
    key.check = query.text(10);
    key.checked = optional<WallTime>(query, 11, &Query::time);
  }
}

Result<std::vector<ClientRow>> read_clients(Database& database) {
  auto query = database.query(
      "SELECT name, digest, models, rpm, tpd, created, revoked, used, privacy, expires FROM clients ORDER BY name");
  std::vector<ClientRow> clients;
  for (;;) {
    auto more = query.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return clients;
    ClientRow& client = clients.emplace_back();
    client.name = query.text(0);
    client.digest = query.text(1);
    client.models = lines(query.text(2));
    client.rpm = optional<std::uint64_t>(query, 3, &Query::amount);
    client.tpd = optional<std::uint64_t>(query, 4, &Query::amount);
    client.created = query.time(5);
    client.revoked = optional<WallTime>(query, 6, &Query::time);
    client.used = optional<WallTime>(query, 7, &Query::time);
    client.privacy = query.text(8);
    client.expires = optional<WallTime>(query, 9, &Query::time);
  }
}

Result<std::optional<std::string>> read_fact(Database& database, std::string_view name) {
  auto query = database.query("SELECT value FROM facts WHERE name = ?");
  auto more = query.bind(name).next();
  if (!more) return std::unexpected(more.error());
  if (!*more) return std::optional<std::string>();
  return std::optional<std::string>(query.text(0));
}

Result<void> write_fact(Database& database, std::string_view name, const std::optional<std::string>& value) {
  if (!value) return database.query("DELETE FROM facts WHERE name = ?").bind(name).run();
  return database
      .query("INSERT INTO facts (name, value) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .bind(name)
      .bind(*value)
      .run();
}

Result<std::int64_t> next_key_ids(Database& database, std::int64_t count) {
  auto query = database.query("UPDATE key_ids SET next = next + ?1 RETURNING next - ?1");
  auto row = query.bind(count).next();
  if (!row) return std::unexpected(row.error());
  return query.integer(0);
}

Result<void> apply_changes(Database& database, const Changes& changes) {
  Result<void> done;
  for (auto id : changes.remove_keys) {
    done = database.query("DELETE FROM provider_keys WHERE id = ?").bind(id).run();
    if (!done) return done;
  }
  for (const auto& name : changes.remove_clients) {
    done = database.query("DELETE FROM clients WHERE name = ?").bind(name).run();
    if (!done) return done;
  }
  for (const auto& key : changes.put_keys) {
    if (done = put_key(database, key); !done) return done;
  }
  for (const auto& client : changes.put_clients) {
    if (done = put_client(database, client); !done) return done;
  }
  for (const auto& [name, value] : changes.facts) {
    if (done = write_fact(database, name, value); !done) return done;
  }
  return done;
}

}  // namespace freeway::store::sqlite
