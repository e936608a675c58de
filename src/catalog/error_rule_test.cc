#include "catalog/error_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/builtin.h"

namespace freeway::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHead =
    "id = \"p\"\nbase_url = \"https://h/v1\"\nsource = \"s\"\nas_of = \"2026-01\"\n[[errors]]\n";

Result<Provider> read(std::string_view rule) { return read_catalog_file(std::string(kHead) + std::string(rule), "p"); }

TEST(ErrorRule, ReadsEveryMember) {
  auto provider = read(R"(status = [429, 403]
code = ["4006", "3036"]
type = "Quota*"
message = "used up"
body = "neurons"
reason = "quota_exhausted"
scope = "account"
until = "reset"
per = "day"
counted = "neurons"
source = "docs"
as_of = "2026-09"
[[errors]]
status = 401
reason = "not_found"
scope = "model"
until = "1d"
[[errors]]
status = 402
reason = "billing"
scope = "key"
until = "forever"
[[errors]]
status = 429
scope = "account"
)");
  ASSERT_TRUE(provider) << provider.error().message;
  ASSERT_EQ(provider->errors.size(), 4U);
  const ErrorRule& full = provider->errors[0];
  EXPECT_THAT(full.status, ElementsAre(429, 403));
  EXPECT_THAT(full.code, ElementsAre("4006", "3036"));
  EXPECT_THAT(full.type, ElementsAre("Quota*"));
  EXPECT_THAT(full.message, ElementsAre("used up"));
  EXPECT_THAT(full.body, ElementsAre("neurons"));
  EXPECT_EQ(full.reason, chat::Reason::quota_exhausted);
  EXPECT_EQ(full.scope, chat::Blame::account);
  EXPECT_EQ(full.until, ErrorRule::Until::reset);
  EXPECT_EQ(full.per, chat::Per::day);
  EXPECT_EQ(full.counted, chat::Counted::neurons);
  EXPECT_EQ(full.source, "docs");
  EXPECT_EQ(full.as_of, "2026-09");
  EXPECT_EQ(provider->errors[1].until, ErrorRule::Until::length);
  EXPECT_EQ(provider->errors[1].length, std::chrono::hours(24));
  EXPECT_EQ(provider->errors[1].source, "s") << "the provider's";
  EXPECT_EQ(provider->errors[2].until, ErrorRule::Until::forever);
  EXPECT_FALSE(provider->errors[3].reason.has_value());
  EXPECT_EQ(provider->errors[3].until, ErrorRule::Until::usual);
}

TEST(ErrorRule, TellsMistakesWithTheirPlace) {
  struct Wrong {
    std::string_view rule, says;
  };
  for (const Wrong& one : {
           Wrong{"scope = \"key\"\nreason = \"billing\"\n", "status is missing"},
           Wrong{"status = \"429\"\nscope = \"key\"\n", "expected a status such as 429"},
           Wrong{"status = 42\nscope = \"key\"\n", "expected a status such as 429"},
           Wrong{"status = []\nscope = \"key\"\n", "expected a status such as 429"},
           Wrong{"status = [429, 1]\nscope = \"key\"\n", "expected a status such as 429"},
           Wrong{"status = 429\n", "scope is missing"},
           Wrong{"status = 429\nscope = \"acount\"\n", "did you mean \"account\"?"},
           Wrong{"status = 429\nscope = \"key\"\nreason = \"timeout\"\n", "expected one of rate_limited"},
           Wrong{"status = 429\nscope = \"key\"\nreason = \"billing\"\nuntil = \"soon\"\n", "expected \"reset\""},
           Wrong{"status = 429\nscope = \"key\"\nuntil = \"1h\"\n", "needs a `reason`"},
           Wrong{"status = 429\nscope = \"client\"\nreason = \"too_large\"\nuntil = \"1h\"\n", "nothing is benched"},
           Wrong{"status = 429\nscope = \"key\"\ncode = []\n", "covers nothing"},
           Wrong{"status = 429\nscope = \"key\"\ncode = 4006\n", "expected a string"},
           Wrong{"status = 429\nscope = \"key\"\nper = \"week\"\n", "expected one of second"},
           Wrong{"status = 429\nscope = \"key\"\ncounted = \"calls\"\n", "expected one of requests"},
           Wrong{"status = 429\nscope = \"key\"\nmesage = \"x\"\n", "did you mean \"message\"?"},
       }) {
    auto provider = read(one.rule);
    ASSERT_FALSE(provider) << one.rule;
    EXPECT_THAT(provider.error().message, HasSubstr(one.says));
    EXPECT_THAT(provider.error().message, HasSubstr("errors")) << "the place";
  }
}

chat::Fault fault(int status, std::string code, std::string message = "") {
  chat::Fault made;
  made.status = status;
  made.code = std::move(code);
  made.message = std::move(message);
  return made;
}

TEST(ErrorRule, TheFirstThatCoversCounts) {
  std::vector<ErrorRule> rules(3);
  for (ErrorRule& rule : rules) rule.status = {429};
  rules[0].code = {"*PerDay*"};
  rules[1].code = {"limit", "quota"};
  auto which = [&](const chat::Fault& one, int named = 0) -> std::ptrdiff_t {
    const ErrorRule* found = find_rule(rules, one, named);
    return found == nullptr ? -1 : found - rules.data();
  };
  EXPECT_EQ(which(fault(429, "GenerateRequestsPERDAY-FreeTier")), 0);
  EXPECT_EQ(which(fault(429, "PerDay")), 0);
  EXPECT_EQ(which(fault(429, "Quota")), 1);
  EXPECT_EQ(which(fault(429, "quotas")), 2);
  EXPECT_EQ(which(fault(429, "")), 2);
  EXPECT_EQ(which(fault(403, "quota", "429")), -1);
  EXPECT_EQ(which(fault(200, "quota")), 1);
  EXPECT_EQ(which(fault(0, "")), -1) << "nothing says that it is a 429";
  EXPECT_EQ(which(fault(0, ""), 429), 2);
  EXPECT_EQ(which(fault(0, "quota"), 402), -1) << "its fields say that it is another";
}

TEST(ErrorRule, EveryBuiltInRuleHasASourceAndADate) {
  std::size_t rules = 0;
  for (const Provider& provider : builtin()) {
    for (const ErrorRule& rule : provider.errors) {
      ++rules;
      EXPECT_FALSE(rule.source.empty()) << provider.id;
      EXPECT_TRUE(rule.as_of.starts_with("20")) << provider.id;
    }
  }
  EXPECT_GE(rules, 60U);
}

}  // namespace
}  // namespace freeway::catalog
