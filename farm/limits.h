// A provider's true limits: exact sliding windows on the moment a request's last byte was read, and beside them a log from
// which the highest count in any window is computed again by other means, so that the two can disagree.
// Plain values; the caller holds the lock.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace freeway::farm {

enum class Gauge : std::uint8_t { rpm, rpd, tpm, tpd, concurrency };
inline constexpr std::array<Gauge, 4> kWindows{Gauge::rpm, Gauge::rpd, Gauge::tpm, Gauge::tpd};
std::string_view to_string(Gauge gauge);
inline bool counts_tokens(Gauge gauge) { return gauge == Gauge::tpm || gauge == Gauge::tpd; }

// 0 means no limit. `minute` and `day` are the lengths of the windows, so that a test may compress its clocks.
struct LimitSpec {
  std::uint64_t rpm = 0;
  std::uint64_t rpd = 0;
  std::uint64_t tpm = 0;
  std::uint64_t tpd = 0;
  std::uint64_t concurrency = 0;
  Duration minute = std::chrono::minutes(1);
  Duration day = std::chrono::hours(24);
  bool calendar_day = false;  // a day starts at 00:00 UTC instead of sliding

  bool any() const { return rpm + rpd + tpm + tpd + concurrency > 0; }
  std::uint64_t limit(Gauge gauge) const;
  Duration span(Gauge gauge) const;
};

struct Moment {
  Instant at{};
  WallTime wall{};
};

// One allowance. An event at t counts until t + span, exclusive: at t + span its place is free.
class Window {
 public:
  Window(std::uint64_t limit, Duration span, bool calendar_day) : limit_(limit), span_(span), calendar_(calendar_day) {}

  bool fits(const Moment& now, std::uint64_t amount);
  void add(const Moment& now, std::uint64_t amount);
  // How long until `amount` fits; nothing if it never will (more than the whole limit).
  std::optional<Duration> wait(const Moment& now, std::uint64_t amount);
  std::uint64_t used(const Moment& now);
  std::uint64_t limit() const { return limit_; }

 private:
  void drop_passed(const Moment& now);

  struct Event {
    Instant at;
    std::uint64_t amount;
  };
  std::uint64_t limit_;
  Duration span_;
  bool calendar_;
  std::int64_t today_ = INT64_MIN;  // days since the epoch, for calendar days
  std::uint64_t used_ = 0;
  std::deque<Event> events_;
};

// Every arrival, admitted or not. Bounded: beyond `bound` entries the peaks so far are kept and the oldest entries dropped.
class ArrivalLog {
 public:
  explicit ArrivalLog(std::size_t bound = 200'000) : bound_(bound) {}

  struct Peak {
    std::uint64_t arrived = 0;
    std::uint64_t admitted = 0;
  };
  void note(const Moment& now, std::uint64_t tokens, bool admitted);
  // The highest sum over any window of this gauge in all that was noted.
  Peak peak(Gauge gauge, const LimitSpec& limits) const;
  // To be called now and then with the limits in force; see `bound`.
  void trim(const LimitSpec& limits);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Instant at;
    WallTime wall;
    std::uint32_t tokens;
    bool admitted;
  };
  std::size_t bound_;
  std::vector<Entry> entries_;
  std::array<Peak, 4> folded_{};
};

struct Refusal {
  Gauge gauge = Gauge::rpm;
  std::uint64_t limit = 0;
  std::uint64_t used = 0;
  std::uint64_t requested = 0;
  Duration wait{};     // until there is room
  bool never = false;  // more than the whole limit at once
};

// What one key may do (with one model, or with all of a provider's).
class Quota {
 public:
  explicit Quota(const LimitSpec& limits);

  // Why a request of so many tokens may not come in now; of several reasons the one that lasts longest.
  std::optional<Refusal> check(const Moment& now, std::uint64_t tokens);
  void admit(const Moment& now, std::uint64_t tokens);
  void release() { --in_flight_; }
  // Tells the oracle; the caller says so once for every arrival.
  void note(const Moment& now, std::uint64_t tokens, bool admitted);

  const LimitSpec& limits() const { return limits_; }
  Window& window(Gauge gauge) { return windows_[static_cast<std::size_t>(gauge)]; }
  ArrivalLog::Peak peak(Gauge gauge) const { return log_.peak(gauge, limits_); }
  std::uint64_t in_flight() const { return in_flight_; }
  std::uint64_t most_in_flight() const { return most_in_flight_; }

 private:
  LimitSpec limits_;
  std::array<Window, 4> windows_;
  ArrivalLog log_;
  std::uint64_t in_flight_ = 0;
  std::uint64_t most_in_flight_ = 0;
};

}  // namespace freeway::farm
