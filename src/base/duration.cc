#include "base/duration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"

namespace freeway {
namespace {

constexpr std::int64_t kMicrosecond = 1'000;
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes above ASCII count as letters, so that "µs" is one word.
bool is_letter(char c) { return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::array kUnits = {
    Unit{"s", kSecond},
    Unit{"sec", kSecond},
    Unit{"secs", kSecond},
    Unit{"second", kSecond},
    Unit{"seconds", kSecond},
    Unit{"m", kMinute},
    Unit{"min", kMinute},
    Unit{"mins", kMinute},
    Unit{"minute", kMinute},
    Unit{"minutes", kMinute},
    Unit{"h", kHour},
    Unit{"hr", kHour},
    Unit{"hrs", kHour},
    Unit{"hour", kHour},
    Unit{"hours", kHour},
    Unit{"d", kDay},
    Unit{"day", kDay},
    Unit{"days", kDay},
    Unit{"week", 7 * kDay},
    Unit{"weeks", 7 * kDay},
    Unit{"ms", kMillisecond},
    Unit{"millisecond", kMillisecond},
    Unit{"milliseconds", kMillisecond},
    Unit{"us", kMicrosecond},
    Unit{"\u00b5s", kMicrosecond},  // micro sign
    Unit{"\u03bcs", kMicrosecond},  // Greek mu
    Unit{"microsecond", kMicrosecond},
    Unit{"microseconds", kMicrosecond},
    Unit{"ns", 1},
    Unit{"nanosecond", 1},
    Unit{"nanoseconds", 1},
};

std::int64_t unit_named(std::string_view name) {
  for (const Unit& unit : kUnits)
    if (iequals(unit.name, name)) return unit.nanoseconds;
  return 0;
}

// A place in a text; every take_ function moves it on success and leaves it on failure.
struct Cursor {
  std::string_view text;
  std::size_t at = 0;

  bool done() const { return at >= text.size(); }
  char peek(std::size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at;
  }
  std::string_view take_word() {
    std::size_t begin = at;
    while (!done() && is_letter(text[at])) ++at;
    return text.substr(begin, at - begin);
  }
};

struct Decimal {
  std::int64_t whole = 0;
  std::int64_t billionths = 0;
};

// "26.4": digits, and a point only where a digit follows. Digits past the ninth decimal place are dropped.
std::optional<Decimal> take_decimal(Cursor& cursor) {
  Cursor here = cursor;
  if (!is_digit(here.peek())) return std::nullopt;
  Decimal number;
  while (is_digit(here.peek())) {
    int digit = here.peek() - '0';
    if (number.whole > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return std::nullopt;
    number.whole = number.whole * 10 + digit;
    ++here.at;
  }
  if (here.peek() == '.' && is_digit(here.peek(1))) {
    ++here.at;
    for (std::int64_t place = kSecond / 10; is_digit(here.peek()); place /= 10, ++here.at)
      number.billionths += (here.peek() - '0') * place;
  }
  cursor = here;
  return number;
}

// number × unit, or nothing if it does not fit.
std::optional<std::int64_t> scale(Decimal number, std::int64_t unit) {
  std::int64_t whole = 0;
  if (__builtin_mul_overflow(number.whole, unit, &whole)) return std::nullopt;
  auto part = static_cast<std::int64_t>(static_cast<__int128>(number.billionths) * unit / kSecond);
  std::int64_t sum = 0;
  if (__builtin_add_overflow(whole, part, &sum)) return std::nullopt;
  return sum;
}

// One "26.4s" or "5 minutes".
std::optional<std::int64_t> take_component(Cursor& cursor) {
  Cursor here = cursor;
  auto number = take_decimal(here);
  if (!number) return std::nullopt;
  here.skip_blanks();
  std::int64_t unit = unit_named(here.take_word());
  if (unit == 0) return std::nullopt;
  auto amount = scale(*number, unit);
  if (amount) cursor = here;
  return amount;
}

// One component or more: "1m26.4s", "1 minute, 26 seconds", "1 minute and 26 seconds".
std::optional<std::int64_t> take_duration(Cursor& cursor) {
  auto total = take_component(cursor);
  if (!total) return std::nullopt;
  for (;;) {
    Cursor here = cursor;
    here.skip_blanks();
    if (here.peek() == ',') ++here.at;
    here.skip_blanks();
    Cursor after_word = here;
    if (iequals(after_word.take_word(), "and")) {
      here = after_word;
      here.skip_blanks();
    }
    auto more = take_component(here);
    if (!more) return total;
    if (__builtin_add_overflow(*total, *more, &*total)) return std::nullopt;
    cursor = here;
  }
}

// A number that has no unit: seconds from now, or a moment in seconds, milliseconds, microseconds or nanoseconds since 1970.
// Nobody is told to wait thirty years, and no moment of interest lies before September 2001.
std::optional<Duration> bare_delay(Decimal number, WallTime now) {
  std::int64_t epoch_unit = 0;
  if (number.whole >= 100'000'000'000'000'000) {
    epoch_unit = 1;
  } else if (number.whole >= 100'000'000'000'000) {
    epoch_unit = kMicrosecond;
  } else if (number.whole >= 100'000'000'000) {
    epoch_unit = kMillisecond;
  } else if (number.whole >= 1'000'000'000) {
    epoch_unit = kSecond;
  }
  auto amount = scale(number, epoch_unit == 0 ? kSecond : epoch_unit);
  if (!amount) return std::nullopt;
  if (epoch_unit == 0) return Duration(*amount);
  return std::max(Duration(0), Duration(*amount) - now.time_since_epoch());
}

// The words that may stand between "retry" and its delay.
bool is_filler(std::string_view word) {
  static constexpr std::array<std::string_view, 21> kFillers = {
      "in",   "after", "for",     "at",       "least", "about", "around", "approximately", "another", "the",  "your",
      "this", "it",    "request", "requests", "again", "delay", "is",     "time",          "more",    "only",
  };
  return std::any_of(kFillers.begin(), kFillers.end(), [&](std::string_view filler) { return iequals(word, filler); });
}

// "a minute", "an hour", "one second".
std::optional<std::int64_t> take_single_unit(std::string_view article, Cursor& cursor) {
  if (!iequals(article, "a") && !iequals(article, "an") && !iequals(article, "one")) return std::nullopt;
  Cursor here = cursor;
  here.skip_blanks();
  std::int64_t unit = unit_named(here.take_word());
  if (unit == 0) return std::nullopt;
  return unit;
}

// What follows a word like "retry": fillers and punctuation, then the delay.
std::optional<std::int64_t> delay_after(Cursor cursor) {
  std::int64_t bare_unit = kSecond;  // "retry_after_ms: 500" names it before the number
  while (!cursor.done()) {
    char c = cursor.peek();
    if (is_digit(c)) {
      Cursor here = cursor;
      if (auto duration = take_duration(here)) return duration;
      auto number = take_decimal(here);
      if (!number) return std::nullopt;
      char next = here.peek();
      bool ends =
          here.done() || (std::string_view(".,;!)]}\"'\n").find(next) != std::string_view::npos && !is_digit(here.peek(1)));
      return ends ? scale(*number, bare_unit) : std::nullopt;
    }
    if (is_letter(c)) {
      std::string_view word = cursor.take_word();
      if (auto single = take_single_unit(word, cursor)) return single;
      if (std::int64_t unit = unit_named(word); unit != 0) {
        bare_unit = unit;
      } else if (!is_filler(word)) {
        return std::nullopt;
      }
      continue;
    }
    if (std::string_view(" \t:=_-\"'~").find(c) == std::string_view::npos) return std::nullopt;
    ++cursor.at;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  Cursor cursor{trim(text)};
  auto total = take_duration(cursor);
  if (!total || !cursor.done()) return std::nullopt;
  return Duration(*total);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  struct SizeUnit {
    std::string_view name;
    std::int64_t bytes;
  };
  static constexpr std::array kSizes = {
      SizeUnit{"", 1},
      SizeUnit{"b", 1},
      SizeUnit{"kb", 1'000},
      SizeUnit{"mb", 1'000'000},
      SizeUnit{"gb", kSecond},
      SizeUnit{"kib", 1 << 10},
      SizeUnit{"mib", 1 << 20},
      SizeUnit{"gib", 1 << 30},
      SizeUnit{"tb", 1000 * kSecond},
      SizeUnit{"tib", std::int64_t{1} << 40},
  };
  Cursor cursor{trim(text)};
  auto number = take_decimal(cursor);
  if (!number) return std::nullopt;
  cursor.skip_blanks();
  std::string_view name = cursor.text.substr(cursor.at);
  for (const SizeUnit& unit : kSizes) {
    if (!iequals(unit.name, name)) continue;
    auto bytes = scale(*number, unit.bytes);
    if (!bytes || (unit.bytes == 1 && number->billionths != 0)) return std::nullopt;
    return static_cast<std::uint64_t>(*bytes);
  }
  return std::nullopt;
}

std::optional<Duration> parse_delay(std::string_view text, WallTime now) {
  Cursor cursor{trim(text)};
  if (cursor.peek() == '-' && is_digit(cursor.peek(1))) {
    ++cursor.at;
    auto past = take_decimal(cursor);
    if (past && cursor.done()) return Duration(0);
    return std::nullopt;
  }
  Cursor after_number = cursor;
  if (auto number = take_decimal(after_number); number && after_number.done()) return bare_delay(*number, now);
  if (auto duration = parse_duration(text)) return duration;
  auto moment = parse_http_date(text);
  if (!moment) moment = parse_iso_time(text);
  if (!moment) return std::nullopt;
  return std::max(Duration(0), *moment - now);
}

std::optional<Duration> find_delay_in_prose(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kTriggers = {"again", "retry", "wait", "reset", "available", "backoff"};
  for (Cursor cursor{text}; !cursor.done();) {
    std::string_view word = cursor.take_word();
    if (word.empty()) {
      ++cursor.at;
      continue;
    }
    // The start of a word is enough: "retrying", "retryDelay", "resets".
    bool tells = std::any_of(kTriggers.begin(), kTriggers.end(), [&](std::string_view t) { return istarts_with(word, t); });
    if (!tells) continue;
    if (auto delay = delay_after(cursor)) return Duration(*delay);
  }
  return std::nullopt;
}

std::string format_duration(Duration duration) {
  std::int64_t ns = duration.count();
  if (ns < 0) return ns == std::numeric_limits<std::int64_t>::min() ? "forever ago" : "-" + format_duration(-duration);
  auto pair = [](std::int64_t big, const char* big_name, std::int64_t small, const char* small_name) {
    return small == 0 ? fmt::format("{} {}", big, big_name) : fmt::format("{} {} {} {}", big, big_name, small, small_name);
  };
  if (ns == 0) return "0 s";
  if (ns < kMicrosecond) return fmt::format("{} ns", ns);
  if (ns < kMillisecond) return fmt::format("{} us", ns / kMicrosecond);
  if (ns < kSecond) return fmt::format("{} ms", ns / kMillisecond);
  if (ns < 10 * kSecond && ns % kSecond >= kSecond / 10)
    return fmt::format("{}.{} s", ns / kSecond, ns % kSecond / (kSecond / 10));
  if (ns < kMinute) return fmt::format("{} s", ns / kSecond);
  if (ns < kHour) return pair(ns / kMinute, "min", ns % kMinute / kSecond, "s");
  if (ns < kDay) return pair(ns / kHour, "h", ns % kHour / kMinute, "min");
  return pair(ns / kDay, "d", ns % kDay / kHour, "h");
}

std::int64_t retry_after_seconds(Duration duration) {
  if (duration.count() <= kSecond) return 1;
  return (duration.count() - 1) / kSecond + 1;
}

}  // namespace freeway
