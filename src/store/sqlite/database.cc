#include "store/sqlite/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace freeway::store::sqlite {

namespace {

constexpr int kBusyMilliseconds = 5000;

std::int64_t microseconds(Duration length) { return std::chrono::duration_cast<std::chrono::microseconds>(length).count(); }

Error sentence(const std::string& path, int code, int system, const char* message) {
  if ((code & 0xff) == SQLITE_FULL || system == ENOSPC || system == EDQUOT) {
    return {ErrorKind::io, fmt::format("the disk that holds {} is full; free some space", path)};
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return {ErrorKind::invalid, fmt::format("{} refuses the change: {}", path, message)};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorKind::io,
              fmt::format("{} is damaged ({}); put a backup in its place with `freeway restore`, or move the file "
                          "away to begin anew",
                          path, message)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::exhausted, fmt::format("{} is in use by another program; end that one first", path)};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return {ErrorKind::io,
              fmt::format("can't write {}{}{}; make the file and its folder writable for this user, or choose another "
                          "folder with --data",
                          path, system != 0 ? ": " : "", system != 0 ? std::strerror(system) : "")};
    default: break;
  }
  return {ErrorKind::io, fmt::format("can't read or write {}: {}{}{}", path, message, system != 0 ? ": " : "",
                                     system != 0 ? std::strerror(system) : "")};
}

// SQLite would create the file readable for others; its -wal and -shm take after it.
Result<void> create(const std::string& path) {
  int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return std::unexpected(sentence(path, SQLITE_CANTOPEN, errno, ""));
  ::close(file);
  return {};
}

}  // namespace

Query::Query(Database& database, sqlite3_stmt* statement, std::optional<Error> trouble)
    : database_(database), statement_(statement), trouble_(std::move(trouble)) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::check(int code) {
  if (code != SQLITE_OK && !trouble_) trouble_ = database_.error(code);
  return *this;
}

Query& Query::bind(std::int64_t value) { return check(sqlite3_bind_int64(statement_, ++bound_, value)); }

Query& Query::bind(std::uint64_t value) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return bind(static_cast<std::int64_t>(std::min(value, kMost)));
}

Query& Query::bind(std::string_view text) {
  return check(sqlite3_bind_text64(statement_, ++bound_, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                                   SQLITE_UTF8));
}

Query& Query::bind_here(std::string_view text) {
  return check(
      sqlite3_bind_text64(statement_, ++bound_, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

Query& Query::bind_blob(std::string_view bytes) {
  return check(sqlite3_bind_blob64(statement_, ++bound_, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_TRANSIENT));
}

Query& Query::bind_blob_here(std::string_view bytes) {
  return check(sqlite3_bind_blob64(statement_, ++bound_, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC));
}

Query& Query::bind(WallTime time) { return bind(microseconds(time.time_since_epoch())); }
Query& Query::bind(Duration length) { return bind(microseconds(length)); }
Query& Query::bind_null() { return check(sqlite3_bind_null(statement_, ++bound_)); }

Result<bool> Query::next() {
  if (trouble_) return std::unexpected(*trouble_);
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(database_.error(code));
}

Result<void> Query::run() {
  for (;;) {
    auto more = next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::text(int column) const { return std::string(view(column)); }

std::string_view Query::view(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

WallTime Query::time(int column) const { return WallTime(length(column)); }
Duration Query::length(int column) const { return std::chrono::microseconds(integer(column)); }
bool Query::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
void Database::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<Database> Database::connect(const std::string& path, int flags) {
  sqlite3* connection = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(path, connection);
  if (code != SQLITE_OK) return std::unexpected(database.error(code));
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, kBusyMilliseconds);
  return database;
}

Result<Database> Database::open(const std::string& path, Access access) {
  if (access == Access::read) {
    auto database = connect(path, SQLITE_OPEN_READWRITE);
    if (!database) return database;
    auto ready = database->run("PRAGMA query_only = ON; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY");
    if (!ready) return std::unexpected(ready.error());
    return database;
  }
  if (auto made = create(path); !made) return std::unexpected(made.error());
  auto database = connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) return database;
  // auto_vacuum counts for an empty file only, and only before the first page is written.
  auto ready = database->run(
      "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2048;"
      "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 16777216; PRAGMA secure_delete = FAST");
  if (!ready) return std::unexpected(ready.error());
  return database;
}

Result<Database> Database::open_draft(const std::string& path) {
  if (auto made = create(path); !made) return std::unexpected(made.error());
  auto database = connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) return database;
  auto ready = database->run("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  if (!ready) return std::unexpected(ready.error());
  return database;
}

Result<Database> Database::open_copy(const std::string& path) { return connect(path, SQLITE_OPEN_READONLY); }

Result<void> Database::run(const char* sql) {
  int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code));
  return {};
}

Query Database::query(const char* sql) {
  auto& statement = prepared_[sql];
  if (!statement) {
    sqlite3_stmt* made = nullptr;
    int code = sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    if (code != SQLITE_OK) return {*this, nullptr, error(code)};
    statement.reset(made);
  }
  return {*this, statement.get(), {}};
}

Result<std::int64_t> Database::number(const char* sql) {
  auto query = this->query(sql);
  auto row = query.next();
  if (!row) return std::unexpected(row.error());
  return *row ? query.integer(0) : 0;
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(connection_.get()); }
int Database::changed() const { return sqlite3_changes(connection_.get()); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

void Database::rollback() {
  if (in_transaction()) sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Error Database::error(int code) const {
  int system = connection_ ? sqlite3_system_errno(connection_.get()) : 0;
  // SQLite keeps the last errno for ever; it belongs to failures of files alone.
  int primary = code & 0xff;
  if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN) system = 0;
  return sentence(path_, code, system, connection_ ? sqlite3_errmsg(connection_.get()) : sqlite3_errstr(code));
}

}  // namespace freeway::store::sqlite
