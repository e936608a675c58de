// The dress of each family of providers: error bodies, rate-limit headers, spellings of a delay.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "farm/limits.h"
#include "http/fields.h"

namespace freeway::farm {

//  openai      x-ratelimit-*-requests and -tokens of the minute, resets as "6m0s"; retry-after; delay in the message
//  groq        the same names, but requests of the day and tokens of the minute; 413 for what is too large at once
//  cerebras    x-ratelimit-*-requests-day and -tokens-minute, resets as float seconds; a flat body
//  openrouter  X-RateLimit-Reset in epoch milliseconds, on refusals only, in headers and body
//  google      no headers; RetryInfo with a protobuf duration in an array of one
//  bare        429 and nothing else
enum class Style : std::uint8_t { openai, groq, cerebras, openrouter, google, bare };
std::optional<Style> style_named(std::string_view name);

struct Plain {  // an answer that is one status and one body
  int status = 200;
  std::vector<http::Field> headers;
  std::string body;
};

// An error in the style's envelope. `code` may be empty.
Plain plain_error(Style style, int status, std::string_view message, std::string_view code);
// The usual words for a status, for faults without a body of their own.
Plain usual_error(Style style, int status, std::string_view model);
// What is said to a request that is over a limit.
Plain refusal(Style style, const Refusal& why, std::string_view model, const Moment& now);
// What goes with every answer where limits are set.
void add_limit_headers(Style style, Quota& quota, const Moment& now, std::vector<http::Field>& headers);

// "1m26.4s", "230ms", "6m0s", as Go prints them.
std::string go_duration(Duration duration);

}  // namespace freeway::farm
