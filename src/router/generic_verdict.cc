// What errors mean at any provider: by the status, then by words that many of them use. What belongs to one provider is a
// rule of the catalog.
#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "router/judgement.h"

namespace freeway::router {

using chat::Fault;
using chat::Per;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

using Words = std::span<const std::string_view>;

constexpr Duration kNotRouted = seconds(10);
constexpr Duration kRetired = hours(6);

bool has(std::string_view text, std::string_view word) { return ifind(text, word) != std::string_view::npos; }

bool has_any(std::string_view text, Words words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return has(text, word); });
}

// In the structured fields that name the error.
bool coded(const Fault& fault, Words words) { return has_any(fault.code, words) || has_any(fault.type, words); }

bool said(const Fault& fault, Words words) { return has_any(fault.message, words); }

constexpr std::array<std::string_view, 4> kContextCodes = {"context_length_exceeded", "tokens_limit_reached",
                                                           "string_above_max_length", "context_window_exceeded"};
constexpr std::array<std::string_view, 11> kContextWords = {
    "maximum context length", "maximum number of tokens", "reduce the length of", "exceeds max length",
    "too many tokens",        "prompt is too long",       "context window",       "exceeds the context",
    "context size",           "input is too long",        "too large for model"};
constexpr std::array<std::string_view, 7> kFilterCodes = {"content_filter",     "content_policy",  "contentfilter",
                                                          "moderation",         "data_inspection", "prohibited_content",
                                                          "responsibleaipolicy"};
constexpr std::array<std::string_view, 3> kFilterWords = {"content management policy", "flagged by moderation",
                                                          "input was flagged"};
constexpr std::array<std::string_view, 3> kKeyCodes = {"api_key_invalid", "invalid_api_key", "wrong_api_key"};
constexpr std::array<std::string_view, 7> kModelCodes = {
    "model_not_found", "model_decommissioned", "model_not_supported", "model_not_available",
    "model_not_exist", "unknown_model",        "model_deprecated"};
constexpr std::array<std::string_view, 6> kModelWords = {"no such model",          "unknown model",
                                                         "model does not exist",   "has been decommissioned",
                                                         "model is not supported", "model not found"};
constexpr std::array<std::string_view, 6> kBalanceCodes = {
    "insufficient_balance", "insufficient_user_quota", "payment_required", "credit_limit", "billing", "arrearage"};
constexpr std::array<std::string_view, 5> kBalanceWords = {
    "insufficient balance", "insufficient credit", "credit balance is too low", "insufficient funds", "out of credit"};
constexpr std::array<std::string_view, 3> kBusyCodes = {"overloaded", "capacity_exceeded", "unavailable"};
constexpr std::array<std::string_view, 2> kBusyWords = {"overloaded", "capacity exceeded"};
constexpr std::array<std::string_view, 2> kQuotaCodes = {"insufficient_quota", "quota_exhausted"};
constexpr std::array<std::string_view, 4> kQuotaWords = {"per week", "weekly", "usage limit", "free quota"};
constexpr std::array<std::string_view, 8> kOneModelWords = {"for model",    "permodel",      "bymodel",     "this model",
                                                            "of the model", "for the model", "the model `", "model tier"};
constexpr std::array<std::string_view, 1> kWholeAccountWords = {"account-wide"};
constexpr std::array<std::string_view, 1> kRegionWords = {"country, region, or territory"};

Verdict client(Reason reason, const Case& the) { return usual(reason, Blame::client, the); }

bool about_one_model(const Fault& fault) {
  return has_any(fault.message, kOneModelWords) || has_any(fault.code, kOneModelWords);
}

bool lasts(const Case& the) {
  switch (the.per) {
    case Per::day:
    case Per::month:
    case Per::once: return true;
    case Per::unknown: return coded(the.fault, kQuotaCodes) || said(the.fault, kQuotaWords);
    default: return false;
  }
}

Verdict judge_limit(const Case& the) {
  const Fault& fault = the.fault;
  if (fault.limit == 0U) return usual(Reason::not_entitled, Blame::route, the);
  if (coded(fault, kBusyCodes) || said(fault, kBusyWords)) return usual(Reason::overloaded, Blame::route, the);
  if (coded(fault, kBalanceCodes) || said(fault, kBalanceWords)) return usual(Reason::billing, Blame::account, the);
  if (lasts(the)) return usual(Reason::quota_exhausted, about_one_model(fault) ? Blame::route : Blame::account, the);
  return usual(Reason::rate_limited, said(fault, kWholeAccountWords) ? Blame::account : Blame::route, the);
}

Verdict judge_unauthorized(const Case& the) {
  if (coded(the.fault, kModelCodes)) return usual(Reason::not_found, Blame::model, the);
  return usual(Reason::invalid_key, Blame::key, the);
}

Verdict judge_forbidden(const Case& the) {
  constexpr std::array<std::string_view, 3> kKeyWords = {"authorization failed", "api key", "access token"};
  const Fault& fault = the.fault;
  if (coded(fault, kFilterCodes) || said(fault, kFilterWords)) return client(Reason::blocked_content, the);
  if (coded(fault, kBalanceCodes) || coded(fault, kQuotaCodes) || said(fault, kBalanceWords))
    return usual(Reason::billing, about_one_model(fault) ? Blame::route : Blame::account, the);
  if (said(fault, kRegionWords)) return usual(Reason::forbidden, Blame::provider, the);
  if (coded(fault, kKeyCodes)) return usual(Reason::invalid_key, Blame::key, the);
  if (fault.structured && said(fault, kKeyWords)) return usual(Reason::forbidden, Blame::key, the);
  return usual(Reason::forbidden, Blame::route, the);
}

Verdict judge_missing(const Case& the) {
  constexpr std::array<std::string_view, 3> kSubjects = {"model", "endpoints", "deployment"};
  const Fault& fault = the.fault;
  if (the.status == 410) return guessed(Reason::not_found, Blame::model, kRetired, the);
  bool model = fault.structured && (said(fault, kSubjects) || coded(fault, kSubjects));
  if (model) return usual(Reason::not_found, Blame::model, the);
  return guessed(Reason::not_found, Blame::route, kNotRouted, the);
}

Verdict judge_request(const Case& the) {
  const Fault& fault = the.fault;
  if (coded(fault, kFilterCodes) || said(fault, kFilterWords)) return client(Reason::blocked_content, the);
  if (coded(fault, kContextCodes) || said(fault, kContextWords)) return client(Reason::too_large, the);
  if (!fault.structured) return client(Reason::bad_request, the);
  if (coded(fault, kKeyCodes)) return usual(Reason::invalid_key, Blame::key, the);
  if (coded(fault, kModelCodes) || said(fault, kModelWords)) return usual(Reason::not_found, Blame::model, the);
  if (said(fault, kRegionWords)) return usual(Reason::forbidden, Blame::provider, the);
  if (coded(fault, kBalanceCodes) || has(fault.message, "credit balance is too low"))
    return usual(Reason::billing, Blame::account, the);
  return client(Reason::bad_request, the);
}

Verdict judge_server(const Case& the) {
  constexpr std::array<std::string_view, 1> kContext = {"context_length_exceeded"};
  if (coded(the.fault, kContext)) return client(Reason::too_large, the);
  bool busy = the.status == 503 || the.status == 529 || coded(the.fault, kBusyCodes);
  return usual(busy ? Reason::overloaded : Reason::server_error, Blame::route, the);
}

}  // namespace

int status_of_fields(const Fault& fault) {
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
  if (coded(fault, kFilterCodes)) return 400;
  for (const auto& field : {fault.code, fault.type}) {
    for (const auto& name : kNames)
      if (has(field, name.word)) return name.status;
  }
  if (fault.code.size() == 3 && (fault.code[0] == '4' || fault.code[0] == '5') &&
      std::all_of(fault.code.begin(), fault.code.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return (fault.code[0] - '0') * 100 + (fault.code[1] - '0') * 10 + (fault.code[2] - '0');
  return 0;
}

int status_of_words(const Fault& fault) {
  struct Opening {
    std::string_view words;
    int status;
  };
  // They open a message where nothing else is said.
  constexpr std::array<Opening, 11> kOpenings = {{{"insufficient balance", 402},
                                                  {"rate limit", 429},
                                                  {"api rate limit", 429},
                                                  {"too many requests", 429},
                                                  {"overloaded", 503},
                                                  {"invalid api", 401},
                                                  {"incorrect api key", 401},
                                                  {"invalid credentials", 401},
                                                  {"invalid token", 401},
                                                  {"authentication", 401},
                                                  {"unauthorized", 401}}};
  for (const auto& opening : kOpenings)
    if (istarts_with(fault.message, opening.words)) return opening.status;
  bool limit = has(fault.message, "limit") || has(fault.message, "quota");
  return limit && fault.per != Per::unknown ? 429 : 0;
}

Verdict judge_generally(const Case& the) {
  switch (the.status) {
    case 400:
    case 411:
    case 412:
    case 414:
    case 415:
    case 416:
    case 422:
    case 431: return judge_request(the);
    case 401: return judge_unauthorized(the);
    case 402: return usual(Reason::billing, Blame::account, the);
    case 403: return judge_forbidden(the);
    case 404:
    case 410: return judge_missing(the);
    case 408: return usual(Reason::timeout, Blame::route, the);
    case 409:
    case 425: return usual(Reason::server_error, Blame::route, the);
    case 413: return client(Reason::too_large, the);
    case 429: return judge_limit(the);
    case 451: return client(Reason::blocked_content, the);
    default: break;
  }
  if (the.status >= 500 && the.status < 600) return judge_server(the);
  if (coded(the.fault, kBusyCodes)) return usual(Reason::overloaded, Blame::route, the);
  return judge_bad_answer();
}

}  // namespace freeway::router
