#include "relay/failure.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace freeway::relay {
namespace {

using namespace std::chrono_literals;
using router::Reason;

class FailureTest : public testing::Test {
 protected:
  FailureTest() {
    std::vector<catalog::Provider> providers(3);
    for (std::size_t i = 0; i < providers.size(); ++i) {
      providers[i].id = "u" + std::to_string(i + 1);
      providers[i].base_url = "http://127.0.0.1:1/v1";
      providers[i].keys.resize(1);
      providers[i].keys[0].name = "key#1";
      providers[i].models.resize(1);
      providers[i].models[0].id = providers[i].models[0].family = "m";
    }
    catalog_ = std::move(*catalog::Catalog::build(std::move(providers)));
  }

  Attempted attempt(catalog::RouteId route, Reason reason, int status = 0, std::string message = "words of the provider") {
    Attempted made;
    made.route = route;
    made.verdict.reason = reason;
    made.evidence = message;
    if (status != 0) {
      made.fault.emplace();
      made.fault->status = status;
      made.fault->message = message;
    }
    return made;
  }
  router::LeftOut left(catalog::RouteId route, router::LeftOut::Why why, std::optional<Reason> bench = std::nullopt) {
    router::LeftOut out;
    out.route = route;
    out.why = why;
    out.bench_reason = bench;
    out.reason = Clause::quoted("its reason");
    return out;
  }
  Failure judge(Instant earliest = kNever) { return no_route(trail_, plan_, catalog_, earliest, now_); }

  catalog::Catalog catalog_;
  Trail trail_;
  router::Plan plan_;
  Instant now_{1h};
};

TEST_F(FailureTest, AForbiddenRouteIsNoneThatTheRequestCouldHaveTaken) {
  plan_.left_out.push_back(left(0, router::LeftOut::Why::privacy));
  plan_.left_out.push_back(left(1, router::LeftOut::Why::quota));
  EXPECT_EQ(judge(now_ + 1s).status, 429);
  plan_.left_out.back() = left(1, router::LeftOut::Why::benched, Reason::invalid_key);
  EXPECT_EQ(judge().status, 503);
}

TEST_F(FailureTest, APolicyThatForbidsAllIs403AndNamesWhatIsMissing) {
  catalog::PrivacyPolicy policy{catalog::Privacy::no_training, 24h * 365};
  router::RouteList routes(catalog_, {0, 1, 2});
  auto failure = forbidden_by_policy(routes, catalog_, policy, WallTime(), "");
  EXPECT_EQ(failure.status, 403);
  EXPECT_EQ(failure.type, "permission_error");
  EXPECT_EQ(failure.code, "privacy_policy");
  EXPECT_FALSE(failure.retry_after);
  EXPECT_NE(failure.message.find("'no-training' allows no route of 'auto'"), std::string::npos) << failure.message;
  EXPECT_NE(failure.message.find(" u3: it has no data-use label."), std::string::npos) << failure.message;
}

TEST_F(FailureTest, AN5ProvidersThatAllHadTooMuchToDoAreCalledThat) {
  trail_.push_back(attempt(0, Reason::overloaded, 503));
  plan_.left_out.push_back(left(1, router::LeftOut::Why::benched, Reason::overloaded));
  EXPECT_EQ(judge().status, 502);
  EXPECT_EQ(judge().code, "overloaded");
  EXPECT_EQ(attempts_used_up(trail_, plan_, catalog_, now_).code, "overloaded");
  // A dead key is no route that could have been taken.
  plan_.left_out.push_back(left(2, router::LeftOut::Why::benched, Reason::invalid_key));
  EXPECT_EQ(judge().code, "overloaded");
  trail_.push_back(attempt(2, Reason::server_error, 500));
  EXPECT_EQ(judge().code, "all_routes_failed");
  EXPECT_EQ(attempts_used_up(trail_, plan_, catalog_, now_).code, "all_routes_failed");
  trail_.pop_back();
  plan_.left_out.back() = left(2, router::LeftOut::Why::quota);
  EXPECT_EQ(judge().code, "all_routes_failed");
}

TEST_F(FailureTest, AMissingCapabilityTellsOfRoutesThatThePolicyKeepsOut) {
  plan_.missing = router::Missing::vision;
  EXPECT_EQ(missing_capability(plan_, {}, "m").message.find("privacy"), std::string::npos);
  plan_.forbidden = 2;
  EXPECT_NE(missing_capability(plan_, {}, "m", catalog::Privacy::no_training)
                .message.find("'no-training' keeps 2 other routes out"),
            std::string::npos);
}

TEST_F(FailureTest, AllOutOfQuotaIs429WithTheEarliestOpening) {
  trail_.push_back(attempt(0, Reason::rate_limited, 429));
  plan_.left_out.push_back(left(0, router::LeftOut::Why::benched, Reason::rate_limited));
  plan_.left_out.push_back(left(1, router::LeftOut::Why::quota));
  auto failure = judge(now_ + 6100ms);
  EXPECT_EQ(failure.status, 429);
  EXPECT_EQ(failure.retry_after, 7);
}

TEST_F(FailureTest, KeysWithoutRightsAre503) {
  trail_.push_back(attempt(0, Reason::invalid_key, 401));
  trail_.push_back(attempt(1, Reason::billing, 402));
  EXPECT_EQ(judge().status, 503);
  trail_.clear();
  plan_.left_out.push_back(left(0, router::LeftOut::Why::benched, Reason::invalid_key));
  EXPECT_EQ(judge().status, 503) << "the same when the keys were known to be dead";
}

TEST_F(FailureTest, ADeadKeyKnownBeforeDoesNotHideThatTheOthersOnlyWait) {
  plan_.left_out.push_back(left(0, router::LeftOut::Why::benched, Reason::invalid_key));
  plan_.left_out.push_back(left(1, router::LeftOut::Why::quota));
  EXPECT_EQ(judge(now_ + 5s).status, 429);
}

TEST_F(FailureTest, WhenEveryProviderBlamesTheRequestTheirWordsComeThrough) {
  trail_.push_back(attempt(0, Reason::bad_request, 400, "first"));
  trail_.push_back(attempt(1, Reason::bad_request, 422, "temperature must be at most 2"));
  auto failure = judge();
  EXPECT_EQ(failure.status, 422);
  EXPECT_EQ(failure.message, "temperature must be at most 2");
}

// What a log would keep of it.
std::string kept(const Failure& failure) { return leave_out(failure.message, failure.quoted); }

TEST_F(FailureTest, SaysWhatOfItsSentenceAProviderSaid) {
  trail_.push_back(attempt(0, Reason::server_error, 500, "You said: my secret plan"));
  trail_.push_back(attempt(1, Reason::timeout, 0, "You said: my secret plan"));
  EXPECT_NE(judge().message.find("my secret plan"), std::string::npos);
  EXPECT_EQ(kept(judge()), "No provider could answer this request. 2 attempts failed; the last: u2/m key#1… (timeout)");
  EXPECT_EQ(kept(deadline_passed(trail_, catalog_, 30s)),
            "No provider answered within 30 s (routing.deadline). 2 attempts failed; the last: u2/m key#1… (timeout)");
  EXPECT_EQ(kept(attempts_used_up(trail_, plan_, catalog_, now_)).find("secret"), std::string::npos);
  trail_ = {attempt(0, Reason::bad_request, 400, "You said: my secret plan")};
  EXPECT_EQ(judge().quoted, judge().message) << "all of it";
  trail_ = {attempt(0, Reason::invalid_key, 401, "You said: my secret plan")};
  EXPECT_EQ(judge().code, "no_valid_key");
  EXPECT_EQ(kept(judge()).find("secret"), std::string::npos);
  trail_ = {attempt(0, Reason::rate_limited, 429, "You said: my secret plan")};
  EXPECT_EQ(judge().status, 429);
  EXPECT_EQ(kept(judge()).find("secret"), std::string::npos);
  auto image = image_unavailable("messages[0].content[1]", "cannot resolve secret.example");
  EXPECT_EQ(kept(image).find("secret"), std::string::npos) << kept(image);
}

TEST_F(FailureTest, AMixIs502) {
  trail_.push_back(attempt(0, Reason::rate_limited, 429));
  trail_.push_back(attempt(1, Reason::bad_request, 400));
  EXPECT_EQ(judge().status, 502);
  trail_.clear();
  trail_.push_back(attempt(0, Reason::server_error, 500));
  EXPECT_EQ(judge().status, 502);
  trail_.clear();
  plan_.left_out.push_back(left(0, router::LeftOut::Why::benched, Reason::server_error));
  plan_.left_out.push_back(left(1, router::LeftOut::Why::quota));
  EXPECT_EQ(judge(now_ + 5s).status, 502);
}

TEST_F(FailureTest, UsedUpAttemptsAreJudgedByWhatTheySaid) {
  auto used_up = [this] { return attempts_used_up(trail_, plan_, catalog_, now_); };
  plan_.order.push_back(2);
  trail_.push_back(attempt(0, Reason::bad_request, 422, "temperature must be at most 2"));
  EXPECT_EQ(used_up().status, 422);
  EXPECT_EQ(used_up().message, "temperature must be at most 2");
  trail_.push_back(attempt(1, Reason::server_error, 500));
  EXPECT_EQ(used_up().status, 502) << "a mix";
  EXPECT_TRUE(used_up().message.starts_with("2 attempts were made (routing.max_attempts) and none answered."));
  trail_ = {attempt(0, Reason::invalid_key, 401)};
  EXPECT_EQ(used_up().status, 503);
  EXPECT_TRUE(used_up().message.starts_with("1 attempts were made (routing.max_attempts)")) << used_up().message;
}

TEST_F(FailureTest, UsedUpAttemptsWithoutQuotaTellWhenTheFirstRouteOpens) {
  trail_.push_back(attempt(0, Reason::rate_limited, 429));
  plan_.left_out.push_back(left(0, router::LeftOut::Why::benched, Reason::rate_limited));
  plan_.earliest = now_ + 6100ms;
  auto failure = attempts_used_up(trail_, plan_, catalog_, now_);
  EXPECT_EQ(failure.status, 429);
  EXPECT_EQ(failure.retry_after, 7);
  EXPECT_TRUE(failure.message.starts_with("Every route for this request is out of quota")) << failure.message;
  plan_.order.push_back(2);
  failure = attempts_used_up(trail_, plan_, catalog_, now_);
  EXPECT_EQ(failure.status, 429);
  EXPECT_EQ(failure.retry_after, 1) << "the one that is open";
  EXPECT_TRUE(failure.message.starts_with("1 attempts were made (routing.max_attempts)")) << failure.message;
}

TEST_F(FailureTest, LargerThanEveryAllowanceIsSaidSo) {
  plan_.left_out.push_back(left(0, router::LeftOut::Why::too_large));
  EXPECT_EQ(judge().status, 413);
}

TEST_F(FailureTest, MissingCapabilitiesAreNamed) {
  chat::Request request;
  request.prompt_tokens = 9000;
  plan_.missing = router::Missing::vision;
  auto failure = missing_capability(plan_, request, "m");
  EXPECT_EQ(failure.status, 422);
  EXPECT_NE(failure.message.find("vision"), std::string::npos);
  plan_.missing = router::Missing::context;
  plan_.largest_context = 8192;
  failure = missing_capability(plan_, request, "m");
  EXPECT_EQ(failure.status, 400);
  EXPECT_EQ(failure.code, "context_length_exceeded");
  EXPECT_NE(failure.message.find("8192"), std::string::npos);
}

TEST_F(FailureTest, AnImageThatCantBeHadIsNamedByItsPlace) {
  auto failure = image_unavailable("messages[0].content[1]", "its server answered 404");
  EXPECT_EQ(failure.status, 400);
  EXPECT_EQ(failure.code, "image_unavailable");
  EXPECT_EQ(failure.param, "messages[0].content[1].image_url");
  EXPECT_NE(failure.message.find("its server answered 404"), std::string::npos);
  failure = image_out_of_reach("messages[0].content[1]", "the proxy is not there");
  EXPECT_EQ(failure.status, 502) << "the address is not to blame";
  EXPECT_EQ(failure.code, "image_unavailable");
  EXPECT_NE(failure.message.find("the proxy is not there"), std::string::npos);
  plan_.missing = router::Missing::image_data;
  failure = missing_capability(plan_, {}, "m");
  EXPECT_EQ(failure.status, 422);
  EXPECT_EQ(failure.param, "messages");
  EXPECT_NE(failure.message.find("images.fetch"), std::string::npos);
}

TEST_F(FailureTest, TheTrailNamesTheLastTenAttempts) {
  for (int i = 0; i < 12; ++i) trail_.push_back(attempt(i < 2 ? 0 : 1, Reason::timeout));
  std::string text = describe(trail_, catalog_);
  EXPECT_EQ(text.find("u1"), std::string::npos);
  EXPECT_TRUE(text.starts_with("u2/m key#1=timeout; u2/m key#1=timeout"));
}

}  // namespace
}  // namespace freeway::relay
