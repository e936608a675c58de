#include "store/sqlite/schema.h"

#include <fmt/format.h>

namespace freeway::store::sqlite {

namespace {

constexpr std::int64_t kApplication = 0x66727779;  // "frwy", in the file's header

Result<void> step(Database& database, const char* sql, std::int64_t version) {
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = database.run(sql);
  if (done) done = database.run(fmt::format("PRAGMA user_version = {}; COMMIT", version).c_str());
  if (!done) database.rollback();
  return done;
}

// The version, checked against `newest`; 0 for an empty database.
Result<std::int64_t> known_version(Database& database, std::int64_t newest) {
  auto application = database.number("PRAGMA application_id");
  if (!application) return application;
  auto version = database.number("PRAGMA user_version");
  if (!version) return version;
  if (*application == 0 && *version == 0) {
    auto tables = database.number("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables;
    if (*tables == 0) return 0;
  }
  if (*application != kApplication) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} is another program's database; move it away, or choose another folder "
                            "with --data",
                            database.path()));
  }
  if (*version > newest) {
    return fail(
        ErrorKind::unsupported,
        fmt::format("{} was written by a newer freeway (its schema is {}, this one knows up to {}); install that version, "
                    "or choose another folder with --data",
                    database.path(), *version, newest));
  }
  return version;
}

}  // namespace

Result<std::int64_t> check_version(Database& database) {
  return known_version(database, static_cast<std::int64_t>(migrations().size()));
}

Result<void> migrate(Database& database) { return migrate(database, migrations()); }

Result<void> migrate(Database& database, const std::vector<const char*>& steps) {
  auto newest = static_cast<std::int64_t>(steps.size());
  auto version = known_version(database, newest);
  if (!version) return std::unexpected(version.error());
  if (*version == 0) {
    auto marked = database.run(fmt::format("PRAGMA application_id = {}", kApplication).c_str());
    if (!marked) return marked;
  }
  for (std::int64_t next = *version + 1; next <= newest; ++next) {
    if (auto done = step(database, steps[static_cast<std::size_t>(next - 1)], next); !done) return done;
  }
  return {};
}

}  // namespace freeway::store::sqlite
