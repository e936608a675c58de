// Dialling through scripted proxies on loopback.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>

#include "net/dial.h"
#include "net/inbox.h"
#include "net/listen.h"
#include "net/testing.h"

namespace freeway::net {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Dialled = Result<std::unique_ptr<Stream>>;

constexpr const char* kProvider = "provider.test";

// One connection to the proxy, as the proxy sees it.
struct Peer {
  Peer(Loop& loop, std::unique_ptr<Stream> from) : stream(std::move(from)), wakeup(loop), inbox(*stream, wakeup) {}
  std::unique_ptr<Stream> stream;
  Wakeup wakeup;
  Inbox inbox;
};

struct Bench {
  Bench() : loop(clock) {
    const ListenAddress address{"127.0.0.1", 0};
    listener = std::move(*Listener::open(loop, address, [this](std::unique_ptr<Stream> stream) {
      peers.push_back(std::make_unique<Peer>(loop, std::move(stream)));
    }));
    Dialer::Options options;
    options.resolve = [this](const std::string& host) -> Result<std::vector<std::string>> {
      if (host == kProvider) ++provider_asked;
      if (host == kProvider && !provider_addresses.empty()) return provider_addresses;
      if (host == "proxy.test") return std::vector<std::string>{"127.0.0.1"};
      return fail(ErrorKind::unreachable, "the name " + host + " does not resolve");
    };
    dialer = std::move(*Dialer::create(std::move(options)));
  }

  std::shared_ptr<const ProxyAddress> proxy(const std::string& prefix, const std::string& host = "127.0.0.1") const {
    auto parsed = ProxyAddress::parse(prefix + host + ":" + std::to_string(listener->port()));
    EXPECT_TRUE(parsed.has_value());
    return std::make_shared<const ProxyAddress>(std::move(*parsed));
  }
  std::string name() const { return "127.0.0.1:" + std::to_string(listener->port()); }

  static std::shared_ptr<const Guard> guard(const std::vector<std::string>& trusted) {
    return std::make_shared<const Guard>(std::move(*Guard::create(trusted)));
  }

  void start(std::shared_ptr<const ProxyAddress> through, Instant deadline = kNever,
             std::shared_ptr<const Guard> guarded = nullptr) {
    Endpoint endpoint;
    endpoint.host = kProvider;
    endpoint.port = 80;
    endpoint.proxy = std::move(through);
    endpoint.guard = std::move(guarded);
    result.reset();
    Task<> task = dial(*this, std::move(endpoint), deadline);
    loop.spawn(std::move(task));
  }
  static Task<> dial(Bench& bench, Endpoint endpoint, Instant deadline) {
    Task<Dialled> dialling = bench.dialer->dial(bench.loop, std::move(endpoint), deadline, bench.ticket);
    bench.result = co_await std::move(dialling);
  }

  ManualClock clock;
  Loop loop;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Dialer> dialer;
  std::shared_ptr<DialTicket> ticket = std::make_shared<DialTicket>();
  std::vector<std::unique_ptr<Peer>> peers;
  std::atomic<int> provider_asked = 0;
  std::vector<std::string> provider_addresses;  // none: its name does not resolve
  std::optional<Dialled> result;
};

Task<bool> until(Bench& bench, const std::function<bool()>& met) {
  const SystemClock patience;
  const Instant end = patience.now() + testing::kPatience;
  while (!met() && patience.now() < end) {
    Task<> settled = testing::settle(bench.loop);
    co_await std::move(settled);
  }
  EXPECT_TRUE(met());
  co_return met();
}

#define AWAIT(condition)                                           \
  {                                                                \
    const std::function<bool()> met = [&] { return (condition); }; \
    Task<bool> waiting = until(bench, met);                        \
    const bool came = co_await std::move(waiting);                 \
    if (!came) co_return;                                          \
  }

// Waits until the proxy has been sent exactly this, takes it and answers.
#define EXCHANGE(expected, answer)                                                          \
  {                                                                                         \
    const std::string asked = (expected);                                                   \
    AWAIT(bench.peers.size() == 1 && bench.peers[0]->inbox.bytes().size() >= asked.size()); \
    EXPECT_EQ(bench.peers[0]->inbox.bytes(), asked);                                        \
    bench.peers[0]->inbox.consume(asked.size());                                            \
    const std::string reply = (answer);                                                     \
    const std::string_view piece = reply;                                                   \
    const auto sent = bench.peers[0]->stream->write_now(std::span(&piece, 1));              \
    EXPECT_TRUE(sent && *sent == reply.size());                                             \
  }

const std::string kAsked = "CONNECT provider.test:80 HTTP/1.1\r\nHost: provider.test:80\r\n\r\n";

Task<> connect_story(Bench& bench) {
  bench.start(bench.proxy("http://", "proxy.test"));
  // Part of the answer, then the rest together with the target's first bytes.
  EXCHANGE(kAsked, "HTTP/1.1 200 Connec");
  Task<> settled = testing::settle(bench.loop);
  co_await std::move(settled);
  EXPECT_FALSE(bench.result.has_value());
  EXCHANGE("", "tion established\r\nVia: x\r\n\r\nearly");
  AWAIT(bench.result.has_value());
  EXPECT_TRUE(bench.result->has_value());
  if (!bench.result->has_value()) co_return;
  // What came with the answer is the target's, and both directions work.
  Stream& stream = ***bench.result;
  Wakeup wakeup(bench.loop);
  Inbox inbox(stream, wakeup);
  AWAIT(inbox.bytes() == "early");
  const std::string_view hello = "hello";
  EXPECT_TRUE(stream.write_now(std::span(&hello, 1)).has_value());
  EXCHANGE("hello", " late");
  AWAIT(inbox.bytes() == "early late");
}

TEST(TunnelDial, ConnectsThroughAnHttpProxy) {
  Bench bench;
  Task<> story = connect_story(bench);
  testing::run(bench.loop, std::move(story));
  EXPECT_EQ(bench.provider_asked, 0) << "the provider's name must not be resolved here";
}

Task<> socks_story(Bench& bench) {
  bench.start(bench.proxy("socks5h://me:secret@"));
  EXCHANGE("\5\2\0\2"s, "\5\2"s);
  EXCHANGE("\1\2me\6secret"s, "\1\0"s);
  EXCHANGE("\5\1\0\3\15provider.test\0\120"s, "\5\0\0\1\177\0\0\1\0\1early"s);
  AWAIT(bench.result.has_value());
  EXPECT_TRUE(bench.result->has_value());
  if (!bench.result->has_value()) co_return;
  Wakeup wakeup(bench.loop);
  Inbox inbox(***bench.result, wakeup);
  AWAIT(inbox.bytes() == "early");
}

TEST(TunnelDial, ConnectsThroughASocksProxyThatResolves) {
  Bench bench;
  Task<> story = socks_story(bench);
  testing::run(bench.loop, std::move(story));
  EXPECT_EQ(bench.provider_asked, 0);
}

Task<> guarded_story(Bench& bench) {
  const std::string judged = "CONNECT 93.184.216.34:80 HTTP/1.1\r\nHost: 93.184.216.34:80\r\n\r\n";
  bench.start(bench.proxy("http://", "proxy.test"), kNever, bench.guard({}));
  EXCHANGE(judged, "HTTP/1.1 200 ok\r\n\r\n");
  AWAIT(bench.result.has_value());
  EXPECT_TRUE(bench.result->has_value());
  EXPECT_EQ(bench.provider_asked, 1);
}

TEST(TunnelDial, AsksTheProxyForAnAddressThatTheGuardHasSeen) {
  Bench bench;
  bench.provider_addresses = {"2606:2800:220:1::1", "10.0.0.1", "93.184.216.34"};
  Task<> story = guarded_story(bench);
  testing::run(bench.loop, std::move(story));
}

Task<> trusted_story(Bench& bench) {
  bench.start(bench.proxy("http://"), kNever, bench.guard({kProvider}));
  EXCHANGE(kAsked, "HTTP/1.1 200 ok\r\n\r\n");
  AWAIT(bench.result.has_value());
  EXPECT_TRUE(bench.result->has_value());
}

TEST(TunnelDial, LeavesATrustedNameToTheProxy) {
  Bench bench;
  Task<> story = trusted_story(bench);
  testing::run(bench.loop, std::move(story));
  EXPECT_EQ(bench.provider_asked, 0);
}

Task<> forbidden_story(Bench& bench) {
  bench.start(bench.proxy("http://"), kNever, bench.guard({}));
  AWAIT(bench.result.has_value());
  EXPECT_EQ(bench.result->error().kind, ErrorKind::denied) << bench.result->error().message;
  EXPECT_TRUE(bench.peers.empty()) << "the proxy is not asked";
}

TEST(TunnelDial, LeadsNowhereThatTheGuardForbids) {
  Bench bench;
  bench.provider_addresses = {"10.0.0.1", "::1"};
  Task<> story = forbidden_story(bench);
  testing::run(bench.loop, std::move(story));
}

void expect_failure(const Bench& bench, std::string_view told) {
  ASSERT_TRUE(bench.result && !bench.result->has_value());
  const Error& error = bench.result->error();
  EXPECT_EQ(error.kind, ErrorKind::proxy) << error.message;
  EXPECT_NE(error.message.find("cannot connect to provider.test:80 through the proxy " + bench.name()), std::string::npos)
      << error.message;
  EXPECT_NE(error.message.find(told), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("secret"), std::string::npos) << error.message;
  EXPECT_EQ(bench.provider_asked, 0);
}

Task<> refusal_story(Bench& bench) {
  bench.start(bench.proxy("http://me:secret@"));
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->inbox.bytes().ends_with("\r\n\r\n"));
  bench.peers[0]->inbox.consume(bench.peers[0]->inbox.bytes().size());
  EXCHANGE("", "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  AWAIT(bench.result.has_value());
  expect_failure(bench, "refused the user's name or the password (407)");
  AWAIT(bench.peers[0]->inbox.end().has_value());  // closed
}

TEST(TunnelDial, FailsClosedWhenTheProxyRefuses) {
  Bench bench;
  Task<> story = refusal_story(bench);
  testing::run(bench.loop, std::move(story));
}

Task<> garbage_story(Bench& bench) {
  bench.start(bench.proxy("socks5h://me:secret@"));
  EXCHANGE("\5\2\0\2"s, std::string(100000, '!'));
  AWAIT(bench.result.has_value());
  expect_failure(bench, "did not answer as a SOCKS 5 proxy");
}

TEST(TunnelDial, FailsClosedOnGarbage) {
  Bench bench;
  Task<> story = garbage_story(bench);
  testing::run(bench.loop, std::move(story));
}

Task<> hangup_story(Bench& bench) {
  bench.start(bench.proxy("http://"));
  AWAIT(bench.peers.size() == 1 && !bench.peers[0]->inbox.bytes().empty());
  bench.peers[0]->stream->close();
  AWAIT(bench.result.has_value());
  expect_failure(bench, "closed the connection");
}

TEST(TunnelDial, FailsClosedWhenTheProxyHangsUp) {
  Bench bench;
  Task<> story = hangup_story(bench);
  testing::run(bench.loop, std::move(story));
}

Task<> slow_story(Bench& bench) {
  bench.start(bench.proxy("http://"), bench.clock.now() + 5s);
  EXCHANGE(kAsked, "HTTP/1.1 200 ok\r\n");
  bench.clock.advance(4s);
  bench.loop.tick();
  EXCHANGE("", "X: drip\r\n");  // life alone buys no time
  bench.clock.advance(1s);
  bench.loop.tick();
  AWAIT(bench.result.has_value());
  expect_failure(bench, "took too long");
}

TEST(TunnelDial, LimitsTheWholeHandshake) {
  Bench bench;
  Task<> story = slow_story(bench);
  testing::run(bench.loop, std::move(story));
}

Task<> gone_story(Bench& bench) {
  auto there = bench.proxy("http://");
  bench.listener->close();
  bench.start(there);
  AWAIT(bench.result.has_value());
  expect_failure(bench, "nobody listens there");
  auto unknown = std::make_shared<const ProxyAddress>(*ProxyAddress::parse("http://nowhere.test:1"));
  bench.start(unknown);
  AWAIT(bench.result.has_value());
  EXPECT_EQ(bench.result->error().kind, ErrorKind::proxy);
  EXPECT_NE(bench.result->error().message.find("nowhere.test does not resolve"), std::string::npos);
  EXPECT_EQ(bench.provider_asked, 0) << "never around a proxy that is not there";
}

TEST(TunnelDial, FailsClosedWhenNobodyIsThere) {
  Bench bench;
  Task<> story = gone_story(bench);
  testing::run(bench.loop, std::move(story));
}

Task<> abandon_story(Bench& bench) {
  bench.start(bench.proxy("http://"));
  AWAIT(bench.peers.size() == 1 && !bench.peers[0]->inbox.bytes().empty());
  bench.ticket->abandon();
  AWAIT(bench.result.has_value());
  EXPECT_EQ(bench.result->error().kind, ErrorKind::cancelled);
  AWAIT(bench.peers[0]->inbox.end().has_value());
}

TEST(TunnelDial, EndsWhenNobodyWaits) {
  Bench bench;
  Task<> story = abandon_story(bench);
  testing::run(bench.loop, std::move(story));
}

}  // namespace
}  // namespace freeway::net
