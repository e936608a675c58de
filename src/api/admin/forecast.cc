#include "api/admin/forecast.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/admin/desk.h"
#include "catalog/calendar.h"

namespace freeway::api::admin {

namespace {

using Kind = catalog::Window::Kind;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Duration kFarthest = hours(24 * 366);
constexpr Duration kEnough = minutes(30);  // of a window, to go by
constexpr int kShare = 48;

// From when to when use adds up.
struct Span {
  WallTime begin, end;
  std::uint64_t used = 0;
};

// The last of the moments that `next` leads to which is not after `wall`, and the one after it.
template <class Next>
Span around(WallTime wall, WallTime before, Next next) {
  Span span{next(before), next(next(before)), 0};
  while (span.end <= wall) span = {span.end, next(span.end), 0};
  return span;
}

std::optional<Span> span_of(const ledger::PoolLevel& level, Instant now, WallTime wall) {
  const catalog::Window& window = level.window;
  Span span;
  switch (window.kind) {
    case Kind::sliding:
    case Kind::bucket: return std::nullopt;
    case Kind::fixed:
      if (level.resets == kNever) return std::nullopt;
      span.end = wall + (level.resets - now);
      span.begin = span.end - window.length;
      break;
    case Kind::day:
    case Kind::month:
    case Kind::month_since: {
      auto zone = catalog::Zone::find(window.zone).value_or(catalog::Zone());
      bool day = window.kind == Kind::day;
      int first = window.kind == Kind::month ? 1 : window.day;
      auto next = [&](WallTime at) { return day ? zone.next_day(at) : zone.next_month(at, first); };
      span = around(wall, wall - (day ? hours(24 * 3) : hours(24 * 93)), next);
      break;
    }
    case Kind::once:
      span.begin = std::chrono::floor<std::chrono::days>(wall) - hours(24);
      span.end = wall + kFarthest;
      span.used = level.today.used + level.yesterday.used;
      return span;
  }
  span.used = level.used;
  return span;
}

std::string amount(const ledger::PoolLevel& level, std::uint64_t parts) {
  std::uint64_t whole = catalog::parts_of(level.unit);
  return whole == 1 ? fmt::format("{}", parts)
                    : fmt::format("{:.3f}", static_cast<double>(parts) / static_cast<double>(whole));
}

}  // namespace

std::optional<Forecast> forecast(const ledger::PoolLevel& level, Instant now, WallTime wall) {
  if (level.unit == catalog::Unit::concurrent) return std::nullopt;
  std::uint64_t left = level.limit - std::min(level.limit, level.used + level.in_flight);
  if (level.ceiling) left = std::min(left, level.ceiling->left);
  if (left == 0) return Forecast{wall, "all of it is used"};
  auto span = span_of(level, now, wall);
  if (!span || span->used == 0) return std::nullopt;
  Duration passed = wall - span->begin;
  if (passed < std::min<Duration>(kEnough, (span->end - span->begin) / kShare)) return std::nullopt;
  double more = static_cast<double>(passed.count()) * static_cast<double>(left) / static_cast<double>(span->used);
  if (more >= static_cast<double>((span->end - wall).count())) return std::nullopt;
  Forecast told;
  told.exhausted = wall + Duration(static_cast<Duration::rep>(more));
  told.basis = fmt::format("{} used since {}", amount(level, span->used), spell(span->begin));
  return told;
}

}  // namespace freeway::api::admin
