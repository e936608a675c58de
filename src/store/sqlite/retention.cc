#include "store/sqlite/retention.h"

#include <algorithm>
#include <optional>

namespace freeway::store::sqlite {

namespace {

constexpr std::int64_t kRequests = 2'000;    // removed in one step, by whole segments
constexpr std::int64_t kPages = 512;         // given back in one step
constexpr std::int64_t kSparePages = 1'024;  // freed pages that stay for new rows, beside an eighth of the file
constexpr std::int64_t kUsageRows = 2'000;
constexpr Duration kPatience = std::chrono::hours(3);
constexpr Duration kSlack = std::chrono::seconds(1);  // clocks that are set right by and by

// The oldest segments, of about kRequests together and at least one, that are all before `limit` (no limit: of any time).
// The last's first row, or 0 if there is none.
Result<std::int64_t> last_to_remove(Database& database, std::optional<WallTime> limit) {
  auto query = database.query("SELECT first, count, newest FROM log ORDER BY first");
  std::int64_t last = 0;
  for (std::int64_t requests = 0;;) {
    auto more = query.next();
    if (!more) return std::unexpected(more.error());
    if (!*more || (limit && query.time(2) >= *limit)) return last;
    requests += std::max<std::int64_t>(1, query.integer(1));
    if (last != 0 && requests > kRequests) return last;
    last = query.integer(0);
  }
}

Result<bool> remove_requests(Database& database, std::int64_t last) {
  auto done = database.query("DELETE FROM log WHERE first <= ?").bind(last).run();
  if (!done) return std::unexpected(done.error());
  return true;
}

Result<bool> remove_usage(Database& database, std::int64_t hour) {
  auto query = database.query(
      "DELETE FROM usage WHERE (hour, provider, model, key, client) IN"
      " (SELECT hour, provider, model, key, client FROM usage WHERE hour < ? LIMIT ?)");
  auto done = query.bind(hour).bind(kUsageRows).run();
  if (!done) return std::unexpected(done.error());
  return database.changed() > 0;
}

}  // namespace

WallTime PatientWall::read(Instant now, WallTime wall) {
  Duration here = wall.time_since_epoch() - now.time_since_epoch();
  if (!offset_ || here <= *offset_ + kSlack) {
    offset_ = here;
    ahead_since_.reset();
  } else if (!ahead_since_) {
    ahead_since_ = now;
  } else if (now - *ahead_since_ >= kPatience) {
    offset_ = here;
    ahead_since_.reset();
  }
  return WallTime(now.time_since_epoch() + *offset_);
}

Result<bool> forget_step(Database& database, const SqliteOptions& options, WallTime now) {
  auto expired = last_to_remove(database, now - options.retention);
  if (!expired) return std::unexpected(expired.error());
  if (*expired > 0) return remove_requests(database, *expired);

  auto pages = database.number("PRAGMA page_count");
  auto spare = database.number("PRAGMA freelist_count");
  auto size = database.number("PRAGMA page_size");
  if (!pages || !spare || !size) return fail(ErrorKind::io, "can't tell the database's size");
  if (static_cast<std::uint64_t>((*pages - *spare) * *size) > options.most_bytes) {
    auto last = last_to_remove(database, std::nullopt);
    if (!last) return std::unexpected(last.error());
    if (*last > 0) return remove_requests(database, *last);
  }
  bool too_large = static_cast<std::uint64_t>(*pages * *size) > options.most_bytes;
  if (*spare > (too_large ? 0 : kSparePages + *pages / 8)) {
    auto done = database.run(("PRAGMA incremental_vacuum(" + std::to_string(kPages) + ")").c_str());
    if (!done) return std::unexpected(done.error());
    return true;
  }
  auto oldest = std::chrono::floor<std::chrono::hours>(now - options.usage_retention).time_since_epoch().count();
  return remove_usage(database, oldest);
}

}  // namespace freeway::store::sqlite
