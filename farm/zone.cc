#include "farm/zone.h"

#include <array>

namespace freeway::farm {
namespace {

using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::Sunday;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

struct Row {
  std::string_view name;
  Duration standard;
  Saving saving;
};

constexpr std::array kZones{
    Row{"UTC", hours(0), Saving::none},
    Row{"America/Los_Angeles", hours(-8), Saving::american},
    Row{"America/Denver", hours(-7), Saving::american},
    Row{"America/Chicago", hours(-6), Saving::american},
    Row{"America/New_York", hours(-5), Saving::american},
    Row{"Europe/London", hours(0), Saving::european},
    Row{"Europe/Berlin", hours(1), Saving::european},
    Row{"Europe/Paris", hours(1), Saving::european},
    Row{"Asia/Kolkata", minutes(330), Saving::none},
    Row{"Asia/Jakarta", hours(7), Saving::none},
    Row{"Asia/Shanghai", hours(8), Saving::none},
    Row{"Asia/Singapore", hours(8), Saving::none},
    Row{"Asia/Tokyo", hours(9), Saving::none},
};

// The Sundays on which the clocks are changed, forward and back.
struct Changes {
  sys_days forward;
  sys_days back;
};

Changes changes_in(year in, Saving saving) {
  using std::chrono::last;
  if (saving == Saving::american) return {in / 3 / Sunday[2], in / 11 / Sunday[1]};
  return {in / 3 / Sunday[last], in / 10 / Sunday[last]};
}

}  // namespace

std::optional<Zone> Zone::find(std::string_view name) {
  for (const auto& row : kZones) {
    if (row.name == name) return Zone(row.standard, row.saving);
  }
  return std::nullopt;
}

std::string Zone::known() {
  std::string names;
  for (const auto& row : kZones) {
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

// America changes its clocks at two in the local morning, Europe everywhere at 01:00 UTC.
bool Zone::saving_at(WallTime at) const {
  if (saving_ == Saving::none) return false;
  const auto in = year_month_day(std::chrono::floor<std::chrono::days>(at + standard_)).year();
  const auto [forward, back] = changes_in(in, saving_);
  if (saving_ == Saving::european) return at >= forward + hours(1) && at < back + hours(1);
  return at >= forward + hours(2) - standard_ && at < back + hours(1) - standard_;
}

local_days Zone::date(WallTime at) const {
  const auto local = at + standard_ + (saving_at(at) ? hours(1) : hours(0));
  return local_days(std::chrono::floor<std::chrono::days>(local).time_since_epoch());
}

WallTime Zone::midnight(local_days date) const {
  const sys_days day(date.time_since_epoch());
  auto offset = standard_;
  if (saving_ != Saving::none) {
    const auto [forward, back] = changes_in(year_month_day(day).year(), saving_);
    if (day > forward && day <= back) offset += hours(1);
  }
  return WallTime(day) - offset;
}

}  // namespace freeway::farm
