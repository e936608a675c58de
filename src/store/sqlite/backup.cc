#include "store/sqlite/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "base/file.h"
#include "store/sqlite/database.h"
#include "store/sqlite/identity.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite.h"

namespace freeway::store::sqlite {

namespace {

constexpr const char* kFilesTable =
    "CREATE TABLE files (name TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID";

std::unexpected<Error> system_error(const std::string& path) {
  return fail(ErrorKind::io, fmt::format("can't write {}: {}", path, std::strerror(errno)));
}

Result<std::vector<std::string>> tables(Database& database) {
  auto query = database.query("SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name");
  std::vector<std::string> names;
  for (;;) {
    auto more = query.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return names;
    names.push_back(query.text(0));
  }
}

Result<void> add_choice(Database& copy, const BackupChoice& choice) {
  for (const auto& [name, value] : choice.facts) {
    if (auto done = write_fact(copy, name, value); !done) return done;
  }
  if (auto made = copy.run(kFilesTable); !made) return made;
  for (const auto& [name, content] : choice.files) {
    auto query = copy.query("INSERT INTO files VALUES (?,?)");
    if (auto done = query.bind(name).bind_blob(content).run(); !done) return done;
  }
  return {};
}

// Every table of the copy, whose shape is the newest, as the source's is.
Result<void> copy_rows(Database& copy, const std::string& from, const BackupChoice& choice) {
  auto done = copy.query("ATTACH ? AS live").bind(from).run();
  if (!done) return done;
  if (done = copy.run("BEGIN"); !done) return done;
  auto names = tables(copy);
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    if (!choice.requests && name == "log") continue;
    if (name == "logins") continue;  // a copy that is lost opens no dashboard
    done = copy.run(fmt::format("DELETE FROM main.{0}; INSERT INTO main.{0} SELECT * FROM live.{0}", name).c_str());
    if (!done) return done;
  }
  if (done = add_choice(copy, choice); !done) return done;
  if (done = copy.run("COMMIT"); !done) return done;
  return copy.run("DETACH live");
}

Result<void> fill_draft(const std::string& from, const std::string& draft, const BackupChoice& choice) {
  auto copy = Database::open_draft(draft);
  if (!copy) return std::unexpected(copy.error());
  if (auto made = migrate(*copy); !made) return made;
  return copy_rows(*copy, from, choice);
}

Result<void> sync_file(const std::string& path) {
  int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return system_error(path);
  Result<void> done;
  if (::fsync(file) != 0) done = system_error(path);
  ::close(file);
  return done;
}

// `fill(draft)` makes the file; `to` appears only when it is whole and on the disk. One at a time, as drafts share a name.
template <class Fill>
Result<void> appear(const std::string& to, Fill fill) {
  static std::mutex drafting;
  std::lock_guard lock(drafting);
  std::string draft = to + ".freeway-draft";
  if (::unlink(draft.c_str()) != 0 && errno != ENOENT) return system_error(draft);
  Result<void> done = fill(draft);
  if (done) done = sync_file(draft);
  if (done) done = move_file(draft, to);
  if (!done) ::unlink(draft.c_str());
  return done;
}

Result<void> copy_bytes(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::copy_file(from, to, error);
  if (error) return fail(ErrorKind::io, fmt::format("can't copy {} to {}: {}", from, to, error.message()));
  if (::chmod(to.c_str(), 0600) != 0) return system_error(to);
  return {};
}

Result<void> become_store(Database& database, const std::vector<std::string>& without) {
  if (auto done = migrate(database); !done) return done;
  for (const auto& name : without) {
    if (auto done = write_fact(database, name, std::nullopt); !done) return done;
  }
  return database.run("DROP TABLE IF EXISTS files");
}

// Whether a file is a backup by its looks; it may be damaged. A database in use has no such table.
bool looks_like_backup(const std::string& path) {
  auto database = Database::open_copy(path);
  if (!database) return false;
  auto known = check_version(*database);
  if (!known || *known == 0) return false;
  auto table = database->number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'files'");
  return table && *table == 1;
}

Result<void> check_whole(Database& database) {
  auto check = database.query("PRAGMA integrity_check(1)");
  auto row = check.next();
  if (row && *row && check.text(0) == "ok") return {};
  return fail(ErrorKind::malformed, fmt::format("{} is damaged; take another backup", database.path()));
}

}  // namespace

Result<void> copy_database(const std::string& from, const std::string& to, const BackupChoice& choice) {
  std::error_code error;
  for (const char* own : {"", "-wal", "-shm"}) {
    if (std::filesystem::equivalent(from + own, to, error) || to == from + own) {
      return fail(ErrorKind::invalid, fmt::format("{} is the database in use; give the backup another name", to));
    }
  }
  struct stat seen{};
  if (::lstat(to.c_str(), &seen) == 0 && !(S_ISREG(seen.st_mode) && looks_like_backup(to))) {
    return fail(ErrorKind::exhausted,
                fmt::format("{} is there and is no backup of freeway's; give the backup another name", to));
  }
  return appear(to, [&](const std::string& draft) { return fill_draft(from, draft, choice); });
}

}  // namespace freeway::store::sqlite

namespace freeway::store {

using sqlite::Database;

Result<BackupContents> read_backup(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) return fail(ErrorKind::not_found, fmt::format("there is no backup {}", path));
  auto database = Database::open_copy(path);
  if (!database) return std::unexpected(database.error());
  auto known = sqlite::check_version(*database);
  if (!known) return std::unexpected(known.error());
  if (*known == 0) return fail(ErrorKind::malformed, fmt::format("{} is no backup of freeway's", path));
  if (auto whole = sqlite::check_whole(*database); !whole) return std::unexpected(whole.error());
  BackupContents contents;
  for (auto [sql, into] : {std::pair("SELECT name, value FROM facts", &contents.facts),
                           std::pair("SELECT name, content FROM files", &contents.files)}) {
    auto query = database->query(sql);
    for (;;) {
      auto more = query.next();
      if (!more) return fail(ErrorKind::malformed, fmt::format("{} is no backup of freeway's", path));
      if (!*more) break;
      into->emplace(query.text(0), query.text(1));
    }
  }
  return contents;
}

Result<void> restore_sqlite(const std::string& backup, const std::string& to, const std::vector<std::string>& without) {
  for (const char* own : {"", "-wal", "-shm"}) {
    if (::access((to + own).c_str(), F_OK) == 0) {
      return fail(ErrorKind::exhausted, fmt::format("there is a {}{} already; move it away first", to, own));
    }
  }
  return sqlite::appear(to, [&](const std::string& draft) -> Result<void> {
    if (auto copied = sqlite::copy_bytes(backup, draft); !copied) return copied;
    auto database = Database::open_draft(draft);
    if (!database) return std::unexpected(database.error());
    return sqlite::become_store(*database, without);
  });
}

}  // namespace freeway::store
