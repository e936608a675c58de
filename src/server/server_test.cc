#include "server/server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "net/inbox.h"
#include "net/testing.h"

namespace freeway::server {
namespace {

using namespace std::chrono_literals;

// Takes bodies on "/upload"; it is ready when the test says so.
struct Taker final : Intake {
  std::uint64_t limit() const override { return 5000; }
  void take(std::string_view bytes) override {
    EXPECT_TRUE(is_ready);
    largest = std::max(largest, bytes.size());
    all += bytes;
    is_ready = all.size() < pause_at || paused;
    paused = paused || !is_ready;
  }
  bool ready() const override { return is_ready; }
  std::string all;
  std::size_t pause_at = SIZE_MAX;
  std::size_t largest = 0;
  bool is_ready = true, paused = false;
};

// Answers with what it was asked; "/stream" streams, "/large" streams what fits at once and then what does not, "/hang"
// waits for the client to leave, "/nothing" forgets to answer.
class Echo final : public Handler {
 public:
  std::optional<Answer> admit(const http::RequestHead& head, const Peer& peer) override {
    seen = peer;
    if (head.path() != "/forbidden") return std::nullopt;
    Answer answer;
    answer.status = 403;
    answer.body = "no";
    return answer;
  }
  Answer refuse(const http::RequestHead&, int status, const Error& error) override {
    Answer answer;
    answer.status = status;
    answer.body = error.message;
    return answer;
  }
  std::uint64_t body_limit() const override { return most; }
  std::unique_ptr<Intake> intake(const http::RequestHead& head, net::Wakeup& wakeup) override {
    if (head.path() != "/upload") return nullptr;
    auto made = std::make_unique<Taker>();
    made->pause_at = pause_at;
    taker = made.get();
    rung = &wakeup;
    return made;
  }
  net::Task<> handle(Incoming& incoming, Reply& reply) override {
    ++handled;
    if (incoming.intake) incoming.body = "taken: " + static_cast<Taker&>(*incoming.intake).all + incoming.body;
    EXPECT_EQ(incoming.peer.local_admin, seen.local_admin);
    if (incoming.head.path() == "/nothing") co_return;
    if (incoming.head.path() == "/hang") {
      while (!reply.gone() && !reply.ending()) co_await reply.wakeup().wait(kNever);
      if (reply.gone()) ++left;
      if (!reply.ending()) co_return;
      Answer answer;
      answer.status = 503;
      co_await reply.send(std::move(answer));
    } else if (incoming.head.path() == "/stream") {
      http::Fields fields;
      reply.begin(200, std::move(fields));
      co_await reply.write("one");
      http::Fields trailers;
      trailers.add("x-sum", "3");
      co_await reply.end("two", std::move(trailers));
    } else if (incoming.head.path() == "/large") {
      http::Fields fields;
      reply.begin(200, std::move(fields));
      for (const std::size_t size : {10, 200'000}) {
        const std::string piece(size, 'x');
        reply.wakeup().loop().post([this] { meanwhile(); });
        co_await reply.write(piece);
        stalled.push_back(reply.stalled());
      }
      http::Fields none;
      co_await reply.end("", std::move(none));
    } else {
      Answer answer;
      answer.body = incoming.head.method + " " + incoming.head.target + " " + incoming.body;
      co_await reply.send(std::move(answer));
    }
  }
  int handled = 0;
  int left = 0;
  std::uint64_t most = 1000;
  Peer seen;
  Taker* taker = nullptr;
  net::Wakeup* rung = nullptr;
  std::size_t pause_at = SIZE_MAX;
  std::function<void()> meanwhile = [] {};  // what else is in the batch of a piece
  std::vector<Duration> stalled;            // behind each piece
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    server_ = std::make_unique<Server>(loop_, handler_, options_);
    connect();
  }
  void connect() {
    auto [ours, theirs] = net::memory_pipe(loop_);
    inbox_.reset();
    stream_ = std::move(ours);
    wakeup_ = std::make_unique<net::Wakeup>(loop_);
    inbox_ = std::make_unique<net::Inbox>(*stream_, *wakeup_, 1 << 20);
    server_->accept(std::move(theirs));
  }
  ~ServerTest() override {
    server_->close_all();
    settle();
  }
  void settle() { net::testing::run(loop_, net::testing::settle(loop_)); }
  void send(std::string_view bytes) { net::testing::run(loop_, send_task(bytes)); }
  net::Task<> send_task(std::string_view bytes) {
    co_await net::testing::write(*stream_, bytes);
    co_await net::testing::settle(loop_);
  }
  void advance(Duration by) {
    clock_.advance(by);
    loop_.post([this] { loop_.tick(); });
    settle();
  }
  // All that came, without the date.
  std::string got() {
    std::string text(inbox_->bytes());
    inbox_->consume(text.size());
    for (auto at = text.find("date: "); at != std::string::npos; at = text.find("date: "))
      text.erase(at, text.find("\r\n", at) + 2 - at);
    return text;
  }
  bool closed() const { return inbox_->end().has_value(); }

  ManualClock clock_;
  net::Loop loop_{clock_};
  Echo handler_;
  Options options_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<net::Wakeup> wakeup_;
  std::unique_ptr<net::Inbox> inbox_;
};

TEST_F(ServerTest, KeepsAliveAndAnswersPipelinedRequestsInOrder) {
  send(
      "GET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhiGET /c HTTP/1.1\r\nHost: "
      "h\r\n\r\n");
  EXPECT_EQ(got(),
            "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nGET /a HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nPOST /b hi"
            "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nGET /c ");
  EXPECT_FALSE(closed());
}

TEST_F(ServerTest, ClosesWhenAskedToAndForOldClients) {
  send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(got(), "HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nGET /a ");
  EXPECT_TRUE(closed());
  connect();
  send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(got().ends_with("connection: close\r\n\r\nGET /a "));
  EXPECT_TRUE(closed());
}

TEST_F(ServerTest, StreamsInChunksWithTrailersForThoseWhoTakeThem) {
  send("GET /stream HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n");
  EXPECT_EQ(got(), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\nx-sum: 3\r\n\r\n");
  send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(got().ends_with("3\r\ntwo\r\n0\r\n\r\n"));
  send("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(got().ends_with("connection: close\r\n\r\nonetwo"));
  EXPECT_TRUE(closed());
}

TEST_F(ServerTest, TellsForHowLongAClientTookNothingAndNotItsOwnBatches) {
  handler_.meanwhile = [this] { clock_.advance(1s); };
  inbox_->pause();
  send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(handler_.stalled, std::vector<Duration>{0s}) << "and the second piece does not fit";
  advance(5s);
  inbox_->resume();
  settle();
  EXPECT_EQ(handler_.stalled, (std::vector<Duration>{0s, 5s}));
  EXPECT_TRUE(got().ends_with("\r\n0\r\n\r\n"));
}

TEST_F(ServerTest, SaysContinueOnlyToRequestsThatItAdmits) {
  send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(got(), "HTTP/1.1 100 Continue\r\n\r\n");
  send("hi");
  EXPECT_TRUE(got().ends_with("POST /a hi"));
  send("POST /forbidden HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(got().starts_with("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_EQ(handler_.handled, 1);
}

TEST_F(ServerTest, RefusesLargeBodiesHoweverFramedAndNamesTheLimit) {
  send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
  std::string answer = got();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_NE(answer.find("1000"), std::string::npos);
  connect();
  send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') +
       "\r\n0\r\n\r\n");
  answer = got();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_NE(answer.find("1000"), std::string::npos);
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(ServerTest, GivesUpOnSlowHeadsBodiesAndSilence) {
  send("GET /a HT");
  advance(options_.head_time);
  EXPECT_TRUE(got().starts_with("HTTP/1.1 408 "));
  connect();
  send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nh");
  advance(options_.body_stall);
  EXPECT_TRUE(got().starts_with("HTTP/1.1 408 "));
  connect();
  settle();
  advance(options_.idle_time);
  EXPECT_EQ(got(), "");
  EXPECT_TRUE(closed());
}

TEST_F(ServerTest, TellsTheHandlerThatTheClientLeft) {
  send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(handler_.left, 0);
  stream_->close();
  settle();
  EXPECT_EQ(handler_.left, 1);
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(ServerTest, NeverLeavesARequestWithoutAnAnswer) {
  send("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(got().starts_with("HTTP/1.1 500 "));
}

TEST_F(ServerTest, AFaultIsAnsweredAsItsOwnMessageAndNotAsTheOneBefore) {
  send("HEAD /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(got().ends_with("\r\n\r\n"));
  send("GET\r\n\r\n");
  std::string answer = got();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_FALSE(answer.ends_with("\r\n\r\n")) << "a body, since this is no HEAD: " << answer;
}

TEST_F(ServerTest, EmptyLinesAreNoBeginning) {
  send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n\r\n");
  got();
  advance(options_.head_time);
  EXPECT_EQ(got(), "");
  EXPECT_FALSE(closed());
  send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(got().ends_with("GET /b "));
}

TEST_F(ServerTest, ASlowClientMayTakeAsLongAsItTakesSomething) {
  handler_.most = 2'000'000;
  std::string body(1'500'000, 'x');
  inbox_->pause();
  send(fmt::format("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.size()));
  send(body);
  std::size_t taken = 0;
  for (int i = 0; i < 40 && taken < body.size(); ++i) {
    advance(options_.write_stall / 2);
    inbox_->resume();
    settle();
    inbox_->pause();
    taken += inbox_->bytes().size();
    inbox_->consume(inbox_->bytes().size());
  }
  EXPECT_GT(taken, body.size());
}

TEST_F(ServerTest, TheLimitOfBodiesMayChangeBetweenMessages) {
  send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_TRUE(got().ends_with("POST /a hi"));
  handler_.most = 2000;
  send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1500\r\n\r\n" + std::string(1500, 'x'));
  EXPECT_TRUE(got().ends_with("POST /a " + std::string(1500, 'x')));
  handler_.most = 1;
  send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
  EXPECT_TRUE(got().starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, AnUploadIsTakenAsItComes) {
  send("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n");
  for (int i = 0; i < 30; ++i) send(std::string(100, 'x'));
  EXPECT_TRUE(got().ends_with("POST /upload taken: " + std::string(3000, 'x')));
  // The next message of the connection has the limit of any other again.
  send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_TRUE(got().ends_with("POST /a hi"));
  send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(1024, 'x'));
  EXPECT_TRUE(got().starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, NoMoreOfAnUploadIsTakenThanWasPutAway) {
  handler_.pause_at = 1000;
  send("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n\r\n" + std::string(1500, 'x'));
  send(std::string(2500, 'y'));
  std::size_t taken = handler_.taker->all.size();
  EXPECT_LT(taken, 4000U);
  advance(options_.body_stall * 2);
  EXPECT_EQ(got(), "") << "whose disk is slow, that is not the client's fault";
  handler_.taker->is_ready = true;
  handler_.rung->ring();
  settle();
  EXPECT_TRUE(got().ends_with(std::string(1500, 'x') + std::string(2500, 'y')));
}

TEST_F(ServerTest, AnUploadHasALimitOfItsOwn) {
  send("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 5001\r\n\r\n");
  std::string answer = got();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_NE(answer.find("5000"), std::string::npos);
  EXPECT_NE(answer.find("server.upload_limit"), std::string::npos);
  connect();
  send("POST /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 6; ++i) send("3E8\r\n" + std::string(1000, 'x') + "\r\n");
  answer = got();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_NE(answer.find("server.upload_limit"), std::string::npos);
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(ServerTest, WhoLeavesAnUploadIsForgotten) {
  handler_.pause_at = 1000;
  send("POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n\r\n" + std::string(1500, 'x'));
  EXPECT_EQ(server_->connections(), 1U);
  stream_->close();
  settle();
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(ServerTest, RefusesMalformedMessagesAndCloses) {
  send("GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(got().starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(ServerTest, DrainsIdleConnectionsNowAndBusyOnesAfterTheirAnswer) {
  send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
  auto busy = std::move(stream_);
  auto busy_inbox = std::move(inbox_);
  auto busy_wakeup = std::move(wakeup_);
  connect();
  settle();
  bool drained = false;
  server_->drain([&] { drained = true; });
  settle();
  EXPECT_TRUE(closed()) << "an idle connection closes";
  EXPECT_FALSE(drained);
  busy->close();
  settle();
  EXPECT_TRUE(drained);
}

TEST_F(ServerTest, AsksForALastWordWhenTheDrainTakesTooLong) {
  send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
  auto busy = std::move(stream_);
  auto busy_inbox = std::move(inbox_);
  auto busy_wakeup = std::move(wakeup_);
  connect();
  send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nh");
  bool drained = false;
  server_->drain([&] { drained = true; });
  settle();
  EXPECT_FALSE(closed()) << "its body may still come";
  server_->hurry();
  settle();
  EXPECT_TRUE(busy_inbox->bytes().starts_with("HTTP/1.1 503 ")) << busy_inbox->bytes();
  std::string answer = got();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("retry-after: 5\r\n"), std::string::npos) << answer;
  stream_->close();
  settle();
  EXPECT_TRUE(drained);
}

// As a Unix socket's stream tells of itself.
class OwnersStream final : public net::Stream {
 public:
  explicit OwnersStream(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {}
  void read(std::span<char> into, net::ReadSink& sink) override { stream_->read(into, sink); }
  net::Task<Result<void>> write(std::span<const std::string_view> pieces) override { return stream_->write(pieces); }
  Result<std::size_t> write_now(std::span<const std::string_view> pieces) override { return stream_->write_now(pieces); }
  void close() override { stream_->close(); }
  void detach() override { stream_->detach(); }
  void shutdown_write() override { stream_->shutdown_write(); }
  std::string peer() const override { return "unix"; }
  std::string peer_address() const override { return "unix"; }
  bool from_owner() const override { return true; }

 private:
  std::unique_ptr<net::Stream> stream_;
};

TEST_F(ServerTest, TellsTheOwnerFromOthers) {
  send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(handler_.seen.local_admin);
  auto [ours, theirs] = net::memory_pipe(loop_);
  server_->accept(std::make_unique<OwnersStream>(std::move(theirs)));
  inbox_.reset();
  stream_ = std::move(ours);
  inbox_ = std::make_unique<net::Inbox>(*stream_, *wakeup_, 1 << 20);
  send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(got().ends_with("GET /b "));
  EXPECT_TRUE(handler_.seen.local_admin);
  EXPECT_EQ(handler_.seen.address, "unix");
}

}  // namespace
}  // namespace freeway::server
