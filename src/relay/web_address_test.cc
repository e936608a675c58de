#include "relay/web_address.h"

#include <gtest/gtest.h>

namespace freeway::relay {
namespace {

std::string parsed(std::string_view text) {
  auto address = WebAddress::parse(text);
  return address ? address->origin.origin() + " " + address->target : "refused";
}

TEST(WebAddress, HasAnOriginAndATarget) {
  EXPECT_EQ(parsed("https://Example.org/a/b.png?x=1&y=2#top"), "https://example.org:443 /a/b.png?x=1&y=2");
  EXPECT_EQ(parsed("HTTP://example.org:8080"), "http://example.org:8080 /");
  EXPECT_EQ(parsed("http://example.org?x"), "http://example.org:80 /?x");
  EXPECT_EQ(parsed("http://[::1]/a/"), "http://[::1]:80 /a/");
  EXPECT_EQ(parsed("http://example.org/\xc3\xa4 b%20c\r\nHost: x"), "http://example.org:80 /%C3%A4%20b%20c%0D%0AHost:%20x");
}

TEST(WebAddress, IsRefusedWhereItIsNone) {
  for (const char* text : {"", "example.org/a", "file:///etc/passwd", "ftp://example.org/a", "http://", "http:///a",
                           "http://user@example.org/a", "http://user:secret@example.org/a", "http://exa mple.org/a",
                           "http://example.org:0/", "http://example.org:99999/", "http://example.org:x/", "data:image/png,"})
    EXPECT_EQ(parsed(text), "refused") << text;
}

TEST(WebAddress, FollowsReferences) {
  const char* from = "https://a.org/b/c/d.png?q#f";
  EXPECT_EQ(resolve_reference(from, "http://x.org/y"), "http://x.org/y");
  EXPECT_EQ(resolve_reference(from, "file:///etc/passwd"), "file:///etc/passwd");
  EXPECT_EQ(resolve_reference(from, "//x.org/y"), "https://x.org/y");
  EXPECT_EQ(resolve_reference(from, "/y?z"), "https://a.org/y?z");
  EXPECT_EQ(resolve_reference(from, "y"), "https://a.org/b/c/y");
  EXPECT_EQ(resolve_reference(from, "./y/."), "https://a.org/b/c/y/");
  EXPECT_EQ(resolve_reference(from, "../y"), "https://a.org/b/y");
  EXPECT_EQ(resolve_reference(from, "../../../../y"), "https://a.org/y");
  EXPECT_EQ(resolve_reference(from, "/b/../y/"), "https://a.org/y/");
  EXPECT_EQ(resolve_reference(from, "?z"), "https://a.org/b/c/d.png?z");
  EXPECT_EQ(resolve_reference(from, ""), "https://a.org/b/c/d.png?q");
  EXPECT_EQ(resolve_reference(from, "y?z=/../#g"), "https://a.org/b/c/y?z=/../");
  EXPECT_EQ(resolve_reference("http://a.org", "y"), "http://a.org/y");
  EXPECT_EQ(resolve_reference("http://a.org?q", "y"), "http://a.org/y");
  EXPECT_EQ(resolve_reference("http://a.org/", "?z"), "http://a.org/?z");
}

}  // namespace
}  // namespace freeway::relay
