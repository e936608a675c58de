// OpenAI and those who serve models on hardware of their own.
#include "farm/style_tables.h"

namespace freeway::farm {
namespace {

constexpr std::string_view kOpenAiEnvelope =
    R"({"error":{"message":"<message>","type":"<type>","param":null,"code":<code_or_null>}})";

constexpr HeaderRow kOpenAiHeaders[] = {
    {"x-ratelimit-limit-requests", Figure::limit, Unit::requests, Period::minute},
    {"x-ratelimit-remaining-requests", Figure::remaining, Unit::requests, Period::minute},
    {"x-ratelimit-reset-requests", Figure::reset, Unit::requests, Period::minute, Spelling::go},
    {"x-ratelimit-limit-tokens", Figure::limit, Unit::tokens, Period::minute},
    {"x-ratelimit-remaining-tokens", Figure::remaining, Unit::tokens, Period::minute},
    {"x-ratelimit-reset-tokens", Figure::reset, Unit::tokens, Period::minute, Spelling::go},
};
constexpr ErrorRow kOpenAiErrors[] = {
    {Occasion::limited, 429,
     R"({"error":{"message":"Rate limit reached for <model> in organization org-farm on <phrase>: Limit <limit>, Used <used>, Requested <requested>. Please try again in <wait_go>.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}})"},
    {Occasion::too_large, 429,
     R"({"error":{"message":"Request too large for <model> in organization org-farm on <phrase>: Limit <limit>, Requested <requested>. The input or output tokens must be reduced in order to run successfully.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}})"},
    {Occasion::balance, 429,
     R"({"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}})"},
};

// Requests are of the day, tokens of the minute, under the names that OpenAI has for the minute's.
constexpr HeaderRow kGroqHeaders[] = {
    {"x-ratelimit-limit-requests", Figure::limit, Unit::requests, Period::day},
    {"x-ratelimit-remaining-requests", Figure::remaining, Unit::requests, Period::day},
    {"x-ratelimit-reset-requests", Figure::reset, Unit::requests, Period::day, Spelling::go},
    {"x-ratelimit-limit-tokens", Figure::limit, Unit::tokens, Period::minute},
    {"x-ratelimit-remaining-tokens", Figure::remaining, Unit::tokens, Period::minute},
    {"x-ratelimit-reset-tokens", Figure::reset, Unit::tokens, Period::minute, Spelling::go},
};
constexpr ErrorRow kGroqErrors[] = {
    {Occasion::limited, 429,
     R"({"error":{"message":"Rate limit reached for model `<model>` in organization `org_farm` service tier `on_demand` on <phrase>: Limit <limit>, Used <used>, Requested <requested>. Please try again in <wait_go>. Need more tokens? Upgrade to Dev Tier today.","type":"<kind>","code":"rate_limit_exceeded"}})"},
    {Occasion::too_large, 413,
     R"({"error":{"message":"Request too large for model `<model>` in organization `org_farm` service tier `on_demand` on <phrase>: Limit <limit>, Requested <requested>, please reduce your message size and try again.","type":"<kind>","code":"rate_limit_exceeded"}})"},
    {Occasion::unauthorized, 401,
     R"({"error":{"message":"Invalid API Key","type":"invalid_request_error","code":"invalid_api_key"}})"},
    {Occasion::context, 400,
     R"({"error":{"message":"Please reduce the length of the messages or completion.","type":"invalid_request_error","code":"context_length_exceeded"}})"},
    {Occasion::gone, 404,
     R"({"error":{"message":"The model `<model>` does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}})"},
    {Occasion::overloaded, 498, R"({"error":{"message":"capacity exceeded","type":null,"code":"capacity_exceeded"}})"},
};

constexpr HeaderRow kCerebrasHeaders[] = {
    {"x-ratelimit-limit-requests-day", Figure::limit, Unit::requests, Period::day},
    {"x-ratelimit-remaining-requests-day", Figure::remaining, Unit::requests, Period::day},
    {"x-ratelimit-reset-requests-day", Figure::reset, Unit::requests, Period::day, Spelling::float_seconds},
    {"x-ratelimit-limit-tokens-minute", Figure::limit, Unit::tokens, Period::minute},
    {"x-ratelimit-remaining-tokens-minute", Figure::remaining, Unit::tokens, Period::minute},
    {"x-ratelimit-reset-tokens-minute", Figure::reset, Unit::tokens, Period::minute, Spelling::float_seconds},
};
constexpr ErrorRow kCerebrasErrors[] = {
    {Occasion::limited, 429,
     R"({"message":"<Kind> per <period> limit exceeded - too many <kind> <done>.","type":"too_many_<kind>_error","param":"quota","code":"<one>_quota_exceeded"})"},
    {Occasion::busy, 429,
     R"({"message":"We're experiencing high traffic right now! Please try again soon.","type":"too_many_requests_error","param":"queue","code":"queue_exceeded"})"},
    {Occasion::unauthorized, 401,
     R"({"message":"Wrong API Key","type":"invalid_request_error","param":"api_key","code":"wrong_api_key"})"},
    {Occasion::context, 400,
     R"({"message":"Please reduce the length of the messages or completion. Current length is <requested> while limit is <limit>","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"})"},
    {Occasion::balance, 402, R"(payment required)", "text/plain"},
};

constexpr HeaderRow kSambanovaHeaders[] = {
    {"x-ratelimit-limit-requests", Figure::limit, Unit::requests, Period::minute},
    {"x-ratelimit-remaining-requests", Figure::remaining, Unit::requests, Period::minute},
    {"x-ratelimit-reset-requests", Figure::reset, Unit::requests, Period::minute, Spelling::epoch},
    {"x-ratelimit-limit-requests-day", Figure::limit, Unit::requests, Period::day},
    {"x-ratelimit-remaining-requests-day", Figure::remaining, Unit::requests, Period::day},
    {"x-ratelimit-reset-requests-day", Figure::reset, Unit::requests, Period::day, Spelling::epoch},
};
constexpr ErrorRow kSambanovaErrors[] = {
    {Occasion::limited, 429, R"({"error":{"message":"Rate limit exceeded","type":null,"code":"rate_limit_exceeded"}})"},
    {Occasion::balance, 402,
     R"({"error":{"message":"A payment method is required to use this API","type":"payment_required","code":"PAYMENT_METHOD_REQUIRED"}})"},
    {Occasion::unauthorized, 401, R"({"error":{"message":"Invalid API key","type":null,"code":null}})"},
};

constexpr HeaderRow kMistralHeaders[] = {
    {"x-ratelimit-limit-req-minute", Figure::limit, Unit::requests, Period::minute},
    {"x-ratelimit-remaining-req-minute", Figure::remaining, Unit::requests, Period::minute},
    {"x-ratelimit-limit-tokens-minute", Figure::limit, Unit::tokens, Period::minute},
    {"x-ratelimit-remaining-tokens-minute", Figure::remaining, Unit::tokens, Period::minute},
    {"x-ratelimit-limit-tokens-month", Figure::limit, Unit::tokens, Period::month},
    {"x-ratelimit-remaining-tokens-month", Figure::remaining, Unit::tokens, Period::month},
    {"x-ratelimit-tokens-query-cost", Figure::charged, Unit::tokens, Period::month},
};
constexpr ErrorRow kMistralErrors[] = {
    {Occasion::second, 429, R"({"message":"Requests rate limit exceeded"})"},
    {Occasion::limited, 429,
     R"({"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300"})"},
    {Occasion::busy, 429,
     R"({"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505"})"},
    {Occasion::unauthorized, 401, R"({"detail":"Unauthorized"})"},
    {Occasion::context, 400,
     R"({"object":"error","message":"Prompt contains <requested> tokens and 0 draft tokens, too large for model with <limit> maximum context length","type":"invalid_request_invalid_args","param":null,"code":"3051"})"},
};

constexpr HeaderRow kCohereHeaders[] = {
    {"x-trial-endpoint-call-limit", Figure::limit, Unit::requests, Period::minute},
    {"x-trial-endpoint-call-remaining", Figure::remaining, Unit::requests, Period::minute},
    {"x-endpoint-monthly-call-limit", Figure::limit, Unit::requests, Period::month},
};
constexpr ErrorRow kCohereErrors[] = {
    {Occasion::minute, 429,
     R"({"message":"You are using a Trial key, which is limited to <limit> API calls / minute. You can continue to use the Trial key for free or upgrade to a Production key with higher rate limits."})"},
    {Occasion::month, 429,
     R"({"message":"You are using a Trial key, which is limited to <limit> API calls / month. You can continue to use the Trial key for free or upgrade to a Production key with higher rate limits."})"},
    {Occasion::unauthorized, 401, R"({"message":"invalid api token"})"},
    {Occasion::context, 400, R"({"message":"too many tokens: total number of tokens in the prompt cannot exceed <limit>"})"},
    {Occasion::gone, 404, R"({"message":"model '<model>' not found, make sure the correct model ID was used"})"},
};

constexpr std::string_view kMessageEnvelope = R"({"message":"<message>"})";

constexpr Style kStyles[] = {
    {"openai", kOpenAiEnvelope, kOpenAiErrors, kOpenAiHeaders, true},
    // OpenAI's envelope, and nothing told: what is known of hosts whose bodies nobody wrote down.
    {"plain", kOpenAiEnvelope, {}, {}},
    {"llm7", kOpenAiEnvelope, {}, {}},
    // A status and next to nothing.
    {"bare", R"({"detail":"<message>"})", {}, {}},
    {"groq", kOpenAiEnvelope, kGroqErrors, kGroqHeaders, true},
    {"cerebras", R"({"message":"<message>","type":"<type>","param":"","code":"<code>"})", kCerebrasErrors, kCerebrasHeaders},
    {"sambanova", R"({"error":{"message":"<message>","type":null,"code":<code_or_null>}})", kSambanovaErrors,
     kSambanovaHeaders},
    {"mistral", R"({"object":"error","message":"<message>","type":"<type>","param":null,"code":<code_or_null>})",
     kMistralErrors, kMistralHeaders},
    {"cohere", kMessageEnvelope, kCohereErrors, kCohereHeaders},
};

}  // namespace

std::span<const Style> styles_of_labs() { return kStyles; }
const Style& openai_style() { return kStyles[0]; }

}  // namespace freeway::farm
