#include "farm/style.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "json/document.h"

namespace freeway::farm {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr const char* kStyles[] = {"openai",      "plain",        "llm7",     "bare",       "groq",       "cerebras",
                                   "sambanova",   "mistral",      "cohere",   "google",     "github",     "nvidia",
                                   "cloudflare",  "ovh",          "ollama",   "aihorde",    "openrouter", "kilo",
                                   "huggingface", "pollinations", "opencode", "zhipu",      "minimax",    "modelscope",
                                   "siliconflow", "moonshot",     "qianfan",  "volcengine", "dashscope",  "xfyun"};

const Style& style(std::string_view name) {
  const auto* found = style_named(name);
  EXPECT_NE(found, nullptr) << name;
  return found != nullptr ? *found : openai_style();
}

Moment noon() {
  const WallTime midnight{std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)};
  return {Instant(hours(1)), midnight + hours(12)};
}

Refusal over(Unit unit, Period period, std::uint64_t limit, Duration wait) { return {unit, period, limit, limit, 1, wait}; }

Plain refused(std::string_view name, const Refusal& why) { return refusal(style(name), why, "x/\"y\"", noon()); }

std::string headers(std::string_view name, const std::vector<Level>& levels, const Refusal* why = nullptr) {
  std::vector<http::Field> fields;
  add_limit_headers(style(name), levels, why, noon(), fields);
  std::string all;
  for (const auto& field : fields) all += field.name + "=" + field.value + ";";
  return all;
}

bool is_json(const Plain& plain) { return plain.content_type != "application/json" || json::Document::parse(plain.body); }

TEST(Style, AllAreKnownByTheirNames) {
  for (const char* name : kStyles) EXPECT_EQ(style(name).name, name);
  EXPECT_EQ(style_named("nobody"), nullptr);
  EXPECT_NE(style_names().find("siliconflow"), std::string::npos);
}

// No place is left open, whatever happened, and what says that it is JSON is.
TEST(Style, EveryBodyIsWhole) {
  for (const char* name : kStyles) {
    for (int i = 0; i <= static_cast<int>(Occasion::server_error); ++i) {
      const auto occasion = static_cast<Occasion>(i);
      EXPECT_EQ(occasion_named(to_string(occasion)), occasion);
      const auto plain = error_of(style(name), occasion, "x/\"y\"", noon());
      EXPECT_TRUE(is_json(plain)) << name << ' ' << to_string(occasion) << ' ' << plain.body;
      EXPECT_EQ(plain.body.find('<'), std::string::npos) << plain.body;
      EXPECT_FALSE(plain.body.empty());
    }
    for (auto period : {Period::second, Period::minute, Period::hour, Period::day, Period::month, Period::once}) {
      for (auto unit : {Unit::requests, Unit::tokens, Unit::input_tokens, Unit::concurrent, Unit::neurons, Unit::credit}) {
        for (const bool hidden : {false, true}) {
          auto why = over(unit, period, 20, period == Period::once ? Duration::max() : seconds(12));
          why.never = period == Period::once;
          why.hidden = hidden;
          const auto plain = refused(name, why);
          EXPECT_TRUE(is_json(plain)) << name << ' ' << plain.body;
          EXPECT_EQ(plain.body.find('<'), std::string::npos) << plain.body;
          EXPECT_TRUE(plain.status >= 400 || std::string_view(name) == "minimax") << name;
        }
      }
    }
    for (int status : {400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503, 529}) {
      const auto plain = usual_error(style(name), status, "m");
      EXPECT_EQ(plain.status, status) << name;
      EXPECT_TRUE(is_json(plain)) << plain.body;
    }
  }
}

TEST(Style, OpenAiAndGroqTellAllInTheMessage) {
  const auto openai = refused("openai", over(Unit::requests, Period::minute, 20, std::chrono::milliseconds(49'500)));
  EXPECT_EQ(openai.status, 429);
  EXPECT_NE(openai.body.find("requests per minute (RPM): Limit 20, Used 20, Requested 1. Please try again in 49.5s."),
            std::string::npos)
      << openai.body;
  EXPECT_EQ(openai.headers.at(0).value, "50");
  const auto groq = refused("groq", over(Unit::tokens, Period::day, 200'000, seconds(578)));
  EXPECT_NE(groq.body.find("on tokens per day (TPD): Limit 200000, Used 200000, Requested 1. Please try again in 9m38s."),
            std::string::npos)
      << groq.body;
  EXPECT_NE(groq.body.find(R"("type":"tokens")"), std::string::npos);
  auto large = over(Unit::tokens, Period::minute, 6000, Duration::max());
  large.requested = 6294;
  large.never = true;
  EXPECT_EQ(refused("groq", large).status, 413);
  EXPECT_TRUE(refused("groq", large).headers.empty());
}

TEST(Style, GroqsRequestsAreOfTheDay) {
  const Level day{Unit::requests, Period::day, true, 1000, 999, 1, std::chrono::milliseconds(86'400)};
  const Level minute{Unit::requests, Period::minute, true, 30, 29, 1, seconds(60)};
  const Level tokens{Unit::tokens, Period::minute, true, 8000, 7984, 16, std::chrono::milliseconds(230)};
  EXPECT_EQ(headers("groq", {minute, day, tokens}),
            "x-ratelimit-limit-requests=1000;x-ratelimit-remaining-requests=999;x-ratelimit-reset-requests=1m26.4s;"
            "x-ratelimit-limit-tokens=8000;x-ratelimit-remaining-tokens=7984;x-ratelimit-reset-tokens=230ms;");
  EXPECT_EQ(
      headers("cerebras", {day}),
      "x-ratelimit-limit-requests-day=1000;x-ratelimit-remaining-requests-day=999;x-ratelimit-reset-requests-day=86.400;");
  EXPECT_EQ(headers("sambanova", {minute}),
            "x-ratelimit-limit-requests=30;x-ratelimit-remaining-requests=29;x-ratelimit-reset-requests=1772366460;");
}

TEST(Style, OtherHeadersOfTheirOwn) {
  const Level month{Unit::tokens, Period::month, false, 1'000'000'000, 999'999'984, 16, hours(1)};
  EXPECT_EQ(headers("mistral", {month}),
            "x-ratelimit-limit-tokens-month=1000000000;x-ratelimit-remaining-tokens-month=999999984;"
            "x-ratelimit-tokens-query-cost=16;");
  const Level calls{Unit::requests, Period::minute, false, 20, 7, 1, seconds(3)};
  EXPECT_EQ(headers("cohere", {calls}), "x-trial-endpoint-call-limit=20;x-trial-endpoint-call-remaining=7;");
  const Level account{Unit::requests, Period::day, false, 2000, 1990, 1, hours(1)};
  const Level model{Unit::requests, Period::day, true, 200, 190, 1, hours(1)};
  EXPECT_EQ(headers("modelscope", {model, account}),
            "modelscope-ratelimit-requests-limit=2000;modelscope-ratelimit-requests-remaining=1990;"
            "modelscope-ratelimit-model-requests-limit=200;modelscope-ratelimit-model-requests-remaining=190;");
  EXPECT_EQ(headers("nvidia", {calls}), "");
}

TEST(Style, SomeTellOnRefusalsAlone) {
  const Level day{Unit::requests, Period::day, false, 50, 0, 0, hours(12)};
  const auto why = over(Unit::requests, Period::day, 50, hours(12));
  EXPECT_EQ(headers("openrouter", {day}), "");
  EXPECT_EQ(headers("openrouter", {day}, &why),
            "X-RateLimit-Limit=50;X-RateLimit-Remaining=0;X-RateLimit-Reset=1772409600000;");
  const auto body = refused("openrouter", why).body;
  EXPECT_NE(body.find("free-models-per-day"), std::string::npos);
  EXPECT_NE(body.find(R"("X-RateLimit-Reset":"1772409600000")"), std::string::npos);
  EXPECT_NE(refused("openrouter", over(Unit::requests, Period::minute, 20, seconds(9))).body.find("free-models-per-min"),
            std::string::npos);
  EXPECT_EQ(headers("github", {day}, &why),
            "retry-after=43200;x-ratelimit-type=UserByModelByDay;x-ratelimit-timeremaining=43200;");
  EXPECT_NE(refused("github", why)
                .body.find("Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 43200 seconds"),
            std::string::npos);
}

TEST(Style, PeriodsHaveWordsOfTheirOwn) {
  EXPECT_NE(refused("google", over(Unit::requests, Period::day, 20, seconds(65'205)))
                .body.find("GenerateRequestsPerDayPerProject"),
            std::string::npos);
  const auto minute = refused("google", over(Unit::requests, Period::minute, 5, std::chrono::milliseconds(37'100))).body;
  EXPECT_NE(minute.find("GenerateRequestsPerMinutePerProject"), std::string::npos);
  EXPECT_NE(minute.find(R"("retryDelay":"38s")"), std::string::npos);
  EXPECT_NE(minute.find(R"("quotaValue":"5")"), std::string::npos);
  EXPECT_NE(refused("cohere", over(Unit::requests, Period::month, 1000, hours(1))).body.find("1000 API calls / month"),
            std::string::npos);
  EXPECT_NE(refused("cloudflare", over(Unit::neurons, Period::day, 10'000'000'000, hours(1))).body.find("10,000 neurons"),
            std::string::npos);
  EXPECT_NE(refused("siliconflow", over(Unit::tokens, Period::minute, 50'000, seconds(9))).body.find("TPM limit reached"),
            std::string::npos);
  EXPECT_EQ(refused("mistral", over(Unit::requests, Period::second, 1, seconds(1))).body,
            R"({"message":"Requests rate limit exceeded"})");
  EXPECT_EQ(refused("huggingface", over(Unit::credit, Period::month, 100'000, hours(1))).status, 402);
  EXPECT_EQ(refused("plain", over(Unit::credit, Period::month, 100'000, hours(1))).status, 402);
  const auto minimax = refused("minimax", over(Unit::requests, Period::minute, 20, seconds(9)));
  EXPECT_EQ(minimax.status, 200);
  EXPECT_NE(minimax.body.find("1002"), std::string::npos);
}

TEST(Style, OtherErrorsInTheirOwnWords) {
  const auto of = [](std::string_view name, Occasion occasion) { return error_of(style(name), occasion, "m", noon()); };
  EXPECT_EQ(of("google", Occasion::unauthorized).status, 400);
  EXPECT_EQ(of("nvidia", Occasion::gone).status, 410);
  EXPECT_EQ(of("siliconflow", Occasion::unauthorized).body, "Invalid token");
  EXPECT_EQ(of("siliconflow", Occasion::unauthorized).content_type, "text/plain");
  EXPECT_EQ(of("github", Occasion::too_large).status, 413);
  EXPECT_EQ(of("huggingface", Occasion::overloaded).status, 503);
  EXPECT_EQ(of("zhipu", Occasion::busy).status, 429);
  EXPECT_EQ(of("openai", Occasion::overloaded).status, 503);
  EXPECT_NE(of("mistral", Occasion::unauthorized).body.find("Unauthorized"), std::string::npos);
  EXPECT_EQ(context_error(style("openai"), "m", 9, 8), std::nullopt);
  EXPECT_NE(context_error(style("google"), "m", 12, 8)->body.find("(12) exceeds the maximum number of tokens allowed (8)"),
            std::string::npos);
}

TEST(GoDuration, Spelling) {
  EXPECT_EQ(go_duration(std::chrono::milliseconds(230)), "230ms");
  EXPECT_EQ(go_duration(std::chrono::milliseconds(86400)), "1m26.4s");
  EXPECT_EQ(go_duration(std::chrono::minutes(6)), "6m0s");
  EXPECT_EQ(go_duration(std::chrono::microseconds(7660100)), "7.661s");
}

}  // namespace
}  // namespace freeway::farm
