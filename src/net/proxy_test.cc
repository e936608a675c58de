#include "net/proxy.h"

#include <gtest/gtest.h>

#include <string>

namespace freeway::net {
namespace {

using namespace std::string_literals;

ProxyAddress proxy(std::string_view text) {
  auto parsed = ProxyAddress::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? *parsed : ProxyAddress();
}

TEST(ProxyAddress, ReadsBothKinds) {
  const ProxyAddress plain = proxy("http://Proxy.Example:3128");
  EXPECT_EQ(plain.kind, ProxyAddress::Kind::connect);
  EXPECT_EQ(plain.host, "proxy.example");
  EXPECT_EQ(plain.port, 3128);
  EXPECT_EQ(plain.user, "");
  EXPECT_EQ(plain.name(), "proxy.example:3128");
  const ProxyAddress six = proxy("SOCKS5H://me:s%40c%2Fret@[::1]:1080/");
  EXPECT_EQ(six.kind, ProxyAddress::Kind::socks5);
  EXPECT_EQ(six.host, "::1");
  EXPECT_EQ(six.port, 1080);
  EXPECT_EQ(six.user, "me");
  EXPECT_EQ(six.password.reveal(), "s@c/ret");
  EXPECT_EQ(six.name(), "[::1]:1080");
  EXPECT_EQ(proxy("http://me@x:p@h:1").user, "me@x");
}

TEST(ProxyAddress, TellsWhatIsWrongWithoutRepeatingIt) {
  struct Wrong {
    const char* text;
    const char* told;
  };
  const Wrong wrongs[] = {
      {"proxy:1080", "scheme is missing"},
      {"socks5://hidden:hidden@p:1", "socks5h://"},
      {"socks4a://p:1", "SOCKS 4"},
      {"https://p:1", "TLS to the proxy"},
      {"ftp://p:1", "neither http nor socks5h"},
      {"http://hidden", "port is missing"},
      {"http://[::1]", "port is missing"},
      {"http://:1", "host is missing"},
      {"http://[hidden]:1", "no name and no address"},
      {"http://hid den:1", "no name and no address"},
      {"http://hidden\r\nx:1", "no name and no address"},
      {"http://p:0", "1 to 65535"},
      {"http://p:65536", "1 to 65535"},
      {"http://p:", "1 to 65535"},
      {"http://p:12hidden", "1 to 65535"},
      {"http://p:1/hidden", "nothing may follow"},
      {"http://hidden/1@p:1", "%2F"},
      {"http://:hidden@p:1", "user's name before the @"},
      {"http://a%3Ab:hidden@p:1", "Basic authentication"},
      {"socks5h://hidden@p:1", "needs a password"},
  };
  for (const Wrong& wrong : wrongs) {
    const auto parsed = ProxyAddress::parse(wrong.text);
    ASSERT_FALSE(parsed.has_value()) << wrong.text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::invalid);
    EXPECT_NE(parsed.error().message.find(wrong.told), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find("hidden"), std::string::npos) << parsed.error().message;
  }
  EXPECT_FALSE(ProxyAddress::parse("socks5h://" + std::string(256, 'u') + ":p@h:1").has_value());
  EXPECT_FALSE(ProxyAddress::parse("http://" + std::string(256, 'h') + ":1").has_value());
}

TEST(ProxyAddress, TellsApartWhatMustNotShareConnections) {
  const std::string one = proxy("http://a:b@h:1").identity();
  EXPECT_EQ(one, proxy("http://a:b@H:1").identity());
  for (const char* other : {"http://h:1", "http://a:c@h:1", "http://b:b@h:1", "http://a:b@h:2", "socks5h://a:b@h:1"}) {
    EXPECT_NE(one, proxy(other).identity()) << other;
  }
  EXPECT_NE(proxy("http://a:b%3Ac@h:1").identity(), proxy("http://a:b@h:1").identity());
}

// Feeds whole, then byte by byte; both must come to the same. `answers`: what the proxy says after each output.
struct Talk {
  std::string sent;
  std::size_t used = 0;
  bool established = false;
  std::string failure;
};

Talk talk(const ProxyAddress& with, std::string_view host, std::string_view answers, std::size_t at_once) {
  Talk seen;
  auto tunnel = Tunnel::begin(with, host, 443);
  EXPECT_TRUE(tunnel.has_value());
  if (!tunnel) return seen;
  seen.sent = tunnel->take_output();
  while (seen.used < answers.size() && !tunnel->established()) {
    const auto used = tunnel->feed(answers.substr(seen.used, at_once));
    if (!used) {
      EXPECT_EQ(used.error().kind, ErrorKind::proxy);
      seen.failure = used.error().message;
      return seen;
    }
    seen.used += *used;
    seen.sent += tunnel->take_output();
  }
  seen.established = tunnel->established();
  return seen;
}

Talk talk_both(const ProxyAddress& with, std::string_view host, std::string_view answers) {
  const Talk whole = talk(with, host, answers, answers.size() + 1);
  const Talk slow = talk(with, host, answers, 1);
  if (whole.established) {
    EXPECT_EQ(whole.sent, slow.sent);
    EXPECT_EQ(whole.used, slow.used) << answers;
  }
  EXPECT_EQ(whole.established, slow.established) << answers;
  EXPECT_EQ(whole.failure, slow.failure);
  return whole;
}

TEST(Connect, AsksWithTheNameAndTheCredentials) {
  const std::string ok = "HTTP/1.1 200 Connection established\r\n\r\n";
  Talk seen = talk_both(proxy("http://p:1"), "api.example", ok);
  EXPECT_EQ(seen.sent, "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n");
  EXPECT_TRUE(seen.established);
  seen = talk_both(proxy("http://Aladdin:open%20sesame@p:1"), "::1", ok);
  EXPECT_EQ(seen.sent,
            "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"
            "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
  // The other two paddings.
  EXPECT_NE(talk_both(proxy("http://a:b@p:1"), "h", ok).sent.find("Basic YTpi\r\n"), std::string::npos);
  EXPECT_NE(talk_both(proxy("http://a@p:1"), "h", ok).sent.find("Basic YTo=\r\n"), std::string::npos);
}

TEST(Connect, LeavesTheTargetsBytesAlone) {
  const std::string head = "HTTP/1.0 200 ok\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nX: y\n\n";
  const Talk seen = talk_both(proxy("http://p:1"), "h", head + "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_TRUE(seen.established);
  EXPECT_EQ(seen.used, head.size());
}

TEST(Connect, PassesOverInterimAnswers) {
  const Talk seen = talk_both(proxy("http://p:1"), "h", "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 204 No\r\n\r\n");
  EXPECT_TRUE(seen.established);
}

TEST(Connect, TellsEachRefusal) {
  struct Refusal {
    std::string answer;
    const char* told;
  };
  const Refusal refusals[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "refused the user's name or the password (407)"},
      {"HTTP/1.1 502 hidden\r\n", "refused to connect to the provider (502)"},
      {"HTTP/1.1 301 Moved\r\n", "(301)"},
      {"HTTP/1.1 101 Switching\r\n", "(101)"},
      {"HTTP/1.1 2000 x\r\n", "HTTP proxy"},
      {"HTTP/1.1 099 x\r\n", "HTTP proxy"},
      {"HTTP/2 200\r\n", "HTTP proxy"},
      {"SSH-2.0-OpenSSH_9\r\n", "HTTP proxy"},
      {"\r\n", "HTTP proxy"},
      {std::string(5000, 'x'), "HTTP proxy"},
      {"HTTP/1.1 200 ok\r\n" + std::string(20000, 'x'), "16384 bytes"},
      {"HTTP/1.1 100 x\r\n\r\n" + std::string(20000, 'x'), "HTTP proxy"},
  };
  for (const Refusal& refusal : refusals) {
    const Talk seen = talk_both(proxy("http://u:p@p:1"), "h", refusal.answer);
    EXPECT_FALSE(seen.established);
    EXPECT_NE(seen.failure.find(refusal.told), std::string::npos) << refusal.answer.substr(0, 40) << ": " << seen.failure;
    EXPECT_EQ(seen.failure.find("hidden"), std::string::npos);
  }
}

TEST(Connect, GivesUpOnInterimAnswersWithoutEnd) {
  std::string endless;
  while (endless.size() < 20000) endless += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_NE(talk_both(proxy("http://p:1"), "h", endless).failure.find("16384"), std::string::npos);
}

const std::string kBound = "\5\0\0\1\177\0\0\1\4\70"s;

TEST(Socks, LeavesTheNameToTheProxy) {
  const Talk seen = talk_both(proxy("socks5h://p:1"), "api.example", "\5\0"s + kBound + "target");
  EXPECT_EQ(seen.sent, "\5\1\0"s + "\5\1\0\3\13api.example\1\273"s);
  EXPECT_TRUE(seen.established);
  EXPECT_EQ(seen.used, 2 + kBound.size());
}

TEST(Socks, SendsAddressesAsAddresses) {
  EXPECT_EQ(talk_both(proxy("socks5h://p:1"), "127.0.0.1", "\5\0"s + kBound).sent, "\5\1\0\5\1\0\1\177\0\0\1\1\273"s);
  EXPECT_EQ(talk_both(proxy("socks5h://p:1"), "::1", "\5\0"s + kBound).sent,
            "\5\1\0\5\1\0\4"s + std::string(15, '\0') + "\1\1\273"s);
}

TEST(Socks, TakesAnyBoundAddress) {
  for (const std::string& bound : {"\5\0\0\4"s + std::string(18, 'a'), "\5\0\0\3\2ab\0\1"s, "\5\0\0\3\0\0\1"s}) {
    const Talk seen = talk_both(proxy("socks5h://p:1"), "h", "\5\0"s + bound + "x");
    EXPECT_TRUE(seen.established);
    EXPECT_EQ(seen.used, 2 + bound.size());
  }
}

TEST(Socks, ShowsCredentialsOnlyWhenAsked) {
  const ProxyAddress with = proxy("socks5h://me:secret@p:1");
  Talk seen = talk_both(with, "h", "\5\2\1\0"s + kBound);
  EXPECT_EQ(seen.sent, "\5\2\0\2"s + "\1\2me\6secret" + "\5\1\0\3\1h\1\273"s);
  EXPECT_TRUE(seen.established);
  seen = talk_both(with, "h", "\5\0"s + kBound);
  EXPECT_EQ(seen.sent, "\5\2\0\2"s + "\5\1\0\3\1h\1\273"s);
}

TEST(Socks, TellsEachRefusal) {
  struct Refusal {
    const char* proxy;
    std::string answer;
    const char* told;
  };
  const char* open = "socks5h://p:1";
  const char* locked = "socks5h://me:secret@p:1";
  const Refusal refusals[] = {
      {open, "\5\377"s, "asks for a user's name"},
      {open, "\5\2"s, "asks for a user's name"},  // which was not offered
      {open, "\4\0"s, "not answer as a SOCKS 5 proxy"},
      {open, "HTTP/1.1 400 Bad Request\r\n\r\n", "not answer as a SOCKS 5 proxy"},
      {locked, "\5\377"s, "accepts neither"},
      {locked, "\5\1"s, "accepts neither"},
      {locked, "\5\2\1\1"s, "refused the user's name or the password"},
      {locked, "\5\2\5\0"s, "not answer as a SOCKS 5 proxy"},
      {open, "\5\0\5\1"s, "general failure"},  // and no more comes
      {open, "\5\0\5\2\0\1"s, "does not allow"},
      {open, "\5\0\5\4\0\1\0\0\0\0\0\0"s, "does not resolve"},
      {open, "\5\0\5\5"s, "provider refused"},
      {open, "\5\0\5\11"s, "unknown failure"},
      {open, "\5\0\4\0\0\1\0"s, "not answer as a SOCKS 5 proxy"},
      {open, "\5\0\5\0\0\2\0"s, "not answer as a SOCKS 5 proxy"},
  };
  for (const Refusal& refusal : refusals) {
    const Talk seen = talk_both(proxy(refusal.proxy), "h", refusal.answer);
    EXPECT_FALSE(seen.established);
    EXPECT_NE(seen.failure.find(refusal.told), std::string::npos) << refusal.told << ": " << seen.failure;
    EXPECT_EQ(seen.failure.find("secret"), std::string::npos);
  }
}

TEST(Tunnel, AsksForNoHostThatCouldBeMoreThanOne) {
  for (const char* scheme : {"http://p:1", "socks5h://p:1"}) {
    for (const std::string& host : {""s, "a b"s, "a\r\nX: y"s, "a\0b"s, "m\xc3\xbcller"s, std::string(256, 'a')}) {
      const auto tunnel = Tunnel::begin(proxy(scheme), host, 443);
      ASSERT_FALSE(tunnel.has_value());
      EXPECT_EQ(tunnel.error().kind, ErrorKind::proxy);
    }
  }
}

}  // namespace
}  // namespace freeway::net
