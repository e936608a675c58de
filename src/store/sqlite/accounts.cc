#include "store/sqlite/accounts.h"

#include <limits>

namespace freeway::store::sqlite {

namespace {

// Every row of a query, each read by `read(query)`.
template <class Row, class Read>
Result<std::vector<Row>> rows_of(Query& query, Read read) {
  std::vector<Row> rows;
  for (;;) {
    auto more = query.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return rows;
    rows.push_back(read(query));
  }
}

AccountRow account_of(const Query& query) {
  AccountRow row;
  row.name = query.text(0);
  row.password = query.text(1);
  row.created = query.time(2);
  row.changed = query.time(3);
  return row;
}

LoginRow login_of(const Query& query) {
  LoginRow row;
  row.id = query.text(0);
  row.digest = query.text(1);
  row.account = query.text(2);
  row.address = query.text(3);
  row.agent = query.text(4);
  row.created = query.time(5);
  row.seen = query.time(6);
  return row;
}

AuditRow audit_of(const Query& query) {
  AuditRow row;
  row.id = query.integer(0);
  row.time = query.time(1);
  row.who = query.text(2);
  row.address = query.text(3);
  row.action = query.text(4);
  row.subject = query.text(5);
  row.done = query.integer(6) != 0;
  return row;
}

Result<void> forget_audit(Database& database, bool done, std::int64_t most) {
  auto query = database.query(
      "DELETE FROM audit WHERE done = ?1 AND id <= (SELECT id FROM audit WHERE done = ?1 ORDER BY id DESC LIMIT 1 OFFSET "
      "?2)");
  return query.bind(done).bind(most).run();
}

}  // namespace

Result<std::vector<AccountRow>> Accounts::all() {
  return readers_.with([](Database& database) {
    auto query = database.query("SELECT name, password, created, changed FROM accounts ORDER BY name");
    return rows_of<AccountRow>(query, account_of);
  });
}

Result<void> Accounts::add_first(const AccountRow& account) {
  return writer_.run([&account](Database& database) -> Result<void> {
    auto query = database.query(
        "INSERT INTO accounts (name, password, created, changed)"
        " SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM accounts)");
    query.bind(account.name).bind(account.password).bind(account.created).bind(account.changed);
    if (auto done = query.run(); !done) return done;
    if (database.changed() == 1) return {};
    return fail(ErrorKind::exhausted, "there is an account already");
  });
}

Result<void> Accounts::set_password(std::string_view name, std::string_view password, WallTime at) {
  return writer_.run([=](Database& database) {
    auto query = database.query("UPDATE accounts SET password = ?, changed = ? WHERE name = ?");
    return query.bind(password).bind(at).bind(name).run();
  });
}

Result<std::vector<LoginRow>> Accounts::logins() {
  return readers_.with([](Database& database) {
    auto query =
        database.query("SELECT id, digest, account, address, agent, created, seen FROM logins ORDER BY created, id");
    return rows_of<LoginRow>(query, login_of);
  });
}

Result<void> Accounts::add_login(const LoginRow& login) {
  return writer_.run([&login](Database& database) {
    auto query =
        database.query("INSERT INTO logins (id, digest, account, address, agent, created, seen) VALUES (?,?,?,?,?,?,?)");
    query.bind(login.id).bind(login.digest).bind(login.account).bind(login.address).bind(login.agent);
    return query.bind(login.created).bind(login.seen).run();
  });
}

Result<void> Accounts::note_login(std::string_view id, WallTime seen) {
  return writer_.run([=](Database& database) {
    auto query = database.query("UPDATE logins SET seen = ? WHERE id = ?");
    return query.bind(seen).bind(id).run();
  });
}

Result<void> Accounts::end_logins(const std::vector<std::string>& ids) {
  return writer_.run([&ids](Database& database) -> Result<void> {
    for (const auto& id : ids) {
      auto query = database.query("DELETE FROM logins WHERE id = ?");
      if (auto done = query.bind(id).run(); !done) return done;
    }
    return {};
  });
}

Result<void> Accounts::add_audit(const AuditRow& row) {
  return writer_.run([this, &row](Database& database) -> Result<void> {
    auto query = database.query("INSERT INTO audit (time, who, address, action, subject, done) VALUES (?,?,?,?,?,?)");
    query.bind(row.time).bind(row.who).bind(row.address).bind(row.action).bind(row.subject).bind(row.done);
    if (auto done = query.run(); !done) return done;
    return forget_audit(database, row.done, row.done ? most_done_ : most_refused_);
  });
}

Result<AuditPage> Accounts::audit(std::optional<std::int64_t> before, std::size_t limit) {
  return readers_.with([=](Database& database) -> Result<AuditPage> {
    auto query = database.query(
        "SELECT id, time, who, address, action, subject, done FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?");
    query.bind(before.value_or(std::numeric_limits<std::int64_t>::max())).bind(std::uint64_t{limit} + 1);
    auto rows = rows_of<AuditRow>(query, audit_of);
    if (!rows) return std::unexpected(rows.error());
    AuditPage page;
    page.rows = std::move(*rows);
    if (page.rows.size() > limit) {
      page.rows.resize(limit);
      page.next = page.rows.back().id;
    }
    return page;
  });
}

}  // namespace freeway::store::sqlite
