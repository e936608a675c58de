// Exchanges through proxies: which connections may be shared, and that nothing ever goes around a proxy.
#include <gtest/gtest.h>

#include "upstream/provider_test.h"

namespace freeway::upstream {
namespace {

std::shared_ptr<const net::ProxyAddress> proxy(const Bench& bench, const std::string& user = "") {
  const std::string credentials = user.empty() ? "" : user + ":secret@";
  auto parsed = net::ProxyAddress::parse("http://" + credentials + "127.0.0.1:" + std::to_string(bench.listener->port()));
  return std::make_shared<const net::ProxyAddress>(std::move(*parsed));
}

constexpr std::string_view kLet = "HTTP/1.1 200 Connection established\r\n\r\n";

// The provider exists only behind the proxy, which the test plays.
Call call(const Bench& bench, std::shared_ptr<const net::ProxyAddress> through) {
  Call made = bench.call();
  if (through) made.origin.host = "provider.test";
  if (through) made.origin.port = 80;
  made.proxy = std::move(through);
  return made;
}

Task<> lets_through(Bench& bench, std::size_t at) {
  AWAIT(bench.peers.size() == at + 1 && bench.peers[at]->has("\r\n\r\n"));
  EXPECT_TRUE(bench.peers[at]->has("CONNECT provider.test:80 HTTP/1.1\r\n"));
  EXPECT_FALSE(bench.peers[at]->has("POST")) << "nothing before the tunnel stands";
  bench.peers[at]->take_all();
  bench.peers[at]->send(kLet);
}

Task<> answers(Bench& bench, std::size_t at) {
  AWAIT(bench.peers[at]->has("{}"));
  EXPECT_TRUE(bench.peers[at]->inbox.bytes().starts_with("POST /v1/chat/completions HTTP/1.1\r\nHost: provider.test\r\n"));
  EXPECT_FALSE(bench.peers[at]->has("Proxy-Authorization"));
  bench.peers[at]->take_all();
  bench.peers[at]->send(kOk);
}

Task<> apart(Bench& bench) {
  for (std::size_t i = 0; i < 3; ++i) {
    // Each way to the same origin has a connection of its own.
    Call made = call(bench, proxy(bench, i == 0 ? "" : "user" + std::to_string(i)));
    auto exchange = bench.client->start(std::move(made), bench.wakeup);
    Task<> through = lets_through(bench, i);
    co_await std::move(through);
    Task<> answered = answers(bench, i);
    co_await std::move(answered);
    AWAIT(exchange->complete());
    EXPECT_EQ(exchange->body(), "ok");
  }
  EXPECT_EQ(bench.client->idle_connections(), 3U);
  Call again = call(bench, proxy(bench, "user1"));
  auto exchange = bench.client->start(std::move(again), bench.wakeup);
  Task<> answered = answers(bench, 1);
  co_await std::move(answered);
  AWAIT(exchange->complete());
  EXPECT_EQ(bench.peers.size(), 3U);
}

TEST(Way, KeepsConnectionsOfDifferentProxiesAndUsersApart) {
  Bench bench;
  run(bench, apart);
}

Task<> not_direct(Bench& bench) {
  // A direct connection to the very address that the proxied call names.
  auto direct = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  bench.peers[0]->send(kOk);
  AWAIT(direct->complete());
  EXPECT_EQ(bench.client->idle_connections(), 1U);
  Call proxied = bench.call();
  proxied.proxy = proxy(bench);
  auto exchange = bench.client->start(std::move(proxied), bench.wakeup);
  EXPECT_FALSE(exchange->dispatched_at().has_value());
  AWAIT(bench.peers.size() == 2 && bench.peers[1]->has("CONNECT 127.0.0.1:"));
  bench.peers[1]->send("HTTP/1.1 503 No\r\n\r\n");
  AWAIT(exchange->failure().has_value());
  EXPECT_EQ(exchange->failure()->kind, ErrorKind::proxy);
  EXPECT_FALSE(exchange->touched()) << "the provider never had a byte of it";
  EXPECT_EQ(bench.peers.size(), 2U) << "and nobody tried without the proxy";
}

TEST(Way, IsNeverTheDirectOneWhereAProxyIsSet) {
  Bench bench;
  run(bench, not_direct);
}

Task<> guarded(Bench& bench) {
  auto open = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  bench.peers[0]->send(kOk);
  AWAIT(open->complete());
  EXPECT_EQ(bench.client->idle_connections(), 1U);
  Call call = bench.call();
  call.guard = std::make_shared<const net::Guard>();
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(exchange->failure().has_value());
  EXPECT_EQ(exchange->failure()->kind, ErrorKind::denied);
  EXPECT_EQ(bench.peers.size(), 1U);
}

TEST(Way, IsNoKeptConnectionThatNoGuardHasSeen) {
  Bench bench;
  run(bench, guarded);
}

Task<> stale(Bench& bench) {
  Call first = call(bench, proxy(bench));
  auto exchange = bench.client->start(std::move(first), bench.wakeup);
  Task<> through = lets_through(bench, 0);
  co_await std::move(through);
  Task<> answered = answers(bench, 0);
  co_await std::move(answered);
  AWAIT(exchange->complete());
  Call again = call(bench, proxy(bench));
  auto second = bench.client->start(std::move(again), bench.wakeup);
  bench.peers[0]->stream->close();
  Task<> anew = lets_through(bench, 1);
  co_await std::move(anew);
  Task<> finally = answers(bench, 1);
  co_await std::move(finally);
  AWAIT(second->complete());
}

TEST(Way, SendsALostCallOnceMoreThroughTheProxyToo) {
  Bench bench;
  run(bench, stale);
}

}  // namespace
}  // namespace freeway::upstream
