// Google, GitHub, NVIDIA and other clouds.
#include "farm/style_tables.h"

namespace freeway::farm {
namespace {

// The OpenAI-shaped surface puts what the native one says into an array of one.
constexpr std::string_view kGoogleEnvelope =
    R"([{"error":{"code":<status>,"message":"<message>","status":"<google_status>"}}])";
constexpr ErrorRow kGoogleErrors[] = {
    {Occasion::minute, 429,
     R"([{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. Please retry in <wait_float>s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/<google_metric>","quotaId":"<google_quota>PerMinutePerProjectPerModel-FreeTier","quotaDimensions":{"location":"global","model":"<model>"},"quotaValue":"<limit>"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"<wait>s"}]}}])"},
    {Occasion::day, 429,
     R"([{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/<google_metric>","quotaId":"<google_quota>PerDayPerProjectPerModel-FreeTier","quotaDimensions":{"location":"global","model":"<model>"},"quotaValue":"<limit>"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"<wait>s"}]}}])"},
    {Occasion::not_entitled, 429,
     R"([{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaDimensions":{"location":"global","model":"<model>"},"quotaValue":"0"}]}]}}])"},
    {Occasion::unauthorized, 400,
     R"([{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}])"},
    {Occasion::context, 400,
     R"([{"error":{"code":400,"message":"The input token count (<requested>) exceeds the maximum number of tokens allowed (<limit>).","status":"INVALID_ARGUMENT"}}])"},
    {Occasion::overloaded, 503,
     R"([{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}])"},
};

constexpr HeaderRow kGithubHeaders[] = {
    {"retry-after", Figure::wait, Unit::requests, Period::minute, Spelling::seconds, true},
    {"x-ratelimit-type", Figure::bucket, Unit::requests, Period::minute, Spelling::count, true},
    {"x-ratelimit-timeremaining", Figure::wait, Unit::requests, Period::minute, Spelling::seconds, true},
};
constexpr ErrorRow kGithubErrors[] = {
    {Occasion::limited, 429,
     R"({"error":{"code":"RateLimitReached","message":"Rate limit of <limit> per <period_seconds>s exceeded for <bucket>. Please wait <wait> seconds before retrying.","details":"Rate limit of <limit> per <period_seconds>s exceeded for <bucket>. Please wait <wait> seconds before retrying."}})"},
    {Occasion::too_large, 413,
     R"({"error":{"code":"tokens_limit_reached","message":"Request body too large for <model> model. Max size: <limit> tokens.","details":"Request body too large for <model> model. Max size: <limit> tokens."}})"},
    {Occasion::unauthorized, 401,
     R"({"error":{"code":"unauthorized","message":"Bad credentials","details":"Bad credentials"}})"},
    {Occasion::gone, 410,
     R"({"error":{"code":"github_models_retirement_brownout","message":"GitHub Models has been retired"}})"},
};

constexpr ErrorRow kNvidiaErrors[] = {
    {Occasion::limited, 429, R"({"status":429,"title":"Too Many Requests"})"},
    {Occasion::gone, 410,
     R"({"status":410,"title":"Gone","detail":"The model '<model>' has reached its end of life on 2026-07-01T00:00:00Z and is no longer available."})"},
    {Occasion::not_entitled, 404,
     R"({"status":404,"title":"Not Found","detail":"Function '9b96341b-9791-4db9-a00d-4e43aa192a39': Not found for account 'farm'"})"},
    {Occasion::overloaded, 400, R"({"status":400,"title":"Bad Request","detail":"DEGRADED function cannot be invoked"})"},
    {Occasion::unauthorized, 401, R"({"status":401,"title":"Unauthorized","detail":"Authentication failed"})"},
    {Occasion::forbidden, 403, R"({"status":403,"title":"Forbidden","detail":"Authorization failed"})"},
    {Occasion::balance, 402, R"({"status":402,"title":"Payment Required","detail":"Cloud credits expired"})"},
};

constexpr ErrorRow kCloudflareErrors[] = {
    {Occasion::neurons, 429,
     R"({"errors":[{"message":"AiError: AiError: you have used up your daily free allocation of <limit_thousands> neurons, please upgrade to Cloudflare's Workers Paid plan if you would like to continue usage.","code":4006}],"success":false,"result":{},"messages":[]})"},
    {Occasion::busy, 429,
     R"({"errors":[{"code":3040,"message":"Capacity temporarily exceeded, please try again."}],"success":false,"result":{},"messages":[]})"},
    {Occasion::unauthorized, 401,
     R"({"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[],"result":null})"},
    {Occasion::too_large, 413,
     R"({"errors":[{"code":3006,"message":"Request is too large"}],"success":false,"result":{},"messages":[]})"},
    {Occasion::gone, 400,
     R"({"errors":[{"code":5007,"message":"No such model <model> or task"}],"success":false,"result":{},"messages":[]})"},
    {Occasion::not_entitled, 403,
     R"({"errors":[{"code":5018,"message":"account is not allowed to access this model"}],"success":false,"result":{},"messages":[]})"},
};

constexpr ErrorRow kOvhErrors[] = {{Occasion::limited, 429, R"({"message":"API rate limit exceeded"})"}};

constexpr ErrorRow kOllamaErrors[] = {
    {Occasion::limited, 429, R"({"error":"you have reached your <ollama_period> usage limit, upgrade for higher limits"})"},
    {Occasion::not_entitled, 403,
     R"({"error":"this model requires a subscription, upgrade for access: https://ollama.com/upgrade"})"},
    {Occasion::unauthorized, 401, R"({"error":"unauthorized"})"},
    {Occasion::gone, 404, R"({"error":"model '<model>' not found"})"},
};

constexpr ErrorRow kAihordeErrors[] = {
    {Occasion::limited, 429, R"({"message":"<limit> per 1 <period>","rc":"RequestRateLimit"})"},
    {Occasion::unauthorized, 401,
     R"({"detail":"Error: No user matching sent API Key. Have you remembered to register at https://aihorde.net/register ?"})"},
    {Occasion::overloaded, 503, R"({"message":"This server is in maintenance mode.","rc":"MaintenanceMode"})"},
};

constexpr Style kStyles[] = {
    {"google", kGoogleEnvelope, kGoogleErrors, {}},
    {"github", R"({"error":{"code":"<code>","message":"<message>","details":"<message>"}})", kGithubErrors, kGithubHeaders},
    {"nvidia", R"({"status":<status>,"title":"<title>","detail":"<message>"})", kNvidiaErrors, {}},
    {"cloudflare",
     R"({"errors":[{"code":<status>,"message":"<message>"}],"success":false,"result":{},"messages":[]})",
     kCloudflareErrors,
     {}},
    {"ovh", R"({"message":"<message>"})", kOvhErrors, {}},
    {"ollama", R"({"error":"<message>"})", kOllamaErrors, {}},
    {"aihorde", R"({"message":"<message>","rc":"<code>"})", kAihordeErrors, {}},
};

}  // namespace

std::span<const Style> styles_of_clouds() { return kStyles; }

}  // namespace freeway::farm
