#include "farm/audit.h"

#include <algorithm>
#include <cmath>

namespace freeway::farm {
namespace {

using Kind = WindowSpec::Kind;
using Peak = Audit::Peak;

void raise(Peak& best, const Peak& to) {
  best.arrived = std::max(best.arrived, to.arrived);
  best.admitted = std::max(best.admitted, to.admitted);
}

std::uint64_t whole(double level) { return static_cast<std::uint64_t>(std::max(0.0, std::ceil(level - 1e-3))); }

}  // namespace

std::uint64_t Audit::note(const Moment& now, std::uint64_t amount, bool admitted) {
  entries_.push_back({now.at, number_of_window(now.wall), amount, admitted});
  if (admitted) admitted_ += amount;
  const auto serial = first_serial_ + entries_.size() - 1;
  if (entries_.size() >= bound_) fold();
  return serial;
}

void Audit::forgive(std::uint64_t serial) {
  if (serial < first_serial_) return;
  auto& entry = entries_[serial - first_serial_];
  if (entry.admitted) admitted_ -= entry.amount;
  entry.admitted = false;
}

// Any numbering in which moments of one window, and no others, have the same number.
std::int64_t Audit::number_of_window(WallTime wall) const {
  const auto date = [&] { return window_.zone.date(wall); };
  const auto month = [](std::chrono::local_days on) {
    const std::chrono::year_month_day day(on);
    return static_cast<int>(day.year()) * 12 + static_cast<std::int64_t>(static_cast<unsigned>(day.month()));
  };
  switch (window_.kind) {
    case Kind::aligned: return wall.time_since_epoch() / window_.length;
    case Kind::day: return date().time_since_epoch().count();
    case Kind::month: return month(date());
    case Kind::month_since: return month(date() - std::chrono::days(window_.day - 1));
    default: return 0;
  }
}

// Two fingers: for each entry the sum of what came in the window that ends with it.
void Audit::add_sliding(Tally& tally) const {
  Peak sum;
  std::size_t tail = 0;
  for (const auto& entry : entries_) {
    sum.arrived += entry.amount;
    sum.admitted += entry.admitted ? entry.amount : 0;
    for (; entries_[tail].at <= entry.at - window_.length; ++tail) {
      sum.arrived -= entries_[tail].amount;
      sum.admitted -= entries_[tail].admitted ? entries_[tail].amount : 0;
    }
    raise(tally.best, sum);
  }
}

// Window after window: from an admitted entry, everything within its length.
void Audit::add_fixed(Tally& tally) const {
  auto from = entries_.begin();
  while (from != entries_.end()) {
    if (!from->admitted) {
      raise(tally.best, {from->amount, 0});
      ++from;
      continue;
    }
    Peak sum;
    const auto end = from->at + window_.length;
    for (; from != entries_.end() && from->at < end; ++from) {
      sum.arrived += from->amount;
      sum.admitted += from->admitted ? from->amount : 0;
    }
    raise(tally.best, sum);
  }
}

void Audit::add_calendar(Tally& tally, std::size_t count) const {
  for (std::size_t i = 0; i < count; ++i) {
    const auto& entry = entries_[i];
    auto& sum = tally.sums[entry.window];
    sum.arrived += entry.amount;
    sum.admitted += entry.admitted ? entry.amount : 0;
    raise(tally.best, sum);
  }
}

// A level is the most that came in any stretch of time beyond what was refilled in it. That is how far the running total,
// less the refill since the beginning, ever rises over its lowest value before.
void Audit::add_bucket(Tally& tally, std::size_t count) const {
  const double rate = static_cast<double>(limit_) / static_cast<double>(window_.length.count());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& entry = entries_[i];
    const auto refilled = rate * static_cast<double>(entry.at.time_since_epoch().count());
    auto& total = tally.total;
    tally.lowest_arrived = std::min(tally.lowest_arrived, static_cast<double>(total.arrived) - refilled);
    tally.lowest_admitted = std::min(tally.lowest_admitted, static_cast<double>(total.admitted) - refilled);
    total.arrived += entry.amount;
    total.admitted += entry.admitted ? entry.amount : 0;
    raise(tally.best, {whole(static_cast<double>(total.arrived) - refilled - tally.lowest_arrived),
                       whole(static_cast<double>(total.admitted) - refilled - tally.lowest_admitted)});
  }
}

Audit::Tally Audit::tally(std::size_t count) const {
  Tally tally = folded_;
  switch (window_.kind) {
    case Kind::sliding: add_sliding(tally); break;
    case Kind::fixed: add_fixed(tally); break;
    case Kind::bucket: add_bucket(tally, count); break;
    default: add_calendar(tally, count); break;
  }
  return tally;
}

Peak Audit::peak() const { return tally(entries_.size()).best; }

// How many of the oldest entries no window of the future can hold.
std::size_t Audit::passed() const {
  const auto newest = entries_.back().at;
  if (window_.kind == Kind::sliding) {
    const auto inside = [&](const Entry& entry) { return entry.at > newest - window_.length; };
    return static_cast<std::size_t>(std::find_if(entries_.begin(), entries_.end(), inside) - entries_.begin());
  }
  if (window_.kind != Kind::fixed) return entries_.size() / 2;
  std::size_t start = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool opens = !entries_[start].admitted || entries_[i].at >= entries_[start].at + window_.length;
    if (opens) start = i;
  }
  return start;
}

void Audit::fold() {
  const auto count = passed();
  if (count < entries_.size() / 4) {
    bound_ *= 2;
    return;
  }
  folded_ = tally(count);
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
  first_serial_ += count;
}

std::uint64_t Attendance::enter() {
  constexpr std::size_t kBound = 100'000;
  if (stays_.size() >= kBound) fold();
  stays_.push_back({time_++});
  return first_serial_ + stays_.size() - 1;
}

void Attendance::turn_away() {
  const auto serial = enter();
  stays_.back().admitted = false;
  leave(serial);
}

void Attendance::leave(std::uint64_t serial) {
  if (serial >= first_serial_) stays_[serial - first_serial_].to = time_++;
}

// Comings are in order already; goings are put in order, and both lists gone through together.
Peak Attendance::peak() const {
  std::vector<std::uint64_t> arrived_until;
  std::vector<std::uint64_t> admitted_until;
  for (const auto& stay : stays_) {
    arrived_until.push_back(stay.to);
    if (stay.admitted) admitted_until.push_back(stay.to);
  }
  std::sort(arrived_until.begin(), arrived_until.end());
  std::sort(admitted_until.begin(), admitted_until.end());
  Peak best = folded_;
  Peak came;
  std::size_t gone = 0;
  std::size_t admitted_gone = 0;
  for (const auto& stay : stays_) {
    ++came.arrived;
    came.admitted += stay.admitted ? 1 : 0;
    while (arrived_until[gone] < stay.from) ++gone;
    while (admitted_gone < admitted_until.size() && admitted_until[admitted_gone] < stay.from) ++admitted_gone;
    raise(best, {came.arrived - gone, came.admitted - admitted_gone});
  }
  return best;
}

// The oldest that have left, up to the first that has not.
void Attendance::fold() {
  folded_ = peak();
  const auto stays = [](const Stay& stay) { return stay.to == UINT64_MAX; };
  const auto keep = std::find_if(stays_.begin(), stays_.end(), stays);
  first_serial_ += static_cast<std::uint64_t>(keep - stays_.begin());
  stays_.erase(stays_.begin(), keep);
}

}  // namespace freeway::farm
