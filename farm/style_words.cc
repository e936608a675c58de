#include "farm/style_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "farm/style.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

std::string_view error_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 402) return "insufficient_quota";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

std::string_view google_status(int status) {
  switch (status) {
    case 400: return "INVALID_ARGUMENT";
    case 401: return "UNAUTHENTICATED";
    case 403: return "PERMISSION_DENIED";
    case 404: return "NOT_FOUND";
    case 429: return "RESOURCE_EXHAUSTED";
    case 503: return "UNAVAILABLE";
    case 504: return "DEADLINE_EXCEEDED";
    default: return "INTERNAL";
  }
}

std::string_view title(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 413: return "Payload Too Large";
    case 429: return "Too Many Requests";
    case 503: return "Service Unavailable";
    default: return status >= 500 ? "Internal Server Error" : "Error";
  }
}

// "RPM", "TPD".
std::string letters(const Words& words) {
  static constexpr std::array<char, 6> kPeriods{'S', 'M', 'H', 'D', 'O', 'T'};
  return fmt::format("{}P{}", words.tokens() ? 'T' : 'R', kPeriods[static_cast<std::size_t>(words.why.period)]);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string phrase(const Words& words) {
  if (words.why.unit == Unit::concurrent) return "concurrent requests";
  return fmt::format("{} per {} ({})", words.tokens() ? "tokens" : "requests", to_string(words.why.period), letters(words));
}

std::string thousands(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::int64_t period_seconds(Period period) {
  switch (period) {
    case Period::second: return 1;
    case Period::minute: return 60;
    case Period::hour: return 3600;
    case Period::day: return 86'400;
    case Period::month:
    case Period::once: return 2'592'000;
  }
  return 0;
}

// A place, whether it holds a figure that a hidden limit must not show, and what stands there.
struct Place {
  std::string_view name;
  bool figure;
  std::string (*text)(const Words&);
};

constexpr Place kPlaces[] = {
    {"message", false, [](const Words& w) { return std::string(w.message); }},
    {"code", false, [](const Words& w) { return std::string(w.code); }},
    {"code_or_null", false, [](const Words& w) { return w.code.empty() ? "null" : json::quote(w.code); }},
    {"type", false, [](const Words& w) { return std::string(error_type(w.status)); }},
    {"status", false, [](const Words& w) { return std::to_string(w.status); }},
    {"title", false, [](const Words& w) { return std::string(title(w.status)); }},
    {"google_status", false, [](const Words& w) { return std::string(google_status(w.status)); }},
    {"model", false, [](const Words& w) { return std::string(w.model); }},
    {"limit", true, [](const Words& w) { return figure(w.why.unit, w.why.limit); }},
    {"limit_thousands", true,
     [](const Words& w) { return thousands(static_cast<std::uint64_t>(shown(w.why.unit, w.why.limit))); }},
    {"used", true, [](const Words& w) { return figure(w.why.unit, w.why.used); }},
    {"requested", true, [](const Words& w) { return figure(w.why.unit, w.why.requested); }},
    {"wait", true, [](const Words& w) { return std::to_string(whole_seconds(w.wait())); }},
    {"wait_float", true, [](const Words& w) { return fmt::format("{:.6f}", seconds_of(w.wait())); }},
    {"wait_go", true, [](const Words& w) { return go_duration(w.wait()); }},
    {"wait_days", true, [](const Words& w) { return std::to_string(whole_seconds(w.wait()) / 86'400 + 1); }},
    {"until_ms", true, [](const Words& w) { return std::to_string(epoch_ms(w.now.wall + w.wait())); }},
    {"phrase", false, phrase},
    {"letters", false, letters},
    {"letters_small", false, [](const Words& w) { return lower(letters(w)); }},
    {"Letters", false, [](const Words& w) { return letters(w).substr(0, 1) + lower(letters(w).substr(1)); }},
    {"kind", false, [](const Words& w) { return std::string(w.tokens() ? "tokens" : "requests"); }},
    {"Kind", false, [](const Words& w) { return std::string(w.tokens() ? "Tokens" : "Requests"); }},
    {"one", false, [](const Words& w) { return std::string(w.tokens() ? "token" : "request"); }},
    {"done", false, [](const Words& w) { return std::string(w.tokens() ? "processed" : "sent"); }},
    {"period", false, [](const Words& w) { return std::string(to_string(w.why.period)); }},
    {"period_seconds", true, [](const Words& w) { return std::to_string(period_seconds(w.why.period)); }},
    {"bucket", false, [](const Words& w) { return bucket(w.why); }},
    {"ollama_period", false, [](const Words& w) { return std::string(w.why.period < Period::day ? "session" : "weekly"); }},
    {"google_metric", false,
     [](const Words& w) {
       return std::string(w.tokens() ? "generate_content_free_tier_input_token_count"
                                     : "generate_content_free_tier_requests");
     }},
    {"google_quota", false,
     [](const Words& w) { return std::string(w.tokens() ? "GenerateContentInputTokens" : "GenerateRequests"); }},
};

const Place* place_named(std::string_view name) {
  const auto* place =
      std::find_if(std::begin(kPlaces), std::end(kPlaces), [&](const Place& one) { return one.name == name; });
  return place == std::end(kPlaces) ? nullptr : place;
}

// Calls `text` with what stands between places and `place` with each place, in order.
template <typename OnText, typename OnPlace>
void read_body(std::string_view body, OnText text, OnPlace on_place) {
  while (!body.empty()) {
    const auto open = std::min(body.find('<'), body.size());
    text(body.substr(0, open));
    body.remove_prefix(open);
    const auto close = body.find('>');
    if (close == std::string_view::npos) return text(body);
    on_place(place_named(body.substr(1, close - 1)));
    body.remove_prefix(close + 1);
  }
}

}  // namespace

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }
std::int64_t whole_seconds(Duration duration) { return std::chrono::ceil<std::chrono::seconds>(duration).count(); }
std::int64_t epoch_ms(WallTime at) { return std::chrono::ceil<std::chrono::milliseconds>(at.time_since_epoch()).count(); }

std::string figure(Unit unit, std::uint64_t amount) {
  return in_millionths(unit) ? fmt::format("{:.4f}", shown(unit, amount)) : std::to_string(amount);
}

std::string bucket(const Refusal& why) {
  if (why.unit == Unit::concurrent) return "UserConcurrentRequests";
  std::string period(to_string(why.period));
  period.front() = static_cast<char>(period.front() - 32);
  return (why.unit == Unit::requests ? "UserByModelBy" : "UserByModelByTokensBy") + period;
}

std::string fill(std::string_view body, const Words& words, bool inside_json) {
  std::string out;
  read_body(
      body, [&](std::string_view text) { out += text; },
      [&](const Place* place) {
        if (place == nullptr) return;
        const auto text = place->text(words);
        // All but one stand inside a JSON string.
        const bool as_it_is = !inside_json || place->name == "code_or_null";
        as_it_is ? void(out += text) : json::append_escaped(out, text);
      });
  return out;
}

bool has_figures(std::string_view body) {
  bool any = false;
  read_body(body, [](std::string_view) {}, [&](const Place* place) { any = any || (place != nullptr && place->figure); });
  return any;
}

}  // namespace freeway::farm
