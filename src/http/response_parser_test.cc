#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/parser.h"
#include "http/replay.h"

namespace freeway::http {
namespace {

std::string outcome(std::string_view input, ParserLimits limits = {}) {
  const std::string whole = replay::responses(input, replay::whole(), limits);
  EXPECT_EQ(whole, replay::responses(input, replay::pieces_of(1), limits));
  for (std::size_t at = 1; at < input.size(); ++at) {
    EXPECT_EQ(whole, replay::responses(input, replay::split_at(at), limits)) << "cut at " << at;
  }
  return whole;
}

std::string ok(std::string_view rest) { return "HTTP/1.1 200 OK\r\n" + std::string(rest); }

struct Case {
  std::string input;
  std::string expected;
};

TEST(ResponseParser, Accepts) {
  const std::vector<Case> cases = {
      {ok("Content-Length: 2\r\n\r\nhi"), "200 'OK' 1.1 <Content-Length=2>{hi}\n"},
      {ok("Content-Length: 0\r\n\r\n") + ok("Content-Length: 1\r\n\r\nx"),
       "200 'OK' 1.1 <Content-Length=0>{}\n200 'OK' 1.1 <Content-Length=1>{x}\n"},
      {ok("Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi"), "200 'OK' 1.1 <Content-Length=2><Content-Length=2>{hi}\n"},
      {ok("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n"),
       "200 'OK' 1.1 <Transfer-Encoding=chunked>{hi}\n"},
      {ok("\r\nuntil the end"), "200 'OK' 1.1 {until the end...closed}"},
      {ok("\r\n"), "200 'OK' 1.1 {...closed}"},
      {"HTTP/1.0 200 OK\r\n\r\nhi", "200 'OK' 1.0 {hi...closed}"},
      {"HTTP/1.1 429 \r\nContent-Length: 0\r\n\r\n", "429 '' 1.1 <Content-Length=0>{}\n"},
      {"HTTP/1.1 429\r\nContent-Length: 0\r\n\r\n", "429 '' 1.1 <Content-Length=0>{}\n"},
      {"HTTP/1.1 999 \xC3\xA4 b\r\nContent-Length: 0\r\n\r\n", "999 '\xC3\xA4 b' 1.1 <Content-Length=0>{}\n"},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204 'No Content' 1.1 <Content-Length=5>{}\n"},
      {"HTTP/1.1 304 -\r\nTransfer-Encoding: chunked\r\n\r\n", "304 '-' 1.1 <Transfer-Encoding=chunked>{}\n"},
      {"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: y\r\n\r\n" +
           ok("Content-Length: 2\r\n\r\nhi"),
       "200 'OK' 1.1 <Content-Length=2>{hi}\n"},
  };
  for (const Case& each : cases) EXPECT_EQ(outcome(each.input), each.expected) << each.input;
}

TEST(ResponseParser, Refuses) {
  std::string interim;
  for (int i = 0; i < 17; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
  const std::vector<Case> cases = {
      {ok("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"), "protocol: the answer has both"},
      {ok("Content-Length: 2\r\nContent-Length: 3\r\n\r\n"), "protocol: the answer has several"},
      {ok("Content-Length: 2, 2\r\n\r\n"), "protocol: the answer's Content-Length"},
      {ok("Content-Length: x\r\n\r\n"), "protocol: the answer's Content-Length"},
      {ok("Content-Length: x\r\nContent-Length: y\r\n\r\n"), "protocol: the answer's Content-Length"},
      {"HTTP/1.1 304 -\r\nContent-Length: x\r\n\r\n", "protocol: the answer's Content-Length"},
      {"HTTP/1.1 103 Early Hints\r\nContent-Length: x\r\n\r\n" + ok("Content-Length: 2\r\n\r\nhi"),
       "protocol: the answer's Content-Length"},
      {ok("Transfer-Encoding: gzip, chunked\r\n\r\n"), "unsupported: the answer has a Transfer-Encoding"},
      {ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), "unsupported: the answer has a"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "protocol: an HTTP/1.0 answer"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "protocol: the peer switches"},
      {interim, "protocol: the peer sends interim"},
      {"<html>", "malformed: the answer is not HTTP"},
      {"HTTP/2 200\r\n", "unsupported: only HTTP/1.1"},
      {"Hello\r\n", "malformed: the first line"},
      {"HTTP/1.1 2x0 OK\r\n", "malformed: the answer's status"},
      {"HTTP/1.1 20\r\n", "malformed: the answer's status"},
      {"HTTP/1.1 2000\r\n", "malformed: the answer's status"},
      {"HTTP/1.1 099 x\r\n", "malformed: the answer's status"},
      {"HTTP/1.1  200 x\r\n", "malformed: the answer's status"},
      {"HTTP/1.1 200OK\r\n", "malformed: the answer's status"},
      {"HTTP/1.1\r\n", "malformed: the answer's status"},
      {"HTTP/1.1 200 O\x01K\r\n", "malformed: the answer's reason"},
      {ok("X: 1\n\r\n"), "malformed: a line of the head"},
      {ok("X: 1\r\n fold\r\n\r\n"), "malformed: a header field is folded"},
      {ok("X : 1\r\n"), "malformed: a header field has white space"},
      // Cut short
      {"HTTP/1.1 20", "closed: the peer closed the connection in the middle of an answer's head"},
      {ok("Content-Le"), "closed: the peer closed the connection in the middle of an answer's head"},
      {"HTTP/1.1 100 Continue\r\n\r\n", "closed: the peer closed the connection in the middle of an answer's head"},
  };
  for (const Case& each : cases) {
    const std::string got = outcome(each.input);
    EXPECT_NE(got.find("[" + each.expected), std::string::npos) << each.input << " → " << got;
  }
}

TEST(ResponseParser, AFramedBodyThatIsCutFails) {
  for (std::string input :
       {ok("Content-Length: 3\r\n\r\nhi"), ok("Content-Length: 3\r\n\r\n"), ok("Transfer-Encoding: chunked\r\n\r\n"),
        ok("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"), ok("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n")}) {
    EXPECT_NE(outcome(input).find("[closed: the peer closed the connection in the middle of its answer]"), std::string::npos)
        << input;
  }
}

TEST(ResponseParser, ClosedBeforeAnything) {
  ResponseParser parser;
  EXPECT_FALSE(parser.started());
  auto end = parser.finish();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::closed);
}

TEST(ResponseParser, AnswersToHeadHaveNoBody) {
  ResponseParser parser;
  std::string body;
  for (std::string fields : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    parser.reset(true);
    const std::string input = ok(fields + "\r\n");
    auto fed = parser.feed(input + "HTTP", body);
    ASSERT_TRUE(fed);
    EXPECT_EQ(fed->consumed, input.size());
    EXPECT_TRUE(fed->complete);
    EXPECT_TRUE(parser.keep_alive());
  }
  parser.reset();
  ASSERT_TRUE(parser.feed(ok("Content-Length: 5\r\n\r\n"), body));
  EXPECT_FALSE(parser.finish());
}

TEST(ResponseParser, KeepAlive) {
  auto keeps = [](std::string_view input) {
    ResponseParser parser;
    std::string body;
    std::size_t at = 0;
    while (at < input.size()) {
      auto fed = parser.feed(input.substr(at), body);
      EXPECT_TRUE(fed);
      if (!fed || fed->complete) break;
      at += fed->consumed;
    }
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps(ok("Content-Length: 1\r\n\r\nx")));
  EXPECT_TRUE(keeps(ok("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")));
  EXPECT_FALSE(keeps(ok("Transfer-Encoding: chunked\r\n\r\n0\r\n"))) << "not complete";
  EXPECT_FALSE(keeps(ok("Connection: x, Close\r\nContent-Length: 1\r\n\r\nx")));
  EXPECT_FALSE(keeps(ok("\r\nx"))) << "runs to the end of the connection";
  EXPECT_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"));
  EXPECT_TRUE(keeps("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx"));
}

TEST(ResponseParser, ABodyThatRanToTheEndLeavesNoConnection) {
  ResponseParser parser;
  std::string body;
  ASSERT_TRUE(parser.feed(ok("\r\n"), body));
  auto end = parser.finish();
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->complete);
  EXPECT_FALSE(parser.keep_alive());
}

TEST(ResponseParser, InterimAnswersAreCountedForEachAnswer) {
  ResponseParser parser;
  std::string body;
  for (int i = 0; i < 40; ++i) {
    parser.reset();
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
    auto fed = parser.feed(interim + ok("Content-Length: 0\r\n\r\n"), body);
    ASSERT_TRUE(fed) << fed.error().message;
    EXPECT_TRUE(fed->complete);
  }
}

TEST(ResponseParser, LimitsHeadAndBody) {
  ParserLimits limits;
  limits.body_bytes = 5;
  EXPECT_NE(outcome(ok("\r\n12345"), limits).find("{12345...closed}"), std::string::npos);
  EXPECT_NE(outcome(ok("\r\n123456"), limits).find("[too_large: the body"), std::string::npos);
  EXPECT_NE(outcome(ok("Content-Length: 6\r\n\r\n123456"), limits).find("[too_large: the body"), std::string::npos);
  limits = {};
  limits.head_bytes = 100;
  EXPECT_EQ(outcome(ok("X: " + std::string(100, 'x') + "\r\n\r\n"), limits).find("[too_large: the head"), 0U);
  std::string interim;
  for (int i = 0; i < 6; ++i) interim += "HTTP/1.1 102 x\r\n\r\n";
  EXPECT_EQ(outcome(interim, limits).find("[too_large: the head"), 0U) << "interim heads count too";
}

TEST(ResponseParser, TheFeedThatEndsTheHeadTakesNoBody) {
  ResponseParser parser;
  std::string body;
  const std::string head = "HTTP/1.1 100 Continue\r\n\r\n" + ok("Content-Length: 2\r\n\r\n");
  auto fed = parser.feed(head + "hi", body);
  ASSERT_TRUE(fed);
  EXPECT_EQ(fed->consumed, head.size());
  EXPECT_TRUE(fed->head_complete);
  EXPECT_FALSE(fed->complete);
  EXPECT_EQ(parser.head().status, 200);
  EXPECT_EQ(body, "");
}

}  // namespace
}  // namespace freeway::http
