#include "store/sqlite/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/log.h"

namespace freeway::store::sqlite {

namespace {

// Once for each start and segment is often enough, though pages are asked for again and again.
void tell_damage(const Database& database, std::int64_t first) {
  static std::atomic<std::int64_t> told{0};
  if (told.exchange(first) == first) return;
  log::warn("the request log in {} is damaged; the requests from row {} on are left out", database.path(), first);
}

// Goes through the log, newest first.
class Segments {
 public:
  Segments(Database& database, std::int64_t before)
      : database_(database),
        query_(database.query("SELECT first, count, newest, records FROM log WHERE first < ? ORDER BY first DESC")) {
    query_.bind(before);
  }

  // The one before; false at the log's beginning.
  Result<bool> next() {
    auto more = query_.next();
    if (more && *more) {
      first_ = query_.integer(0);
      count_ = query_.integer(1);
    }
    return more;
  }
  std::int64_t first() const { return first_; }
  std::int64_t count() const { return count_; }
  std::int64_t newest() const { return query_.integer(2); }  // microseconds
  // Its records; null if it is damaged.
  SegmentView* view() {
    if (count_ > 0 && view_.open(query_.view(3), static_cast<std::size_t>(count_))) return &view_;
    damaged();
    return nullptr;
  }
  void damaged() const { tell_damage(database_, first_); }

 private:
  Database& database_;
  Query query_;
  SegmentView view_;
  std::int64_t first_ = 0;
  std::int64_t count_ = 0;
};

bool names_model(const RecordView& head, std::string_view model) {
  if (head.asked == model || head.model == model) return true;
  std::size_t cut = head.provider.size();
  return model.size() == cut + 1 + head.model.size() && model.starts_with(head.provider) && model[cut] == '/' &&
         model.ends_with(head.model);
}

bool passes(const RequestFilter& filter, const RecordView& head) {
  if (!filter.client.empty() && head.client != filter.client) return false;
  if (!filter.provider.empty() && head.provider != filter.provider) return false;
  if (filter.end && head.end != *filter.end) return false;
  return filter.model.empty() || names_model(head, filter.model);
}

// Adds what passes of one segment, newest first, in rows from `floor` to before `before`, until the page is full.
void add_to_page(RequestPage& page, Segments& segments, const RequestQuery& asked, std::int64_t floor, std::int64_t before,
                 std::size_t limit) {
  SegmentView* view = segments.view();
  if (view == nullptr) return;
  std::int64_t first = segments.first();
  for (std::int64_t row = std::min(before, first + segments.count()) - 1; row >= std::max(first, floor); --row) {
    auto head = view->head(static_cast<std::size_t>(row - first));
    if (!head) {
      segments.damaged();
      continue;
    }
    if (!passes(asked.filter, *head)) continue;
    page.requests.push_back(SegmentView::record(*head));
    page.requests.back().row = row;
    if (page.requests.size() == limit) return;
  }
}

Quantiles quantiles(std::vector<Duration>& values) {
  Quantiles found;
  if (values.empty()) return found;
  std::sort(values.begin(), values.end());
  // The smallest value that at least this share of all does not exceed.
  auto at = [&values](std::size_t percent) { return values[(values.size() * percent + 99) / 100 - 1]; };
  found.p50 = at(50);
  found.p90 = at(90);
  found.p99 = at(99);
  return found;
}

// What `measure_recent` has seen.
struct Measured {
  Recent recent;
  std::vector<Duration> ttft;
  std::vector<Duration> total;

  void add(const RecordView& head) {
    switch (head.end) {
      case End::answered:
        ++recent.answered;
        total.push_back(head.total);
        if (head.streamed && head.ttft) ttft.push_back(*head.ttft);
        break;
      case End::failed: ++recent.failed; break;
      case End::broken: ++recent.broken; break;
      case End::cancelled: ++recent.cancelled; break;
    }
  }
};

std::int64_t microseconds(WallTime time) {
  return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}

Result<std::int64_t> next_row(Database& database) {
  auto next = database.number("SELECT first + count FROM log ORDER BY first DESC LIMIT 1");
  if (!next) return next;
  return std::max<std::int64_t>(1, *next);
}

}  // namespace

Result<void> write_batch(Database& database, const Batch& batch) {
  auto first = next_row(database);
  if (!first) return std::unexpected(first.error());
  std::string bytes = batch.segment.bytes();
  auto query = database.query("INSERT INTO log (first, count, newest, records) VALUES (?,?,?,?)");
  query.bind(*first).bind(static_cast<std::int64_t>(batch.segment.size())).bind(batch.segment.newest());
  if (auto done = query.bind_blob_here(bytes).run(); !done) return done;
  return batch.usage.write(database, batch.segment.names());
}

Result<RequestPage> find_page(Database& database, const RequestQuery& asked) {
  auto next = next_row(database);
  if (!next) return std::unexpected(next.error());
  auto oldest = database.number("SELECT min(first) FROM log");
  if (!oldest) return std::unexpected(oldest.error());
  std::int64_t before = std::min(asked.before.value_or(*next), *next);
  std::int64_t floor = std::max(*oldest, before - kPageSpan);
  auto limit = std::clamp<std::size_t>(asked.limit, 1, 1000);
  RequestPage page;
  Segments segments(database, before);
  while (page.requests.size() < limit) {
    auto more = segments.next();
    if (!more) return std::unexpected(more.error());
    if (!*more || segments.first() + segments.count() <= floor) break;
    add_to_page(page, segments, asked, floor, before, limit);
  }
  std::int64_t end = page.requests.size() == limit ? page.requests.back().row : floor;
  if (end > *oldest) page.next = end;
  return page;
}

Result<std::optional<RequestRecord>> find_request(Database& database, std::string_view id) {
  auto next = next_row(database);
  if (!next) return std::unexpected(next.error());
  Segments segments(database, *next);
  for (;;) {
    auto more = segments.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::optional<RequestRecord>();
    SegmentView* view = segments.view();
    for (std::size_t i = view != nullptr ? view->size() : 0; i-- > 0;) {
      if (view->id(i) != id) continue;
      auto head = view->head(i);
      auto attempts = head ? view->attempts(*head) : std::nullopt;
      if (!attempts) {
        segments.damaged();
        continue;
      }
      RequestRecord record = SegmentView::record(*head);
      record.row = segments.first() + static_cast<std::int64_t>(i);
      record.attempts = std::move(*attempts);
      return std::optional<RequestRecord>(std::move(record));
    }
  }
}

Result<Recent> measure_recent(Database& database, WallTime since) {
  auto next = next_row(database);
  if (!next) return std::unexpected(next.error());
  Measured measured;
  std::int64_t rows = 0;
  bool last_counts = false;
  Segments segments(database, *next);
  while (rows < kRecentRows) {
    auto more = segments.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    // A record is written when its request ends, so times are not quite in order.
    bool old = segments.newest() < microseconds(since);
    SegmentView* view = old ? nullptr : segments.view();
    if (view == nullptr) {
      rows += std::max<std::int64_t>(segments.count(), 1);
      last_counts = false;
      continue;
    }
    for (std::size_t i = view->size(); i-- > 0 && rows < kRecentRows; ++rows) {
      auto head = view->head(i);
      last_counts = head && head->time >= microseconds(since);
      if (last_counts) measured.add(*head);
    }
  }
  Recent recent = measured.recent;
  recent.sampled = rows >= kRecentRows && last_counts;
  recent.ttft = quantiles(measured.ttft);
  recent.total = quantiles(measured.total);
  return recent;
}

}  // namespace freeway::store::sqlite
