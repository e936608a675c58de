#include "http/url.h"

#include <gtest/gtest.h>

namespace freeway::http {
namespace {

TEST(Url, Parses) {
  struct Case {
    std::string text, origin, host, path, host_header;
  };
  for (const Case& each : {
           Case{"http://localhost:9001/v1", "http://localhost:9001", "localhost", "/v1", "localhost:9001"},
           Case{"https://API.Groq.com/openai/v1//", "https://api.groq.com:443", "api.groq.com", "/openai/v1",
                "api.groq.com"},
           Case{"HTTP://a", "http://a:80", "a", "", "a"},
           Case{"http://a:443/", "http://a:443", "a", "", "a:443"},
           Case{"https://a:443/", "https://a:443", "a", "", "a"},
           Case{"http://[::1]:8080/x", "http://[::1]:8080", "::1", "/x", "[::1]:8080"},
           Case{"https://[2001:DB8::1]", "https://[2001:db8::1]:443", "2001:db8::1", "", "[2001:db8::1]"},
           Case{"http://a/b:c@d", "http://a:80", "a", "/b:c@d", "a"},
       }) {
    auto url = Url::parse(each.text);
    ASSERT_TRUE(url) << each.text << ": " << url.error().message;
    EXPECT_EQ(url->origin(), each.origin);
    EXPECT_EQ(url->host, each.host);
    EXPECT_EQ(url->path, each.path);
    EXPECT_EQ(url->host_header(), each.host_header);
    EXPECT_EQ(url->tls, each.origin.starts_with("https"));
  }
}

TEST(Url, Refuses) {
  struct Case {
    std::string text, why;
  };
  for (const Case& each : {
           Case{"", "http://"},
           Case{"localhost:80", "http://"},
           Case{"ftp://a", "http://"},
           Case{"http:/a", "http://"},
           Case{"http://", "host is missing"},
           Case{"http:///v1", "host is missing"},
           Case{"http://:80", "malformed"},
           Case{"http://a b", "malformed"},
           Case{"http://a:x", "malformed"},
           Case{"http://a:", "malformed"},
           Case{"http://a:70000", "malformed"},
           Case{"http://a:0", "between 1 and 65535"},
           Case{"http://[::1", "malformed"},
           Case{"http://u:p@a/", "user name"},
           Case{"http://a/v1?key=1", "query"},
           Case{"http://a?b", "query"},
           Case{"http://a/v1#x", "fragment"},
           Case{"http://a/v 1", "percent-encoded"},
           Case{"http://a/\n", "percent-encoded"},
       }) {
    auto url = Url::parse(each.text);
    ASSERT_FALSE(url) << each.text;
    EXPECT_EQ(url.error().kind, ErrorKind::invalid);
    EXPECT_NE(url.error().message.find(each.why), std::string::npos) << each.text << ": " << url.error().message;
  }
}

TEST(Url, ErrorsHoldNoCredentials) {
  for (std::string text : {"http://user:hunter2@a/", "https://a/v1?key=hunter2", "user:hunter2@a"}) {
    auto url = Url::parse(text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().message.find("hunter2"), std::string::npos) << url.error().message;
  }
}

}  // namespace
}  // namespace freeway::http
