// The judge alone; real bodies through the dialect's reader are in test/corpus.
#include "router/verdict.h"

#include <gtest/gtest.h>

namespace freeway::router {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

chat::Fault fault(int status, std::string code = "", std::string message = "", std::string type = "") {
  chat::Fault made;
  made.status = status;
  made.code = std::move(code);
  made.message = std::move(message);
  made.type = std::move(type);
  made.structured = true;
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
  auto day = fault(429, "GenerateRequestsPerDayPerProjectPerModel-FreeTier");
  day.retry_after = seconds(20);
  EXPECT_EQ(judge(day).reason, Reason::quota_exhausted);
  EXPECT_GE(*judge(day).bench, hours(1)) << "a day does not end in 20 s";
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
  auto of = [](ErrorKind kind) { return judge(Error{kind, "no"}); };
  for (auto kind : {ErrorKind::refused, ErrorKind::unreachable, ErrorKind::tls}) {
    EXPECT_EQ(of(kind).reason, Reason::unreachable);
    EXPECT_EQ(of(kind).blame, Blame::provider);
    EXPECT_EQ(of(kind).bench, seconds(1));
  }
  EXPECT_EQ(of(ErrorKind::closed).blame, Blame::route);
  EXPECT_EQ(of(ErrorKind::timeout).reason, Reason::timeout);
  EXPECT_EQ(of(ErrorKind::timeout).blame, Blame::route);
  EXPECT_EQ(of(ErrorKind::malformed).reason, Reason::bad_answer);
  EXPECT_FALSE(of(ErrorKind::exhausted).bench.has_value()) << "our own want is nobody's fault";
  EXPECT_FALSE(of(ErrorKind::cancelled).elsewhere);
  EXPECT_FALSE(of(ErrorKind::cancelled).bench.has_value());
  EXPECT_EQ(judge_bad_answer().reason, Reason::bad_answer);
}

TEST(Verdict, ReasonsAreTrailNames) {
  EXPECT_EQ(to_string(Reason::rate_limited), "rate_limited");
  EXPECT_EQ(to_string(Reason::schema_violation), "schema_violation");
}

}  // namespace
}  // namespace freeway::router
