// What a refused limit says of itself: as the providers say it, and what must not be taken for it.
#include <gtest/gtest.h>

#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {

using chat::Counted;
using chat::Per;
using testing::dialect;

chat::Fault read(int status, const std::string& body, const http::Fields& fields = {}) {
  return dialect().read_fault(status, fields, body, WallTime(std::chrono::seconds(1767225600)));
}

struct Said {
  int status;
  std::string body;
  Per per;
  Counted counted;
  std::optional<std::uint64_t> limit, used;
};

void check(const Said& said) {
  chat::Fault fault = read(said.status, said.body);
  EXPECT_EQ(fault.per, said.per) << said.body;
  EXPECT_EQ(fault.counted, said.counted) << said.body;
  EXPECT_EQ(fault.limit, said.limit) << said.body << " " << fault.limit.value_or(0);
  EXPECT_EQ(fault.used, said.used) << said.body << " " << fault.used.value_or(0);
}

std::string error(const std::string& message) { return R"({"error":{"message":")" + message + R"("}})"; }

std::string google(const std::string& violations) {
  return R"({"error":{"code":429,"message":"You exceeded your current quota, please check your plan.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[)" +
         violations + R"(]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"38s"}]}})";
}

TEST(ReadLimit, StructuredFields) {
  const std::string minute =
      R"({"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaDimensions":{"model":"gemini-2.5-flash"},"quotaValue":"5"})";
  const std::string day = R"({"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"20"})";
  const std::string tokens = R"({"quotaId":"GenerateContentInputTokensPerModelPerMinute-FreeTier","quotaValue":"250000"})";
  const std::string zero = R"({"quotaId":"GenerateContentInputTokensPerModelPerDay-FreeTier","quotaValue":"0"})";
  check({429, google(minute), Per::minute, Counted::requests, 5, {}});
  check({429, google(minute + "," + day), Per::day, Counted::requests, 20, {}});
  check({429, google(day + "," + minute), Per::day, Counted::requests, 20, {}});
  check({429, google(tokens), Per::minute, Counted::tokens, 250000, {}});
  check({429, google(day + "," + zero), Per::day, Counted::tokens, 0, {}});
  check({429, "[" + google(day) + "]", Per::day, Counted::requests, 20, {}});
  check(
      {429,
       R"({"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1767139200000"}}}})",
       Per::day, Counted::unknown, 50, 50});
  check(
      {200,
       R"({"error":{"message":"Rate limit exceeded: free-models-per-min. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":20,"X-RateLimit-Remaining":1}}}})",
       Per::minute, Counted::unknown, 20, 19});
}

TEST(ReadLimit, NamesOfErrors) {
  auto coded = [](const std::string& code, const std::string& type) {
    return R"({"error":{"code":")" + code + R"(","type":")" + type + R"(","message":"..."}})";
  };
  check({429, coded("rpm_rate_limit_exceeded", "rate_limit_exceeded"), Per::minute, Counted::requests, {}, {}});
  check({429, coded("ModelAccountTpmRateLimitExceeded", "TooManyRequests"), Per::minute, Counted::tokens, {}, {}});
  check({429, coded("token_quota_exceeded", "too_many_tokens_error"), Per::unknown, Counted::tokens, {}, {}});
  check({429, coded("queue_exceeded", "too_many_requests_error"), Per::unknown, Counted::unknown, {}, {}});
  check({429, coded("rate_limit_exceeded", "tokens"), Per::unknown, Counted::tokens, {}, {}});
  check({429, coded("limit_requests", "limit_requests"), Per::unknown, Counted::requests, {}, {}});
  check({429, R"({"error":{"message":"AppIdQpsOverFlowError","code":"11202"}})", Per::second, Counted::requests, {}, {}});
  check({429, R"({"message":"2 per 1 second","rc":"RequestRateLimit"})", Per::second, Counted::requests, 2, {}});
}

TEST(ReadLimit, Prose) {
  const Said cases[] = {
      {429,
       error("Rate limit reached for model `openai/gpt-oss-120b` in organization `org_402` service tier `on_demand` on "
             "tokens per minute (TPM): Limit 8000, Used 4437, Requested 5854. Please try again in 11.455s. Need more "
             "tokens? Upgrade to 30000 per minute"),
       Per::minute, Counted::tokens, 8000, 4437},
      {429, error("on requests per day (RPD): Limit 1,000, Used 1,000, Requested 1."), Per::day, Counted::requests, 1000,
       1000},
      {413,
       error("Request too large for model `X` in organization `org_x` service tier `on_demand` on tokens per minute (TPM): "
             "Limit 6000, Requested 6294, please reduce your message size and try again."),
       Per::minute,
       Counted::tokens,
       6000,
       {}},
      {429,
       error("Rate limit reached for m1 in organization org-402 on requests per min. Limit: 3 / min."),
       Per::minute,
       Counted::requests,
       3,
       {}},
      {429,
       error("Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 34567 seconds before retrying."),
       Per::day,
       Counted::unknown,
       50,
       {}},
      {429, error("Rate limit of 15 per 1 day exceeded for UserByModelByDay."), Per::day, Counted::unknown, 15, {}},
      {429, error("Rate limit of 10 per 60s exceeded for UserByModelByMinute."), Per::minute, Counted::unknown, 10, {}},
      {429,
       R"({"errors":[{"message":"AiError: you have used up your daily free allocation of 10,000 neurons, please upgrade to Cloudflare's Workers Paid plan","code":4006}],"success":false})",
       Per::day,
       Counted::neurons,
       10000,
       {}},
      {429,
       error("You are using a Trial key, which is limited to 20 API calls / minute. You can upgrade"),
       Per::minute,
       Counted::requests,
       20,
       {}},
      {429,
       error("You are using a Trial key, which is limited to 1000 API calls / month."),
       Per::month,
       Counted::requests,
       1000,
       {}},
      {429,
       error("Your account org-x request reached organization max RPM: 3, please try again after 1 seconds"),
       Per::minute,
       Counted::requests,
       3,
       {}},
      {429, error("You have exceeded today's quota for model qwen3-402b"), Per::day, Counted::unknown, {}, {}},
      {402,
       error("You have exceeded your monthly included credits. Subscribe to PRO to get 20x more monthly credits."),
       Per::month,
       Counted::credit,
       {},
       {}},
      {429, error("Rate limit exceeded: 30 requests per minute"), Per::minute, Counted::requests, 30, {}},
      {429, error("Daily request limit of 50 reached"), Per::day, Counted::requests, 50, {}},
      {429,
       error("Quota exceeded for metric: x/generate_content_free_tier_requests, limit: 0"),
       Per::unknown,
       Counted::requests,
       0,
       {}},
      {429, error("You have reached the limit of 5 concurrent requests"), Per::unknown, Counted::concurrent, 5, {}},
      {429, "Rate limit exceeded: 5 requests per second", Per::second, Counted::requests, 5, {}},
  };
  for (const Said& said : cases) check(said);
}

TEST(ReadLimit, NumbersThatMeanSomethingElse) {
  const Said cases[] = {
      {429,
       error("Too many requests. Please try again in 30 s (request 0402-20, limit of 60 seconds)"),
       Per::unknown,
       Counted::unknown,
       {},
       {}},
      {429, error("Provider returned error 402 after 3 tries"), Per::unknown, Counted::unknown, {}, {}},
      {402,
       error("This model costs ~0.0136 pollen, but your balance limit is 0.0000"),
       Per::unknown,
       Counted::unknown,
       {},
       {}},
      {429, error("limit: 20x for the others"), Per::unknown, Counted::unknown, {}, {}},
      {429, error("The context limit is 8192"), Per::unknown, Counted::unknown, {}, {}},
      {429, error("openai/day-1 is busy"), Per::unknown, Counted::unknown, {}, {}},
      {400, error("at most 5 requests per minute: Limit 5, Used 5"), Per::unknown, Counted::unknown, {}, {}},
      {500, error("Limit 5, Used 5 requests per minute"), Per::unknown, Counted::unknown, {}, {}},
      {429, "<html><head><title>429 Too Many Requests</title></head></html>", Per::unknown, Counted::unknown, {}, {}},
  };
  for (const Said& said : cases) check(said);
}

TEST(ReadLimit, FieldsWhoseNamesTellTheWindow) {
  http::Fields fields;
  fields.add("x-ratelimit-limit-tokens-day", "1000000");
  fields.add("x-ratelimit-remaining-tokens-day", "0");
  fields.add("x-ratelimit-limit-requests-minute", "30");
  fields.add("x-ratelimit-remaining-requests-minute", "12");
  auto cerebras = read(429, R"({"message":"Tokens per day limit exceeded - too many tokens processed."})", fields);
  EXPECT_EQ(cerebras.per, Per::day);
  EXPECT_EQ(cerebras.counted, Counted::tokens);
  EXPECT_EQ(cerebras.limit, 1000000U);
  EXPECT_EQ(cerebras.used, 1000000U);
  auto other = read(429, R"({"message":"Requests per minute limit exceeded"})", fields);
  EXPECT_EQ(other.per, Per::minute) << "a field of another limit";
  EXPECT_FALSE(other.limit.has_value());
  http::Fields plain;
  plain.add("x-ratelimit-limit-requests", "1000");
  plain.add("x-ratelimit-remaining-requests", "0");
  EXPECT_EQ(read(429, "", plain).per, Per::unknown) << "some providers mean a day by it, others a minute";
  EXPECT_FALSE(read(429, "", plain).limit.has_value());
}

}  // namespace
}  // namespace freeway::dialect::openai
