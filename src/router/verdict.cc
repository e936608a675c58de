#include "router/verdict.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"

namespace freeway::router {

using chat::Fault;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

using Words = std::span<const std::string_view>;

// First steps where the provider told no delay. Benches doubles them.
constexpr Duration kServerTrouble = seconds(1);
constexpr Duration kOverloaded = seconds(2);
constexpr Duration kRateLimited = seconds(10);
constexpr Duration kNotRouted = seconds(10);
constexpr Duration kDegraded = seconds(30);
constexpr Duration kGone = minutes(10);
constexpr Duration kForbidden = minutes(10);
constexpr Duration kQuota = hours(1);
constexpr Duration kBilling = hours(1);
constexpr Duration kForever = Duration::max();
// What is told for a day's quota may be the delay of another window; so short it can't be the day's.
constexpr Duration kShortForADay = minutes(15);
constexpr Duration kLongestTold = hours(24 * 40);

bool has(std::string_view text, std::string_view word) { return ifind(text, word) != std::string_view::npos; }

bool has_any(std::string_view text, Words words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return has(text, word); });
}

// In the structured fields that name the error.
bool coded(const Fault& fault, Words words) { return has_any(fault.code, words) || has_any(fault.type, words); }

bool said(const Fault& fault, Words words) { return has_any(fault.message, words); }

std::size_t first_of(std::string_view text, Words words) {
  std::size_t at = std::string_view::npos;
  for (auto word : words) at = std::min(at, ifind(text, word));
  return at;
}

Verdict verdict(Reason reason, Blame blame, std::optional<Duration> bench) {
  Verdict made;
  made.reason = reason;
  made.blame = blame;
  made.bench = bench;
  return made;
}

Verdict client(Reason reason) { return verdict(reason, Blame::client, std::nullopt); }

// The provider's own delay, where it told one.
Verdict timed(Reason reason, Blame blame, Duration otherwise, const Fault& fault) {
  Verdict made = verdict(reason, blame, otherwise);
  if (fault.retry_after && *fault.retry_after > Duration::zero()) {
    made.bench = std::min(*fault.retry_after, kLongestTold);
    made.told = true;
  }
  return made;
}

constexpr std::array<std::string_view, 4> kContextCodes = {"context_length_exceeded", "tokens_limit_reached",
                                                           "string_above_max_length", "context_window_exceeded"};
constexpr std::array<std::string_view, 11> kContextWords = {
    "maximum context length", "maximum number of tokens", "reduce the length of", "exceeds max length",
    "too many tokens",        "prompt is too long",       "context window",       "exceeds the context",
    "context size",           "input is too long",        "too large for model"};
constexpr std::array<std::string_view, 7> kFilterCodes = {"content_filter",     "content_policy",  "contentfilter",
                                                          "moderation",         "data_inspection", "prohibited_content",
                                                          "responsibleaipolicy"};
constexpr std::array<std::string_view, 4> kFilterWords = {"unsafe or sensitive content", "content management policy",
                                                          "flagged by moderation", "input was flagged"};
constexpr std::array<std::string_view, 4> kKeyCodes = {"api_key_invalid", "invalid_api_key", "wrong_api_key",
                                                       "invalid_iam_token"};
constexpr std::array<std::string_view, 7> kModelCodes = {
    "model_not_found", "model_decommissioned", "model_not_supported", "model_not_available",
    "model_not_exist", "unknown_model",        "model_deprecated"};
constexpr std::array<std::string_view, 6> kModelWords = {"no such model",          "unknown model",
                                                         "model does not exist",   "has been decommissioned",
                                                         "model is not supported", "model not found"};
constexpr std::array<std::string_view, 7> kBalanceCodes = {"insufficient_balance",
                                                           "exceeded_current_quota",
                                                           "insufficient_user_quota",
                                                           "payment_required",
                                                           "credit_limit",
                                                           "billing",
                                                           "arrearage"};
constexpr std::array<std::string_view, 5> kBalanceWords = {
    "insufficient balance", "insufficient credit", "credit balance is too low", "insufficient funds", "out of credit"};
constexpr std::array<std::string_view, 4> kBusyCodes = {"overloaded", "queue_exceeded", "capacity_exceeded", "unavailable"};
constexpr std::array<std::string_view, 4> kBusyWords = {"overloaded", "capacity temporarily exceeded", "capacity exceeded",
                                                        "rate-limited upstream"};
constexpr std::array<std::string_view, 17> kLongWords = {
    "per day", "per-day", "perday",    "/ day",   "/day",     "byday",  "daily",       "today's quota", "(tpd)",
    "(rpd)",   "monthly", "per month", "/ month", "per week", "weekly", "usage limit", "free quota"};
constexpr std::array<std::string_view, 13> kShortWords = {"per minute", "per-min",   "perminute", "/ minute", "/minute",
                                                          "byminute",   "(tpm)",     "(rpm)",     "max rpm",  "tpm limit",
                                                          "per second", "rpm limit", "per hour"};
constexpr std::array<std::string_view, 4> kQuotaCodes = {"insufficient_quota", "freeusagelimit", "setlimitexceeded",
                                                         "quota_exhausted"};
constexpr std::array<std::string_view, 9> kOneModelWords = {"for model",        "permodel",     "bymodel",
                                                            "this model",       "of the model", "for the model",
                                                            "setlimitexceeded", "the model `",  "model tier"};
constexpr std::array<std::string_view, 3> kWholeAccountWords = {"free-models-per-", "organization max", "account-wide"};
constexpr std::array<std::string_view, 2> kRegionWords = {"location is not supported", "country, region, or territory"};

bool about_one_model(const Fault& fault) {
  return has_any(fault.message, kOneModelWords) || has_any(fault.code, kOneModelWords);
}

// "quotaValue": "0" of google.rpc.QuotaFailure: the model is not part of the free tier.
bool quota_of_zero(const Fault& fault) {
  constexpr std::string_view kName = "\"quotaValue\"";
  std::string_view rest = fault.body;
  for (auto at = rest.find(kName); at != std::string_view::npos; at = rest.find(kName)) {
    rest.remove_prefix(at + kName.size());
    auto value = rest.substr(std::min(rest.find_first_not_of(" \t\r\n:"), rest.size()));
    if (value.starts_with("\"0\"")) return true;
  }
  return false;
}

// A quota of a day or more, and not of a minute: what is named first counts, since the rest may be advertising.
bool long_quota(const Fault& fault) {
  if (has(fault.code, "perday")) return true;
  if (has(fault.code, "perminute")) return false;
  std::size_t lasting = first_of(fault.message, kLongWords);
  return lasting < first_of(fault.message, kShortWords) ||
         (lasting == std::string_view::npos && coded(fault, kQuotaCodes)) || has(fault.message, "daily free allocation");
}

Verdict judge_limit(const Fault& fault) {
  if (quota_of_zero(fault)) return verdict(Reason::forbidden, Blame::route, kForbidden);
  if (coded(fault, kBusyCodes) || said(fault, kBusyWords))
    return timed(Reason::overloaded, Blame::route, kOverloaded, fault);
  if (coded(fault, kBalanceCodes)) return timed(Reason::billing, Blame::account, kBilling, fault);
  if (said(fault, kBalanceWords)) {
    // Without a code it may be the balance of whoever serves this one model to the provider.
    bool named = !fault.code.empty() || !fault.type.empty();
    return named ? timed(Reason::billing, Blame::account, kBilling, fault) : verdict(Reason::not_found, Blame::model, kGone);
  }
  if (long_quota(fault)) {
    Blame blame = about_one_model(fault) ? Blame::route : Blame::account;
    Verdict made = timed(Reason::quota_exhausted, blame, kQuota, fault);
    if (has(fault.code, "perday") && made.told && *made.bench < kShortForADay)
      return verdict(Reason::quota_exhausted, blame, kQuota);
    return made;
  }
  Blame blame = said(fault, kWholeAccountWords) ? Blame::account : Blame::route;
  return timed(Reason::rate_limited, blame, kRateLimited, fault);
}

Verdict judge_unauthorized(const Fault& fault) {
  constexpr std::array<std::string_view, 1> kModelError = {"modelerror"};
  constexpr std::array<std::string_view, 1> kPaidModel = {"paid_model"};
  if (coded(fault, kModelError) || coded(fault, kModelCodes)) return verdict(Reason::not_found, Blame::model, kGone);
  if (coded(fault, kPaidModel)) return verdict(Reason::forbidden, Blame::route, kForbidden);
  return verdict(Reason::invalid_key, Blame::key, kForever);
}

Verdict judge_forbidden(const Fault& fault) {
  constexpr std::array<std::string_view, 1> kFreeTierOver = {"allocationquota"};
  constexpr std::array<std::string_view, 1> kPlan = {"insufficient_plan"};
  constexpr std::array<std::string_view, 4> kKeyWords = {"authorization failed", "noauth", "api key", "access token"};
  if (coded(fault, kFilterCodes) || said(fault, kFilterWords)) return client(Reason::blocked_content);
  if (coded(fault, kFreeTierOver) || coded(fault, kBalanceCodes) || coded(fault, kQuotaCodes) || said(fault, kBalanceWords))
    return timed(Reason::billing, about_one_model(fault) ? Blame::route : Blame::account, kBilling, fault);
  if (said(fault, kRegionWords)) return verdict(Reason::forbidden, Blame::provider, kForbidden);
  if (coded(fault, kPlan)) return timed(Reason::forbidden, Blame::account, kForbidden, fault);
  if (coded(fault, kKeyCodes)) return verdict(Reason::invalid_key, Blame::key, kForever);
  if (fault.structured && said(fault, kKeyWords)) return timed(Reason::forbidden, Blame::key, kForbidden, fault);
  return timed(Reason::forbidden, Blame::route, kForbidden, fault);
}

Verdict judge_missing(const Fault& fault) {
  constexpr std::array<std::string_view, 1> kRetired = {"retirement"};
  constexpr std::array<std::string_view, 4> kSubjects = {"model", "function", "endpoints", "deployment"};
  if (coded(fault, kRetired)) return verdict(Reason::not_found, Blame::provider, kGone);
  bool model = fault.structured && (said(fault, kSubjects) || coded(fault, kSubjects));
  if (model || fault.status == 410) return verdict(Reason::not_found, Blame::model, kGone);
  return verdict(Reason::not_found, Blame::route, kNotRouted);
}

Verdict judge_request(const Fault& fault) {
  constexpr std::array<std::string_view, 2> kDegradedWords = {"degraded function", "endpoint is unavailable"};
  constexpr std::array<std::string_view, 1> kToolsFailed = {"tool_use_failed"};
  if (coded(fault, kFilterCodes) || said(fault, kFilterWords)) return client(Reason::blocked_content);
  if (coded(fault, kContextCodes) || said(fault, kContextWords)) return client(Reason::too_large);
  if (!fault.structured) return client(Reason::bad_request);
  if (coded(fault, kKeyCodes)) return verdict(Reason::invalid_key, Blame::key, kForever);
  if (coded(fault, kModelCodes) || said(fault, kModelWords)) return verdict(Reason::not_found, Blame::model, kGone);
  if (said(fault, kRegionWords)) return verdict(Reason::forbidden, Blame::provider, kForbidden);
  if (coded(fault, kBalanceCodes) || has(fault.message, "credit balance is too low"))
    return timed(Reason::billing, Blame::account, kBilling, fault);
  if (said(fault, kDegradedWords)) return verdict(Reason::overloaded, Blame::route, kDegraded);
  // The model's own slip, not the request's.
  if (coded(fault, kToolsFailed)) return verdict(Reason::bad_answer, Blame::route, std::nullopt);
  return client(Reason::bad_request);
}

Verdict judge_server(const Fault& fault) {
  constexpr std::array<std::string_view, 1> kContext = {"context_length_exceeded"};
  if (coded(fault, kContext)) return client(Reason::too_large);
  bool busy = fault.status == 503 || fault.status == 529 || coded(fault, kBusyCodes);
  if (busy) return timed(Reason::overloaded, Blame::route, kOverloaded, fault);
  return timed(Reason::server_error, Blame::route, kServerTrouble, fault);
}

// An error object in a place where no status stands: what its fields name is taken for the status.
int named_status(const Fault& fault) {
  struct Name {
    std::string_view word;
    int status;
  };
  constexpr std::array<Name, 24> kNames = {{
      {"context_length", 400},
      {"content_filter", 400},
      {"insufficient_quota", 429},
      {"rate_limit", 429},
      {"ratelimit", 429},
      {"too_many", 429},
      {"toomany", 429},
      {"resource_exhausted", 429},
      {"overloaded", 503},
      {"unavailable", 503},
      {"capacity", 503},
      {"authentication", 401},
      {"unauthorized", 401},
      {"invalid_api_key", 401},
      {"unauthenticated", 401},
      {"payment", 402},
      {"insufficient_balance", 402},
      {"billing", 402},
      {"permission", 403},
      {"not_found", 404},
      {"invalid_request", 400},
      {"invalid_argument", 400},
      {"server_error", 500},
      {"internal", 500},
  }};
  // Only the text of a message is left; these words open it where nothing else is said.
  constexpr std::array<Name, 6> kOpenings = {{{"insufficient balance", 402},
                                              {"login fail", 401},
                                              {"rate limit", 429},
                                              {"too many requests", 429},
                                              {"overloaded", 503},
                                              {"invalid api key", 401}}};
  for (const auto& field : {fault.code, fault.type}) {
    for (const auto& name : kNames)
      if (has(field, name.word)) return name.status;
  }
  if (fault.code.size() == 3 && (fault.code[0] == '4' || fault.code[0] == '5') &&
      std::all_of(fault.code.begin(), fault.code.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return (fault.code[0] - '0') * 100 + (fault.code[1] - '0') * 10 + (fault.code[2] - '0');
  for (const auto& name : kOpenings)
    if (istarts_with(fault.message, name.word)) return name.status;
  return 0;
}

Verdict judge_status(const Fault& fault) {
  switch (fault.status) {
    case 400:
    case 411:
    case 412:
    case 414:
    case 415:
    case 416:
    case 422:
    case 431: return judge_request(fault);
    case 401: return judge_unauthorized(fault);
    case 402: return timed(Reason::billing, Blame::account, kBilling, fault);
    case 403: return judge_forbidden(fault);
    case 404:
    case 410: return judge_missing(fault);
    case 408: return timed(Reason::timeout, Blame::route, kServerTrouble, fault);
    case 409:
    case 425: return timed(Reason::server_error, Blame::route, kServerTrouble, fault);
    case 413: return client(Reason::too_large);
    case 429: return judge_limit(fault);
    case 451: return client(Reason::blocked_content);
    default: break;
  }
  if (fault.status >= 500 && fault.status < 600) return judge_server(fault);
  if (coded(fault, kBusyCodes)) return timed(Reason::overloaded, Blame::route, kOverloaded, fault);
  return judge_bad_answer();
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::rate_limited: return "rate_limited";
    case Reason::quota_exhausted: return "quota_exhausted";
    case Reason::overloaded: return "overloaded";
    case Reason::server_error: return "server_error";
    case Reason::invalid_key: return "invalid_key";
    case Reason::billing: return "billing";
    case Reason::forbidden: return "forbidden";
    case Reason::not_found: return "not_found";
    case Reason::bad_request: return "bad_request";
    case Reason::too_large: return "too_large";
    case Reason::blocked_content: return "blocked_content";
    case Reason::timeout: return "timeout";
    case Reason::unreachable: return "unreachable";
    case Reason::bad_answer: return "bad_answer";
    case Reason::schema_violation: return "schema_violation";
  }
  return "unknown";
}

Verdict judge(const Fault& fault) {
  if (fault.status >= 300) return judge_status(fault);
  if (has(fault.body, "\"blockReason\"") || coded(fault, kFilterCodes)) return client(Reason::blocked_content);
  Fault named = fault;
  named.status = named_status(fault);
  return judge_status(named);
}

Verdict judge(const Error& error) {
  switch (error.kind) {
    case ErrorKind::refused:
    case ErrorKind::unreachable:
    case ErrorKind::tls: return verdict(Reason::unreachable, Blame::provider, kServerTrouble);
    case ErrorKind::closed:
    case ErrorKind::io: return verdict(Reason::unreachable, Blame::route, kServerTrouble);
    case ErrorKind::timeout: return verdict(Reason::timeout, Blame::route, kServerTrouble);
    case ErrorKind::malformed:
    case ErrorKind::protocol:
    case ErrorKind::too_large: return judge_bad_answer();
    case ErrorKind::exhausted: return verdict(Reason::unreachable, Blame::client, std::nullopt);
    case ErrorKind::cancelled: {
      Verdict made = client(Reason::bad_request);
      made.elsewhere = false;
      return made;
    }
    case ErrorKind::invalid:
    case ErrorKind::unsupported:
    case ErrorKind::not_found:
    case ErrorKind::denied: break;
  }
  return client(Reason::bad_request);
}

Verdict judge_bad_answer() { return verdict(Reason::bad_answer, Blame::route, kServerTrouble); }

}  // namespace freeway::router
