// Connections for reading, as many as are read on at once: readers wait for nobody, least of all for the writer.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "store/sqlite/database.h"

namespace freeway::store::sqlite {

// Thread-safe.
class Readers {
 public:
  explicit Readers(std::string path) : path_(std::move(path)) {}

  // `read(database)` on a connection that nobody else uses meanwhile; everything it reads is of one moment.
  template <class Read>
  auto with(Read read) -> decltype(read(std::declval<Database&>())) {
    auto database = take();
    if (!database) return std::unexpected(database.error());
    if (auto begun = database->run("BEGIN"); !begun) return std::unexpected(begun.error());
    auto result = read(*database);
    database->rollback();
    give(std::move(*database));
    return result;
  }

 private:
  static constexpr std::size_t kKept = 2;

  Result<Database> take() {
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Database database = std::move(idle_.back());
        idle_.pop_back();
        return database;
      }
    }
    return Database::open(path_, Database::Access::read);
  }
  void give(Database database) {
    std::lock_guard lock(mutex_);
    if (idle_.size() < kKept) idle_.push_back(std::move(database));
  }

  const std::string path_;
  std::mutex mutex_;
  std::vector<Database> idle_;
};

}  // namespace freeway::store::sqlite
