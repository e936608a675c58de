// Windows of allowances as providers have them, and their enforcement: what was used of one, and when there is room again.
// Plain values; the caller holds the lock.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "farm/zone.h"

namespace freeway::farm {

struct Moment {
  Instant at{};
  WallTime wall{};
};

// Compressed clocks: how long a minute and a day are. Lengths under an hour shrink with the minute, others with the day, but
// hours never below a minute.
struct Pace {
  Duration minute = std::chrono::minutes(1);
  Duration day = std::chrono::hours(24);

  Duration real(Duration length) const;
  Pace faster(double times) const;
  bool true_days() const { return day == std::chrono::hours(24); }
};

// Roughly how long a window is, as a provider's words and header names tell it.
enum class Period : std::uint8_t { second, minute, hour, day, month, once };
std::string_view to_string(Period period);

struct WindowSpec {
  enum class Kind : std::uint8_t {
    sliding,      // an event counts for `length`
    fixed,        // starts with the first event after the last window ended
    aligned,      // multiples of `length` on the wall clock
    day,          // of `zone`
    month,        // of `zone`
    month_since,  // of `zone`, from `day` to the same day
    bucket,       // refills evenly, the whole limit in `length`
    once,         // never again
  };
  Kind kind = Kind::sliding;
  Duration length{};
  Zone zone;
  unsigned day = 1;
  Period period = Period::minute;

  // "sliding 60s", "fixed 1h", "aligned 60s", "day ZONE", "month ZONE", "month since 17 ZONE" (UTC where none is named),
  // "bucket 1d", "once". Under a pace whose days are not 24 hours, days and months are aligned to multiples of a day and of
  // 30 of them. Fails with invalid.
  static Result<WindowSpec> parse(std::string_view text, const Pace& pace);

  // First and last (exclusive) moment of the window around `wall`: aligned, day, month and month_since.
  struct Bounds {
    WallTime from;
    WallTime to;
  };
  Bounds bounds(WallTime wall) const;
};

// One allowance. An event of a sliding window counts until t + length, exclusive: then its place is free.
class Window {
 public:
  // A limit of 0 is none.
  Window(const WindowSpec& spec, std::uint64_t limit) : spec_(spec), limit_(limit) {}

  bool fits(const Moment& now, std::uint64_t amount);
  // Returns the event's serial, for `give_back`.
  std::uint64_t add(const Moment& now, std::uint64_t amount);
  // The event never counted after all.
  void give_back(const Moment& now, std::uint64_t serial, std::uint64_t amount);
  // How long until `amount` fits; nothing if it never will.
  std::optional<Duration> wait(const Moment& now, std::uint64_t amount);
  std::uint64_t used(const Moment& now);
  std::uint64_t limit() const { return limit_; }
  const WindowSpec& spec() const { return spec_; }

 private:
  void roll(const Moment& now);
  void roll_calendar(WallTime wall);
  void roll_bucket(Instant at);
  double refill(Duration over) const;

  struct Event {
    std::uint64_t serial;
    Instant at;
    std::uint64_t amount;
  };
  WindowSpec spec_;
  std::uint64_t limit_;
  std::uint64_t next_serial_ = 0;
  std::uint64_t first_serial_ = 0;  // of the present window, unless it slides
  std::uint64_t used_ = 0;
  std::deque<Event> events_;                  // sliding
  std::optional<Instant> end_;                // fixed; nothing between two windows
  std::optional<WindowSpec::Bounds> bounds_;  // aligned, day, month
  double level_ = 0;                          // bucket: what is missing
  std::optional<Instant> level_at_;
};

}  // namespace freeway::farm
