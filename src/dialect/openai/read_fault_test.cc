#include <gmock/gmock.h>

#include "base/duration.h"
#include "dialect/openai/openai_test.h"

namespace freeway::dialect::openai {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::dialect;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// 2026-01-01T00:00:00Z
const WallTime kNow{std::chrono::duration_cast<Duration>(seconds(1767225600))};

http::Fields fields(std::vector<std::pair<std::string, std::string>> list) {
  http::Fields out;
  for (auto& [name, value] : list) out.add(name, value);
  return out;
}

chat::Fault read(int status, std::string_view body, std::vector<std::pair<std::string, std::string>> list = {}) {
  return dialect().read_fault(status, fields(std::move(list)), body, kNow);
}

struct Shape {
  std::string body;
  std::string message;
  std::string type;
  std::string code;
  std::string param;
};

TEST(ReadFault, ReadsEveryShape) {
  const Shape cases[] = {
      {R"({"error":{"message":"m","type":"t","param":"p","code":"c"}})", "m", "t", "c", "p"},
      {R"({"error":{"message":"m","type":null,"code":null}})", "m", "", "", ""},
      {R"({"error":{"code":"1302","message":"Rate limit"}})", "Rate limit", "", "1302", ""},
      {R"({"error":{"message":"User not found.","code":401}})", "User not found.", "", "401", ""},
      {R"({"error":"Invalid credentials"})", "Invalid credentials", "", "", ""},
      {R"({"message":"m","type":"t","param":"quota","code":"token_quota_exceeded"})", "m", "t", "token_quota_exceeded",
       "quota"},
      {R"({"object":"error","message":"m","type":"rate_limited","param":null,"code":"1300"})", "m", "rate_limited", "1300",
       ""},
      {R"({"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","top_k"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error"})",
       "Extra inputs are not permitted [\"body\",\"top_k\"]", "invalid_request_error", "", ""},
      {R"({"detail":"Unauthorized"})", "Unauthorized", "", "", ""},
      {R"({"detail":[{"loc":["body","n"],"msg":"too large","type":"value_error"}]})", "too large [\"body\",\"n\"]", "", "",
       ""},
      {R"({"status":410,"title":"Gone","detail":"The model has reached its end of life"})",
       "The model has reached its end of life", "", "", ""},
      {R"({"status":429,"title":"Too Many Requests"})", "Too Many Requests", "", "", ""},
      {R"({"errors":[{"message":"used up your daily free allocation","code":4006}],"success":false,"result":{}})",
       "used up your daily free allocation", "", "4006", ""},
      {R"x({"errors":{"message":"insufficient balance (1008)"},"request_id":"r"})x", "insufficient balance (1008)", "", "",
       ""},
      {R"({"errors":["nope"]})", "nope", "", "", ""},
      {R"({"code":20012,"message":"Model does not exist.","data":null})", "Model does not exist.", "", "20012", ""},
      {R"({"message":"2 per 1 second","rc":"RequestRateLimit"})", "2 per 1 second", "", "RequestRateLimit", ""},
      {R"({"type":"error","error":{"type":"ModelError","message":"Model X is not supported"}})", "Model X is not supported",
       "ModelError", "", ""},
      {R"({"base_resp":{"status_code":1004,"status_msg":"login fail"}})", "login fail", "", "1004", ""},
      {R"({"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"x is rate-limited upstream","provider_name":"Chutes"}}})",
       "Provider returned error: x is rate-limited upstream", "", "429", ""},
      {R"([{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}])",
       "API key not valid.", "INVALID_ARGUMENT", "API_KEY_INVALID", ""},
  };
  for (const Shape& shape : cases) {
    auto fault = read(400, shape.body);
    EXPECT_EQ(fault.message, shape.message) << shape.body;
    EXPECT_EQ(fault.type, shape.type) << shape.body;
    EXPECT_EQ(fault.code, shape.code) << shape.body;
    EXPECT_EQ(fault.param, shape.param) << shape.body;
    EXPECT_EQ(fault.status, 400) << shape.body;
    EXPECT_EQ(fault.body, shape.body);
    EXPECT_TRUE(fault.structured) << shape.body;
    EXPECT_FALSE(fault.retry_after.has_value()) << shape.body;
  }
}

TEST(ReadFault, ReadsGooglesDetails) {
  auto body = [](std::string_view id, std::string_view delay) {
    return R"({"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinute"},{"quotaId":")" +
           std::string(id) + R"(","quotaValue":"20"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":")" +
           std::string(delay) + R"("}]}})";
  };
  auto fault = read(429, body("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "38s"));
  EXPECT_EQ(fault.type, "RESOURCE_EXHAUSTED");
  EXPECT_EQ(fault.code, "GenerateRequestsPerDayPerProjectPerModel-FreeTier");
  EXPECT_EQ(fault.retry_after, seconds(38));
  EXPECT_EQ(read(429, body("x", "17.5s")).retry_after, milliseconds(17500));
  EXPECT_EQ(read(429, body("x", "17.5s")).code, "GenerateRequestsPerMinute");
}

TEST(ReadFault, DescribesBodiesThatAreNoErrorObject) {
  EXPECT_EQ(read(403, "<!DOCTYPE html>\n<html><head><TITLE> Attention Required! </TITLE></head></html>").message,
            "an HTML page: Attention Required!");
  EXPECT_EQ(read(502, "<html><body><h1>Bad Gateway</h1></body></html>").message, "an HTML page: Bad Gateway");
  EXPECT_EQ(read(401, "Invalid token\n").message, "Invalid token");
  EXPECT_EQ(read(500, "").message, "");
  EXPECT_EQ(read(500, R"({"x":1})").message, R"({"x":1})");
  EXPECT_FALSE(read(500, R"({"x":1})").structured);
  EXPECT_FALSE(read(500, "[]").structured);
  std::string long_text(290, 'a');
  for (int i = 0; i < 10; ++i) long_text += "é";
  std::string cut = read(500, long_text).message;
  EXPECT_LE(cut.size(), 304u);
  EXPECT_THAT(cut, ::testing::EndsWith("é…"));
  std::string huge = R"({"error":{"message":")" + std::string(100000, 'm') + "\"}}";
  EXPECT_LE(read(400, huge).message.size(), 1100u);
  EXPECT_EQ(read(400, huge).body.size(), 16u * 1024);
}

struct Delay {
  std::string_view name;
  int status;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::optional<Duration> delay;
};

TEST(ReadFault, ReadsEveryDelay) {
  const std::string plain = R"({"error":{"message":"Rate limit"}})";
  const Delay cases[] = {
      {"none", 429, {}, plain, std::nullopt},
      {"seconds", 429, {{"Retry-After", "7"}}, plain, seconds(7)},
      {"milliseconds", 429, {{"retry-after-ms", "850"}, {"retry-after", "7"}}, plain, milliseconds(850)},
      {"date", 429, {{"Retry-After", "Thu, 01 Jan 2026 00:00:07 GMT"}}, plain, seconds(7)},
      {"header before structure",
       429,
       {{"Retry-After", "7"}},
       R"({"error":{"message":"m","details":[{"retryDelay":"17s"}]}})",
       seconds(7)},
      {"structure before prose",
       429,
       {},
       R"({"error":{"message":"try again in 3s","details":[{"retryDelay":"17s"}]}})",
       seconds(17)},
      {"number in the body", 429, {}, R"({"error":{"message":"m","retry_after":2.5}})", milliseconds(2500)},
      {"number beside the error", 429, {}, R"({"error":"loading","estimated_time":20.0})", seconds(20)},
      {"prose", 429, {}, R"({"error":{"message":"Please try again in 850ms."}})", milliseconds(850)},
      {"prose of a page", 429, {}, "Please try again in 5s", seconds(5)},
      {"go duration", 429, {{"x-ratelimit-reset-requests", "6m0s"}}, plain, seconds(360)},
      {"exhausted dimension",
       429,
       {{"x-ratelimit-remaining-requests", "100"},
        {"x-ratelimit-reset-requests", "2h"},
        {"x-ratelimit-remaining-tokens", "0"},
        {"x-ratelimit-reset-tokens", "7.66s"}},
       plain,
       milliseconds(7660)},
      {"longest exhausted",
       429,
       {{"x-ratelimit-remaining-a", "0"},
        {"x-ratelimit-reset-a", "5"},
        {"x-ratelimit-remaining-b", "0"},
        {"x-ratelimit-reset-b", "9"}},
       plain,
       seconds(9)},
      {"exhausted before prose",
       429,
       {{"x-ratelimit-remaining-requests-day", "0"}, {"x-ratelimit-reset-requests-day", "3600.5"}},
       R"({"error":{"message":"try again in 3s"}})",
       milliseconds(3600500)},
      {"prose before a reset that may not be to blame",
       429,
       {{"x-ratelimit-remaining-requests", "5"}, {"x-ratelimit-reset-requests", "2h"}},
       R"({"error":{"message":"try again in 3s"}})",
       seconds(3)},
      {"tokens that were too few",
       429,
       {{"x-ratelimit-remaining-requests", "5"},
        {"x-ratelimit-reset-requests", "2h"},
        {"x-ratelimit-remaining-tokens", "200"},
        {"x-ratelimit-reset-tokens", "7s"}},
       plain,
       seconds(7)},
      {"epoch milliseconds inside the body",
       429,
       {},
       R"({"error":{"message":"Rate limit exceeded: free-models-per-day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1767225660000"}}}})",
       seconds(60)},
      {"epoch seconds", 429, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1767225630"}}, plain, seconds(30)},
      {"reset headers of other answers tell nothing", 400, {{"x-ratelimit-reset-requests", "6m0s"}}, plain, std::nullopt},
      {"unreadable header", 429, {{"retry-after", "soon"}}, plain, std::nullopt},
  };
  for (const Delay& one : cases) EXPECT_EQ(read(one.status, one.body, one.fields).retry_after, one.delay) << one.name;
}

}  // namespace
}  // namespace freeway::dialect::openai
