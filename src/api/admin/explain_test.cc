#include <gmock/gmock.h>

#include "api/admin/testing.h"

namespace freeway::api::admin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kBody = R"({"model":"m12","messages":[{"role":"user","content":"hi there"}]})";

TEST_F(AdminTest, ExplainTellsCandidatesAndWhoIsLeftOut) {
  bench("u1/m12 main", router::Reason::overloaded, router::Blame::route, seconds(30));
  spend("u1/m1 main");
  auto answer = explain(gate_, call("explain", kBody));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("model":"m12","resolved":"m12","pinned":true)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("configuration":"0123456789abcdef")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("candidates":[{"route":"u2/m12 main","provider":"u2","model":"m12","key":"main")"));
  EXPECT_THAT(
      answer.body,
      HasSubstr(
          R"("left_out":[{"route":"u1/m12 main","provider":"u1","model":"m12","key":"main")"
          R"x(,"why":"benched","reason":"u1/m12 main is benched for 30 s (overloaded)",)x"
          R"("reason_code":"benched","reason_values":{"scope":"u1/m12 main",)"
          R"("reason":"overloaded","wait":"30 s"},"until":"2026-01-01T00:00:30.000Z","pools":[{"name":"u1/main/rpm","limit":2,)"
          R"("used":1,"in_flight":0}]}])"));
  EXPECT_THAT(answer.body, Not(HasSubstr("hi there")));
}

TEST_F(AdminTest, ExplainReservesNothing) {
  for (int i = 0; i < 5; ++i)
    explain(gate_, call("explain", R"({"model":"m1","messages":[{"role":"user","content":"x"}]})"));
  auto levels = ledger_.levels({clock_.now(), clock_.wall()});
  ASSERT_EQ(levels.size(), 1U);
  EXPECT_EQ(levels[0].used + levels[0].in_flight, 0U);
}

TEST_F(AdminTest, ExplainAnswersForAClientAndRefusesAsServingDoes) {
  auto settings = std::make_shared<Settings>(*settings_.load());
  settings->client_keys.emplace_back();
  settings->client_keys[0].name = "laptop";
  settings->client_keys[0].models = {"m1"};
  settings_.store(settings);
  EXPECT_EQ(explain(gate_, call("explain?client=laptop", kBody)).status, 403);
  EXPECT_EQ(explain(gate_, call("explain?client=nobody", kBody)).status, 404);
  EXPECT_EQ(explain(gate_, call("explain", kBody)).status, 200);
  EXPECT_THAT(
      explain(gate_, call("explain?client=laptop", R"({"messages":[{"role":"user","content":"x"}],"model":"m1"})")).body,
      HasSubstr(R"("client":"laptop")"));
  auto unknown = explain(gate_, call("explain", R"({"model":"zzz","messages":[{"role":"user","content":"x"}]})"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr(R"("param":"model","code":"model_not_found")"));
  EXPECT_EQ(explain(gate_, call("explain", "{")).status, 400);
}

TEST_F(AdminTest, ExplainObeysThePrivacyOfTheClientAndOfTheRequest) {
  auto open = test_provider("u1", {"m12"}, kSecret);
  auto discreet = test_provider("u2", {"m12"}, "sk-another-secret-of-u2");
  discreet.data_use.trains = catalog::DataUse::Trains::no;
  discreet.data_use.as_of = "2025-12";
  use({open, discreet});
  auto settings = std::make_shared<Settings>(*settings_.load());
  settings->client_keys.emplace_back();
  settings->client_keys[0].name = "laptop";
  settings->client_keys[0].privacy = catalog::Privacy::no_training;
  settings_.store(settings);
  auto by_field = call("explain", kBody);
  by_field.fields.add("x-freeway-privacy", "no-training");
  for (const auto& asked : {call("explain?client=laptop", kBody), call("explain?client=laptop&privacy=any", kBody),
                            call("explain?privacy=no-training", kBody), by_field}) {
    auto answer = explain(gate_, asked);
    EXPECT_THAT(answer.body, HasSubstr(R"("privacy":"no-training")"));
    EXPECT_THAT(answer.body, HasSubstr(R"("candidates":[{"route":"u2/m12 main")"));
    EXPECT_THAT(answer.body, HasSubstr(R"("why":"privacy","reason":"privacy no-training: it has no data-use label")"));
  }
  EXPECT_THAT(explain(gate_, call("explain", kBody)).body, HasSubstr(R"("candidates":[{"route":"u1/m12 main")"));
  EXPECT_EQ(explain(gate_, call("explain?privacy=some", kBody)).status, 400);
}

TEST_F(AdminTest, ExplainTellsTheSessionsModel) {
  sessions_.keep("", "id:s1", "u2/m12", clock_.now());
  auto asked = call("explain", kBody);
  asked.fields.add("x-session-id", "s1");
  EXPECT_THAT(explain(gate_, asked).body, HasSubstr(R"("session":{"by":"header","stays_with":"u2/m12"})"));
  EXPECT_THAT(explain(gate_, call("explain", kBody)).body, HasSubstr(R"("session":{"by":"none","stays_with":null})"));
}

}  // namespace
}  // namespace freeway::api::admin
