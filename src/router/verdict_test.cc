// The judge alone; real bodies through the dialect's reader are in test/corpus.
#include "router/verdict.h"

#include <gtest/gtest.h>

#include "catalog/provider.h"

namespace freeway::router {
namespace {

using catalog::ErrorRule;
using chat::Counted;
using chat::Per;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// 2026-01-01T00:00:00Z
const WallTime kNow{std::chrono::duration_cast<Duration>(seconds(1767225600))};
// What a reset by the calendar may be late, so that it is never early.
constexpr Duration kGuard = milliseconds(500);

chat::Fault fault(int status, std::string code = "", std::string message = "", std::string type = "") {
  chat::Fault made;
  made.status = status;
  made.code = std::move(code);
  made.message = std::move(message);
  made.type = std::move(type);
  made.structured = true;
  return made;
}

// Of a provider of which nothing is known.
Verdict judge(const chat::Fault& fault, const catalog::Provider& provider = {}) {
  return router::judge(fault, provider, catalog::Model(), kNow);
}

catalog::Provider ruled(std::vector<ErrorRule> rules) {
  catalog::Provider provider;
  provider.errors = std::move(rules);
  return provider;
}

ErrorRule rule(int status, std::optional<Reason> reason, Blame scope) {
  ErrorRule made;
  made.status = {status};
  made.reason = reason;
  made.scope = scope;
  return made;
}

TEST(Verdict, StatusFirst) {
  struct Case {
    int status;
    Reason reason;
    Blame blame;
  };
  for (const auto& one : {Case{400, Reason::bad_request, Blame::client}, Case{401, Reason::invalid_key, Blame::key},
                          Case{402, Reason::billing, Blame::account},    Case{403, Reason::forbidden, Blame::route},
                          Case{404, Reason::not_found, Blame::route},    Case{405, Reason::bad_answer, Blame::route},
                          Case{408, Reason::timeout, Blame::route},      Case{409, Reason::server_error, Blame::route},
                          Case{410, Reason::not_found, Blame::model},    Case{413, Reason::too_large, Blame::client},
                          Case{415, Reason::bad_request, Blame::client}, Case{422, Reason::bad_request, Blame::client},
                          Case{424, Reason::bad_answer, Blame::route},   Case{425, Reason::server_error, Blame::route},
                          Case{429, Reason::rate_limited, Blame::route}, Case{500, Reason::server_error, Blame::route},
                          Case{502, Reason::server_error, Blame::route}, Case{503, Reason::overloaded, Blame::route},
                          Case{504, Reason::server_error, Blame::route}, Case{529, Reason::overloaded, Blame::route},
                          Case{301, Reason::bad_answer, Blame::route},   Case{200, Reason::bad_answer, Blame::route},
                          Case{0, Reason::bad_answer, Blame::route},     Case{599, Reason::server_error, Blame::route},
                          Case{999, Reason::bad_answer, Blame::route}}) {
    auto verdict = judge(fault(one.status, "", "error 402 after 429 tries"));
    EXPECT_EQ(verdict.reason, one.reason) << one.status << " " << to_string(verdict.reason);
    EXPECT_EQ(verdict.blame, one.blame) << one.status;
    EXPECT_TRUE(verdict.elsewhere) << one.status;
    EXPECT_EQ(verdict.bench.has_value(), one.blame != Blame::client) << one.status;
    EXPECT_FALSE(verdict.told) << one.status;
  }
}

TEST(Verdict, ToldDelays) {
  auto limited = fault(429);
  limited.retry_after = seconds(7);
  EXPECT_EQ(judge(limited).bench, seconds(7));
  EXPECT_TRUE(judge(limited).told);
  limited.retry_after = Duration::zero();
  EXPECT_FALSE(judge(limited).told) << "no delay at all is none";
  EXPECT_GT(*judge(limited).bench, seconds(1));
  auto request = fault(400);
  request.retry_after = seconds(7);
  EXPECT_FALSE(judge(request).bench.has_value()) << "the request is to blame whatever it says";
  auto broken = fault(503);
  broken.retry_after = seconds(5);
  EXPECT_EQ(judge(broken).bench, seconds(5));
  auto gone = fault(404, "model_not_found");
  gone.retry_after = seconds(7);
  EXPECT_FALSE(judge(gone).told) << "a model that is gone does not come back in 7 s";
}

TEST(Verdict, WindowsOfLimitsAreKeptApart) {
  auto limit = [](Per per) {
    auto made = fault(429);
    made.per = per;
    return judge(made);
  };
  EXPECT_EQ(limit(Per::second).reason, Reason::rate_limited);
  EXPECT_EQ(limit(Per::minute).reason, Reason::rate_limited);
  EXPECT_EQ(limit(Per::hour).reason, Reason::rate_limited);
  EXPECT_LT(*limit(Per::second).bench, *limit(Per::minute).bench);
  EXPECT_LT(*limit(Per::minute).bench, *limit(Per::hour).bench);
  for (Per per : {Per::day, Per::month, Per::once}) {
    EXPECT_EQ(limit(per).reason, Reason::quota_exhausted);
    EXPECT_EQ(limit(per).blame, Blame::account);
    EXPECT_EQ(limit(per).per, per);
  }
  EXPECT_TRUE(limit(Per::day).reset);
  EXPECT_FALSE(limit(Per::once).reset);
}

TEST(Verdict, ADayOrAMonthIsOverWhenTheProvidersClockSaysSo) {
  auto bench = [](Per per, const catalog::Provider& provider, const catalog::Model& model = {}) {
    auto made = fault(429);
    made.per = per;
    auto verdict = router::judge(made, provider, model, kNow + hours(1));
    EXPECT_TRUE(verdict.reset);
    EXPECT_FALSE(verdict.told);
    return *verdict.bench;
  };
  auto exactly = [](Duration found, Duration wanted) {
    EXPECT_GE(found, wanted);
    EXPECT_LE(found, wanted + kGuard);
  };
  catalog::Provider utc, pacific, anniversary;
  exactly(bench(Per::day, utc), hours(23));
  exactly(bench(Per::month, utc), hours(31 * 24 - 1));
  pacific.day_clock = "America/Los_Angeles";
  exactly(bench(Per::day, pacific), hours(7));
  exactly(bench(Per::month, pacific), hours(7));
  catalog::PoolSpec pool;
  pool.window.kind = catalog::Window::Kind::month_since;
  pool.window.day = 17;
  anniversary.pools = {pool};
  exactly(bench(Per::month, anniversary), hours(16 * 24 - 1));
  catalog::Model shanghai;
  pool.window.kind = catalog::Window::Kind::day;
  pool.window.zone = "Asia/Shanghai";
  shanghai.pools = {pool};
  exactly(bench(Per::day, pacific, shanghai), hours(15));
}

TEST(Verdict, ADayThatRollsHasNoReset) {
  catalog::Provider provider;
  catalog::PoolSpec pool;
  pool.window.kind = catalog::Window::Kind::bucket;
  pool.window.length = hours(24);
  provider.pools = {pool};
  auto day = fault(429);
  day.per = Per::day;
  auto verdict = judge(day, provider);
  EXPECT_EQ(verdict.reason, Reason::quota_exhausted);
  EXPECT_FALSE(verdict.reset);
  EXPECT_LE(*verdict.bench, hours(1));
  day.retry_after = minutes(9);
  EXPECT_EQ(judge(day, provider).bench, minutes(9)) << "a bucket refills all the time";
}

TEST(Verdict, NoAllowanceAtAllIsNoLimitToWaitFor) {
  auto zero = fault(429, "GenerateRequestsPerDayPerProjectPerModel-FreeTier");
  zero.per = Per::day;
  zero.limit = 0;
  zero.retry_after = seconds(38);
  auto verdict = judge(zero, ruled({rule(429, Reason::rate_limited, Blame::account)}));
  EXPECT_EQ(verdict.reason, Reason::not_entitled);
  EXPECT_EQ(verdict.blame, Blame::route);
  EXPECT_FALSE(verdict.told);
  EXPECT_GE(*verdict.bench, hours(12));
  EXPECT_FALSE(provider_fault(verdict));
  zero.limit = 20;
  EXPECT_EQ(judge(zero).reason, Reason::quota_exhausted);
}

TEST(Verdict, RulesOfTheCatalogGoFirst) {
  auto paid = rule(401, Reason::not_entitled, Blame::route);
  paid.code = {"PAID_MODEL*"};
  auto provider = ruled({paid});
  EXPECT_EQ(judge(fault(401, "paid_model_auth_required"), provider).reason, Reason::not_entitled);
  EXPECT_EQ(judge(fault(401, "x_paid_model"), provider).reason, Reason::invalid_key);
  EXPECT_EQ(judge(fault(403, "PAID_MODEL"), provider).reason, Reason::forbidden) << "a rule names its status";
  EXPECT_EQ(judge(fault(401, "", "PAID_MODEL"), provider).reason, Reason::invalid_key);
}

TEST(Verdict, RulesReadPartsOfWhatIsSaid) {
  auto promotion = rule(401, Reason::not_found, Blame::model);
  promotion.message = {"promotion * ended", "is not supported"};
  promotion.type = {"ModelError"};
  auto provider = ruled({promotion});
  auto of = [&](std::string message, std::string type = "ModelError") {
    return judge(fault(401, "", std::move(message), std::move(type)), provider).reason;
  };
  EXPECT_EQ(of("The Promotion has ended for X"), Reason::not_found);
  EXPECT_EQ(of("Model X is NOT supported."), Reason::not_found);
  EXPECT_EQ(of("ended: a promotion"), Reason::invalid_key);
  EXPECT_EQ(of("is not supported", "AuthError"), Reason::invalid_key);
  auto filter = rule(403, Reason::forbidden, Blame::provider);
  filter.body = {"error code: 1010"};
  auto page = fault(403);
  page.structured = false;
  page.body = "<p>Error Code: 1010</p>";
  EXPECT_EQ(judge(page, ruled({filter})).blame, Blame::provider);
}

TEST(Verdict, ARuleWithoutAReasonNamesTheScopeOfLimits) {
  auto provider = ruled({rule(429, std::nullopt, Blame::account)});
  EXPECT_EQ(judge(fault(429), provider).reason, Reason::rate_limited);
  EXPECT_EQ(judge(fault(429), provider).blame, Blame::account);
  EXPECT_EQ(judge(fault(429, "", "The model is overloaded"), provider).blame, Blame::route) << "that is no limit";
  auto day = fault(429);
  day.per = Per::day;
  EXPECT_EQ(judge(day, provider).reason, Reason::quota_exhausted);
}

TEST(Verdict, HowLongARuleBenches) {
  auto limited = fault(429);
  auto with = [&](ErrorRule::Until until, Duration length = {}, Per per = Per::unknown) {
    auto made = rule(429, Reason::quota_exhausted, Blame::account);
    made.until = until;
    made.length = length;
    made.per = per;
    return judge(limited, ruled({made}));
  };
  EXPECT_EQ(with(ErrorRule::Until::length, minutes(3)).bench, minutes(3));
  EXPECT_FALSE(with(ErrorRule::Until::length, Duration::zero()).bench.has_value());
  EXPECT_EQ(with(ErrorRule::Until::forever).bench, Duration::max());
  EXPECT_TRUE(with(ErrorRule::Until::usual, {}, Per::month).reset);
  EXPECT_FALSE(with(ErrorRule::Until::usual).reset);
  EXPECT_TRUE(with(ErrorRule::Until::reset, {}, Per::day).reset);
  EXPECT_EQ(with(ErrorRule::Until::reset, {}, Per::day).per, Per::day);
  limited.retry_after = seconds(20);
  EXPECT_EQ(with(ErrorRule::Until::length, minutes(3)).bench, seconds(20)) << "the provider's word is exact";
  EXPECT_TRUE(with(ErrorRule::Until::length, minutes(3)).told);
  EXPECT_TRUE(with(ErrorRule::Until::reset, {}, Per::day).reset) << "a day does not end in 20 s";
  EXPECT_EQ(with(ErrorRule::Until::forever).bench, Duration::max());
  limited.retry_after = hours(3);
  EXPECT_EQ(with(ErrorRule::Until::reset, {}, Per::day).bench, hours(3)) << "the provider's clock is the best one";
}

TEST(Verdict, AnErrorWithoutAStatusIsCoveredByWhatItSays) {
  auto neurons = rule(429, Reason::quota_exhausted, Blame::account);
  neurons.code = {"4006"};
  auto provider = ruled({neurons, rule(429, Reason::overloaded, Blame::provider)});
  for (int status : {0, 200}) {
    EXPECT_EQ(judge(fault(status, "4006"), provider).reason, Reason::quota_exhausted);
    EXPECT_EQ(judge(fault(status, "4007"), provider).reason, Reason::bad_answer) << "that is no 429";
    EXPECT_EQ(judge(fault(status, "429"), provider).reason, Reason::overloaded) << "its fields name the status";
  }
  auto balance = rule(200, Reason::billing, Blame::account);
  balance.code = {"1008"};
  EXPECT_EQ(judge(fault(200, "1008"), ruled({balance})).reason, Reason::billing);
}

TEST(Verdict, TheCatalogKnowsWhatALimitCounts) {
  auto minute = rule(429, Reason::rate_limited, Blame::account);
  minute.per = Per::minute;
  minute.counted = Counted::requests;
  auto verdict = judge(fault(429), ruled({minute}));
  EXPECT_EQ(verdict.per, Per::minute);
  EXPECT_EQ(verdict.counted, Counted::requests);
}

TEST(Verdict, InsideAGoodStatusTheFieldsName) {
  EXPECT_EQ(judge(fault(0, "rate_limit_exceeded")).reason, Reason::rate_limited);
  EXPECT_EQ(judge(fault(200, "", "", "overloaded_error")).reason, Reason::overloaded);
  EXPECT_EQ(judge(fault(0, "502", "Provider returned error")).reason, Reason::server_error);
  EXPECT_EQ(judge(fault(0, "1008", "insufficient balance")).reason, Reason::billing);
  EXPECT_EQ(judge(fault(0, "", "", "authentication_error")).reason, Reason::invalid_key);
  EXPECT_EQ(judge(fault(0, "context_length_exceeded")).reason, Reason::too_large);
  EXPECT_EQ(judge(fault(0, "content_filter")).reason, Reason::blocked_content);
  EXPECT_EQ(judge(fault(0, "", "429 bottles")).reason, Reason::bad_answer);
}

TEST(Verdict, Transport) {
  auto of = [](ErrorKind kind) { return router::judge(Error{kind, "no"}); };
  for (auto kind : {ErrorKind::refused, ErrorKind::unreachable, ErrorKind::tls}) {
    EXPECT_EQ(of(kind).reason, Reason::unreachable);
    EXPECT_EQ(of(kind).blame, Blame::provider);
    EXPECT_EQ(of(kind).bench, seconds(1));
  }
  EXPECT_EQ(of(ErrorKind::proxy).reason, Reason::proxy);
  EXPECT_EQ(of(ErrorKind::proxy).blame, Blame::provider);
  EXPECT_EQ(of(ErrorKind::proxy).bench, of(ErrorKind::refused).bench);
  EXPECT_EQ(of(ErrorKind::closed).blame, Blame::route);
  EXPECT_EQ(of(ErrorKind::timeout).reason, Reason::timeout);
  EXPECT_EQ(of(ErrorKind::timeout).blame, Blame::route);
  EXPECT_EQ(of(ErrorKind::malformed).reason, Reason::bad_answer);
  EXPECT_EQ(of(ErrorKind::exhausted).reason, Reason::overloaded);
  EXPECT_EQ(of(ErrorKind::exhausted).blame, Blame::client);
  EXPECT_FALSE(of(ErrorKind::exhausted).bench.has_value()) << "our own want is nobody's fault";
  EXPECT_FALSE(of(ErrorKind::cancelled).elsewhere);
  EXPECT_FALSE(of(ErrorKind::cancelled).bench.has_value());
  EXPECT_EQ(judge_bad_answer().reason, Reason::bad_answer);
}

TEST(Verdict, ReasonsAreTrailNames) {
  EXPECT_EQ(to_string(Reason::rate_limited), "rate_limited");
  EXPECT_EQ(to_string(Reason::proxy), "proxy");
  EXPECT_EQ(to_string(Reason::schema_violation), "schema_violation");
}

}  // namespace
}  // namespace freeway::router
