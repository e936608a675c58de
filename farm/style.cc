#include "farm/style.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/duration.h"
#include "farm/style_tables.h"
#include "farm/style_words.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

constexpr std::array<std::string_view, 19> kOccasions{
    "second",    "minute",       "hour", "day",        "month",       "limited", "concurrent",
    "neurons",   "balance",      "busy", "too_large",  "bad_request", "context", "unauthorized",
    "forbidden", "not_entitled", "gone", "overloaded", "server_error"};

const ErrorRow* row_for(const Style& style, Occasion occasion) {
  const auto row =
      std::find_if(style.errors.begin(), style.errors.end(), [&](const ErrorRow& one) { return one.occasion == occasion; });
  return row == style.errors.end() ? nullptr : &*row;
}

Plain filled(const ErrorRow& row, const Words& words) { return {row.status, {}, fill(row.body, words), row.content_type}; }

Occasion occasion_of(Period period) {
  switch (period) {
    case Period::second: return Occasion::second;
    case Period::minute: return Occasion::minute;
    case Period::hour: return Occasion::hour;
    case Period::day: return Occasion::day;
    case Period::month: return Occasion::month;
    case Period::once: return Occasion::balance;
  }
  return Occasion::limited;
}

Occasion occasion_of(const Refusal& why) {
  if (why.never && why.requested > why.limit) return Occasion::too_large;
  if (why.unit == Unit::credit) return Occasion::balance;
  if (why.unit == Unit::neurons) return Occasion::neurons;
  if (why.unit == Unit::concurrent) return Occasion::concurrent;
  return occasion_of(why.period);
}

// The row of a refusal: its own, else that of its period, else that of any limit.
const ErrorRow* refusal_row(const Style& style, const Refusal& why) {
  const auto occasion = occasion_of(why);
  if (const auto* row = row_for(style, occasion); row != nullptr) return row;
  if (occasion == Occasion::balance) return nullptr;
  if (occasion != Occasion::concurrent) {
    if (const auto* row = row_for(style, occasion_of(why.period)); row != nullptr) return row;
  }
  return row_for(style, Occasion::limited);
}

struct Usual {
  Occasion occasion;
  int status;
  std::string_view message;
  std::string_view code;
};

constexpr Usual kUsual[] = {
    {Occasion::bad_request, 400, "Invalid request.", ""},
    {Occasion::context, 400, "This model's maximum context length is exceeded.", "context_length_exceeded"},
    {Occasion::unauthorized, 401, "Incorrect API key provided.", "invalid_api_key"},
    {Occasion::balance, 402, "Insufficient credits. Add more to continue.", "insufficient_quota"},
    {Occasion::forbidden, 403, "You do not have access to this resource.", "forbidden"},
    {Occasion::not_entitled, 403, "This model is not part of your plan.", "not_entitled"},
    {Occasion::gone, 404, "The model `<model>` does not exist.", "model_not_found"},
    {Occasion::too_large, 413, "Request too large.", "request_too_large"},
    {Occasion::limited, 429, "Rate limit reached. Please slow down.", "rate_limit_exceeded"},
    {Occasion::overloaded, 503, "The engine is currently overloaded, please try again later.", "overloaded"},
    {Occasion::server_error, 500, "The server had an error while processing your request.", "server_error"},
};

// Figures for an error that no limit is behind.
Refusal made_up(Occasion occasion) {
  Refusal why{Unit::requests, Period::minute, 20, 20, 1, std::chrono::seconds(12), false, false};
  switch (occasion) {
    case Occasion::second: why = {Unit::requests, Period::second, 1, 1, 1, std::chrono::seconds(1)}; break;
    case Occasion::hour: why = {Unit::requests, Period::hour, 200, 200, 1, std::chrono::seconds(754)}; break;
    case Occasion::day: why = {Unit::requests, Period::day, 50, 50, 1, std::chrono::seconds(34'567)}; break;
    case Occasion::month: why = {Unit::requests, Period::month, 1000, 1000, 1, std::chrono::hours(24 * 13)}; break;
    case Occasion::neurons:
      why = {Unit::neurons, Period::day, 10'000'000'000, 10'000'000'000, 9, std::chrono::hours(7)};
      break;
    case Occasion::balance:
      why = {Unit::credit, Period::month, 100'000, 100'000, 13'600, std::chrono::hours(24 * 13)};
      break;
    case Occasion::too_large:
    case Occasion::context: why = {Unit::tokens, Period::minute, 8000, 0, 12'000, kLongest, true}; break;
    default: break;
  }
  return why;
}

Plain enveloped(const Style& style, int status, std::string_view message, std::string_view code, std::string_view model) {
  const Refusal none;
  const Moment never;
  const Words inner{status, "", "", model, none, never};
  // The message may name the model; the envelope escapes it as a whole.
  const auto text = fill(message, inner, false);
  return {status, {}, fill(style.envelope, {status, text, code, model, none, never})};
}

// The level that a header row tells of, or null.
const Level* level_for(const HeaderRow& row, std::span<const Level> levels) {
  const Level* best = nullptr;
  for (const auto& level : levels) {
    if (level.unit != row.unit || level.period != row.period) continue;
    if (row.width != Width::any && level.narrow != (row.width == Width::narrow)) continue;
    if (best == nullptr || level.remaining < best->remaining) best = &level;
  }
  return best;
}

std::string spelled(Spelling spelling, Duration wait, const Moment& now) {
  switch (spelling) {
    case Spelling::go: return go_duration(wait);
    case Spelling::float_seconds: return fmt::format("{:.3f}", seconds_of(wait));
    case Spelling::epoch:
      return std::to_string(std::chrono::ceil<std::chrono::seconds>((now.wall + wait).time_since_epoch()).count());
    case Spelling::epoch_ms: return std::to_string(epoch_ms(now.wall + wait));
    case Spelling::seconds:
    case Spelling::count: break;
  }
  return std::to_string(whole_seconds(wait));
}

std::string told(const HeaderRow& row, const Level& level, const Moment& now) {
  switch (row.figure) {
    case Figure::limit: return figure(level.unit, level.limit);
    case Figure::remaining: return figure(level.unit, level.remaining);
    case Figure::charged: return figure(level.unit, level.charged);
    default: return spelled(row.spelling, level.reset, now);
  }
}

std::string told(const HeaderRow& row, const Refusal& why, const Moment& now) {
  switch (row.figure) {
    case Figure::limit: return figure(why.unit, why.limit);
    case Figure::remaining: return figure(why.unit, why.limit - std::min(why.limit, why.used));
    case Figure::bucket: return bucket(why);
    default: return spelled(row.spelling, std::min(why.wait, kLongest), now);
  }
}

}  // namespace

std::string_view to_string(Occasion occasion) { return kOccasions[static_cast<std::size_t>(occasion)]; }

std::optional<Occasion> occasion_named(std::string_view name) {
  const auto found = std::find(kOccasions.begin(), kOccasions.end(), name);
  if (found == kOccasions.end()) return std::nullopt;
  return static_cast<Occasion>(found - kOccasions.begin());
}

const Style* style_named(std::string_view name) {
  for (const auto styles : {styles_of_labs(), styles_of_clouds(), styles_of_routers(), styles_of_china()}) {
    for (const auto& style : styles) {
      if (style.name == name) return &style;
    }
  }
  return nullptr;
}

std::string style_names() {
  std::string names;
  for (const auto styles : {styles_of_labs(), styles_of_clouds(), styles_of_routers(), styles_of_china()}) {
    for (const auto& style : styles) names += fmt::format("{}{}", names.empty() ? "" : ", ", style.name);
  }
  return names;
}

std::string go_duration(Duration duration) {
  const auto total = std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(duration).count());
  if (total < 1000) return fmt::format("{}ms", total);
  const auto hours = total / 3'600'000;
  const auto minutes = total / 60'000 % 60;
  std::string text;
  if (hours > 0) text += fmt::format("{}h", hours);
  if (hours > 0 || minutes > 0) text += fmt::format("{}m", minutes);
  return text + fmt::format("{}s", static_cast<double>(total % 60'000) / 1000);
}

Plain plain_error(const Style& style, int status, std::string_view message, std::string_view code) {
  const Refusal none;
  const Moment never;
  return {status, {}, fill(style.envelope, {status, message, code, "", none, never})};
}

Plain error_of(const Style& style, Occasion occasion, std::string_view model, const Moment& now) {
  const auto why = made_up(occasion);
  if (const auto* row = row_for(style, occasion); row != nullptr)
    return filled(*row, {row->status, "", "", model, why, now});
  const bool limit = occasion <= Occasion::neurons;
  if (limit) {
    if (const auto* row = refusal_row(style, why); row != nullptr)
      return filled(*row, {row->status, "", "", model, why, now});
  }
  const auto wanted = limit || occasion == Occasion::busy ? Occasion::limited : occasion;
  const auto* usual =
      std::find_if(std::begin(kUsual), std::end(kUsual), [&](const Usual& one) { return one.occasion == wanted; });
  return enveloped(style, usual->status, usual->message, usual->code, model);
}

std::optional<Plain> context_error(const Style& style, std::string_view model, std::uint64_t tokens, std::uint64_t context) {
  const auto* row = row_for(style, Occasion::context);
  if (row == nullptr) return std::nullopt;
  const Refusal why{Unit::tokens, Period::once, context, 0, tokens, kLongest, true, false};
  return filled(*row, {row->status, "", "", model, why, {}});
}

Plain usual_error(const Style& style, int status, std::string_view model) {
  const auto* usual = std::find_if(std::begin(kUsual), std::end(kUsual), [&](const Usual& one) {
    return one.status == status && one.occasion != Occasion::context && one.occasion != Occasion::not_entitled;
  });
  if (usual == std::end(kUsual)) {
    if (status < 500) return enveloped(style, status, "The request was refused.", "", model);
    usual = std::end(kUsual) - 1;
  }
  // The provider's own words, where they come with this status. Those of a limit would need its figures.
  const auto* row = usual->occasion == Occasion::limited ? nullptr : row_for(style, usual->occasion);
  if (row == nullptr || row->status != status) return enveloped(style, status, usual->message, usual->code, model);
  const auto why = made_up(usual->occasion);
  return filled(*row, {status, "", "", model, why, {}});
}

Plain refusal(const Style& style, const Refusal& why, std::string_view model, const Moment& now) {
  const auto* row = refusal_row(style, why);
  Plain plain;
  if (row != nullptr && !(why.hidden && has_figures(row->body))) {
    plain = filled(*row, {row->status, "", "", model, why, now});
  } else if (occasion_of(why) == Occasion::balance) {
    plain = usual_error(style, 402, model);
  } else {
    plain = enveloped(style, 429, "Too Many Requests", "rate_limit_exceeded", model);
  }
  if (style.retry_after && !why.hidden && !why.never) {
    plain.headers.emplace_back("retry-after", std::to_string(retry_after_seconds(why.wait)));
  }
  return plain;
}

void add_limit_headers(const Style& style, std::span<const Level> levels, const Refusal* why, const Moment& now,
                       std::vector<http::Field>& headers) {
  for (const auto& row : style.headers) {
    if (row.refusals_only) {
      if (why != nullptr && !why->hidden) headers.emplace_back(row.name, told(row, *why, now));
    } else if (const auto* level = level_for(row, levels); level != nullptr) {
      headers.emplace_back(row.name, told(row, *level, now));
    }
  }
}

}  // namespace freeway::farm
