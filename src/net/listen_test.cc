#include "net/listen.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "net/inbox.h"
#include "net/testing.h"

namespace freeway::net {
namespace {

using namespace std::chrono_literals;

// A blocking client on loopback.
class PlainClient {
 public:
  explicit PlainClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~PlainClient() { close(); }
  PlainClient(const PlainClient&) = delete;
  PlainClient& operator=(const PlainClient&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    ASSERT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
  }
  // Until `size` bytes or the end. Negative errno after a failure.
  ssize_t receive(std::string& into, std::size_t size) {
    char piece[4096];
    while (into.size() < size) {
      const ssize_t n = ::recv(socket_, piece, std::min(sizeof piece, size - into.size()), 0);
      if (n < 0) return -errno;
      if (n == 0) break;
      into.append(piece, static_cast<std::size_t>(n));
    }
    return std::ssize(into);
  }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
  bool connected_ = false;
};

Task<> echo(Loop& loop, std::unique_ptr<Stream> stream) {
  Wakeup wakeup(loop);
  Inbox inbox(*stream, wakeup);
  while (!inbox.end() || !inbox.bytes().empty()) {
    if (inbox.bytes().empty()) {
      Task<bool> woken = wakeup.wait(kNever);
      co_await std::move(woken);
      continue;
    }
    const std::string held(inbox.bytes());
    inbox.consume(held.size());
    Task<Result<void>> written = testing::write(*stream, held);
    const Result<void> result = co_await std::move(written);
    if (!result) co_return;
  }
}

void start_echo(Loop& loop, std::unique_ptr<Stream> stream) {
  Task<> task = echo(loop, std::move(stream));
  loop.spawn(std::move(task));
}

TEST(Listener, EchoesOverLoopback) {
  const SystemClock clock;
  Runtime runtime(1, clock);
  Loop& loop = runtime.loop(0);
  std::string peer;
  auto listener = Listener::open(loop, {}, [&](std::unique_ptr<Stream> stream) {
    peer = stream->peer_address();
    start_echo(loop, std::move(stream));
  });
  ASSERT_TRUE(listener.has_value()) << listener.error().message;
  const std::uint16_t port = (*listener)->port();
  runtime.start();
  // More than the kernel's buffers hold, so that writes have to wait.
  const std::string sent(8 * 1024 * 1024, 'x');
  std::string got;
  PlainClient client(port);
  ASSERT_TRUE(client.connected());
  std::jthread writer([&] { client.send(sent); });
  client.receive(got, sent.size());
  EXPECT_EQ(got, sent);
  writer.join();
  runtime.stop();
  runtime.join();
  EXPECT_EQ(peer, "127.0.0.1");
}

TEST(Listener, AbortIsSeenAsAReset) {
  const SystemClock clock;
  Runtime runtime(1, clock);
  auto listener = Listener::open(runtime.loop(0), {}, [&](std::unique_ptr<Stream> stream) { stream->abort(); });
  ASSERT_TRUE(listener.has_value());
  runtime.start();
  PlainClient client((*listener)->port());
  std::string got;
  EXPECT_EQ(client.receive(got, 1), -ECONNRESET);
  runtime.stop();
  runtime.join();
}

TEST(Listener, RefusesAPortThatIsInUseAndSharesItsOwn) {
  const SystemClock clock;
  Loop loop(clock);
  Loop other(clock);
  auto ignore = [](std::unique_ptr<Stream>) {};
  auto first = Listener::open(loop, {}, ignore);
  ASSERT_TRUE(first.has_value());
  const ListenAddress same{"127.0.0.1", (*first)->port()};
  auto second = Listener::open(other, same, ignore);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message.find("in use"), std::string::npos) << second.error().message;
  EXPECT_NE(second.error().message.find(std::to_string(same.port)), std::string::npos);
  auto shared = Listener::open(other, same, ignore, true);
  ASSERT_TRUE(shared.has_value());
  EXPECT_EQ((*shared)->port(), same.port);
}

TEST(Listener, ListensEverywhereForBothFamilies) {
  const SystemClock clock;
  Runtime runtime(1, clock);
  Loop& loop = runtime.loop(0);
  auto listener =
      Listener::open(loop, {"*", 0}, [&](std::unique_ptr<Stream> stream) { start_echo(loop, std::move(stream)); });
  ASSERT_TRUE(listener.has_value()) << listener.error().message;
  runtime.start();
  PlainClient client((*listener)->port());
  ASSERT_TRUE(client.connected());
  client.send("hi");
  std::string got;
  client.receive(got, 2);
  EXPECT_EQ(got, "hi");
  runtime.stop();
  runtime.join();
}

TEST(Listener, RefusesAfterClosing) {
  const SystemClock clock;
  Loop loop(clock);
  auto listener = Listener::open(loop, {}, [](std::unique_ptr<Stream>) {});
  ASSERT_TRUE(listener.has_value());
  const std::uint16_t port = (*listener)->port();
  (*listener)->close();
  (*listener)->close();
  PlainClient client(port);
  EXPECT_FALSE(client.connected());
}

TEST(ListenAddress, ParsesAndExplains) {
  const auto parsed = [](std::string_view text) {
    const auto address = ListenAddress::parse(text);
    return address ? address->host + "|" + std::to_string(address->port) : "error";
  };
  EXPECT_EQ(parsed("127.0.0.1:8420"), "127.0.0.1|8420");
  EXPECT_EQ(parsed("[::1]:0"), "::1|0");
  EXPECT_EQ(parsed(":8420"), "|8420");
  EXPECT_EQ(parsed("*:1"), "*|1");
  EXPECT_EQ(parsed("localhost:65535"), "localhost|65535");
  for (const char* wrong : {"", "8420", "host", "host:", "host:65536", "host:-1", "::1:80", "[::1]80", "a:1x", "[]:1"}) {
    EXPECT_EQ(parsed(wrong), "error") << wrong;
  }
  const SystemClock clock;
  Loop loop(clock);
  auto named = Listener::open(loop, {"no.such.name", 0}, [](std::unique_ptr<Stream>) {});
  ASSERT_FALSE(named.has_value());
  EXPECT_EQ(named.error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace freeway::net
