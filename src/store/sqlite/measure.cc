// Percentiles of what the request log holds.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "store/sqlite/records.h"
#include "store/sqlite/segments.h"

namespace freeway::store::sqlite {

namespace {

std::int64_t microseconds(WallTime time) {
  return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}

// The smallest value that at least this share of all does not exceed; puts it in its place.
template <class Value>
std::optional<Value> percentile(std::vector<Value>& values, std::size_t percent) {
  if (values.empty()) return std::nullopt;
  auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() * percent + 99) / 100 - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

struct Group {
  MeasureRow row;
  std::vector<Duration> ttft;
  std::vector<Duration> total;
  std::vector<double> speed;

  void add(const RecordView& head) {
    ++row.requests;
    row.tokens.prompt += head.tokens.prompt;
    row.tokens.completion += head.tokens.completion;
    row.tokens.reasoning += head.tokens.reasoning;
    switch (head.end) {
      case End::answered: ++row.answered; break;
      case End::failed: ++row.failed; return;
      case End::broken: ++row.broken; return;
      case End::cancelled: ++row.cancelled; return;
    }
    total.push_back(head.total);
    if (!head.streamed || !head.ttft) return;
    ttft.push_back(*head.ttft);
    double seconds = std::chrono::duration<double>(head.total - *head.ttft).count();
    if (head.tokens.completion > 0 && seconds > 0) speed.push_back(static_cast<double>(head.tokens.completion) / seconds);
  }
  MeasureRow finish() {
    row.ttft_p50 = percentile(ttft, 50);
    row.ttft_p95 = percentile(ttft, 95);
    row.total_p50 = percentile(total, 50);
    row.total_p95 = percentile(total, 95);
    row.speed_p50 = percentile(speed, 50);
    return std::move(row);
  }
};

// Requests by what they are split by.
class Groups {
 public:
  explicit Groups(const UsageSplit& split) : split_(split) {}

  void add(SegmentView& view, RecordView head) {
    std::vector<AttemptRecord> attempts;
    bool by_route = split_.provider || split_.model || split_.key;
    if (by_route && head.provider.empty()) {
      attempts = view.attempts(head).value_or(std::vector<AttemptRecord>());
      if (!attempts.empty()) std::tie(head.provider, head.model, head.key) = last_tried(attempts);
    }
    at(head).add(head);
  }
  std::vector<MeasureRow> finish() {
    std::vector<MeasureRow> rows;
    for (auto& [place, group] : groups_) {
      MeasureRow& row = rows.emplace_back(group.finish());
      std::int64_t hours = 0;
      std::tie(hours, row.provider, row.model, row.key, row.client) = place;
      if (split_.day || split_.hour) row.time = WallTime(std::chrono::hours(hours));
    }
    bool whole = !(split_.provider || split_.model || split_.key || split_.client || split_.day || split_.hour);
    if (whole && rows.empty()) rows.emplace_back();
    return rows;
  }

 private:
  using Place = std::tuple<std::int64_t, std::string, std::string, std::string, std::string>;
  using Seen = std::tuple<std::int64_t, std::string_view, std::string_view, std::string_view, std::string_view>;

  static std::tuple<std::string_view, std::string_view, std::string_view> last_tried(
      const std::vector<AttemptRecord>& attempts) {
    const AttemptRecord& last = attempts.back();
    return {last.provider, last.model, last.key};
  }
  std::int64_t hour_of(std::int64_t time) const {
    if (!split_.day && !split_.hour) return 0;
    auto since = std::chrono::microseconds(time);
    if (split_.hour) return std::chrono::floor<std::chrono::hours>(since).count();
    return std::chrono::floor<std::chrono::days>(since).count() * 24;
  }
  // Neighbours in the log are often of one group.
  Group& at(const RecordView& head) {
    auto part = [](bool wanted, std::string_view text) { return wanted ? text : std::string_view(); };
    Seen seen(hour_of(head.time), part(split_.provider, head.provider), part(split_.model, head.model),
              part(split_.key, head.key), part(split_.client, head.client));
    if (!last_ || Seen(last_->first) != seen) last_ = &*groups_.try_emplace(Place(seen)).first;
    return last_->second;
  }

  UsageSplit split_;
  std::map<Place, Group> groups_;
  std::pair<const Place, Group>* last_ = nullptr;
};

// Is there usage from before `oldest`, the first record's time, and since `from`? Then the log has forgotten some.
Result<bool> forgotten(Database& database, const std::optional<WallTime>& from, std::int64_t oldest, bool from_the_start) {
  if (from && microseconds(*from) >= oldest) return false;
  auto hour_of = [](std::int64_t time) {
    return std::chrono::floor<std::chrono::hours>(std::chrono::microseconds(time)).count();
  };
  auto query = database.query("SELECT count(*) FROM usage WHERE hour >= ? AND hour < ?");
  query.bind(from ? hour_of(microseconds(*from)) : INT64_MIN).bind(hour_of(oldest));
  auto more = query.next();
  if (!more) return std::unexpected(more.error());
  return query.integer(0) > 0 || !from_the_start;
}

}  // namespace

Result<Measured> measure(Database& database, const MeasureQuery& asked) {
  auto next = next_row(database);
  if (!next) return std::unexpected(next.error());
  std::int64_t from = asked.from ? microseconds(*asked.from) : INT64_MIN;
  std::int64_t to = asked.to ? microseconds(*asked.to) : INT64_MAX;
  Groups groups(asked.split);
  std::int64_t looked_at = 0;
  std::int64_t first = 1;
  std::int64_t oldest = INT64_MAX;
  Measured measured;
  Segments segments(database, *next);
  for (;;) {
    auto more = segments.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    first = segments.first();
    oldest = std::min(oldest, segments.newest());
    // A record is written when its request ends, so times are not quite in order.
    SegmentView* view = segments.newest() < from ? nullptr : segments.view();
    if (view == nullptr) continue;
    looked_at += segments.count();
    if (looked_at > kMeasuredRows) {
      measured.complete = false;
      break;
    }
    for (std::size_t i = 0; i < view->size(); ++i) {
      auto head = view->head(i);
      if (!head) continue;
      oldest = std::min(oldest, head->time);
      if (head->time >= from && head->time < to) groups.add(*view, *head);
    }
  }
  if (measured.complete) {
    auto lost = forgotten(database, asked.from, oldest, first == 1);
    if (!lost) return std::unexpected(lost.error());
    measured.complete = !*lost;
  }
  measured.rows = groups.finish();
  return measured;
}

}  // namespace freeway::store::sqlite
