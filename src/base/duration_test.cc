#include "base/duration.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace freeway {
namespace {

using namespace std::chrono_literals;

// 2026-01-01T00:00:00Z
const WallTime kNow{std::chrono::seconds(1767225600)};

TEST(ParseDuration, ReadsEverySpelling) {
  struct Case {
    std::string_view text;
    Duration expected;
  };
  for (const Case& c : {Case{"30s", 30s},
                        Case{"300ms", 300ms},
                        Case{"1m26.4s", 86400ms},
                        Case{"2h", 2h},
                        Case{"1d", 24h},
                        Case{"850us", 850us},
                        Case{"850\u00b5s", 850us},
                        Case{"850\u03bcs", 850us},
                        Case{"7ns", 7ns},
                        Case{" 5 minutes ", 5min},
                        Case{"1 min 26 s", 86s},
                        Case{"2 h 3 min", 123min},
                        Case{"23h59m59.5s", 24h - 500ms},
                        Case{"1h0m0s", 1h},
                        Case{"0s", 0s},
                        Case{"0.5h", 30min},
                        Case{"1 minute and 26 seconds", 86s},
                        Case{"2 Hours, 5 Minutes", 125min},
                        Case{"1.123456789123s", 1123456789ns},
                        Case{"1 week", 168h}})
    EXPECT_EQ(parse_duration(c.text), c.expected) << c.text;
}

TEST(ParseDuration, RefusesTheRest) {
  for (std::string_view text : {"", "30", "0", "s", "-5s", "1.s", ".5s", "5 parsecs", "5s!", "5sx", "1m 2", "99999999999d",
                                "1,5s", "9223372036854775808ns", "forever", "5 s and"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(ParseSize, ReadsBytes) {
  EXPECT_EQ(parse_size("1024"), 1024u);
  EXPECT_EQ(parse_size("32MiB"), 32u << 20);
  EXPECT_EQ(parse_size("10MB"), 10'000'000u);
  EXPECT_EQ(parse_size("4 KiB"), 4096u);
  EXPECT_EQ(parse_size("1.5GiB"), 3u << 29);
  EXPECT_EQ(parse_size("2tib"), std::uint64_t{2} << 40);
  EXPECT_EQ(parse_size("0B"), 0u);
  for (std::string_view text : {"", "MB", "-1", "1.5", "4K", "4 Kibble", "99999999999TB", "1MB2"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(ParseDelay, ReadsEverySpelling) {
  struct Case {
    std::string_view text;
    Duration expected;
  };
  for (const Case& c : {Case{"7", 7s},
                        Case{"7.5", 7500ms},
                        Case{" 0 ", 0s},
                        Case{"-3", 0s},
                        Case{"33011.382867", 33011382867us},
                        Case{"1m26.4s", 86400ms},
                        Case{"230ms", 230ms},
                        Case{"6m0s", 6min},
                        Case{"38s", 38s},
                        Case{"38.2s", 38200ms},
                        Case{"1767225607", 7s},
                        Case{"1767225607.25", 7250ms},
                        Case{"1767225607500", 7500ms},
                        Case{"1767225607500.0", 7500ms},
                        Case{"1767225607500000", 7500ms},
                        Case{"1767225607500000000", 7500ms},
                        Case{"1767225593", 0s},
                        Case{"1700000000000", 0s},
                        Case{"Thu, 01 Jan 2026 00:01:00 GMT", 1min},
                        Case{"Wed, 31 Dec 2025 23:59:00 GMT", 0s},
                        Case{"Thursday, 01-Jan-26 00:01:00 GMT", 1min},
                        Case{"Thu Jan  1 00:01:00 2026", 1min},
                        Case{"2026-01-01T00:00:07Z", 7s},
                        Case{"2026-01-01T00:00:07.250Z", 7250ms},
                        Case{"2026-01-01T02:00:07+02:00", 7s},
                        Case{"2025-12-31T16:00:07-0800", 7s},
                        Case{"2026-01-01 00:00:07 UTC", 7s},
                        Case{"2026-01-01 00:00:07", 7s},
                        Case{"2026-01-02", 24h},
                        Case{"60 seconds", 60s},
                        Case{"999999999", 999999999s}})
    EXPECT_EQ(parse_delay(c.text, kNow), c.expected) << c.text;
}

TEST(ParseDelay, RefusesTheRest) {
  for (std::string_view text :
       {"", "soon", "-", "-x", "1e3", "0x10", "nan", "7;w=60", "2026-13-01", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z",
        "2026-01-01T00:00:00+99:00", "2026-01-01T00:00:00.Z", "Thu, 01 Jan 2026", "Foo, 01 Jan 2026 00:00:00 GMT",
        "Thu, 32 Jan 2026 00:00:00 GMT", "99999999999999999999"})
    EXPECT_EQ(parse_delay(text, kNow), std::nullopt) << text;
  // So far away that no clock can say it, yet not an error.
  EXPECT_GT(*parse_delay("9999-12-31T23:59:59Z", kNow), 24h * 365 * 200);
  EXPECT_GT(*parse_delay("Fri, 31 Dec 9999 23:59:59 GMT", kNow), 24h * 365 * 200);
}

TEST(FindDelay, ReadsSentencesOfProviders) {
  struct Case {
    std::string_view text;
    Duration expected;
  };
  for (const Case& c : {
           Case{"You exceeded your current quota, please check your plan and billing details. ... Please retry in 38.2s.",
                38200ms},
           Case{"Rate limit reached for model `openai/gpt-oss-120b` in organization `org_x` service tier `on_demand` on "
                "tokens per "
                "minute (TPM): Limit 8000, Used 4437, Requested 5854. Please try again in 11.455s. Need more tokens? ...",
                11455ms},
           Case{"Limit 200000, Used 197050, Requested 3619. Please try again in 9m38.016s. ...", 578016ms},
           Case{"Please try again in 1m26.4s", 86400ms},
           Case{"Please try again in 230ms.", 230ms},
           Case{"Rate limit of 10 per 60s exceeded for UserByModelByMinute. Please wait 12 seconds before retrying.", 12s},
           Case{"Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 34567 seconds", 34567s},
           Case{"Please wait 60 seconds before retrying", 60s},
           Case{"retry after 5 minutes", 5min},
           Case{"Try again in 1 hour and 5 minutes, please", 65min},
           Case{"Retry-After: 30", 30s},
           Case{"retry_after_ms: 500", 500ms},
           Case{R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"38s"})", 38s},
           Case{"retry after 20.", 20s},
           Case{"Please retry your request after 20 seconds", 20s},
           Case{"Wait for about a minute", 1min},
           Case{"The limit resets in 3 days", 72h},
           Case{"TRY AGAIN AFTER 2 Minutes", 2min},
           Case{"Try again later, or try again in 5 s", 5s},
       })
    EXPECT_EQ(find_delay_in_prose(c.text), c.expected) << c.text;
}

TEST(FindDelay, FindsNoneWhereNoneIsTold) {
  for (std::string_view text :
       {"", "The model is overloaded. Please try again later.", "Rate limit of 10 per 60s exceeded",
        "Please try again in a moment", "I retry 3 times",
        "please reduce your message size and try again. See 60 seconds of video", "wait until 14:30", "retry after 14:30",
        "Limit resets every 60 seconds", "waited", "retry in", "retry in 5 parsecs",
        "Requested 6294, Limit 6000 tokens per minute", "try again in 99999999999999999999 seconds"})
    EXPECT_EQ(find_delay_in_prose(text), std::nullopt) << text;
}

TEST(HttpDate, ReadsTheThreeForms) {
  WallTime expected{std::chrono::seconds(784111777)};
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
  EXPECT_EQ(parse_http_date("Sun Nov 16 08:49:37 1994"), expected + 240h);
  EXPECT_EQ(format_http_date(expected), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(expected + 999ms), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (std::string_view text :
       {"Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 PST", "Sun",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT x"})
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(HttpDate, ReadsBackWhatItWrites) {
  for (int day = 0; day < 800; ++day) {
    WallTime time = kNow + std::chrono::hours(day * 29) + std::chrono::seconds(day * 61);
    EXPECT_EQ(parse_http_date(format_http_date(time)), time);
  }
}

TEST(FormatDuration, IsShort) {
  EXPECT_EQ(format_duration(0s), "0 s");
  EXPECT_EQ(format_duration(7ns), "7 ns");
  EXPECT_EQ(format_duration(850us), "850 us");
  EXPECT_EQ(format_duration(230ms), "230 ms");
  EXPECT_EQ(format_duration(7500ms), "7.5 s");
  EXPECT_EQ(format_duration(7s), "7 s");
  EXPECT_EQ(format_duration(38s), "38 s");
  EXPECT_EQ(format_duration(86400ms), "1 min 26 s");
  EXPECT_EQ(format_duration(5min), "5 min");
  EXPECT_EQ(format_duration(123min), "2 h 3 min");
  EXPECT_EQ(format_duration(76h), "3 d 4 h");
  EXPECT_EQ(format_duration(-230ms), "-230 ms");
  EXPECT_EQ(parse_duration(format_duration(123min)), 123min);
}

TEST(RetryAfter, RoundsUpToWholeSeconds) {
  EXPECT_EQ(retry_after_seconds(0s), 1);
  EXPECT_EQ(retry_after_seconds(-5s), 1);
  EXPECT_EQ(retry_after_seconds(1s), 1);
  EXPECT_EQ(retry_after_seconds(1s + 1ns), 2);
  EXPECT_EQ(retry_after_seconds(59999ms), 60);
  EXPECT_EQ(retry_after_seconds(Duration::max()), 9223372037);
}

}  // namespace
}  // namespace freeway
