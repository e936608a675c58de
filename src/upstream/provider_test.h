// A scripted provider and a client of it, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/inbox.h"
#include "net/listen.h"
#include "net/testing.h"
#include "upstream/client.h"

namespace freeway::upstream {

using net::Task;

inline constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Waits, inside a coroutine, until the condition holds; the test fails after a long time.
#define AWAIT(condition)                                           \
  {                                                                \
    const std::function<bool()> met = [&] { return (condition); }; \
    Task<> waiting = until(bench.loop, met);                       \
    co_await std::move(waiting);                                   \
    EXPECT_TRUE(condition);                                        \
    if (!(condition)) co_return;                                   \
  }

inline Task<> until(net::Loop& loop, const std::function<bool()>& met) {
  const SystemClock patience;
  const Instant end = patience.now() + net::testing::kPatience;
  while (!met() && patience.now() < end) {
    Task<> settled = net::testing::settle(loop);
    co_await std::move(settled);
  }
}

// The provider's end of one connection.
struct Peer {
  Peer(net::Loop& loop, std::unique_ptr<net::Stream> from)
      : stream(std::move(from)), wakeup(loop), inbox(*stream, wakeup, 1 << 20) {}

  bool has(std::string_view text) const { return inbox.bytes().find(text) != std::string_view::npos; }
  bool left() const { return inbox.end().has_value(); }
  void take_all() { inbox.consume(inbox.bytes().size()); }
  void send(std::string_view bytes) {
    const Result<std::size_t> sent = stream->write_now(std::span(&bytes, 1));
    EXPECT_TRUE(sent && *sent == bytes.size());
  }

  std::unique_ptr<net::Stream> stream;
  net::Wakeup wakeup;
  net::Inbox inbox;
};

// A provider on loopback whose every byte the test writes, and a client of it. One loop, one thread.
struct Bench {
  explicit Bench(const Options& options = {}) : loop(clock), wakeup(loop) {
    auto opened = net::Listener::open(loop, {}, [this](std::unique_ptr<net::Stream> stream) {
      peers.push_back(std::make_unique<Peer>(loop, std::move(stream)));
    });
    EXPECT_TRUE(opened.has_value());
    listener = std::move(*opened);
    net::Dialer::Options dialling;
    dialler = std::move(*net::Dialer::create(std::move(dialling)));
    client = std::make_unique<Client>(loop, *dialler, options);
  }

  Call call(std::string body = "{}") const {
    Call made;
    made.origin.host = "127.0.0.1";
    made.origin.port = listener->port();
    made.head.method = "POST";
    made.head.target = "/v1/chat/completions";
    made.head.fields.add("Content-Type", "application/json");
    made.body = std::move(body);
    return made;
  }
  std::unique_ptr<Exchange> start() { return client->start(call(), wakeup); }

  ManualClock clock;
  net::Loop loop;
  net::Wakeup wakeup;
  std::vector<std::unique_ptr<Peer>> peers;
  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<net::Dialer> dialler;
  std::unique_ptr<Client> client;
};

inline void run(Bench& bench, Task<> (*story)(Bench&)) {
  Task<> task = story(bench);
  net::testing::run(bench.loop, std::move(task));
}

}  // namespace freeway::upstream
