#include "http/head.h"

#include <gtest/gtest.h>

#include "http/grammar.h"

namespace freeway::http {
namespace {

RequestHead request(std::string target) {
  RequestHead head;
  head.method = "GET";
  head.target = std::move(target);
  return head;
}

TEST(Fields, SetRemoveFindCount) {
  Fields fields;
  fields.add("A", "1");
  fields.add("b", "2");
  fields.add("a", "3");
  EXPECT_EQ(fields.find("a"), "1");
  EXPECT_EQ(fields.find("B"), "2");
  EXPECT_EQ(fields.find("c"), std::nullopt);
  EXPECT_EQ(fields.count("A"), 2U);
  fields.set("a", "4");
  EXPECT_EQ(fields.count("A"), 1U);
  EXPECT_EQ(fields.begin()->name, "A");
  EXPECT_EQ(fields.find("a"), "4");
  fields.set("d", "5");
  EXPECT_EQ(fields.size(), 3U);
  fields.remove("B");
  EXPECT_EQ(fields.find("b"), std::nullopt);
  fields.clear();
  EXPECT_EQ(fields.size(), 0U);
}

TEST(Fields, HasToken) {
  Fields fields;
  fields.add("Connection", "keep-alive , Upgrade");
  fields.add("connection", ",close,");
  EXPECT_TRUE(fields.has_token("CONNECTION", "Keep-Alive"));
  EXPECT_TRUE(fields.has_token("connection", "upgrade"));
  EXPECT_TRUE(fields.has_token("connection", "close"));
  EXPECT_FALSE(fields.has_token("connection", "keep"));
  EXPECT_FALSE(fields.has_token("te", "close"));
}

TEST(RequestHead, PathAndQuery) {
  struct Case {
    std::string target, path, query;
  };
  for (const Case& each : {Case{"/v1/models?x=1&y=?", "/v1/models", "x=1&y=?"}, Case{"/", "/", ""}, Case{"/?", "/", ""},
                           Case{"http://h:1/p?q", "/p", "q"}, Case{"http://h", "/", ""}, Case{"http://h?q", "/", "q"},
                           Case{"/redirect?to=http://x/y", "/redirect", "to=http://x/y"}, Case{"*", "*", ""}}) {
    EXPECT_EQ(request(each.target).path(), each.path) << each.target;
    EXPECT_EQ(request(each.target).query(), each.query) << each.target;
  }
}

TEST(RequestHead, KeepAlive) {
  RequestHead head = request("/");
  EXPECT_TRUE(head.keep_alive());
  head.fields.add("connection", "Close");
  EXPECT_FALSE(head.keep_alive());
  head.minor_version = 0;
  head.fields.clear();
  EXPECT_FALSE(head.keep_alive());
  head.fields.add("connection", "Keep-Alive");
  EXPECT_TRUE(head.keep_alive());
  head.fields.add("connection", "close");
  EXPECT_FALSE(head.keep_alive());
}

TEST(WriteHead, Request) {
  RequestHead head = request("/v1?x");
  head.fields.add("Host", "h");
  head.fields.add("X-Empty", "");
  std::string out = "before|";
  write_head(out, head);
  EXPECT_EQ(out, "before|GET /v1?x HTTP/1.1\r\nHost: h\r\nX-Empty: \r\n\r\n");
}

TEST(WriteHead, Response) {
  ResponseHead head;
  head.status = 429;
  head.minor_version = 0;
  std::string out;
  write_head(out, head);
  EXPECT_EQ(out, "HTTP/1.0 429 Too Many Requests\r\n\r\n");
  head.status = 299;
  head.reason = "Fine";
  out.clear();
  write_head(out, head);
  EXPECT_EQ(out, "HTTP/1.0 299 Fine\r\n\r\n");
  EXPECT_EQ(reason_phrase(299), "Unknown");
  EXPECT_EQ(reason_phrase(499), "Request Cancelled");
}

TEST(WriteHead, FindsALineEndAtEveryPlace) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (char bad : {'\r', '\n', '\0'}) {
        std::string value(size, '\xff');
        value[at] = bad;
        std::string expected = value;
        expected[at] = ' ';
        std::string out;
        write_field(out, "a", value);
        EXPECT_EQ(out, "a: " + expected + "\r\n");
      }
    }
  }
}

TEST(Grammar, TextHoldsNoControlCharacterButTabs) {
  for (std::size_t size : {1U, 7U, 8U, 9U, 16U, 19U}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '\x80');
        text[at] = static_cast<char>(byte);
        EXPECT_EQ(grammar::is_text(text), (byte >= 0x20 && byte != 0x7f) || byte == '\t')
            << size << ' ' << at << ' ' << byte;
      }
    }
  }
}

TEST(WriteHead, NoMessageCanBeSplit) {
  using namespace std::string_literals;
  RequestHead request_head = request("/\r\nX: 1");
  request_head.method = "G\nT";
  request_head.fields.add("A\r\nB", "1\r\n\r\n2\0"s);
  std::string out;
  write_head(out, request_head);
  EXPECT_EQ(out, "G T /  X: 1 HTTP/1.1\r\nA  B: 1    2 \r\n\r\n");
  ResponseHead response_head;
  response_head.status = 200;
  response_head.reason = "O\r\nK";
  out.clear();
  write_head(out, response_head);
  EXPECT_EQ(out, "HTTP/1.1 200 O  K\r\n\r\n");
}

}  // namespace
}  // namespace freeway::http
