// What can go wrong at a provider, as data: one kind, its parameters, and when it strikes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "farm/style.h"
#include "farm/table.h"
#include "http/fields.h"

namespace freeway::farm {

enum class FaultKind : std::uint8_t {
  ok,      // a good answer; with `headers` added to it
  status,  // `status`, `headers`, `body`
  hang,    // nothing, until the client leaves
  comments,
  headers_only,
  drip,          // one byte every `interval`
  close_before,  // FIN without an answer
  reset,         // RST after the head, or after `after` chunks
  close_mid_stream,
  stall_mid_stream,
  no_done,
  no_finish,
  corrupt_frame,
  truncated_tool_arguments,
  html_200,
  empty_200,
  empty_completion,
  truncated_content_length,
  redirect,
  error_in_stream,
  error_in_200,
  json_for_stream,
  byte_by_byte,
  crlf,
  cr,
  mixed,
  gzip,
  keepalive_close,
  slow_headers,
  clip_prompt,  // a good answer to the last quarter of the prompt, as its usage tells and nothing else
  raw,          // `body` is everything that is written, head included
  // What becomes of an answer that is put off.
  faulted,
  impossible,
  censored,
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::censored) + 1;
std::string_view to_string(FaultKind kind);
std::optional<FaultKind> fault_kind(std::string_view name);
// The client gets a good answer all the same, only in an uncommon form.
bool harmless(FaultKind kind);

// How lines of an event stream end. mixed: all of them in turn, with comments, event and id lines and "data:" without a
// space.
enum class Eol : std::uint8_t { lf, crlf, cr, mixed };
// Whether an answer tells its usage. asked: as OpenAI does, in a frame of its own when `include_usage` asks for it.
enum class UsageMode : std::uint8_t { asked, none, bundled, separate };
std::optional<UsageMode> usage_mode(std::string_view name);

struct Fault {
  FaultKind kind = FaultKind::ok;
  int status = 200;
  std::vector<http::Field> headers;  // added to whatever head is sent
  std::optional<std::string> body;
  std::optional<Occasion> occasion;  // status: the style's own words and status for it
  std::optional<unsigned> after;     // chunks of content before it strikes
  Duration interval{};               // between dripped bytes, comments; before an idle close
  std::string location;              // redirect
  std::optional<Eol> eol;            // default: the wire's own
  bool gzip = false;
  std::size_t piece = 0;  // bytes a write; 0: as they come
  std::optional<UsageMode> usage;
};

// A fault and when it strikes. Empty filters match everything.
struct Strike {
  Fault fault;
  double probability = 1;
  std::uint64_t times = UINT64_MAX;  // then never again; in a script: how often in a row
  std::string key;
  std::string model;
  std::string match;  // part of the last user message
};

// "429 retry-after=7", "ok", "close_mid_stream after=3 times=2": a status or a kind, then parameters; what is no parameter
// is a header. Fails with invalid.
Result<Strike> parse_strike(std::string_view line);
// A string as above, or a table { kind | status, headers, body, after, interval, times, probability, key, model, match … }.
Strike read_strike(json::Value value, const std::string& place, Problem& problem);

}  // namespace freeway::farm
