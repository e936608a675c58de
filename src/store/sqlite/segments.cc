#include "store/sqlite/segments.h"

#include <algorithm>
#include <atomic>

#include "base/log.h"

namespace freeway::store::sqlite {

Segments::Segments(Database& database, std::int64_t before)
    : database_(database),
      query_(database.query("SELECT first, count, newest, records FROM log WHERE first < ? ORDER BY first DESC")) {
  query_.bind(before);
}

Result<bool> Segments::next() {
  auto more = query_.next();
  if (more && *more) {
    first_ = query_.integer(0);
    count_ = query_.integer(1);
  }
  return more;
}

SegmentView* Segments::view() {
  if (count_ > 0 && view_.open(query_.view(3), static_cast<std::size_t>(count_))) return &view_;
  damaged();
  return nullptr;
}

// Once for each start and segment is often enough, though pages are asked for again and again.
void Segments::damaged() const {
  static std::atomic<std::int64_t> told{0};
  if (told.exchange(first_) == first_) return;
  log::warn("the request log in {} is damaged; the requests from row {} on are left out", database_.path(), first_);
}

Result<std::int64_t> next_row(Database& database) {
  auto next = database.number("SELECT first + count FROM log ORDER BY first DESC LIMIT 1");
  if (!next) return next;
  return std::max<std::int64_t>(1, *next);
}

}  // namespace freeway::store::sqlite
