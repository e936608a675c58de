// Those who pass requests on to other hosts.
#include "farm/style_tables.h"

namespace freeway::farm {
namespace {

constexpr HeaderRow kOpenRouterHeaders[] = {
    {"X-RateLimit-Limit", Figure::limit, Unit::requests, Period::minute, Spelling::count, true},
    {"X-RateLimit-Remaining", Figure::remaining, Unit::requests, Period::minute, Spelling::count, true},
    {"X-RateLimit-Reset", Figure::wait, Unit::requests, Period::minute, Spelling::epoch_ms, true},
};
constexpr ErrorRow kOpenRouterErrors[] = {
    {Occasion::minute, 429,
     R"({"error":{"message":"Rate limit exceeded: free-models-per-min. ","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"<limit>","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"<until_ms>"},"provider_name":null}},"user_id":"user_farm"})"},
    {Occasion::day, 429,
     R"({"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"<limit>","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"<until_ms>"},"provider_name":null}},"user_id":"user_farm"})"},
    {Occasion::busy, 429,
     R"({"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"<model> is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits","provider_name":"Chutes"}},"user_id":"user_farm"})"},
    {Occasion::balance, 402,
     R"({"error":{"message":"Insufficient credits. Add more using https://openrouter.ai/settings/credits","code":402}})"},
    {Occasion::unauthorized, 401, R"({"error":{"message":"User not found.","code":401}})"},
    {Occasion::forbidden, 404,
     R"({"error":{"message":"No endpoints found matching your data policy (Free model publication). Configure: https://openrouter.ai/settings/privacy","code":404}})"},
    {Occasion::gone, 404,
     R"({"error":{"message":"This model is unavailable for free. The paid version is available now - use this slug instead: <model>","code":404}})"},
    {Occasion::context, 400,
     R"({"error":{"message":"This endpoint's maximum context length is <limit> tokens. However, you requested about <requested> tokens","code":400}})"},
};

constexpr ErrorRow kKiloErrors[] = {
    {Occasion::limited, 429, R"({"error":{"message":"rate limit","type":null,"code":null}})"},
    {Occasion::not_entitled, 401,
     R"({"error":{"code":"PAID_MODEL_AUTH_REQUIRED","message":"You need to sign in to use this model."}})"},
};

constexpr ErrorRow kHuggingFaceErrors[] = {
    {Occasion::balance, 402,
     R"({"error":"You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits."})"},
    {Occasion::unauthorized, 401, R"({"error":"Invalid credentials in Authorization header"})"},
    {Occasion::gone, 400,
     R"({"error":{"message":"The requested model '<model>' is not supported by any provider you have enabled.","type":"invalid_request_error","param":"model","code":"model_not_supported"}})"},
    {Occasion::overloaded, 503, R"({"error":"Model <model> is currently loading","estimated_time":20.0})"},
};

constexpr ErrorRow kPollinationsErrors[] = {
    {Occasion::balance, 402,
     R"({"success":false,"error":{"message":"Insufficient balance. This model costs ~<requested> pollen per request, but your available balance is 0.0000.","code":"PAYMENT_REQUIRED","timestamp":"2026-04-04T09:11:31.491Z"},"status":402})"},
    {Occasion::unauthorized, 401, R"({"error":{"message":"API key required","code":"UNAUTHORIZED"}})"},
};

constexpr ErrorRow kOpencodeErrors[] = {
    {Occasion::month, 429,
     R"({"type":"error","error":{"type":"FreeUsageLimitError","message":"Monthly usage limit reached. Resets in <wait_days> days."}})"},
    {Occasion::gone, 401, R"({"type":"error","error":{"type":"ModelError","message":"Model <model> is not supported"}})"},
    {Occasion::not_entitled, 401,
     R"({"type":"error","error":{"type":"ModelError","message":"Free promotion has ended for <model>"}})"},
    {Occasion::overloaded, 400, R"({"error":{"message":"endpoint is unavailable"}})"},
};

constexpr Style kStyles[] = {
    {"openrouter", R"({"error":{"message":"<message>","code":<status>},"user_id":"user_farm"})", kOpenRouterErrors,
     kOpenRouterHeaders},
    {"kilo", R"({"error":{"message":"<message>","type":null,"code":<code_or_null>}})", kKiloErrors, {}},
    {"huggingface", R"({"error":"<message>"})", kHuggingFaceErrors, {}},
    {"pollinations",
     R"({"success":false,"error":{"message":"<message>","code":"<code>"},"status":<status>})",
     kPollinationsErrors,
     {}},
    {"opencode", R"({"type":"error","error":{"type":"<type>","message":"<message>"}})", kOpencodeErrors, {}},
};

}  // namespace

std::span<const Style> styles_of_routers() { return kStyles; }

}  // namespace freeway::farm
