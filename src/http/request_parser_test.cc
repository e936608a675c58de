#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/parser.h"
#include "http/replay.h"

namespace freeway::http {
namespace {

using namespace std::string_literals;

std::string get(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }
std::string post(std::string_view rest) { return "POST /v1 HTTP/1.1\r\nHost: a\r\n" + std::string(rest); }
std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked\r\n\r\n" + std::string(body)); }

// Every cut of the input in two and byte by byte must come to the same.
std::string outcome(std::string_view input, ParserLimits limits = {}) {
  const std::string whole = replay::requests(input, replay::whole(), limits);
  EXPECT_EQ(whole, replay::requests(input, replay::pieces_of(1), limits));
  for (std::size_t at = 1; at < input.size() && at < 2000; ++at) {
    EXPECT_EQ(whole, replay::requests(input, replay::split_at(at), limits)) << "cut at " << at;
  }
  return whole;
}

struct Case {
  std::string input;
  std::string expected;
};

TEST(RequestParser, Accepts) {
  const std::vector<Case> cases = {
      {get(""), "GET / 1.1 <Host=a>{}\n"},
      {get("") + get("X: 1\r\n"), "GET / 1.1 <Host=a>{}\nGET / 1.1 <Host=a><X=1>{}\n"},
      {"\r\n\r\n" + get(""), "GET / 1.1 <Host=a>{}\n"},
      {get("A:\r\nB:  \t \r\nC: \t x y\t\r\nD:z\r\n"), "GET / 1.1 <Host=a><A=><B=><C=x y><D=z>{}\n"},
      {get("X: \xC3\xA4\t\"%\r\n"), "GET / 1.1 <Host=a><X=\xC3\xA4\t\"%>{}\n"},
      {post("content-length: 3\r\n\r\nabc"), "POST /v1 1.1 <Host=a><content-length=3>{abc}\n"},
      {post("Content-Length: 0\r\n\r\n"), "POST /v1 1.1 <Host=a><Content-Length=0>{}\n"},
      {post("Content-Length: 0003\r\n\r\nabc"), "POST /v1 1.1 <Host=a><Content-Length=0003>{abc}\n"},
      {post("\r\n"), "POST /v1 1.1 <Host=a>{}\n"},
      {chunked("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
       "POST /v1 1.1 <Host=a><Transfer-Encoding=chunked>{abc0123456789}\n"},
      {chunked("0003;x=y;z=\"a \\\"b\"\r\nabc\r\n00;q\r\nTrailer: t\r\nContent-Length: 9\r\n\r\n"),
       "POST /v1 1.1 <Host=a><Transfer-Encoding=chunked>{abc}\n"},
      {post("Transfer-Encoding: \t CHUNKED \r\n\r\n0\r\n\r\n") + get(""),
       "POST /v1 1.1 <Host=a><Transfer-Encoding=CHUNKED>{}\nGET / 1.1 <Host=a>{}\n"},
      {"GET / HTTP/1.0\r\n\r\n", "GET / 1.0 {}\n"},
      {"POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", "POST / 1.0 <Content-Length=1>{x}\n"},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 1.1 <Host=a>{}\n"},
      {"GET http://A:80/x?y HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET http://A:80/x?y 1.1 <Host=a:80>{}\n"},
      {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "CONNECT a:443 1.1 <Host=a:443>{}\n"},
      {"PURGE!x /a%20b HTTP/1.1\r\nHOST: [::1]:8420\r\n\r\n", "PURGE!x /a%20b 1.1 <HOST=[::1]:8420>{}\n"},
  };
  for (const Case& each : cases) EXPECT_EQ(outcome(each.input), each.expected) << each.input;
}

TEST(RequestParser, RefusesWhatCouldBeReadTwoWays) {
  const std::vector<Case> cases = {
      // Length and coding
      {post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), "malformed: the request has both"},
      {post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), "malformed: the request has both"},
      {post("Content-Length: 3\r\nContent-Length: 3\r\n\r\n"), "malformed: the request has more than one Content-Length"},
      {post("Content-Length: 3\r\nContent-Length: 4\r\n\r\n"), "malformed: the request has more than one Content-Length"},
      {post("Content-Length: 3, 3\r\n\r\n"), "malformed: the request's Content-Length"},
      {post("Content-Length: +3\r\n\r\n"), "malformed: the request's Content-Length"},
      {post("Content-Length: -3\r\n\r\n"), "malformed: the request's Content-Length"},
      {post("Content-Length: 0x3\r\n\r\n"), "malformed: the request's Content-Length"},
      {post("Content-Length: 3 \v\r\n\r\n"), "malformed: the value of the header field Content-Length"},
      {post("Content-Length:\r\n\r\n"), "malformed: the request's Content-Length"},
      {post("Content-Length: 3 4\r\n\r\n"), "malformed: the request's Content-Length"},
      {post("Content-Length: 18446744073709551616\r\n\r\n"), "malformed: the request's Content-Length"},
      {post("Transfer-Encoding: xchunked\r\n\r\n"), "unsupported: the only Transfer-Encoding"},
      {post("Transfer-Encoding: chunked, identity\r\n\r\n"), "unsupported: the only Transfer-Encoding"},
      {post("Transfer-Encoding: identity\r\n\r\n"), "unsupported: the only Transfer-Encoding"},
      {post("Transfer-Encoding: gzip, chunked\r\n\r\n"), "unsupported: the only Transfer-Encoding"},
      {post("Transfer-Encoding: chunked,\r\n\r\n"), "unsupported: the only Transfer-Encoding"},
      {post("Transfer-Encoding: \"chunked\"\r\n\r\n"), "unsupported: the only Transfer-Encoding"},
      {post("Transfer-Encoding:\r\n\r\n"), "unsupported: the only Transfer-Encoding"},
      {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), "unsupported: the only Transfer-Encoding"},
      {post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"), "unsupported: the only Transfer-Encoding"},
      {post("Transfer-Encoding: \x0b"s + "chunked\r\n\r\n"), "malformed: the value of the header field Transfer-Encoding"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "malformed: an HTTP/1.0 request has a Transfer"},
      {"POST / HTTP/1.0\r\n\r\n", "malformed: an HTTP/1.0 request with a body needs"},
      // Host
      {"GET / HTTP/1.1\r\n\r\n", "malformed: the request has no Host"},
      {get("host: a\r\n"), "malformed: the request has more than one Host"},
      {get("Host: b\r\n"), "malformed: the request has more than one Host"},
      {"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "malformed: the request has more than one Host"},
      {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "malformed: the request's target and its Host"},
      {"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "malformed: the request's target and its Host"},
      // Lines
      {get("X : 1\r\n"), "malformed: a header field has white space before its colon"},
      {get("X\t: 1\r\n"), "malformed: a header field has white space before its colon"},
      {get("X: 1\r\n 2\r\n"), "malformed: a header field is folded"},
      {get("X: 1\r\n\t2\r\n"), "malformed: a header field is folded"},
      {get(" X: 1\r\n"), "malformed: a header field is folded"},
      {get("X: 1\n"), "malformed: a line of the head ends without CR"},
      {"GET / HTTP/1.1\nHost: a\n\n", "malformed: a line of the head ends without CR"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n", "malformed: a line of the head ends without CR"},
      {get("X: 1\rY: 2\r\n"), "malformed: the value of the header field X"},
      {get("X: 1\r\r\n"), "malformed: the value of the header field X"},
      {get("\rX: 1\r\n"), "malformed: a header field's name"},
      {get("X: a\0b\r\n"s), "malformed: the value of the header field X"},
      {get("X: a\x1b[0m\r\n"), "malformed: the value of the header field X"},
      {get("X: a\x7f\r\n"), "malformed: the value of the header field X"},
      {get("X\0: a\r\n"s), "malformed: a header field's name"},
      {get(": a\r\n"), "malformed: a header field's name"},
      {get("X Y: a\r\n"), "malformed: a header field's name"},
      {get("X\xC3\xA4: a\r\n"), "malformed: a header field's name"},
      {get("no colon\r\n"), "malformed: a header line has no colon"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(outcome(each.input).find("[" + each.expected), 0U) << each.input << " → " << outcome(each.input);
  }
}

TEST(RequestParser, RefusesBadHosts) {
  for (std::string host : {"",     "a b",    "a,b", "a/b",    "u@a",      "a:",   "a:x", "a:123456", "a:65536", "a:80:90",
                           "[::1", "[::1]x", "[]",  "[x::1]", "\xC3\xA4", "a\\b", "a#",  "a?b",      "a%00",    ":80"}) {
    const std::string got = outcome("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    EXPECT_EQ(got.find("[malformed: the request's Host"), 0U) << host << " → " << got;
  }
  for (std::string host : {"a", "a.b-c_d:8420", "127.0.0.1:1", "[::1]", "[fe80::1.2.3.4]:65535", "A.B."}) {
    const std::string got = outcome("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    EXPECT_EQ(got, "GET / 1.1 <Host=" + host + ">{}\n");
  }
}

TEST(RequestParser, RefusesBadFirstLines) {
  const std::vector<Case> cases = {
      {"GET /\r\n", "malformed: the request line names no HTTP version"},
      {"GET\r\n", "malformed: the request line holds nothing but a word"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "unsupported: only HTTP/1.1 and HTTP/1.0 are spoken here, not HTTP/2.0"},
      {"GET / HTTP/1.2\r\n", "unsupported: only HTTP/1.1"},
      {"GET / HTTP/0.9\r\n", "unsupported: only HTTP/1.1"},
      {"GET / http/1.1\r\n", "malformed: the first line does not name an HTTP version"},
      {"GET / HTTP/1.1 \r\n", "unsupported: only HTTP/1.1"},
      {"GET  / HTTP/1.1\r\n", "malformed: the first line does not name"},
      {"GET / x HTTP/1.1\r\n", "malformed: the first line does not name"},
      {"GET\t/ HTTP/1.1\r\n", "malformed: the request's method"},
      {"G(T / HTTP/1.1\r\n", "malformed: the request's method"},
      {"GET x HTTP/1.1\r\n", "malformed: the request's target is neither"},
      {"GET * HTTP/1.1\r\n", "malformed: the request's target is neither"},
      {"GET ftp://a/ HTTP/1.1\r\n", "malformed: the request's target is neither"},
      {"CONNECT / HTTP/1.1\r\n", "malformed: the request's target is neither"},
      {"GET /\xC3\xA4 HTTP/1.1\r\n", "malformed: the request's target holds"},
      {"GET /a#b HTTP/1.1\r\n", "malformed: the request's target holds"},
      {"GET /a\tb HTTP/1.1\r\n", "malformed: the request's target holds"},
      {"GET /\0 HTTP/1.1\r\n"s, "malformed: the request's target holds"},
      {"GET /\rX HTTP/1.1\r\n", "malformed: the request's target holds"},
      {"\x16\x03\x01", "malformed: this looks like TLS"},
      {" GET / HTTP/1.1\r\n", "malformed: a request does not begin with a method"},
      {"\nGET / HTTP/1.1\r\n", "malformed: a request does not begin with a method"},
      {"\rGET / HTTP/1.1\r\n", "malformed: a request does not begin with a method"},
      {"\r\n\r\n\r\n\r\n\r\n", "malformed: there are empty lines"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(outcome(each.input).find("[" + each.expected), 0U) << each.input << " → " << outcome(each.input);
  }
}

TEST(RequestParser, RefusesBadChunks) {
  const std::vector<Case> cases = {
      {"\r\n", "malformed: a chunk's size"},
      {"x\r\n", "malformed: a chunk's size"},
      {"0x3\r\nabc\r\n", "malformed: a chunk's size"},
      {"-3\r\n", "malformed: a chunk's size"},
      {"+3\r\nabc\r\n", "malformed: a chunk's size"},
      {" 3\r\nabc\r\n", "malformed: a chunk's size"},
      {"3 \r\nabc\r\n", "malformed: a chunk's size"},
      {"3 ;a\r\nabc\r\n", "malformed: a chunk's size"},
      {";a\r\n", "malformed: a chunk's size"},
      {"10000000000000000\r\n", "malformed: a chunk's size"},
      {"00000000000000003\r\nabc\r\n", "malformed: a chunk's size"},
      {"3\nabc\r\n", "malformed: a chunk's size line ends without CR"},
      {"3\rabc\r\n", "malformed: a chunk's size is not"},
      {"3;a\rb\r\nabc\r\n", "malformed: a chunk's extension"},
      {"3;a\0\r\nabc\r\n"s, "malformed: a chunk's extension"},
      {"3;a=\"b\r\nabc\r\n0\r\n\r\n", "malformed: a chunk's extension"},
      {"3;a=\"b\\\"\r\nabc\r\n0\r\n\r\n", "malformed: a chunk's extension"},
      {"3\r\nabcd\r\n", "malformed: a chunk is longer"},
      {"3\r\nabc\n", "malformed: a chunk is longer"},
      {"3\r\nabc\rX", "malformed: a chunk is longer"},
      {"3\r\nabc0\r\n\r\n", "malformed: a chunk is longer"},
      {"0\r\nX : 1\r\n\r\n", "malformed: a header field has white space"},
      {"0\r\nX: 1\n\r\n", "malformed: a trailer line ends without CR"},
      {"0\r\nX: \x01\r\n\r\n", "malformed: the value of the header field X"},
      {"0\r\n folded\r\n\r\n", "malformed: a header field is folded"},
      {"3;" + std::string(5000, 'e') + "\r\nabc\r\n", "malformed: a chunk's size line is too long"},
  };
  for (const Case& each : cases) {
    const std::string got = outcome(chunked(each.input));
    EXPECT_NE(got.find(">[" + each.expected), std::string::npos) << each.input << " → " << got;
  }
}

TEST(RequestParser, ExtensionsMustNotOutweighTheBody) {
  std::string padded;
  for (int i = 0; i < 20; ++i) padded += "1;" + std::string(1000, 'e') + "\r\nx\r\n";
  EXPECT_NE(replay::requests(chunked(padded), replay::whole()).find("[malformed: the chunk extensions"), std::string::npos);
  std::string fair;
  for (int i = 0; i < 200; ++i) fair += "64;" + std::string(100, 'e') + "\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_EQ(replay::requests(chunked(fair + "0\r\n\r\n"), replay::whole()).find("malformed"), std::string::npos);
}

TEST(RequestParser, StopsBehindTheHeadThenBehindTheMessage) {
  RequestParser parser;
  std::string body;
  const std::string head = post("Content-Length: 3\r\n\r\n");
  const std::string input = head + "abcGET";
  EXPECT_FALSE(parser.started());
  auto first = parser.feed(input, body);
  ASSERT_TRUE(first);
  EXPECT_TRUE(parser.started());
  EXPECT_EQ(first->consumed, head.size());
  EXPECT_TRUE(first->head_complete);
  EXPECT_FALSE(first->complete);
  EXPECT_EQ(body, "");
  EXPECT_EQ(parser.content_length(), 3U);
  EXPECT_FALSE(parser.chunked());
  auto second = parser.feed(std::string_view(input).substr(head.size()), body);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->consumed, 3U);
  EXPECT_TRUE(second->complete);
  EXPECT_EQ(body, "abc");
  auto behind = parser.feed("GET", body);
  ASSERT_TRUE(behind);
  EXPECT_EQ(behind->consumed, 0U);

  parser.reset();
  EXPECT_FALSE(parser.started());
  EXPECT_FALSE(parser.content_length());
  ASSERT_TRUE(parser.feed(chunked(""), body));
  EXPECT_TRUE(parser.chunked());
  EXPECT_EQ(parser.head().fields.size(), 2U);
}

TEST(RequestParser, StaysFailed) {
  RequestParser parser;
  std::string body;
  EXPECT_FALSE(parser.feed("GET / HTTP/1.1\r\nbad\r\n", body));
  EXPECT_FALSE(parser.feed(get(""), body));
  parser.reset();
  auto head = parser.feed(chunked("x\r\n"), body);
  ASSERT_TRUE(head);
  EXPECT_FALSE(parser.feed("x\r\n", body));
  EXPECT_FALSE(parser.feed("0\r\n\r\n", body));
  parser.reset();
  EXPECT_TRUE(parser.feed(get(""), body));
}

TEST(RequestParser, EveryRequestMayHaveEmptyLinesBefore) {
  std::string input;
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    input += "\r\n" + get("");
    expected += "GET / 1.1 <Host=a>{}\n";
  }
  EXPECT_EQ(outcome(input), expected);
}

TEST(RequestParser, LimitsTheHead) {
  const std::string head = get("X: " + std::string(100, 'x') + "\r\n");
  ParserLimits limits;
  limits.head_bytes = head.size();
  EXPECT_EQ(outcome(head, limits).find("GET"), 0U);
  limits.head_bytes = head.size() - 1;
  EXPECT_EQ(outcome(head, limits).find("[too_large: the head"), 0U);
  // A line without end must not be awaited.
  EXPECT_EQ(outcome(std::string(limits.head_bytes + 1, 'G'), limits).find("[too_large: the head"), 0U);
  limits = {};
  limits.field_count = 2;
  EXPECT_EQ(outcome(get("X: 1\r\n"), limits).find("GET"), 0U);
  EXPECT_EQ(outcome(get("X: 1\r\nY: 1\r\n"), limits).find("[too_large: the head"), 0U);
  // Trailers count against the same limits.
  EXPECT_NE(outcome(chunked("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"), limits).find("[too_large: there are more trailers"),
            std::string::npos);
  limits.field_count = 128;
  limits.head_bytes = 100;
  EXPECT_NE(outcome(chunked("0\r\nA: " + std::string(100, 'x') + "\r\n\r\n"), limits).find("[too_large: the trailers"),
            std::string::npos);
}

TEST(RequestParser, LimitsTheBodyHoweverFramed) {
  ParserLimits limits;
  limits.body_bytes = 5;
  EXPECT_NE(outcome(post("Content-Length: 5\r\n\r\n12345"), limits).find("{12345}"), std::string::npos);
  EXPECT_NE(
      outcome(post("Content-Length: 6\r\n\r\n123456"), limits).find("[too_large: the body is larger than the limit of 5 "),
      std::string::npos);
  EXPECT_NE(outcome(chunked("3\r\n123\r\n2\r\n45\r\n0\r\n\r\n"), limits).find("{12345}"), std::string::npos);
  EXPECT_NE(outcome(chunked("3\r\n123\r\n3\r\n456\r\n0\r\n\r\n"), limits).find("[too_large: the body"), std::string::npos);
  EXPECT_NE(outcome(chunked("3\r\n123\r\nffffffffffffffff\r\n"), limits).find("[too_large: the body"), std::string::npos);
  limits.body_bytes = UINT64_MAX;
  EXPECT_NE(outcome(chunked("3\r\n123\r\nffffffffffffffff\r\n"), limits).find("[too_large: the body"), std::string::npos);
}

TEST(RequestParser, BodyLimitMayBeSetBehindTheHead) {
  for (std::string input : {post("Content-Length: 6\r\n\r\n123456"), chunked("6\r\n123456\r\n0\r\n\r\n")}) {
    RequestParser parser;
    std::string body;
    auto head = parser.feed(input, body);
    ASSERT_TRUE(head);
    parser.set_body_limit(5);
    auto rest = parser.feed(std::string_view(input).substr(head->consumed), body);
    ASSERT_FALSE(rest);
    EXPECT_EQ(rest.error().kind, ErrorKind::too_large);
    EXPECT_EQ(body, "");
    // The limit of the next message is the one from the beginning.
    parser.reset();
    head = parser.feed(input, body);
    ASSERT_TRUE(head);
    rest = parser.feed(std::string_view(input).substr(head->consumed), body);
    ASSERT_TRUE(rest);
    EXPECT_TRUE(rest->complete);
  }
}

TEST(RequestParser, ExpectsContinue) {
  auto expects = [](std::string_view input) {
    RequestParser parser;
    std::string body;
    EXPECT_TRUE(parser.feed(input, body));
    return parser.expects_continue();
  };
  EXPECT_TRUE(expects(post("Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n")));
  EXPECT_FALSE(expects(post("Expect: something\r\nContent-Length: 1\r\n\r\n")));
  EXPECT_FALSE(expects("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
}

TEST(AppendChunk, WritesWhatTheParserReads) {
  std::string body;
  append_chunk(body, "hello");
  append_chunk(body, "");
  append_chunk(body, std::string(300, 'x'));
  body += kLastChunk;
  EXPECT_EQ(body.substr(0, 15), "5\r\nhello\r\n12c\r\n");
  EXPECT_EQ(outcome(chunked(body)),
            "POST /v1 1.1 <Host=a><Transfer-Encoding=chunked>{hello" + std::string(300, 'x') + "}\n");
}

}  // namespace
}  // namespace freeway::http
