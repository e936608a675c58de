// Going through the request log in the database. A segment that is damaged is passed over, and the program's log says so.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "store/sqlite/database.h"
#include "store/sqlite/segment.h"

namespace freeway::store::sqlite {

// Newest first, what comes before row `before`.
class Segments {
 public:
  Segments(Database& database, std::int64_t before);

  // The one before; false at the log's beginning.
  Result<bool> next();
  std::int64_t first() const { return first_; }
  std::int64_t count() const { return count_; }
  std::int64_t newest() const { return query_.integer(2); }  // microseconds since 1970 UTC
  // Its records; null if it is damaged.
  SegmentView* view();
  void damaged() const;

 private:
  Database& database_;
  Query query_;
  SegmentView view_;
  std::int64_t first_ = 0;
  std::int64_t count_ = 0;
};

// The row that the next record in the log gets.
Result<std::int64_t> next_row(Database& database);

}  // namespace freeway::store::sqlite
