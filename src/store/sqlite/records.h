// The request log in the database: how records are written and found again. A segment that is damaged is passed over, and
// the log says so.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "store/query.h"
#include "store/sqlite/database.h"
#include "store/sqlite/segment.h"

namespace freeway::store::sqlite {

// What a batch of records adds to the hourly sums: one write a route and client instead of one a record. The names are those
// of the segment that holds the records.
class UsageSums {
 public:
  void add(const RequestRecord& record, const SegmentDraft::Added& added, Names& names);
  Result<void> write(Database& database, const Names& names) const;
  void clear();

 private:
  struct Place {
    std::int64_t hour = 0;  // since 1970
    std::uint32_t provider = 0;
    std::uint32_t model = 0;
    std::uint32_t key = 0;
    std::uint32_t client = 0;
    auto operator<=>(const Place&) const = default;
  };
  UsageRow& at(const Place& place);

  std::map<Place, UsageRow> sums_;
  Place last_place_;
  UsageRow* last_ = nullptr;  // of last_place_
};

// When each client of a batch asked last, by the number of its name.
class LastUses {
 public:
  void add(std::uint32_t client, WallTime at);
  // For clients that the store has. One that was noted less than a minute before is left, so that a busy one costs a write a
  // minute.
  Result<void> write(Database& database, const Names& names) const;
  void clear() { uses_.clear(); }

 private:
  std::vector<std::pair<std::uint32_t, WallTime>> uses_;
};

// Records that are written together, and what they add up to.
struct Batch {
  SegmentDraft segment;
  UsageSums usage;
  LastUses uses;

  void add(const RequestRecord& record) {
    auto added = segment.add(record);
    usage.add(record, added, segment.names());
    uses.add(added.client, record.time);
  }
  void clear() {
    segment.clear();
    usage.clear();
    uses.clear();
  }
};
// Inside a transaction. The rows are numbered on from the newest in the log.
Result<void> write_batch(Database& database, const Batch& batch);

// Rows that one `find_page` looks at before it gives what it has.
inline constexpr std::int64_t kPageSpan = 50'000;
Result<RequestPage> find_page(Database& database, const RequestQuery& query);
Result<std::optional<RequestRecord>> find_request(Database& database, std::string_view id);

// Among the newest kPageSpan rows.
Result<std::optional<RequestRecord>> find_last_failure(Database& database);

// Requests that one `measure` looks at.
inline constexpr std::int64_t kMeasuredRows = 1'000'000;
Result<Measured> measure(Database& database, const MeasureQuery& query);

Result<std::vector<UsageRow>> sum_usage(Database& database, const UsageQuery& query);

}  // namespace freeway::store::sqlite
