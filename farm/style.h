// The dress of each provider as data: which rate-limit headers it sends and what its error bodies look like. The tables are
// in style_*.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "farm/pool.h"
#include "http/fields.h"

namespace freeway::farm {

// What a header tells. `bucket` is the name of the limit that refused, as GitHub spells it.
enum class Figure : std::uint8_t { limit, remaining, reset, charged, wait, bucket };
enum class Spelling : std::uint8_t {
  count,
  go,             // "1m26.4s"
  float_seconds,  // "7.660"
  seconds,        // whole, rounded up
  epoch,          // seconds since 1970, rounded up
  epoch_ms,
};

// Whose pool a header tells of: the one with the least left, one over all models, or the model's own.
enum class Width : std::uint8_t { any, wide, narrow };

struct HeaderRow {
  std::string_view name;
  Figure figure;
  Unit unit = Unit::requests;
  Period period = Period::minute;
  Spelling spelling = Spelling::count;
  bool refusals_only = false;  // and then of the limit that refused
  Width width = Width::any;
};

// What an error says. Minute to month are refusals by a limit of that period, `limited` those of any other.
enum class Occasion : std::uint8_t {
  second,
  minute,
  hour,
  day,
  month,
  limited,
  concurrent,
  neurons,
  balance,  // credit, or what was granted once, is used up; 402 in most places
  busy,     // a 429 that is not about this key's limits
  too_large,
  bad_request,
  context,
  unauthorized,
  forbidden,
  not_entitled,
  gone,  // the model
  overloaded,
  server_error,
};
std::optional<Occasion> occasion_named(std::string_view name);
std::string_view to_string(Occasion occasion);

// The body holds <places> for figures and words; style.cc lists them.
struct ErrorRow {
  Occasion occasion;
  int status;
  std::string_view body;
  std::string_view content_type = "application/json";
};

struct Style {
  std::string_view name;
  std::string_view envelope;  // for errors without a row of their own
  std::span<const ErrorRow> errors;
  std::span<const HeaderRow> headers;
  bool retry_after = false;  // on refusals
};
// Null if there is no such style.
const Style* style_named(std::string_view name);
std::string style_names();
const Style& openai_style();

struct Plain {  // an answer that is one status and one body
  int status = 200;
  std::vector<http::Field> headers;
  std::string body;
  std::string_view content_type = "application/json";
};

// An error in the style's envelope. `code` may be empty.
Plain plain_error(const Style& style, int status, std::string_view message, std::string_view code);
// The usual words for a status, for faults without a body of their own.
Plain usual_error(const Style& style, int status, std::string_view model);
// The words of an occasion, with figures that such a provider might tell. The usual ones where the style has none.
Plain error_of(const Style& style, Occasion occasion, std::string_view model, const Moment& now);
// What a prompt over the model's context is told, where the style has words of its own for it.
std::optional<Plain> context_error(const Style& style, std::string_view model, std::uint64_t tokens, std::uint64_t context);
// What is said to a request that is over a limit; no figures where the limit is hidden.
Plain refusal(const Style& style, const Refusal& why, std::string_view model, const Moment& now);
// What goes with an answer. `why`: on refusals.
void add_limit_headers(const Style& style, std::span<const Level> levels, const Refusal* why, const Moment& now,
                       std::vector<http::Field>& headers);

// "1m26.4s", "230ms", "6m0s", as Go prints them.
std::string go_duration(Duration duration);

}  // namespace freeway::farm
