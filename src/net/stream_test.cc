#include "net/stream.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <vector>

#include "net/inbox.h"
#include "net/listen.h"
#include "net/testing.h"

namespace freeway::net {
namespace {

using namespace std::chrono_literals;

struct Sink final : ReadSink {
  std::optional<Result<std::size_t>> told;
  void on_read(Result<std::size_t> bytes) override { told = std::move(bytes); }
};

Task<> write_into(Stream& stream, std::string bytes, std::optional<Result<void>>& result) {
  Task<Result<void>> written = testing::write(stream, bytes);
  result = co_await std::move(written);
}

Task<> read_after_write(Loop& loop) {
  auto [a, b] = memory_pipe(loop);
  Sink sink;
  std::array<char, 16> into{};
  b->read(into, sink);
  Task<Result<void>> written = testing::write(*a, "hello");
  const Result<void> result = co_await std::move(written);
  EXPECT_TRUE(result.has_value());
  EXPECT_FALSE(sink.told.has_value());  // never inside the call
  Task<> settled = testing::settle(loop);
  co_await std::move(settled);
  EXPECT_TRUE(sink.told.has_value());
  if (!sink.told) co_return;
  EXPECT_EQ(**sink.told, 5U);
  EXPECT_EQ(std::string_view(into.data(), 5), "hello");
}

TEST(MemoryPipe, CarriesBytes) {
  const SystemClock clock;
  Loop loop(clock);
  Task<> task = read_after_write(loop);
  testing::run(loop, std::move(task));
}

Task<> wait_for_room(Loop& loop) {
  auto [a, b] = memory_pipe(loop, 8);
  std::optional<Result<void>> written;
  Task<> writer = write_into(*a, "0123456789abcdef", written);
  loop.spawn(std::move(writer));
  std::string got;
  for (int i = 0; i < 4; ++i) {
    Task<> settled = testing::settle(loop);
    co_await std::move(settled);
    EXPECT_EQ(written.has_value(), i >= 2) << i;
    Sink sink;
    std::array<char, 4> into{};
    b->read(into, sink);
    Task<> delivered = testing::settle(loop);
    co_await std::move(delivered);
    EXPECT_TRUE(sink.told.has_value());
    if (!sink.told) co_return;
    got.append(into.data(), **sink.told);
  }
  EXPECT_EQ(got, "0123456789abcdef");
}

TEST(MemoryPipe, WriterWaitsForTheReader) {
  const SystemClock clock;
  Loop loop(clock);
  Task<> task = wait_for_room(loop);
  testing::run(loop, std::move(task));
}

Task<> ends(Loop& loop) {
  auto [a, b] = memory_pipe(loop);
  a->shutdown_write();
  Sink b_sink;
  Sink a_sink;
  std::array<char, 4> into{};
  b->read(into, b_sink);
  a->read(into, a_sink);
  Task<> settled = testing::settle(loop);
  co_await std::move(settled);
  EXPECT_TRUE(b_sink.told && b_sink.told->error().kind == ErrorKind::closed);
  EXPECT_FALSE(a_sink.told.has_value());
  a->close();
  a->close();
  Task<> again = testing::settle(loop);
  co_await std::move(again);
  EXPECT_TRUE(a_sink.told && a_sink.told->error().kind == ErrorKind::cancelled);
  const std::string_view piece = "x";
  EXPECT_FALSE(b->write_now(std::span(&piece, 1)).has_value());
}

TEST(MemoryPipe, TellsOrderlyEndAndCancelling) {
  const SystemClock clock;
  Loop loop(clock);
  Task<> task = ends(loop);
  testing::run(loop, std::move(task));
}

Task<> inbox_bound(Loop& loop) {
  auto [a, b] = memory_pipe(loop, 4);
  Wakeup wakeup(loop);
  Inbox inbox(*b, wakeup, 6);
  std::optional<Result<void>> written;
  Task<> writer = write_into(*a, "0123456789abcdefgh", written);
  loop.spawn(std::move(writer));
  Task<> settled = testing::settle(loop);
  co_await std::move(settled);
  EXPECT_EQ(inbox.bytes(), "012345");  // and no more
  EXPECT_FALSE(written.has_value());
  inbox.consume(6);
  inbox.pause();
  Task<> paused = testing::settle(loop);
  co_await std::move(paused);
  EXPECT_LE(inbox.bytes().size(), 6U);
  EXPECT_FALSE(written.has_value());
  std::string got = "012345";
  inbox.resume();
  for (int i = 0; i < 10 && got.size() < 18; ++i) {
    got += inbox.bytes();
    inbox.consume(inbox.bytes().size());
    Task<> more = testing::settle(loop);
    co_await std::move(more);
  }
  EXPECT_EQ(got, "0123456789abcdefgh");
}

TEST(Inbox, HoldsNoMoreThanItsBound) {
  const SystemClock clock;
  Loop loop(clock);
  Task<> task = inbox_bound(loop);
  testing::run(loop, std::move(task));
}

Task<> inbox_end(Loop& loop) {
  auto [a, b] = memory_pipe(loop);
  Wakeup wakeup(loop);
  Inbox inbox(*b, wakeup);
  Task<Result<void>> written = testing::write(*a, "last");
  co_await std::move(written);
  a->close();
  while (!inbox.end()) {
    Task<bool> woken = wakeup.wait(kNever);
    co_await std::move(woken);
  }
  EXPECT_EQ(inbox.end()->kind, ErrorKind::closed);
  EXPECT_EQ(inbox.bytes(), "last");
}

TEST(Inbox, TellsThatThePeerLeftAndKeepsWhatItSent) {
  const SystemClock clock;
  Loop loop(clock);
  Task<> task = inbox_end(loop);
  testing::run(loop, std::move(task));
}

// Tells how much each read had room for.
class Measured final : public Stream {
 public:
  explicit Measured(std::unique_ptr<Stream> inner) : inner_(std::move(inner)) {}

  void read(std::span<char> into, ReadSink& sink) override {
    asked.push_back(into.size());
    inner_->read(into, sink);
  }
  Task<Result<void>> write(std::span<const std::string_view> pieces) override { return inner_->write(pieces); }
  Result<std::size_t> write_now(std::span<const std::string_view> pieces) override { return inner_->write_now(pieces); }
  void close() override { inner_->close(); }
  void detach() override { inner_->detach(); }
  void shutdown_write() override { inner_->shutdown_write(); }
  std::string peer() const override { return inner_->peer(); }
  std::string peer_address() const override { return inner_->peer_address(); }

  std::vector<std::size_t> asked;

 private:
  std::unique_ptr<Stream> inner_;
};

Task<> inbox_reuses_its_buffer(Loop& loop) {
  auto [a, inner] = memory_pipe(loop);
  Measured b(std::move(inner));
  Wakeup wakeup(loop);
  Inbox inbox(b, wakeup);
  const std::string piece(1400, 'x');
  for (int i = 0; i < 8; ++i) {
    Task<Result<void>> written = testing::write(*a, piece);
    co_await std::move(written);
    Task<bool> woken = wakeup.wait(kNever);
    co_await std::move(woken);
    EXPECT_EQ(inbox.bytes().size(), piece.size());
    inbox.consume(inbox.bytes().size());
  }
  EXPECT_EQ(b.asked, std::vector<std::size_t>(9, b.asked.front()));
}

TEST(Inbox, HasItsWholeBufferForThePieceAfterOneThatWasTaken) {
  const SystemClock clock;
  Loop loop(clock);
  Task<> task = inbox_reuses_its_buffer(loop);
  testing::run(loop, std::move(task));
}

Task<> inbox_left_alone(Loop& loop) {
  auto [a, b] = memory_pipe(loop);
  Wakeup wakeup(loop);
  Inbox inbox(*b, wakeup);
  for (const std::string_view piece : {"not ", "taken"}) {
    Task<Result<void>> written = testing::write(*a, piece);
    co_await std::move(written);
    Task<> settled = testing::settle(loop);
    co_await std::move(settled);
  }
  EXPECT_EQ(inbox.bytes(), "not taken");
}

TEST(Inbox, ReadsOnThoughNobodyTakesWhatCame) {
  const SystemClock clock;
  Loop loop(clock);
  Task<> task = inbox_left_alone(loop);
  testing::run(loop, std::move(task));
}

Task<> inbox_dies(Loop& loop) {
  auto [a, b] = memory_pipe(loop);
  {
    Wakeup wakeup(loop);
    Inbox inbox(*b, wakeup);
  }
  Task<> settled = testing::settle(loop);
  co_await std::move(settled);
  Task<Result<void>> written = testing::write(*a, "to nobody");
  const Result<void> result = co_await std::move(written);
  EXPECT_FALSE(result.has_value());
}

TEST(Inbox, ClosesTheStreamWhenItDiesListening) {
  const SystemClock clock;
  Loop loop(clock);
  Task<> task = inbox_dies(loop);
  testing::run(loop, std::move(task));
}

}  // namespace
}  // namespace freeway::net
