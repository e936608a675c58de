#include "farm/limits.h"

#include <algorithm>

namespace freeway::farm {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

std::int64_t day_number(WallTime wall) { return std::chrono::floor<std::chrono::days>(wall).time_since_epoch().count(); }
Duration until_midnight(WallTime wall) { return kDay - (wall - std::chrono::floor<std::chrono::days>(wall)); }

}  // namespace

std::string_view to_string(Gauge gauge) {
  switch (gauge) {
    case Gauge::rpm: return "rpm";
    case Gauge::rpd: return "rpd";
    case Gauge::tpm: return "tpm";
    case Gauge::tpd: return "tpd";
    case Gauge::concurrency: return "concurrency";
  }
  return "";
}

std::uint64_t LimitSpec::limit(Gauge gauge) const {
  switch (gauge) {
    case Gauge::rpm: return rpm;
    case Gauge::rpd: return rpd;
    case Gauge::tpm: return tpm;
    case Gauge::tpd: return tpd;
    case Gauge::concurrency: return concurrency;
  }
  return 0;
}

Duration LimitSpec::span(Gauge gauge) const { return gauge == Gauge::rpm || gauge == Gauge::tpm ? minute : day; }

void Window::drop_passed(const Moment& now) {
  if (calendar_) {
    const auto today = day_number(now.wall);
    if (today != today_) {
      events_.clear();
      used_ = 0;
      today_ = today;
    }
    return;
  }
  while (!events_.empty() && now.at - events_.front().at >= span_) {
    used_ -= events_.front().amount;
    events_.pop_front();
  }
}

std::uint64_t Window::used(const Moment& now) {
  drop_passed(now);
  return used_;
}

bool Window::fits(const Moment& now, std::uint64_t amount) { return limit_ == 0 || used(now) + amount <= limit_; }

void Window::add(const Moment& now, std::uint64_t amount) {
  if (limit_ == 0) return;
  drop_passed(now);
  used_ += amount;
  if (!calendar_) events_.push_back({now.at, amount});
}

std::optional<Duration> Window::wait(const Moment& now, std::uint64_t amount) {
  if (fits(now, amount)) return Duration::zero();
  if (amount > limit_) return std::nullopt;
  if (calendar_) return until_midnight(now.wall);
  auto left = used_;
  for (const auto& event : events_) {
    left -= event.amount;
    if (left + amount <= limit_) return event.at + span_ - now.at;
  }
  return std::nullopt;
}

void ArrivalLog::note(const Moment& now, std::uint64_t tokens, bool admitted) {
  const auto capped = static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens, UINT32_MAX));
  entries_.push_back({now.at, now.wall, capped, admitted});
}

ArrivalLog::Peak ArrivalLog::peak(Gauge gauge, const LimitSpec& limits) const {
  auto best = gauge == Gauge::concurrency ? Peak{} : folded_[static_cast<std::size_t>(gauge)];
  const auto span = limits.span(gauge);
  const bool calendar = limits.calendar_day && (gauge == Gauge::rpd || gauge == Gauge::tpd);
  Peak sum;
  std::size_t tail = 0;
  for (const auto& entry : entries_) {
    const auto weight = counts_tokens(gauge) ? entry.tokens : 1U;
    sum.arrived += weight;
    sum.admitted += entry.admitted ? weight : 0;
    for (;; ++tail) {
      const auto& old = entries_[tail];
      const bool inside = calendar ? day_number(old.wall) == day_number(entry.wall) : old.at > entry.at - span;
      if (inside) break;
      const auto old_weight = counts_tokens(gauge) ? old.tokens : 1U;
      sum.arrived -= old_weight;
      sum.admitted -= old.admitted ? old_weight : 0;
    }
    best.arrived = std::max(best.arrived, sum.arrived);
    best.admitted = std::max(best.admitted, sum.admitted);
  }
  return best;
}

void ArrivalLog::trim(const LimitSpec& limits) {
  if (entries_.size() < bound_) return;
  Duration longest = limits.minute;
  for (auto gauge : kWindows) {
    folded_[static_cast<std::size_t>(gauge)] = peak(gauge, limits);
    if (limits.limit(gauge) > 0) longest = std::max(longest, limits.span(gauge));
  }
  const auto horizon = entries_.back().at - longest;
  auto keep = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.at > horizon; });
  const auto half = entries_.begin() + static_cast<std::ptrdiff_t>(entries_.size() / 2);
  entries_.erase(entries_.begin(), std::max(keep, half));
}

Quota::Quota(const LimitSpec& limits)
    : limits_(limits),
      windows_{Window(limits.rpm, limits.minute, false), Window(limits.rpd, limits.day, limits.calendar_day),
               Window(limits.tpm, limits.minute, false), Window(limits.tpd, limits.day, limits.calendar_day)} {}

std::optional<Refusal> Quota::check(const Moment& now, std::uint64_t tokens) {
  std::optional<Refusal> worst;
  for (auto gauge : kWindows) {
    auto& own = window(gauge);
    const auto amount = counts_tokens(gauge) ? tokens : 1;
    if (own.fits(now, amount)) continue;
    const auto wait = own.wait(now, amount);
    Refusal refusal{gauge, own.limit(), own.used(now), amount, wait.value_or(Duration::max()), !wait};
    if (!worst || refusal.wait > worst->wait) worst = refusal;
  }
  if (!worst && limits_.concurrency > 0 && in_flight_ >= limits_.concurrency) {
    worst = Refusal{Gauge::concurrency, limits_.concurrency, in_flight_, 1, std::chrono::seconds(1), false};
  }
  return worst;
}

void Quota::admit(const Moment& now, std::uint64_t tokens) {
  for (auto gauge : kWindows) window(gauge).add(now, counts_tokens(gauge) ? tokens : 1);
  most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
}

void Quota::note(const Moment& now, std::uint64_t tokens, bool admitted) {
  if (!limits_.any()) return;
  log_.note(now, tokens, admitted);
  log_.trim(limits_);
}

}  // namespace freeway::farm
