#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "store/sqlite/records.h"

namespace freeway::store::sqlite {

namespace {

std::int64_t hour_of(WallTime time) { return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count(); }

std::int64_t hour_after(WallTime time) { return std::chrono::ceil<std::chrono::hours>(time).time_since_epoch().count(); }

WallTime beginning(std::int64_t hour) { return WallTime(std::chrono::hours(hour)); }

void count_end(UsageRow& row, End end) {
  switch (end) {
    case End::answered: ++row.answered; break;
    case End::failed: ++row.failed; break;
    case End::broken: ++row.broken; break;
    case End::cancelled: ++row.cancelled; break;
  }
}

}  // namespace

UsageRow& UsageSums::at(const Place& place) {
  if (last_ == nullptr || !(place == last_place_)) {
    last_ = &sums_[place];
    last_place_ = place;
  }
  return *last_;
}

void UsageSums::add(const RequestRecord& record, const SegmentDraft::Added& added, Names& names) {
  Place place{hour_of(record.time), added.provider, added.model, added.key, added.client};
  auto move_to = [&place, &names](const AttemptRecord& attempt) {
    place.provider = names.number(attempt.provider);
    place.model = names.number(attempt.model);
    place.key = names.number(attempt.key);
  };
  if (record.provider.empty() && !record.attempts.empty()) move_to(record.attempts.back());
  count_end(at(place), record.end);
  for (const auto& attempt : record.attempts) {
    if (!added.plain) move_to(attempt);
    UsageRow& row = at(place);
    ++row.attempts;
    if (attempt.outcome != "answered" && attempt.outcome != "cancelled") ++row.failed_attempts;
    if (attempt.estimated) ++row.estimated_attempts;
    row.tokens.prompt += attempt.tokens.prompt;
    row.tokens.completion += attempt.tokens.completion;
    row.tokens.reasoning += attempt.tokens.reasoning;
  }
}

void UsageSums::clear() {
  sums_.clear();
  last_ = nullptr;
}

Result<void> UsageSums::write(Database& database, const Names& names) const {
  for (const auto& [place, row] : sums_) {
    auto query = database.query(
        "INSERT INTO usage VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (hour, provider, model, key, client) DO "
        "UPDATE SET"
        " answered = answered + excluded.answered, failed = failed + excluded.failed, broken = broken + excluded.broken,"
        " cancelled = cancelled + excluded.cancelled, attempts = attempts + excluded.attempts,"
        " failed_attempts = failed_attempts + excluded.failed_attempts,"
        " estimated_attempts = estimated_attempts + excluded.estimated_attempts, prompt = prompt + excluded.prompt,"
        " completion = completion + excluded.completion, reasoning = reasoning + excluded.reasoning");
    query.bind(place.hour).bind_here(names.text(place.provider)).bind_here(names.text(place.model));
    query.bind_here(names.text(place.key)).bind_here(names.text(place.client));
    query.bind(row.answered).bind(row.failed).bind(row.broken).bind(row.cancelled).bind(row.attempts);
    query.bind(row.failed_attempts).bind(row.estimated_attempts).bind(row.tokens.prompt).bind(row.tokens.completion);
    if (auto done = query.bind(row.tokens.reasoning).run(); !done) return done;
  }
  return {};
}

Result<std::vector<UsageRow>> sum_usage(Database& database, const UsageQuery& asked) {
  // One statement for every combination of splits: what is not split by becomes one empty group.
  const UsageSplit& split = asked.split;
  auto query = database.query(
      "SELECT (hour / ?1) * ?1 AS at, iif(?2, provider, '') AS p, iif(?3, model, '') AS m, iif(?4, key, '') AS k,"
      " iif(?5, client, '') AS c, sum(answered), sum(failed), sum(broken), sum(cancelled), sum(attempts),"
      " sum(failed_attempts), sum(estimated_attempts), sum(prompt), sum(completion), sum(reasoning)"
      " FROM usage WHERE hour >= ?6 AND hour < ?7 GROUP BY at, p, m, k, c ORDER BY at, p, m, k, c");
  constexpr std::int64_t kForEver = std::int64_t{1} << 40;  // hours
  query.bind(split.hour ? std::int64_t{1} : split.day ? std::int64_t{24} : kForEver);
  query.bind(split.provider).bind(split.model).bind(split.key).bind(split.client);
  query.bind(asked.from ? hour_of(*asked.from) : -kForEver).bind(asked.to ? hour_after(*asked.to) : kForEver);
  std::vector<UsageRow> rows;
  for (;;) {
    auto more = query.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    UsageRow& row = rows.emplace_back();
    if (split.day || split.hour) row.time = beginning(query.integer(0));
    row.provider = query.text(1);
    row.model = query.text(2);
    row.key = query.text(3);
    row.client = query.text(4);
    row.answered = query.amount(5);
    row.failed = query.amount(6);
    row.broken = query.amount(7);
    row.cancelled = query.amount(8);
    row.attempts = query.amount(9);
    row.failed_attempts = query.amount(10);
    row.estimated_attempts = query.amount(11);
    row.tokens.prompt = query.amount(12);
    row.tokens.completion = query.amount(13);
    row.tokens.reasoning = query.amount(14);
    row.requests = row.answered + row.failed + row.broken + row.cancelled;
  }
  bool whole = !(split.provider || split.model || split.key || split.client || split.day || split.hour);
  if (whole && rows.empty()) rows.emplace_back();
  return rows;
}

}  // namespace freeway::store::sqlite
