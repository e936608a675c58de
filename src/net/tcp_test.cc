#include "net/tcp.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/testing.h"

namespace freeway::net {
namespace {

struct Sink final : ReadSink {
  std::optional<Result<std::size_t>> told;
  std::function<void()> then = [] {};
  void on_read(Result<std::size_t> bytes) override {
    told = std::move(bytes);
    then();
  }
  std::size_t bytes() const { return told && *told ? **told : 0; }
  bool failed_as(ErrorKind kind) const { return told && !*told && told->error().kind == kind; }
};

// A stream and the other end of its connection, which nobody watches.
struct Pair {
  explicit Pair(Loop& loop) {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    auto made = make_tcp_stream(loop, Descriptor(ends[0]), {});
    EXPECT_TRUE(made.has_value());
    stream = std::move(*made);
    peer = Descriptor(ends[1]);
  }
  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(peer.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  std::size_t receive(std::span<char> into) const {
    const ssize_t count = ::recv(peer.get(), into.data(), into.size(), MSG_DONTWAIT);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  std::unique_ptr<Stream> stream;
  Descriptor peer;
};

struct Bench {
  SystemClock clock;
  Loop loop{clock};
  void run(Task<> (*story)(Loop&)) {
    Task<> task = story(loop);
    testing::run(loop, std::move(task));
  }
};

Task<> small_pieces(Loop& loop) {
  const Pair pair(loop);
  std::array<char, 4> into{};
  std::string got;
  pair.send("0123456789");
  for (const std::size_t expected : {4U, 4U, 2U}) {
    Sink sink;
    pair.stream->read(into, sink);
    EXPECT_FALSE(sink.told.has_value()) << "never inside the call";
    Task<> settled = testing::settle(loop);
    co_await std::move(settled);
    EXPECT_EQ(sink.bytes(), expected);
    got.append(into.data(), sink.bytes());
  }
  EXPECT_EQ(got, "0123456789");
  Sink sink;
  pair.stream->read(into, sink);
  Task<> quiet = testing::settle(loop);
  co_await std::move(quiet);
  EXPECT_FALSE(sink.told.has_value());
  pair.send("ab");
  Task<> settled = testing::settle(loop);
  co_await std::move(settled);
  EXPECT_EQ(sink.bytes(), 2U);
  // What fills the buffer to the last byte may be all there was.
  Sink full;
  pair.send("wxyz");
  pair.stream->read(into, full);
  Task<> filled = testing::settle(loop);
  co_await std::move(filled);
  EXPECT_EQ(full.bytes(), 4U);
  Sink last;
  pair.stream->read(into, last);
  Task<> still = testing::settle(loop);
  co_await std::move(still);
  EXPECT_FALSE(last.told.has_value());
  pair.send("!");
  Task<> told = testing::settle(loop);
  co_await std::move(told);
  EXPECT_EQ(last.bytes(), 1U);
}

TEST(TcpStream, ReadsAllThatCameInHoweverSmallPieces) { Bench().run(small_pieces); }

Task<> end_behind(Loop& loop) {
  for (const bool waits : {false, true}) {
    Pair pair(loop);
    std::array<char, 16> into{};
    Sink sink;
    if (waits) pair.stream->read(into, sink);
    Task<> before = testing::settle(loop);
    co_await std::move(before);
    pair.send("bye");
    pair.peer = Descriptor();
    if (!waits) pair.stream->read(into, sink);
    Task<> settled = testing::settle(loop);
    co_await std::move(settled);
    EXPECT_EQ(sink.bytes(), 3U);
    Sink end;
    pair.stream->read(into, end);
    Task<> over = testing::settle(loop);
    co_await std::move(over);
    EXPECT_TRUE(end.failed_as(ErrorKind::closed));
  }
}

TEST(TcpStream, TellsTheEndBehindWhatCameWithIt) { Bench().run(end_behind); }

Task<> write_into(Stream& stream, const std::string& bytes, std::optional<Result<void>>& result) {
  Task<Result<void>> written = testing::write(stream, bytes);
  result = co_await std::move(written);
}

Task<> slow_reader(Loop& loop) {
  const Pair pair(loop);
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < 4'000'000; ++i) bytes += std::to_string(i);
  std::optional<Result<void>> written;
  Task<> writing = write_into(*pair.stream, bytes, written);
  loop.spawn(std::move(writing));
  Task<> settled = testing::settle(loop);
  co_await std::move(settled);
  EXPECT_FALSE(written.has_value());
  std::string got;
  std::vector<char> into(100'000);
  while (got.size() < bytes.size()) {
    got.append(into.data(), pair.receive(into));
    Task<> more = testing::settle(loop);
    co_await std::move(more);
  }
  EXPECT_TRUE(got == bytes);
  EXPECT_TRUE(written && *written);
}

TEST(TcpStream, WritesOnWhenTheReaderHasMadeRoom) { Bench().run(slow_reader); }

Task<> closed_here(Loop& loop) {
  const Pair pair(loop);
  const std::string bytes(4'000'000, 'x');
  std::optional<Result<void>> written;
  Task<> writing = write_into(*pair.stream, bytes, written);
  loop.spawn(std::move(writing));
  std::array<char, 4> into{};
  Sink sink;
  pair.stream->read(into, sink);
  Task<> settled = testing::settle(loop);
  co_await std::move(settled);
  EXPECT_FALSE(written.has_value() || sink.told.has_value());
  pair.stream->close();
  EXPECT_FALSE(sink.told.has_value()) << "never inside the call";
  Task<> over = testing::settle(loop);
  co_await std::move(over);
  EXPECT_TRUE(sink.failed_as(ErrorKind::cancelled));
  EXPECT_TRUE(written && !*written && written->error().kind == ErrorKind::cancelled);
  Sink late;
  pair.stream->read(into, late);
  Task<> told = testing::settle(loop);
  co_await std::move(told);
  EXPECT_TRUE(late.failed_as(ErrorKind::cancelled));
}

TEST(TcpStream, ClosingEndsWhatIsPending) { Bench().run(closed_here); }

// A peer that sends on and on, to a reader that reads on and on: others have their turns between, as many.
Task<> flood(Loop& loop) {
  const Pair pair(loop);
  std::array<char, 10> into{};
  Sink sink;
  std::size_t reads = 0;
  sink.then = [&] {
    ++reads;
    ::send(pair.peer.get(), "x", 1, MSG_DONTWAIT);  // an edge each, as long as they fit
    pair.stream->read(into, sink);
  };
  pair.send(std::string(20'000, 'x'));
  pair.stream->read(into, sink);
  Wakeup turn(loop);
  constexpr std::size_t kTurns = 150;
  for (std::size_t i = 0; i < kTurns; ++i) {
    loop.post([&turn] { turn.ring(); });
    Task<bool> woken = turn.wait(kNever);
    co_await std::move(woken);
  }
  EXPECT_GT(reads, kTurns / 4);
  EXPECT_LE(reads, kTurns * 2);
}

TEST(TcpStream, LeavesOthersTheirTurnsHoweverMuchComes) { Bench().run(flood); }

// Both are ready in one look; whoever is told first ends the other.
Task<> ends_each_other(Loop& loop) {
  std::array<char, 4> into{};
  std::array<Sink, 2> sinks;
  std::array<std::unique_ptr<Pair>, 2> pairs{std::make_unique<Pair>(loop), std::make_unique<Pair>(loop)};
  Task<> before = testing::settle(loop);
  co_await std::move(before);
  for (std::size_t i = 0; i < 2; ++i) {
    pairs[i]->stream->read(into, sinks[i]);
    sinks[i].then = [&pairs, i] { pairs[1 - i]->stream.reset(); };
  }
  for (const auto& pair : pairs) pair->send("now");
  Task<> settled = testing::settle(loop);
  co_await std::move(settled);
  EXPECT_EQ(sinks[0].bytes() + sinks[1].bytes(), 3U);
}

TEST(TcpStream, MayEndAnotherThatIsReadyToo) { Bench().run(ends_each_other); }

TEST(TcpStream, IsToldInTheNextRunWhatTheLoopWasStoppedBefore) {
  Bench bench;
  Loop& loop = bench.loop;
  std::array<char, 4> into{};
  std::array<Sink, 2> sinks;
  const Pair first(loop);
  const Pair second(loop);
  first.stream->read(into, sinks[0]);
  second.stream->read(into, sinks[1]);
  for (Sink& sink : sinks) sink.then = [&loop] { loop.stop(); };
  first.send("now");
  second.send("now");
  loop.run();
  EXPECT_EQ(sinks[0].bytes() + sinks[1].bytes(), 3U);
  loop.run();
  EXPECT_EQ(sinks[0].bytes() + sinks[1].bytes(), 6U);
}

TEST(TcpStream, DiesInTheMiddleOfARead) {
  auto bench = std::make_unique<Bench>();
  std::array<char, 4> into{};
  Sink sink;
  auto pair = std::make_unique<Pair>(bench->loop);
  pair->stream->read(into, sink);
  bench->loop.post([&] { bench->loop.stop(); });
  bench->loop.run();
  pair.reset();
  bench.reset();
  EXPECT_FALSE(sink.told.has_value());
}

}  // namespace
}  // namespace freeway::net
