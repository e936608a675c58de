// Bodies that are not held whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "upstream/provider_test.h"

namespace freeway::upstream {
namespace {

using namespace std::chrono_literals;

// Letters by their place, as many as it is asked to have.
class Letters final : public Spool {
 public:
  Letters(net::Loop& loop, std::uint64_t size) : loop_(loop), size_(size) {}

  std::uint64_t size() const override { return size_; }
  std::string_view held(std::uint64_t) const override { return {}; }
  void fetch(std::uint64_t from, std::size_t count, Taken taken) const override {
    EXPECT_LE(from + count, size_);
    Result<std::string> bytes = text(from, count);
    fetched += count;
    if (from >= broken_from) bytes = fail(ErrorKind::io, "the disk is gone");
    loop_.post([bytes = std::move(bytes), taken = std::move(taken)]() mutable { taken(std::move(bytes)); });
  }
  static std::string text(std::uint64_t from, std::size_t count) {
    std::string made(count, '\0');
    for (std::size_t i = 0; i < count; ++i) made[i] = static_cast<char>('a' + (from + i) % 23);
    return made;
  }

  mutable std::uint64_t fetched = 0;
  std::uint64_t broken_from = UINT64_MAX;

 private:
  net::Loop& loop_;
  std::uint64_t size_;
};

Call call_with(Bench& bench, std::shared_ptr<const Spool> spool, std::uint64_t from, std::uint64_t count) {
  Call call = bench.call("<");
  call.pieces.push_back({"[", nullptr, 0, 0});
  call.pieces.push_back({"", std::move(spool), from, count});
  call.pieces.push_back({"]>", nullptr, 0, 0});
  return call;
}

Task<> sends_pieces(Bench& bench) {
  auto letters = std::make_shared<Letters>(bench.loop, 300'000);
  const std::string body = "<[" + Letters::text(5, 200'000) + "]>";
  for (int i = 0; i < 2; ++i) {
    Call call = call_with(bench, letters, 5, 200'000);
    bench.clock.advance(7s);
    auto exchange = bench.client->start(std::move(call), bench.wakeup);
    EXPECT_FALSE(exchange->dispatched_at().has_value());
    AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("]>"));
    const std::string seen(bench.peers[0]->inbox.bytes());
    EXPECT_TRUE(seen.ends_with("\r\n\r\n" + body));
    EXPECT_NE(seen.find("\r\nContent-Length: 200004\r\n"), std::string::npos);
    AWAIT(exchange->dispatched_at().has_value());
    EXPECT_EQ(exchange->dispatched_at(), bench.clock.now());
    bench.peers[0]->take_all();
    bench.peers[0]->send(kOk);
    AWAIT(exchange->complete());
    EXPECT_EQ(letters.use_count(), 1) << "nothing will be sent again";
  }
  EXPECT_EQ(bench.client->open_connections(), 1U);
}

TEST(Pieces, AreSentOneBehindTheOther) {
  Bench bench;
  run(bench, sends_pieces);
}

Task<> resends(Bench& bench) {
  auto letters = std::make_shared<Letters>(bench.loop, 100'000);
  auto first = bench.start();
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("{}"));
  bench.peers[0]->take_all();
  bench.peers[0]->send(kOk);
  AWAIT(first->complete());
  Call call = call_with(bench, letters, 0, 100'000);
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(bench.peers[0]->has("<["));
  bench.peers[0]->stream->close();
  AWAIT(bench.peers.size() == 2 && bench.peers[1]->has("]>"));
  EXPECT_TRUE(bench.peers[1]->inbox.bytes().ends_with("\r\n\r\n<[" + Letters::text(0, 100'000) + "]>"));
  bench.peers[1]->send(kOk);
  AWAIT(exchange->complete());
}

TEST(Pieces, AreSentFromTheStartOnAStaleConnection) {
  Bench bench;
  run(bench, resends);
}

Task<> is_slow(Bench& bench) {
  constexpr std::uint64_t kMuch = 256ULL * 1024 * 1024;
  auto letters = std::make_shared<Letters>(bench.loop, kMuch);
  Call call = call_with(bench, letters, 0, kMuch);
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(bench.peers.size() == 1);
  bench.peers[0]->inbox.pause();
  // What the two sockets hold, and no more.
  std::uint64_t before = 0;
  do {
    before = letters->fetched;
    Task<> settled = net::testing::settle(bench.loop);
    co_await std::move(settled);
  } while (letters->fetched > before || before == 0);
  EXPECT_LT(letters->fetched, kMuch / 2);
  EXPECT_FALSE(exchange->dispatched_at().has_value());
  exchange.reset();
  bench.peers[0]->inbox.resume();
  AWAIT(letters.use_count() == 1);
}

TEST(Pieces, AreFetchedAsTheProviderTakesThem) {
  Bench bench;
  run(bench, is_slow);
}

Task<> breaks(Bench& bench) {
  auto letters = std::make_shared<Letters>(bench.loop, 200'000);
  letters->broken_from = 60'000;
  Call call = call_with(bench, letters, 0, 200'000);
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(exchange->failure().has_value());
  EXPECT_EQ(exchange->failure()->kind, ErrorKind::exhausted);
  EXPECT_EQ(exchange->failure()->message, "the disk is gone");
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->left());
}

TEST(Pieces, ThatCannotBeReadEndTheCall) {
  Bench bench;
  run(bench, breaks);
}

Task<> answers_early(Bench& bench) {
  auto letters = std::make_shared<Letters>(bench.loop, 64ULL * 1024 * 1024);
  Call call = call_with(bench, letters, 0, letters->size());
  auto exchange = bench.client->start(std::move(call), bench.wakeup);
  AWAIT(bench.peers.size() == 1 && bench.peers[0]->has("<["));
  bench.peers[0]->send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
  AWAIT(exchange->complete());
  EXPECT_EQ(exchange->head()->status, 413);
  EXPECT_EQ(bench.client->idle_connections(), 0U) << "it still waits for the rest";
}

TEST(Pieces, MayBeAnsweredBeforeTheyAllCame) {
  Bench bench;
  run(bench, answers_early);
}

}  // namespace
}  // namespace freeway::upstream
