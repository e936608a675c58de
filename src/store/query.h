// Questions to the request log, and their answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/rows.h"

namespace freeway::store {

// Empty members do not filter.
struct RequestFilter {
  std::string client;
  std::string model;     // as asked, or as served
  std::string provider;  // that served
  std::optional<End> end;
};

struct RequestQuery {
  RequestFilter filter;
  std::optional<std::int64_t> before;  // the `next` of the page before; none: from the newest
  std::size_t limit = 100;             // 1 to 1000
};

// Newest first. One question looks at a bounded part of the log, so with a filter a page may hold less than `limit`, or
// nothing, and still have a `next`.
struct RequestPage {
  std::vector<RequestRecord> requests;  // without their attempts
  std::optional<std::int64_t> next;     // none: the log's beginning was reached
};

// What usage may be split by; combine freely.
struct UsageSplit {
  bool provider = false;
  bool model = false;
  bool key = false;
  bool client = false;
  bool day = false;   // of UTC
  bool hour = false;  // wins over day
};

// Usage is kept by the hour: `from` is rounded down and `to` up to whole hours.
struct UsageQuery {
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  UsageSplit split;
};

// Sums over what was logged, exact, also over requests that retention has since removed from the log. A request counts at
// the route that served it, or at the last one tried, or at an empty one; tokens, attempts and failed attempts count at the
// route of each attempt, so tokens spent on attempts that failed are in.
struct UsageRow {
  std::optional<WallTime> time;  // the day's or hour's beginning, if split by it
  std::string provider;          // these four are "" unless split by
  std::string model;
  std::string key;
  std::string client;
  std::uint64_t requests = 0;  // = answered + failed + broken + cancelled
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t broken = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t attempts = 0;
  std::uint64_t failed_attempts = 0;     // whose outcome is neither "answered" nor "cancelled"
  std::uint64_t estimated_attempts = 0;  // whose tokens are estimates
  Tokens tokens;
};

// Requests that came from `from` on and before `to`.
struct MeasureQuery {
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  UsageSplit split;
};

// One group of requests. A request belongs to the route that served it, or to the last one tried, or to an empty one.
struct MeasureRow {
  std::optional<WallTime> time;  // the day's or hour's beginning, if split by it
  std::string provider;          // these four are "" unless split by
  std::string model;
  std::string key;
  std::string client;
  std::uint64_t requests = 0;  // = answered + failed + broken + cancelled
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t broken = 0;
  std::uint64_t cancelled = 0;
  // Each is a value that was measured: the smallest that at least so many percent do not exceed.
  std::optional<Duration> ttft_p50, ttft_p95;    // to the first content, of answered streams
  std::optional<Duration> total_p50, total_p95;  // of answered requests
  std::optional<double> speed_p50;               // tokens a second after the first content, of answered streams
  Tokens tokens;                                 // as clients were told
};

struct Measured {
  std::vector<MeasureRow> rows;  // by time, then provider, model, key, client; without any split one row
  bool complete = true;          // false: requests of that time are no longer in the log, or too many to look at
};

// What a store does, from counters in memory.
struct StoreStatus {
  std::uint64_t logged = 0;   // records written since the start
  std::uint64_t dropped = 0;  // records lost since the start: the queue was full, or the disk
  std::uint64_t waiting = 0;  // records not yet written
  std::uint64_t bytes = 0;    // the database and its log of writes on disk
  std::string trouble;        // why the last write failed, as a sentence; "" if it did not
};

}  // namespace freeway::store
