#include "farm/style.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string_view phrase(Gauge gauge) {
  switch (gauge) {
    case Gauge::rpm: return "requests per minute (RPM)";
    case Gauge::rpd: return "requests per day (RPD)";
    case Gauge::tpm: return "tokens per minute (TPM)";
    case Gauge::tpd: return "tokens per day (TPD)";
    case Gauge::concurrency: return "concurrent requests";
  }
  return "";
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

std::string_view error_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 402) return "insufficient_quota";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

void add(std::vector<http::Field>& headers, std::string name, std::string value) {
  headers.push_back({std::move(name), std::move(value)});
}

// limit, remaining and reset of one window; `float_seconds` or Go's spelling.
void add_triple(std::vector<http::Field>& headers, std::string_view name, Window& window, Duration span, const Moment& now,
                bool float_seconds) {
  if (window.limit() == 0) return;
  const auto used = window.used(now);
  const auto left = window.limit() - std::min(window.limit(), used);
  // Until the window is as new, as the providers document it; of an empty one until the next place.
  const auto reset = window.wait(now, left > 0 ? window.limit() : 1).value_or(span);
  add(headers, fmt::format("x-ratelimit-limit-{}", name), std::to_string(window.limit()));
  add(headers, fmt::format("x-ratelimit-remaining-{}", name), std::to_string(left));
  add(headers, fmt::format("x-ratelimit-reset-{}", name),
      float_seconds ? fmt::format("{:.3f}", seconds_of(reset)) : go_duration(reset));
}

std::string openai_message(const Refusal& why, std::string_view model) {
  auto text = fmt::format("Rate limit reached for {} in organization org-farm on {}: Limit {}, Used {}, Requested {}.",
                          model, phrase(why.gauge), why.limit, why.used, why.requested);
  if (why.never) return text + " The request is too large; reduce its size.";
  return text + fmt::format(" Please try again in {}.", go_duration(why.wait));
}

void add_retry_after(Plain& plain, const Refusal& why) {
  if (!why.never) add(plain.headers, "retry-after", std::to_string(retry_after_seconds(why.wait)));
}

Plain openrouter_refusal(const Refusal& why, const Moment& now) {
  const auto wait = why.never ? std::chrono::hours(24) : why.wait;
  const auto reset = std::chrono::ceil<std::chrono::milliseconds>((now.wall + wait).time_since_epoch()).count();
  Plain plain{429, {}, {}};
  add(plain.headers, "X-RateLimit-Limit", std::to_string(why.limit));
  add(plain.headers, "X-RateLimit-Remaining", "0");
  add(plain.headers, "X-RateLimit-Reset", std::to_string(reset));
  const bool day = why.gauge == Gauge::rpd || why.gauge == Gauge::tpd;
  plain.body = fmt::format(
      R"({{"error":{{"message":"Rate limit exceeded: free-models-per-{}","code":429,"metadata":{{"headers":{{"X-RateLimit-Limit":"{}","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"{}"}},"provider_name":null}}}},"user_id":"user_farm"}})",
      day ? "day" : "min", why.limit, reset);
  return plain;
}

Plain google_refusal(const Refusal& why, std::string_view model) {
  Plain plain{429, {}, {}};
  plain.body = fmt::format(
      R"([{{"error":{{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{"quotaMetric":"generativelanguage.googleapis.com/{}","quotaDimensions":{{"model":{}}},"quotaValue":"{}"}}]}},{{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{}s"}}]}}}}])",
      to_string(why.gauge), json::quote(model), why.limit, why.never ? 86400.0 : seconds_of(why.wait));
  return plain;
}

}  // namespace

std::optional<Style> style_named(std::string_view name) {
  if (name == "openai") return Style::openai;
  if (name == "groq") return Style::groq;
  if (name == "cerebras") return Style::cerebras;
  if (name == "openrouter") return Style::openrouter;
  if (name == "google") return Style::google;
  if (name == "bare") return Style::bare;
  return std::nullopt;
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

Plain plain_error(Style style, int status, std::string_view message, std::string_view code) {
  Plain plain;
  plain.status = status;
  switch (style) {
    case Style::openai:
    case Style::groq: {
      const auto spelled = code.empty() ? std::string("null") : json::quote(code);
      plain.body = fmt::format(R"({{"error":{{"message":{},"type":"{}","param":null,"code":{}}}}})", json::quote(message),
                               error_type(status), spelled);
      break;
    }
    case Style::cerebras:
      plain.body = fmt::format(R"({{"message":{},"type":"{}","param":"","code":{}}})", json::quote(message),
                               error_type(status), json::quote(code));
      break;
    case Style::openrouter:
      plain.body =
          fmt::format(R"({{"error":{{"message":{},"code":{}}},"user_id":"user_farm"}})", json::quote(message), status);
      break;
    case Style::google:
      plain.body = fmt::format(R"([{{"error":{{"code":{},"message":{},"status":"{}"}}}}])", status, json::quote(message),
                               google_status(status));
      break;
    case Style::bare: plain.body = fmt::format(R"({{"detail":{}}})", json::quote(message)); break;
  }
  return plain;
}

Plain usual_error(Style style, int status, std::string_view model) {
  switch (status) {
    case 400: return plain_error(style, 400, "Invalid request.", "");
    case 401: return plain_error(style, 401, "Incorrect API key provided.", "invalid_api_key");
    case 402: return plain_error(style, 402, "Insufficient credits. Add more to continue.", "insufficient_quota");
    case 403: return plain_error(style, 403, "You do not have access to this resource.", "forbidden");
    case 404: return plain_error(style, 404, fmt::format("The model `{}` does not exist.", model), "model_not_found");
    case 413: return plain_error(style, 413, "Request too large.", "request_too_large");
    case 429: return plain_error(style, 429, "Rate limit reached. Please slow down.", "rate_limit_exceeded");
    case 503: return plain_error(style, 503, "The engine is currently overloaded, please try again later.", "overloaded");
    default:
      if (status >= 500)
        return plain_error(style, status, "The server had an error while processing your request.", "server_error");
      return plain_error(style, status, "The request was refused.", "");
  }
}

Plain refusal(Style style, const Refusal& why, std::string_view model, const Moment& now) {
  switch (style) {
    case Style::google: return google_refusal(why, model);
    case Style::openrouter: return openrouter_refusal(why, now);
    case Style::bare: return Plain{429, {}, R"({"detail":"Too Many Requests"})"};
    case Style::cerebras: {
      const bool tokens = counts_tokens(why.gauge);
      auto plain = plain_error(
          style, 429,
          fmt::format("{} limit exceeded - too many {} processed.", phrase(why.gauge), tokens ? "tokens" : "requests"),
          tokens ? "token_quota_exceeded" : "request_quota_exceeded");
      add_retry_after(plain, why);
      return plain;
    }
    case Style::openai:
    case Style::groq: {
      const int status = why.never && style == Style::groq ? 413 : 429;
      auto plain = plain_error(style, status, openai_message(why, model), "rate_limit_exceeded");
      add_retry_after(plain, why);
      return plain;
    }
  }
  return {};
}

void add_limit_headers(Style style, Quota& quota, const Moment& now, std::vector<http::Field>& headers) {
  if (!quota.limits().any()) return;
  const auto& limits = quota.limits();
  if (style == Style::openai) {
    add_triple(headers, "requests", quota.window(Gauge::rpm), limits.minute, now, false);
    add_triple(headers, "tokens", quota.window(Gauge::tpm), limits.minute, now, false);
  } else if (style == Style::groq) {
    add_triple(headers, "requests", quota.window(Gauge::rpd), limits.day, now, false);
    add_triple(headers, "tokens", quota.window(Gauge::tpm), limits.minute, now, false);
  } else if (style == Style::cerebras) {
    add_triple(headers, "requests-day", quota.window(Gauge::rpd), limits.day, now, true);
    add_triple(headers, "tokens-minute", quota.window(Gauge::tpm), limits.minute, now, true);
  }
}

}  // namespace freeway::farm
