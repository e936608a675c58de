// Hosts in China.
#include "farm/style_tables.h"

namespace freeway::farm {
namespace {

constexpr ErrorRow kZhipuErrors[] = {
    {Occasion::limited, 429, R"({"error":{"code":"1302","message":"Rate limit reached for requests"}})"},
    {Occasion::busy, 429,
     R"({"error":{"code":"1305","message":"The service may be temporarily overloaded, please try again later"}})"},
    {Occasion::balance, 429,
     R"({"error":{"code":"1113","message":"Insufficient balance or no resource package. Please recharge."}})"},
    {Occasion::context, 400, R"({"error":{"code":"1261","message":"Prompt exceeds max length"}})"},
    {Occasion::unauthorized, 401, R"({"error":{"code":"1000","message":"Authentication Failed"}})"},
    {Occasion::gone, 400, R"({"error":{"code":"1211","message":"Unknown Model, please check the model code."}})"},
};

// Errors come with status 200.
constexpr HeaderRow kMinimaxHeaders[] = {{"x-model-quota-remaining", Figure::remaining, Unit::requests, Period::minute}};
constexpr ErrorRow kMinimaxErrors[] = {
    {Occasion::limited, 200, R"({"base_resp":{"status_code":1002,"status_msg":"rate limit"}})"},
    {Occasion::balance, 200, R"({"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}})"},
    {Occasion::unauthorized, 200,
     R"({"base_resp":{"status_code":1004,"status_msg":"login fail: Please carry the API secret key in the 'Authorization' field of the request header"}})"},
};

constexpr HeaderRow kModelscopeHeaders[] = {
    {"modelscope-ratelimit-requests-limit", Figure::limit, Unit::requests, Period::day, Spelling::count, false, Width::wide},
    {"modelscope-ratelimit-requests-remaining", Figure::remaining, Unit::requests, Period::day, Spelling::count, false,
     Width::wide},
    {"modelscope-ratelimit-model-requests-limit", Figure::limit, Unit::requests, Period::day, Spelling::count, false,
     Width::narrow},
    {"modelscope-ratelimit-model-requests-remaining", Figure::remaining, Unit::requests, Period::day, Spelling::count, false,
     Width::narrow},
};
constexpr ErrorRow kModelscopeErrors[] = {
    {Occasion::day, 429,
     R"({"errors":{"message":"You have exceeded today's quota for model <model>, please try again tomorrow."},"request_id":"farm"})"},
    {Occasion::gone, 429, R"~({"errors":{"message":"insufficient balance (1008)"},"request_id":"farm"})~"},
    {Occasion::unauthorized, 401,
     R"({"errors":{"message":"Authentication failed, please make sure that a valid ModelScope token is supplied."},"request_id":"farm"})"},
    {Occasion::forbidden, 401,
     R"({"errors":{"message":"please bind your alibaba cloud account before use"},"request_id":"farm"})"},
};

constexpr ErrorRow kSiliconflowErrors[] = {
    {Occasion::limited, 429,
     R"({"message":"Request was rejected due to rate limiting. Details: <letters> limit reached.","data":null})"},
    {Occasion::not_entitled, 403, R"({"code":30003,"message":"Model disabled.","data":null})"},
    {Occasion::gone, 400, R"({"code":20012,"message":"Model does not exist. Please check it carefully.","data":null})"},
    {Occasion::unauthorized, 401, "Invalid token", "text/plain"},
    {Occasion::overloaded, 503,
     R"({"code":50505,"message":"Model service overloaded. Please try again later.","data":null})"},
};

constexpr ErrorRow kMoonshotErrors[] = {
    {Occasion::limited, 429,
     R"({"error":{"message":"Your account org-farm request reached organization max <letters>: <limit>, please try again after <wait> seconds","type":"rate_limit_reached_error"}})"},
    {Occasion::balance, 429,
     R"({"error":{"message":"You exceeded your current token quota","type":"exceeded_current_quota_error"}})"},
    {Occasion::unauthorized, 401, R"({"error":{"message":"Invalid Authentication","type":"invalid_authentication_error"}})"},
};

constexpr ErrorRow kQianfanErrors[] = {
    {Occasion::minute, 429,
     R"({"error":{"code":"<letters_small>_rate_limit_exceeded","message":"Rate limit reached for <letters>","type":"rate_limit_exceeded"},"id":"as-farm"})"},
    {Occasion::unauthorized, 401,
     R"({"error":{"code":"invalid_iam_token","message":"IAM Certification failed","type":"invalid_request_error"},"id":"as-farm"})"},
};

constexpr ErrorRow kVolcengineErrors[] = {
    {Occasion::limited, 429,
     R"({"error":{"code":"ModelAccount<Letters>RateLimitExceeded","message":"The request for the current model exceeds the <letters> limit.","param":"","type":"TooManyRequests"}})"},
    {Occasion::balance, 429,
     R"({"error":{"code":"SetLimitExceeded","message":"Your account has reached the set inference limit for this model.","param":"","type":"TooManyRequests"}})"},
    {Occasion::not_entitled, 404,
     R"({"error":{"code":"ModelNotOpen","message":"Your account has not activated the model <model>.","param":"","type":"NotFound"}})"},
    {Occasion::unauthorized, 401,
     R"({"error":{"code":"AuthenticationError","message":"The API key in the request is missing or invalid.","param":"","type":"Unauthorized"}})"},
};

constexpr ErrorRow kDashscopeErrors[] = {
    {Occasion::limited, 429,
     R"({"error":{"code":"limit_requests","message":"You exceeded your current requests limit.","type":"limit_requests"}})"},
    {Occasion::balance, 403,
     R"({"error":{"code":"AllocationQuota.FreeTierOnly","message":"The free tier of the model has been exhausted.","type":"AllocationQuota.FreeTierOnly"}})"},
    {Occasion::unauthorized, 401,
     R"({"error":{"code":"invalid_api_key","message":"Incorrect API key provided.","type":"invalid_request_error"}})"},
};

constexpr ErrorRow kXfyunErrors[] = {
    {Occasion::limited, 429,
     R"({"error":{"message":"AppIdQpsOverFlowError","type":"api_error","param":null,"code":"11202"}})"},
    {Occasion::unauthorized, 403,
     R"({"error":{"message":"AppIdNoAuthError","type":"api_error","param":null,"code":"11200"}})"},
};

constexpr std::string_view kCodeAndMessage = R"({"error":{"code":"<code>","message":"<message>"}})";
constexpr std::string_view kWithType = R"({"error":{"code":"<code>","message":"<message>","type":"<type>"}})";

constexpr Style kStyles[] = {
    {"zhipu", kCodeAndMessage, kZhipuErrors, {}},
    {"minimax", R"({"base_resp":{"status_code":<status>,"status_msg":"<message>"}})", kMinimaxErrors, kMinimaxHeaders},
    {"modelscope", R"({"errors":{"message":"<message>"},"request_id":"farm"})", kModelscopeErrors, kModelscopeHeaders},
    {"siliconflow", R"({"code":<status>,"message":"<message>","data":null})", kSiliconflowErrors, {}},
    {"moonshot", R"({"error":{"message":"<message>","type":"<type>"}})", kMoonshotErrors, {}},
    {"qianfan", kWithType, kQianfanErrors, {}},
    {"volcengine", kWithType, kVolcengineErrors, {}},
    {"dashscope", kWithType, kDashscopeErrors, {}},
    {"xfyun", R"({"error":{"message":"<message>","type":"api_error","param":null,"code":"<code>"}})", kXfyunErrors, {}},
};

}  // namespace

std::span<const Style> styles_of_china() { return kStyles; }

}  // namespace freeway::farm
