#include "store/sqlite/sqlite.h"

#include <fmt/format.h>

#include "store/sqlite/accounts.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/database.h"
#include "store/sqlite/identity.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/records.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/writer.h"

namespace freeway::store {

namespace {

using sqlite::Database;

class SqliteStore final : public Store {
 public:
  SqliteStore(Database database, const Clock& clock, const SqliteOptions& options)
      : path_(database.path()),
        writer_(std::move(database), clock, options),
        readers_(path_),
        accounts_(writer_, readers_, options) {}

  Result<std::vector<KeyRow>> keys() override { return readers_.with(sqlite::read_keys); }
  Result<std::vector<ClientRow>> clients() override { return readers_.with(sqlite::read_clients); }
  Result<std::optional<std::string>> fact(std::string_view name) override {
    return readers_.with([name](Database& database) { return sqlite::read_fact(database, name); });
  }

  Result<void> apply(const Changes& changes) override {
    return writer_.run([&changes](Database& database) { return sqlite::apply_changes(database, changes); });
  }
  Result<std::int64_t> reserve_key_ids(std::int64_t count) override {
    std::int64_t id = 0;
    auto done = writer_.run([&id, count](Database& database) -> Result<void> {
      auto next = sqlite::next_key_ids(database, count);
      if (!next) return std::unexpected(next.error());
      id = *next;
      return {};
    });
    if (!done) return std::unexpected(done.error());
    return id;
  }
  Result<void> note_key_check(std::int64_t id, std::string_view check, WallTime at) override {
    return writer_.run([=](Database& database) {
      auto query = database.query("UPDATE provider_keys SET check_result = ?, checked = ? WHERE id = ?");
      return query.bind(check).bind(at).bind(id).run();
    });
  }

  void log(const RequestRecord& record) override { writer_.log(record); }
  void flush() override { writer_.flush(); }

  Result<RequestPage> requests(const RequestQuery& query) override {
    return readers_.with([&query](Database& database) { return sqlite::find_page(database, query); });
  }
  Result<std::optional<RequestRecord>> request(std::string_view id) override {
    return readers_.with([id](Database& database) { return sqlite::find_request(database, id); });
  }
  Result<std::vector<UsageRow>> usage(const UsageQuery& query) override {
    return readers_.with([&query](Database& database) { return sqlite::sum_usage(database, query); });
  }
  Result<Measured> measures(const MeasureQuery& query) override {
    return readers_.with([&query](Database& database) { return sqlite::measure(database, query); });
  }
  Result<std::optional<RequestRecord>> last_failure() override { return readers_.with(sqlite::find_last_failure); }

  StoreStatus status() const override { return writer_.status(); }
  AccountBook& accounts() override { return accounts_; }

  Result<void> backup(const std::string& path, const BackupChoice& choice) override {
    writer_.flush();
    return sqlite::copy_database(path_, path, choice);
  }

 private:
  const std::string path_;
  sqlite::Writer writer_;
  sqlite::Readers readers_;  // closed first: the last connection to close, the writer's, empties the write-ahead log
  sqlite::Accounts accounts_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path, const Clock& clock, const SqliteOptions& options) {
  auto database = Database::open(path, Database::Access::write);
  if (!database) return std::unexpected(database.error());
  if (auto migrated = sqlite::migrate(*database); !migrated) return std::unexpected(migrated.error());
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(*database), clock, options));
}

}  // namespace freeway::store
