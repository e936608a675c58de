#include "farm/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/duration.h"
#include "base/text.h"

namespace freeway::farm {
namespace {

using Kind = WindowSpec::Kind;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year_month_day;

constexpr double kDust = 1e-6;  // of an amount, for a bucket's fractions
constexpr int kDaysOfAMonth = 30;

Period period_of(Duration length) {
  if (length < std::chrono::seconds(20)) return Period::second;
  if (length < minutes(20)) return Period::minute;
  if (length < hours(20)) return Period::hour;
  return length < days(20) ? Period::day : Period::month;
}

std::optional<Kind> kind_named(std::string_view name) {
  if (name == "sliding") return Kind::sliding;
  if (name == "fixed") return Kind::fixed;
  if (name == "aligned") return Kind::aligned;
  if (name == "bucket") return Kind::bucket;
  if (name == "day") return Kind::day;
  if (name == "month") return Kind::month;
  if (name == "once") return Kind::once;
  return std::nullopt;
}

std::unexpected<Error> not_a_window(std::string_view text) {
  return fail(
      ErrorKind::invalid,
      fmt::format(
          "expected \"sliding 60s\", \"fixed 1h\", \"aligned 60s\", \"day ZONE\", \"month ZONE\", \"month since 17\", "
          "\"bucket 1d\" or \"once\", found \"{}\"",
          text));
}

// The month of `zone` that holds a date, moved by whole months.
local_days first_of_month(local_days date, int later) {
  const year_month_day on(date);
  return local_days((on.year() / on.month() + std::chrono::months(later)) / 1);
}

// What stands behind "day" and "month": nothing, a zone, or "since N" with or without one.
bool read_calendar(WindowSpec& spec, std::string_view rest) {
  if (spec.kind == Kind::month && rest.starts_with("since ")) {
    spec.kind = Kind::month_since;
    rest = trim(rest.substr(6));
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), spec.day);
    if (error != std::errc() || spec.day < 1 || spec.day > 28) return false;
    rest = trim(rest.substr(static_cast<std::size_t>(end - rest.data())));
  }
  const auto zone = Zone::find(rest.empty() ? "UTC" : rest);
  if (zone) spec.zone = *zone;
  return zone.has_value();
}

}  // namespace

std::string_view to_string(Period period) {
  switch (period) {
    case Period::second: return "second";
    case Period::minute: return "minute";
    case Period::hour: return "hour";
    case Period::day: return "day";
    case Period::month: return "month";
    case Period::once: return "once";
  }
  return "";
}

Pace Pace::faster(double times) const {
  if (times == 1 || times <= 0) return *this;
  const auto divided = [times](Duration whole) {
    return std::max(Duration(1), Duration(static_cast<std::int64_t>(static_cast<double>(whole.count()) / times)));
  };
  return {divided(minute), divided(day)};
}

Duration Pace::real(Duration length) const {
  const auto shrunk = [length](Duration from, Duration to) {
    if (from == to) return length;
    const auto share = static_cast<double>(to.count()) / static_cast<double>(from.count());
    return Duration(static_cast<std::int64_t>(static_cast<double>(length.count()) * share));
  };
  if (length < hours(1)) return shrunk(minutes(1), minute);
  const auto by_day = shrunk(hours(24), day);
  return length < hours(24) ? std::max(by_day, minute) : by_day;
}

Result<WindowSpec> WindowSpec::parse(std::string_view text, const Pace& pace) {
  const auto space = std::min(text.find(' '), text.size());
  const auto kind = kind_named(text.substr(0, space));
  const auto rest = trim(text.substr(space));
  if (!kind) return not_a_window(text);
  WindowSpec spec;
  spec.kind = *kind;
  if (*kind == Kind::once) {
    spec.period = Period::once;
    return rest.empty() ? Result<WindowSpec>(spec) : not_a_window(text);
  }
  if (*kind == Kind::day || *kind == Kind::month) {
    if (!read_calendar(spec, rest)) {
      return fail(
          ErrorKind::invalid,
          fmt::format("\"{}\" names no day of a month from 1 to 28 and no zone that the farm has: {}", rest, Zone::known()));
    }
    spec.period = *kind == Kind::day ? Period::day : Period::month;
    if (pace.true_days()) return spec;
    spec.length = pace.day * (*kind == Kind::day ? 1 : kDaysOfAMonth);
    spec.kind = Kind::aligned;
    return spec;
  }
  const auto length = parse_duration(rest);
  if (!length || *length <= Duration::zero()) return not_a_window(text);
  spec.period = period_of(*length);
  spec.length = std::max(Duration(1), pace.real(*length));
  return spec;
}

WindowSpec::Bounds WindowSpec::bounds(WallTime wall) const {
  if (kind == Kind::aligned) {
    const auto since = wall.time_since_epoch().count();
    const auto from = WallTime(Duration(since - since % length.count()));
    return {from, from + length};
  }
  const auto today = zone.date(wall);
  if (kind == Kind::day) return {zone.midnight(today), zone.midnight(today + days(1))};
  const auto shift = days(day - 1);
  const auto from = first_of_month(today - shift, 0) + shift;
  const auto to = first_of_month(today - shift, 1) + shift;
  return {zone.midnight(from), zone.midnight(to)};
}

double Window::refill(Duration over) const {
  return static_cast<double>(limit_) * (static_cast<double>(over.count()) / static_cast<double>(spec_.length.count()));
}

void Window::roll_calendar(WallTime wall) {
  if (bounds_ && wall >= bounds_->from && wall < bounds_->to) return;
  bounds_ = spec_.bounds(wall);
  used_ = 0;
  first_serial_ = next_serial_;
}

void Window::roll_bucket(Instant at) {
  if (level_at_ && at > *level_at_) level_ = std::max(0.0, level_ - refill(at - *level_at_));
  level_at_ = std::max(at, level_at_.value_or(at));
  used_ = static_cast<std::uint64_t>(std::ceil(level_ - kDust));
}

void Window::roll(const Moment& now) {
  switch (spec_.kind) {
    case Kind::sliding:
      while (!events_.empty() && now.at - events_.front().at >= spec_.length) {
        used_ -= events_.front().amount;
        events_.pop_front();
      }
      return;
    case Kind::fixed:
      if (!end_ || now.at < *end_) return;
      end_.reset();
      used_ = 0;
      first_serial_ = next_serial_;
      return;
    case Kind::aligned:
    case Kind::day:
    case Kind::month:
    case Kind::month_since: return roll_calendar(now.wall);
    case Kind::bucket: return roll_bucket(now.at);
    case Kind::once: return;
  }
}

std::uint64_t Window::used(const Moment& now) {
  roll(now);
  return used_;
}

bool Window::fits(const Moment& now, std::uint64_t amount) {
  if (limit_ == 0) return true;
  roll(now);
  if (spec_.kind == Kind::bucket) return level_ + static_cast<double>(amount) <= static_cast<double>(limit_) + kDust;
  return used_ + amount <= limit_;
}

std::uint64_t Window::add(const Moment& now, std::uint64_t amount) {
  if (limit_ == 0) return next_serial_++;
  roll(now);
  used_ += amount;
  if (spec_.kind == Kind::sliding) events_.push_back({next_serial_, now.at, amount});
  if (spec_.kind == Kind::fixed && !end_) end_ = now.at + spec_.length;
  if (spec_.kind == Kind::bucket) level_ += static_cast<double>(amount);
  return next_serial_++;
}

void Window::give_back(const Moment& now, std::uint64_t serial, std::uint64_t amount) {
  if (limit_ == 0) return;
  roll(now);
  if (spec_.kind == Kind::bucket) {
    level_ = std::max(0.0, level_ - static_cast<double>(amount));
    return roll_bucket(now.at);
  }
  if (spec_.kind == Kind::sliding) {
    const auto event = std::lower_bound(events_.begin(), events_.end(), serial,
                                        [](const Event& one, std::uint64_t wanted) { return one.serial < wanted; });
    if (event == events_.end() || event->serial != serial) return;
    used_ -= event->amount;
    event->amount = 0;
    return;
  }
  if (serial >= first_serial_) used_ -= std::min(used_, amount);
}

std::optional<Duration> Window::wait(const Moment& now, std::uint64_t amount) {
  if (fits(now, amount)) return Duration::zero();
  if (amount > limit_ || spec_.kind == Kind::once) return std::nullopt;
  if (spec_.kind == Kind::fixed) return *end_ - now.at;
  if (bounds_) return bounds_->to - now.wall;
  if (spec_.kind == Kind::bucket) {
    const auto missing = level_ + static_cast<double>(amount) - static_cast<double>(limit_);
    return Duration(static_cast<std::int64_t>(
        std::ceil(missing / static_cast<double>(limit_) * static_cast<double>(spec_.length.count()))));
  }
  auto left = used_;
  for (const auto& event : events_) {
    left -= event.amount;
    if (left + amount <= limit_) return event.at + spec_.length - now.at;
  }
  return std::nullopt;
}

}  // namespace freeway::farm
