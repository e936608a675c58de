#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "upstream/provider_test.h"

namespace freeway::upstream {
namespace {

using namespace std::chrono_literals;

Task<> sends_and_answers(Bench& bench) {
  bench.clock.advance(7s);
  auto exchange = bench.start();
  EXPECT_FALSE(exchange->touched());
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  const std::string seen(bench.peers[0]->inbox.bytes());
  EXPECT_EQ(seen, "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(bench.listener->port()) +
                      "\r\nContent-Type: application/json\r\nUser-Agent: freeway\r\nAccept-Encoding: gzip\r\n"
                      "Content-Length: 2\r\n\r\n{}");
  EXPECT_TRUE(exchange->touched());
  EXPECT_EQ(exchange->dispatched_at(), bench.clock.now());
  EXPECT_EQ(exchange->head(), nullptr);
  bench.peers[0]->send("HTTP/1.1 201 Made\r\nX-A: b\r\nContent-Length: 5\r\n\r\n");
  AWAIT(exchange->head() != nullptr);
  EXPECT_EQ(exchange->head()->status, 201);
  EXPECT_EQ(exchange->head()->fields.find("x-a"), "b");
  EXPECT_FALSE(exchange->complete());
  bench.peers[0]->send("hel");
  AWAIT(exchange->body() == "hel");
  exchange->consume(2);
  EXPECT_EQ(exchange->body(), "l");
  bench.peers[0]->send("lo");
  AWAIT(exchange->complete());
  EXPECT_EQ(exchange->body(), "llo");
  EXPECT_EQ(bench.client->idle_connections(), 1U);
}

TEST(Exchange, SendsTheRequestAndShowsTheAnswerAsItComes) {
  Bench bench;
  run(bench, sends_and_answers);
}

Task<> reuses(Bench& bench) {
  for (int i = 0; i < 3; ++i) {
    int told = 0;
    Call call = bench.call();
    call.dispatched = [&told] { ++told; };
    auto exchange = bench.client->start(std::move(call), bench.wakeup);
    // Also over a pooled connection it leaves with what else does, behind this batch.
    EXPECT_FALSE(exchange->dispatched_at().has_value());
    AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
    EXPECT_EQ(told, 1);
    EXPECT_EQ(exchange->dispatched_at(), bench.clock.now());
    bench.peers[0]->take_all();
    bench.peers[0]->send(kOk);
    AWAIT(exchange->complete());
    EXPECT_EQ(exchange->body(), "ok");
  }
  EXPECT_EQ(bench.client->open_connections(), 1U);
}

TEST(Exchange, ReusesTheConnection) {
  Bench bench;
  run(bench, reuses);
}

Task<> sends_off(Bench& bench) {
  bench.client->send_off(bench.call(), 5s);
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  bench.peers[0]->take_all();
  bench.peers[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
  bench.peers[0]->send("k");
  AWAIT(bench.client->idle_connections() == 1);
  bench.client->send_off(bench.call(), 5s);
  AWAIT(bench.peers[0]->has("{}"));
  bench.clock.advance(4s);
  bench.loop.tick();
  EXPECT_FALSE(bench.peers[0]->left());
  bool settled = false;
  bench.client->settle([&settled] { settled = true; });
  EXPECT_FALSE(settled);
  bench.clock.advance(1s);
  bench.loop.tick();
  AWAIT(bench.peers[0]->left());
  EXPECT_EQ(bench.client->open_connections(), 0U);
  EXPECT_TRUE(settled);
  settled = false;
  bench.client->settle([&settled] { settled = true; });
  EXPECT_TRUE(settled);
}

TEST(Client, SeesToARequestWhoseAnswerNobodyWaitsFor) {
  Bench bench;
  run(bench, sends_off);
}

Task<> expires(Bench& bench) {
  auto exchange = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  bench.peers[0]->send(kOk);
  AWAIT(exchange->complete());
  bench.clock.advance(54s);
  bench.loop.tick();
  EXPECT_EQ(bench.client->idle_connections(), 1U);
  bench.clock.advance(1s);
  bench.loop.tick();
  EXPECT_EQ(bench.client->idle_connections(), 0U);
  AWAIT(bench.peers[0]->left());
  EXPECT_EQ(bench.client->open_connections(), 0U);
}

TEST(Client, ClosesConnectionsThatAreIdleForTooLong) {
  Bench bench;
  run(bench, expires);
}

Task<> keeps_few(Bench& bench) {
  std::vector<std::unique_ptr<Exchange>> exchanges;
  for (std::size_t i = 0; i < 3; ++i) exchanges.push_back(bench.start());
  AWAIT(bench.peers.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    AWAIT(bench.peers[i]->has("{}"));
    bench.peers[i]->send(kOk);
  }
  for (std::size_t i = 0; i < 3; ++i) AWAIT(exchanges[i]->complete());
  EXPECT_EQ(bench.client->idle_connections(), 2U);
  EXPECT_EQ(bench.client->open_connections(), 2U);
}

// Two bursts of calls, the second over the connections of the first.
Task<> keeps_a_burst(Bench& bench) {
  constexpr std::size_t kCalls = 200;
  for (int burst = 0; burst < 2; ++burst) {
    std::vector<std::unique_ptr<Exchange>> exchanges;
    for (std::size_t i = 0; i < kCalls; ++i) exchanges.push_back(bench.start());
    AWAIT(bench.peers.size() == kCalls);
    for (std::size_t i = 0; i < kCalls; ++i) {
      AWAIT(bench.peers[i]->has("{}"));
      bench.peers[i]->take_all();
      bench.peers[i]->send(kOk);
    }
    for (std::size_t i = 0; i < kCalls; ++i) AWAIT(exchanges[i]->complete());
    EXPECT_EQ(bench.client->idle_connections(), kCalls);
  }
  EXPECT_EQ(bench.peers.size(), kCalls);
}

TEST(Client, DialsNothingAnewForTheNextBurst) {
  Bench bench;
  run(bench, keeps_a_burst);
}

TEST(Client, KeepsNoMoreIdleConnectionsThanItMay) {
  Options options;
  options.idle_per_origin = 2;
  Bench bench(options);
  run(bench, keeps_few);
}

Task<> discards_surplus(Bench& bench) {
  auto exchange = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  bench.peers[0]->send(std::string(kOk) + "HTTP/1.1 200 unasked");
  AWAIT(exchange->complete());
  EXPECT_EQ(bench.client->open_connections(), 0U);
  auto second = bench.start();
  AWAIT(bench.peers.size() == 2 && bench.peers[1]->has("{}"));
  bench.peers[1]->send(kOk);
  AWAIT(second->complete());
  EXPECT_EQ(bench.client->idle_connections(), 1U);
  bench.peers[1]->send("HTTP/1.1 200 unasked, later");
  AWAIT(bench.client->open_connections() == 0);
  auto third = bench.start();
  AWAIT(bench.peers.size() == 3 && bench.peers[2]->has("{}"));
  bench.peers[2]->send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  AWAIT(third->complete());
  EXPECT_EQ(bench.client->open_connections(), 0U);
}

TEST(Client, ReusesNoConnectionThatSaidMoreOrWantsToClose) {
  Bench bench;
  run(bench, discards_surplus);
}

// One exchange over a connection that then waits in the pool.
Task<> warm_up(Bench& bench) {
  auto exchange = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  bench.peers[0]->take_all();
  bench.peers[0]->send(kOk);
  AWAIT(exchange->complete());
}

Task<> retries_stale(Bench& bench) {
  Task<> warm = warm_up(bench);
  co_await std::move(warm);
  // The provider closes just as the next request is on its way.
  std::vector<Instant> told;
  Call call = bench.call();
  call.dispatched = [&] { told.push_back(bench.clock.now()); };
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(exchange->dispatched_at().has_value());
  const auto first = bench.clock.now();
  const auto later = bench.clock.now() + 1s;
  bench.clock.advance(1s);
  bench.peers[0]->stream->abort();
  AWAIT(bench.peers.size() == 2 && bench.peers[1]->has("{}"));
  EXPECT_FALSE(exchange->failure().has_value());
  EXPECT_EQ(exchange->dispatched_at(), later);
  EXPECT_EQ(told, (std::vector{first, later}));
  bench.peers[1]->send(kOk);
  AWAIT(exchange->complete());
  EXPECT_EQ(exchange->body(), "ok");
}

TEST(Exchange, RetriesAStaleConnectionOnceAndSilently) {
  Bench bench;
  run(bench, retries_stale);
}

Task<> breaks_before_it_left(Bench& bench) {
  Task<> warm = warm_up(bench);
  co_await std::move(warm);
  // The loop learns of both at once: the request is started first and leaves last.
  bench.peers[0]->stream->abort();
  std::unique_ptr<Exchange> exchange;
  int told = 0;
  bench.loop.post([&] {
    Call call = bench.call();
    call.dispatched = [&told] { ++told; };
    exchange = bench.client->start(std::move(call), bench.wakeup);
  });
  AWAIT(bench.peers.size() == 2 && bench.peers[1]->has("{}"));
  EXPECT_EQ(told, 1);
  bench.peers[1]->send(kOk);
  AWAIT(exchange->complete());
  EXPECT_EQ(exchange->body(), "ok");
}

TEST(Exchange, FindsAnotherConnectionIfItsOwnBreaksBeforeItLeaves) {
  Bench bench;
  run(bench, breaks_before_it_left);
}

Task<> ends_before_it_left(Bench& bench) {
  Task<> warm = warm_up(bench);
  co_await std::move(warm);
  auto exchange = bench.start();
  exchange.reset();
  AWAIT(bench.peers[0]->left());
  EXPECT_FALSE(bench.peers[0]->has("{}"));
}

TEST(Exchange, SendsNothingIfItEndsBeforeThat) {
  Bench bench;
  run(bench, ends_before_it_left);
}

Task<> asks_before_it_resends(Bench& bench) {
  for (bool allowed : {true, false}) {
    bench.peers.clear();
    Task<> warm = warm_up(bench);
    co_await std::move(warm);
    int asked = 0;
    Call call = bench.call();
    call.may_resend = [&asked, allowed] {
      ++asked;
      return allowed;
    };
    auto exchange = bench.client->start(std::move(call), bench.wakeup);
    AWAIT(bench.peers[0]->has("{}"));
    bench.peers[0]->stream->close();
    if (allowed) {
      AWAIT(bench.peers.size() == 2 && bench.peers[1]->has("{}"));
      bench.peers[1]->stream->close();
    }
    AWAIT(exchange->failure().has_value());
    EXPECT_EQ(exchange->failure()->kind, ErrorKind::closed);
    EXPECT_TRUE(exchange->dispatched_at().has_value());
    EXPECT_EQ(bench.peers.size(), allowed ? 2U : 1U);
    EXPECT_EQ(asked, 1);
  }
}

TEST(Exchange, AsksBeforeItSendsAgainWhatMayHaveBeenCounted) {
  Bench bench;
  run(bench, asks_before_it_resends);
}

Task<> retries_only_once(Bench& bench) {
  Task<> warm = warm_up(bench);
  co_await std::move(warm);
  auto exchange = bench.start();
  bench.peers[0]->stream->close();
  AWAIT(bench.peers.size() == 2 && bench.peers[1]->has("{}"));
  bench.peers[1]->stream->close();
  AWAIT(exchange->failure().has_value());
  EXPECT_EQ(exchange->failure()->kind, ErrorKind::closed);
  EXPECT_EQ(bench.peers.size(), 2U);
}

TEST(Exchange, RetriesNoSecondTime) {
  Bench bench;
  run(bench, retries_only_once);
}

Task<> no_retry_after_a_byte(Bench& bench) {
  Task<> warm = warm_up(bench);
  co_await std::move(warm);
  auto exchange = bench.start();
  AWAIT(bench.peers[0]->has("{}"));
  bench.peers[0]->send("H");
  Task<> settled = net::testing::settle(bench.loop);
  co_await std::move(settled);
  bench.peers[0]->stream->close();
  AWAIT(exchange->failure().has_value());
  EXPECT_EQ(exchange->failure()->kind, ErrorKind::closed);
  EXPECT_EQ(bench.peers.size(), 1U);
}

TEST(Exchange, DoesNotRetryAfterAByte) {
  Bench bench;
  run(bench, no_retry_after_a_byte);
}

Task<> fresh_connection_fails(Bench& bench) {
  auto exchange = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  bench.peers[0]->stream->close();
  AWAIT(exchange->failure().has_value());
  EXPECT_EQ(exchange->failure()->kind, ErrorKind::closed);
  EXPECT_EQ(bench.peers.size(), 1U);
}

TEST(Exchange, DoesNotRetryAFreshConnection) {
  Bench bench;
  run(bench, fresh_connection_fails);
}

Task<> abandoned(Bench& bench) {
  auto before_any_answer = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  before_any_answer.reset();
  AWAIT(bench.peers[0]->left());
  auto in_the_middle = bench.start();
  AWAIT(bench.peers.size() == 2 && bench.peers[1]->has("{}"));
  bench.peers[1]->send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  AWAIT(in_the_middle->body() == "half");
  in_the_middle.reset();
  AWAIT(bench.peers[1]->left());
  auto while_dialling = bench.start();
  while_dialling.reset();
  Task<> settled = net::testing::settle(bench.loop);
  co_await std::move(settled);
  EXPECT_EQ(bench.client->open_connections(), 0U);
  for (std::size_t i = 2; i < bench.peers.size(); ++i) AWAIT(bench.peers[i]->left());
}

TEST(Exchange, AbandoningItClosesTheConnection) {
  Bench bench;
  run(bench, abandoned);
}

Task<> backpressure(Bench& bench) {
  auto exchange = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  const std::size_t total = 32 * 1024 * 1024;
  bench.peers[0]->send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n");
  const std::string piece(64 * 1024, 'x');
  const std::string_view view = piece;
  std::size_t sent = 0;
  std::size_t idle_rounds = 0;
  // Sends until the kernel's buffers are full and stay so.
  while (sent < total && idle_rounds < 50) {
    const std::string_view part = view.substr(0, std::min(piece.size(), total - sent));
    const Result<std::size_t> taken = bench.peers[0]->stream->write_now(std::span(&part, 1));
    EXPECT_TRUE(taken.has_value());
    if (!taken) co_return;
    sent += *taken;
    idle_rounds = *taken > 0 ? 0 : idle_rounds + 1;
    Task<> settled = net::testing::settle(bench.loop);
    co_await std::move(settled);
  }
  EXPECT_LT(sent, total);  // the provider feels that nobody reads
  EXPECT_LE(exchange->body().size(), 16U * 1024);
  EXPECT_GE(exchange->body().size(), 4U * 1024);
  std::size_t received = 0;
  while (received < total) {
    received += exchange->body().size();
    exchange->consume(exchange->body().size());
    const std::string_view part = view.substr(0, std::min(piece.size(), total - sent));
    if (!part.empty()) {
      const Result<std::size_t> taken = bench.peers[0]->stream->write_now(std::span(&part, 1));
      sent += taken.value_or(0);
    }
    Task<> settled = net::testing::settle(bench.loop);
    co_await std::move(settled);
  }
  EXPECT_EQ(received, total);
  EXPECT_TRUE(exchange->complete());
}

TEST(Exchange, ReadsNoFurtherThanItsConsumer) {
  Bench bench;
  run(bench, backpressure);
}

Task<> collects(Bench& bench) {
  auto exchange = bench.start();
  exchange->collect();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  const std::string body(200 * 1024, 'y');
  bench.peers[0]->send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  AWAIT(exchange->complete());
  EXPECT_TRUE(exchange->body() == body);
  auto too_large = bench.start();
  too_large->collect();
  AWAIT(bench.peers[0]->inbox.bytes().size() > 200);
  const std::string huge(300 * 1024, 'z');
  bench.peers[0]->send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(huge.size()) + "\r\n\r\n" + huge);
  AWAIT(too_large->failure().has_value());
  EXPECT_EQ(too_large->failure()->kind, ErrorKind::too_large);
  EXPECT_NE(too_large->failure()->message.find("262144"), std::string::npos);
}

TEST(Exchange, CollectsAWholeAnswerUpToTheLimit) {
  Options options;
  options.answer_limit = 256 * 1024;
  Bench bench(options);
  run(bench, collects);
}

Task<> large_request(Bench& bench) {
  // The kernel may hold some 40 MB of it, as its buffers grow with the reader's haste.
  const std::string body(64 * 1024 * 1024, 'b');
  Call call = bench.call(body);
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(bench.peers.size() == 1);
  std::size_t received = 0;
  while (received < body.size()) {
    AWAIT(!bench.peers[0]->inbox.bytes().empty());
    received += bench.peers[0]->inbox.bytes().size();
    EXPECT_EQ(bench.peers[0]->inbox.bytes().back(), 'b');
    if (received < body.size() / 4) EXPECT_FALSE(exchange->dispatched_at().has_value());
    bench.peers[0]->take_all();
  }
  AWAIT(exchange->dispatched_at().has_value());
  bench.peers[0]->send(kOk);
  AWAIT(exchange->complete());
  EXPECT_EQ(bench.client->idle_connections(), 1U);
}

TEST(Exchange, SendsALargeRequestAsTheProviderTakesIt) {
  Bench bench;
  run(bench, large_request);
}

Task<> early_answer(Bench& bench) {
  Call call = bench.call(std::string(16 * 1024 * 1024, 'b'));
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("bbb"));
  bench.peers[0]->inbox.pause();
  bench.peers[0]->send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  AWAIT(exchange->complete());
  EXPECT_EQ(exchange->head()->status, 413);
  EXPECT_FALSE(exchange->dispatched_at().has_value());
  EXPECT_TRUE(exchange->touched());
  EXPECT_EQ(bench.client->open_connections(), 0U);
}

TEST(Exchange, TakesAnAnswerThatComesBeforeTheRequestIsSent) {
  Bench bench;
  run(bench, early_answer);
}

Task<> refused(Bench& bench) {
  Call call = bench.call();
  bench.listener->close();
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(exchange->failure().has_value());
  EXPECT_EQ(exchange->failure()->kind, ErrorKind::refused);
  EXPECT_FALSE(exchange->touched());
  EXPECT_FALSE(exchange->dispatched_at().has_value());
}

TEST(Exchange, TellsThatNobodyListens) {
  Bench bench;
  run(bench, refused);
}

Task<> late(Bench& bench) {
  Call call = bench.call();
  call.connect_deadline = bench.clock.now();
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(exchange->failure().has_value());
  EXPECT_EQ(exchange->failure()->kind, ErrorKind::timeout);
  EXPECT_FALSE(exchange->touched());
  // The deadline is the connection's alone: an answer may take longer.
  Call patient = bench.call();
  patient.connect_deadline = bench.clock.now() + 1s;
  auto slow = bench.client->start(std::move(patient), bench.wakeup);
  AWAIT(slow->dispatched_at().has_value());
  bench.clock.advance(1h);
  bench.loop.tick();
  const std::size_t last = bench.peers.size() - 1;
  AWAIT(bench.peers[last]->has("{}"));
  bench.peers[last]->send(kOk);
  AWAIT(slow->complete());
}

TEST(Exchange, LimitsTheTimeToConnect) {
  Bench bench;
  run(bench, late);
}

}  // namespace
}  // namespace freeway::upstream
