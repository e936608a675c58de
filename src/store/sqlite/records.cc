#include "store/sqlite/records.h"

#include <algorithm>

#include "store/sqlite/segments.h"

namespace freeway::store::sqlite {

namespace {

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
    auto attempts = view->attempts(*head);
    if (!attempts) {
      segments.damaged();
      continue;
    }
    page.requests.push_back(SegmentView::record(*head));
    page.requests.back().attempts = std::move(*attempts);
    page.requests.back().row = row;
    if (page.requests.size() == limit) return;
  }
}

}  // namespace

Result<void> write_batch(Database& database, const Batch& batch) {
  auto first = next_row(database);
  if (!first) return std::unexpected(first.error());
  std::string bytes = batch.segment.bytes();
  auto query = database.query("INSERT INTO log (first, count, newest, records) VALUES (?,?,?,?)");
  query.bind(*first).bind(static_cast<std::int64_t>(batch.segment.size())).bind(batch.segment.newest());
  if (auto done = query.bind_blob_here(bytes).run(); !done) return done;
  if (auto done = batch.usage.write(database, batch.segment.names()); !done) return done;
  return batch.uses.write(database, batch.segment.names());
}

void LastUses::add(std::uint32_t client, WallTime at) {
  auto use = std::find_if(uses_.rbegin(), uses_.rend(), [client](const auto& one) { return one.first == client; });
  if (use == uses_.rend()) {
    uses_.emplace_back(client, at);
  } else {
    use->second = std::max(use->second, at);
  }
}

Result<void> LastUses::write(Database& database, const Names& names) const {
  constexpr auto kApart = std::chrono::minutes(1);
  for (const auto& [client, at] : uses_) {
    auto query = database.query("UPDATE clients SET used = ? WHERE name = ? AND (used IS NULL OR used <= ?)");
    if (auto done = query.bind(at).bind_here(names.text(client)).bind(at - kApart).run(); !done) return done;
  }
  return {};
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

Result<std::optional<RequestRecord>> find_last_failure(Database& database) {
  auto next = next_row(database);
  if (!next) return std::unexpected(next.error());
  Segments segments(database, *next);
  for (;;) {
    auto more = segments.next();
    if (!more) return std::unexpected(more.error());
    if (!*more || segments.first() + segments.count() <= *next - kPageSpan) return std::optional<RequestRecord>();
    SegmentView* view = segments.view();
    for (std::size_t i = view != nullptr ? view->size() : 0; i-- > 0;) {
      auto head = view->head(i);
      if (!head || (head->end != End::failed && head->end != End::broken)) continue;
      auto attempts = view->attempts(*head);
      if (!attempts) continue;
      bool refused = attempts->empty() && head->status < 500 && head->status != 429;
      if (refused) continue;
      RequestRecord record = SegmentView::record(*head);
      record.row = segments.first() + static_cast<std::int64_t>(i);
      record.attempts = std::move(*attempts);
      return std::optional<RequestRecord>(std::move(record));
    }
  }
}

}  // namespace freeway::store::sqlite
