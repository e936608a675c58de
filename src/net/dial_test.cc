#include "net/dial.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <optional>

#include "net/connect.h"
#include "net/inbox.h"
#include "net/listen.h"
#include "net/testing.h"

namespace freeway::net {
namespace {

using namespace std::chrono_literals;
using Dialled = Result<std::unique_ptr<Stream>>;

Task<> dial_into(Dialer& dialer, Loop& loop, Endpoint endpoint, Instant deadline, std::shared_ptr<DialTicket> ticket,
                 std::optional<Dialled>& result) {
  Task<Dialled> dialling = dialer.dial(loop, std::move(endpoint), deadline, std::move(ticket));
  result = co_await std::move(dialling);
}

Dialled dial_now(Dialer& dialer, Loop& loop, Endpoint endpoint) {
  std::optional<Dialled> result;
  Task<> task = dial_into(dialer, loop, std::move(endpoint), loop.now() + testing::kPatience, nullptr, result);
  testing::run(loop, std::move(task));
  return std::move(*result);
}

// A dialer whose every name has these addresses.
std::unique_ptr<Dialer> dialer_for(std::vector<std::string> addresses, Duration head_start = 250ms) {
  Dialer::Options options;
  options.attempt_delay = head_start;
  options.resolve = [addresses = std::move(addresses)](const std::string&) { return addresses; };
  return std::move(*Dialer::create(std::move(options)));
}

// A port that is bound, so nobody else gets it, but listens to nobody: the one that is asked for, or another if it is taken.
class ClosedPort {
 public:
  explicit ClosedPort(std::uint16_t port = 0) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) {
      at.sin_port = 0;
      ::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    }
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  ~ClosedPort() { ::close(socket_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  std::uint16_t port() const { return port_; }

  // Listens with a queue that is already full: connections hang.
  void listen_deaf() {
    ::listen(socket_, 0);
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(port_);
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      ::connect(filler, reinterpret_cast<sockaddr*>(&to), sizeof to);
    }
  }
  void close_fillers() {
    for (const int filler : fillers_) ::close(filler);
  }

 private:
  int socket_;
  std::uint16_t port_ = 0;
  std::array<int, 4> fillers_{};
};

struct Accepted {
  std::vector<std::unique_ptr<Stream>> streams;
  std::unique_ptr<Listener> listener;
  Accepted(Loop& loop, const std::string& host) {
    const ListenAddress address{host, 0};
    auto opened = Listener::open(loop, address, [this](std::unique_ptr<Stream> s) { streams.push_back(std::move(s)); });
    if (opened) listener = std::move(*opened);
  }
};

// No further descriptor can be had while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    // The undefined sanitizer looks at a class of objects once, through a pipe, which could not be had later.
    EXPECT_FALSE(boost::system::error_code(EMFILE, boost::system::system_category()).message().empty());
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(Dial, ToRunOutOfDescriptorsIsNoFaultOfTheOtherSide) {
  const SystemClock clock;
  Loop loop(clock);
  auto dialer = dialer_for({"127.0.0.1"});
  Endpoint endpoint;
  endpoint.host = "provider.test";
  endpoint.port = 9;
  auto before = dial_now(*dialer, loop, endpoint);  // what a first dial opens for itself is open from now on
  ASSERT_FALSE(before);
  const NoDescriptors none;
  auto dialled = dial_now(*dialer, loop, endpoint);
  ASSERT_FALSE(dialled);
  EXPECT_EQ(dialled.error().kind, ErrorKind::exhausted) << dialled.error().message;
}

TEST(Dialer, ConnectsToANumericAddressWithoutAsking) {
  const SystemClock clock;
  Loop loop(clock);
  const Accepted server(loop, "127.0.0.1");
  std::atomic<int> asked = 0;
  Dialer::Options options;
  options.resolve = [&](const std::string&) -> Result<std::vector<std::string>> {
    ++asked;
    return fail(ErrorKind::unreachable, "must not be asked");
  };
  auto dialer = Dialer::create(std::move(options));
  Endpoint endpoint{"127.0.0.1", server.listener->port(), false};
  const Dialled stream = dial_now(**dialer, loop, endpoint);
  ASSERT_TRUE(stream.has_value()) << stream.error().message;
  EXPECT_EQ((*stream)->peer_address(), "127.0.0.1");
  EXPECT_EQ(asked, 0);
}

TEST(Dialer, RemembersNamesAndFailuresForTheirTime) {
  ManualClock clock;
  std::atomic<int> asked = 0;
  Dialer::Options options;
  options.resolve = [&](const std::string& host) -> Result<std::vector<std::string>> {
    ++asked;
    if (host == "good.test") return std::vector<std::string>{"127.0.0.1"};
    return fail(ErrorKind::unreachable, "no such name");
  };
  auto dialer = std::move(*Dialer::create(std::move(options)));
  struct Step {
    const char* host;
    Duration later;
    int asked;
    ErrorKind kind;
  };
  const ClosedPort nobody;
  const Step steps[] = {{"good.test", 0s, 1, ErrorKind::refused},    {"good.test", 59s, 1, ErrorKind::refused},
                        {"good.test", 2s, 2, ErrorKind::refused},    {"bad.test", 0s, 3, ErrorKind::unreachable},
                        {"bad.test", 1s, 3, ErrorKind::unreachable}, {"bad.test", 2s, 4, ErrorKind::unreachable}};
  for (const Step& step : steps) {
    clock.advance(step.later);
    Loop loop(clock);
    const Endpoint endpoint{step.host, nobody.port(), false};
    const Dialled stream = dial_now(*dialer, loop, endpoint);
    ASSERT_FALSE(stream.has_value());
    EXPECT_EQ(stream.error().kind, step.kind) << stream.error().message;
    EXPECT_EQ(asked, step.asked);
  }
}

Task<> release_when_both_wait(Loop& loop, std::promise<void>& release, std::optional<Dialled>& first,
                              std::optional<Dialled>& second) {
  Task<> waiting = testing::settle(loop);
  co_await std::move(waiting);
  release.set_value();
  while (!first || !second) {
    Task<> more = testing::settle(loop);
    co_await std::move(more);
  }
}

TEST(Dialer, JoinsQuestionsForOneName) {
  const SystemClock clock;
  Loop loop(clock);
  const Accepted server(loop, "127.0.0.1");
  std::atomic<int> asked = 0;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  Dialer::Options options;
  options.resolve = [&asked, released](const std::string&) {
    ++asked;
    released.wait();
    return std::vector<std::string>{"127.0.0.1"};
  };
  auto dialer = std::move(*Dialer::create(std::move(options)));
  const Endpoint endpoint{"slow.test", server.listener->port(), false};
  std::optional<Dialled> first;
  std::optional<Dialled> second;
  const Instant deadline = clock.now() + testing::kPatience;
  Task<> one = dial_into(*dialer, loop, endpoint, deadline, nullptr, first);
  Task<> two = dial_into(*dialer, loop, endpoint, deadline, nullptr, second);
  loop.spawn(std::move(one));
  loop.spawn(std::move(two));
  Task<> both = release_when_both_wait(loop, release, first, second);
  testing::run(loop, std::move(both));
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->has_value());
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->has_value());
  EXPECT_EQ(asked, 1);
}

TEST(Dialer, TellsRefusedFromUnreachable) {
  const SystemClock clock;
  Loop loop(clock);
  const ClosedPort nobody;
  auto dialer = dialer_for({"127.0.0.1"});
  const Endpoint refused{"some.test", nobody.port(), false};
  const Dialled stream = dial_now(*dialer, loop, refused);
  ASSERT_FALSE(stream.has_value());
  EXPECT_EQ(stream.error().kind, ErrorKind::refused);
  EXPECT_NE(stream.error().message.find("some.test:" + std::to_string(nobody.port())), std::string::npos);

  Dialer::Options options;
  options.resolve = [](const std::string&) -> Result<std::vector<std::string>> {
    return fail(ErrorKind::unreachable, "the name does not resolve");
  };
  auto lost = std::move(*Dialer::create(std::move(options)));
  const Endpoint unknown{"lost.test", 80, false};
  const Dialled nothing = dial_now(*lost, loop, unknown);
  ASSERT_FALSE(nothing.has_value());
  EXPECT_EQ(nothing.error().kind, ErrorKind::unreachable);
}

TEST(Dialer, GoesOnToTheNextAddressAtOnceAfterAFailure) {
  const SystemClock clock;
  Loop loop(clock);
  // Another program may listen at the same port of the first address, where nobody should.
  std::optional<Accepted> server;
  std::optional<ClosedPort> nobody;
  while (!nobody || nobody->port() != server->listener->port()) {
    server.emplace(loop, "127.0.0.2");
    ASSERT_NE(server->listener, nullptr);
    nobody.emplace(server->listener->port());
  }
  // With a head start of an hour only the failure can have started the second attempt.
  auto dialer = dialer_for({"127.0.0.1", "127.0.0.2"}, 1h);
  const Endpoint endpoint{"two.test", server->listener->port(), false};
  const Dialled stream = dial_now(*dialer, loop, endpoint);
  ASSERT_TRUE(stream.has_value()) << stream.error().message;
  EXPECT_EQ((*stream)->peer_address(), "127.0.0.2");
}

Endpoint guarded(std::string host, std::uint16_t port, const std::vector<std::string>& trusted) {
  Endpoint endpoint{std::move(host), port, false};
  endpoint.guard = std::make_shared<const Guard>(std::move(*Guard::create(trusted)));
  return endpoint;
}

TEST(Dialer, ConnectsNowhereThatTheGuardForbids) {
  const SystemClock clock;
  Loop loop(clock);
  const Accepted server(loop, "127.0.0.1");
  auto dialer = dialer_for({"127.0.0.1"});
  for (const char* host : {"inside.test", "127.0.0.1", "::ffff:127.0.0.1"}) {
    const Dialled refused = dial_now(*dialer, loop, guarded(host, server.listener->port(), {"10.0.0.0/8"}));
    ASSERT_FALSE(refused.has_value()) << host;
    EXPECT_EQ(refused.error().kind, ErrorKind::denied);
    EXPECT_EQ(refused.error().message.find("127.0.0.1: "), std::string::npos) << refused.error().message;
  }
  for (const char* trusted : {"127.0.0.0/8", "Inside.test"}) {
    const Dialled stream = dial_now(*dialer, loop, guarded("inside.test", server.listener->port(), {trusted}));
    EXPECT_TRUE(stream.has_value()) << trusted;
  }
}

TEST(Dialer, ConnectsToTheAddressesThatTheGuardHasSeen) {
  const SystemClock clock;
  Loop loop(clock);
  std::optional<Accepted> server;
  std::optional<ClosedPort> nobody;
  while (!nobody || nobody->port() != server->listener->port()) {
    server.emplace(loop, "127.0.0.2");
    ASSERT_NE(server->listener, nullptr);
    nobody.emplace(server->listener->port());
  }
  // Of two addresses the forbidden one is left alone, though it comes first.
  auto dialer = dialer_for({"127.0.0.1", "127.0.0.2"}, 1h);
  const Dialled stream = dial_now(*dialer, loop, guarded("two.test", server->listener->port(), {"127.0.0.2"}));
  ASSERT_TRUE(stream.has_value()) << stream.error().message;
  EXPECT_EQ((*stream)->peer_address(), "127.0.0.2");
}

TEST(Dialer, RacesTheFamilies) {
  const SystemClock clock;
  Loop loop(clock);
  const Accepted v4(loop, "127.0.0.1");
  auto dialer = dialer_for({"::1", "127.0.0.1"}, 1h);
  const Endpoint endpoint{"both.test", v4.listener->port(), false};
  const Dialled fallen_back = dial_now(*dialer, loop, endpoint);
  ASSERT_TRUE(fallen_back.has_value()) << fallen_back.error().message;
  EXPECT_EQ((*fallen_back)->peer_address(), "127.0.0.1");
  const Accepted v6(loop, "::1");
  if (v6.listener == nullptr) GTEST_SKIP() << "no IPv6 on this machine";
  const Endpoint over_v6{"both.test", v6.listener->port(), false};
  const Dialled preferred = dial_now(*dialer, loop, over_v6);
  ASSERT_TRUE(preferred.has_value()) << preferred.error().message;
  EXPECT_EQ((*preferred)->peer_address(), "::1");
}

TEST(Dialer, StartsTheNextAddressWhenOneHangs) {
  const SystemClock clock;
  Loop loop(clock);
  ClosedPort deaf;
  deaf.listen_deaf();
  const ListenAddress same{"127.0.0.2", deaf.port()};
  std::unique_ptr<Stream> accepted;
  auto listener = Listener::open(loop, same, [&](std::unique_ptr<Stream> stream) { accepted = std::move(stream); });
  ASSERT_TRUE(listener.has_value());
  auto dialer = dialer_for({"127.0.0.1", "127.0.0.2"}, 10ms);
  const Endpoint endpoint{"two.test", deaf.port(), false};
  const Dialled stream = dial_now(*dialer, loop, endpoint);
  ASSERT_TRUE(stream.has_value()) << stream.error().message;
  EXPECT_EQ((*stream)->peer_address(), "127.0.0.2");
  deaf.close_fillers();
}

Task<> dial_without_answer(Loop& loop, ManualClock& clock, Dialer& dialer, Endpoint endpoint, bool abandon,
                           std::optional<Dialled>& result) {
  auto ticket = std::make_shared<DialTicket>();
  const Instant deadline = clock.now() + 5s;
  Task<> dialling = dial_into(dialer, loop, std::move(endpoint), deadline, ticket, result);
  loop.spawn(std::move(dialling));
  Task<> started = testing::settle(loop);
  co_await std::move(started);
  EXPECT_FALSE(result.has_value());
  if (abandon) {
    ticket->abandon();
  } else {
    clock.advance(5s);
    loop.tick();
  }
  Task<> ended = testing::settle(loop);
  co_await std::move(ended);
}

TEST(Dialer, EndsAtTheDeadlineOrWhenAbandoned) {
  ManualClock clock;
  Loop loop(clock);
  ClosedPort deaf;
  deaf.listen_deaf();
  auto dialer = dialer_for({"127.0.0.1"});
  const Endpoint endpoint{"127.0.0.1", deaf.port(), false};
  for (const bool abandon : {false, true}) {
    Loop own(clock);
    std::optional<Dialled> result;
    Task<> task = dial_without_answer(own, clock, *dialer, endpoint, abandon, result);
    testing::run(own, std::move(task));
    ASSERT_TRUE(result.has_value());
    ASSERT_FALSE(result->has_value());
    EXPECT_EQ(result->error().kind, abandon ? ErrorKind::cancelled : ErrorKind::timeout);
  }
  deaf.close_fillers();
}

TEST(Dialer, ALoopMayGoWhileANameIsLookedUp) {
  const SystemClock clock;
  std::promise<void> release;
  std::promise<void> finished;
  Dialer::Options options;
  options.resolve = [&](const std::string&) {
    release.get_future().wait();
    finished.set_value();
    return std::vector<std::string>{"127.0.0.1"};
  };
  auto dialer = std::move(*Dialer::create(std::move(options)));
  std::optional<Dialled> result;
  {
    Loop loop(clock);
    const Endpoint endpoint{"slow.test", 1, false};
    Task<> dialling = dial_into(*dialer, loop, endpoint, kNever, nullptr, result);
    loop.spawn(std::move(dialling));
    Task<> settled = testing::settle(loop);
    testing::run(loop, std::move(settled));
  }
  release.set_value();
  finished.get_future().wait();
  EXPECT_FALSE(result.has_value());
}

TEST(Interleave, FamiliesTakeTurnsBeginningWithTheFirst) {
  Addresses addresses;
  for (const char* text : {"::1", "::2", "10.0.0.1", "::3", "10.0.0.2"}) addresses.push_back(asio::ip::make_address(text));
  std::vector<std::string> order;
  for (const auto& address : interleave(addresses)) order.push_back(address.to_string());
  EXPECT_EQ(order, std::vector<std::string>({"::1", "10.0.0.1", "::2", "10.0.0.2", "::3"}));
}

}  // namespace
}  // namespace freeway::net
