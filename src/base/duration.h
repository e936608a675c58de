// Every spelling of a duration or a moment that people and providers use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace freeway {

// "30s", "300ms", "1m26.4s", "2h", "1d", "850us", "5 minutes". A bare number is refused: people mistake its unit.
std::optional<Duration> parse_duration(std::string_view text);

// "32MiB", "1024", "10MB", "4 KiB", "1.5GiB". Bytes; KB is 1000 and KiB is 1024.
std::optional<std::uint64_t> parse_size(std::string_view text);

// The value of Retry-After, x-ratelimit-reset-* and their kin, as time from now: seconds ("7", "7.5"), Go durations
// ("1m26.4s", "230ms"), protobuf ("38s"), epoch seconds and milliseconds, HTTP dates, ISO 8601 moments. Never negative: a
// moment that has passed is zero. Nothing if the text is none of these.
std::optional<Duration> parse_delay(std::string_view text, WallTime now);

// The first delay told in a sentence: "Please try again in 1m26.4s", "Please wait 60 seconds before retrying",
// "retry after 5 minutes". Nothing if the sentence tells none.
std::optional<Duration> find_delay_in_prose(std::string_view text);

// "Sun, 06 Nov 1994 08:49:37 GMT" and the two obsolete forms of RFC 9110.
std::optional<WallTime> parse_http_date(std::string_view text);
std::string format_http_date(WallTime time);

// "2026-01-31T08:49:37.5Z", with a blank for the T, an offset, or the date alone; no zone means UTC.
std::optional<WallTime> parse_iso_time(std::string_view text);

// For people: "230 ms", "7.5 s", "1 min 26 s", "2 h 3 min"; what is smaller than the last unit is cut off.
std::string format_duration(Duration duration);

// Whole seconds, rounded up, at least 1: the value of a Retry-After of ours.
std::int64_t retry_after_seconds(Duration duration);

}  // namespace freeway
