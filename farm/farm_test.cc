// The farm over real sockets.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "farm/hub.h"
#include "http/parser.h"
#include "json/document.h"
#include "net/dial.h"
#include "net/inbox.h"

namespace freeway::farm {
namespace {

constexpr Duration kPatience = std::chrono::seconds(20);

std::string post(std::string_view path, std::string_view body, std::string_view more = "") {
  return fmt::format("POST {} HTTP/1.1\r\nhost: farm\r\nauthorization: Bearer k1\r\n{}content-length: {}\r\n\r\n{}", path,
                     more, body.size(), body);
}
std::string get(std::string_view path) { return fmt::format("GET {} HTTP/1.1\r\nhost: farm\r\n\r\n", path); }
std::string chat(std::string_view id, std::string_view said = "hello", bool stream = false) {
  return post(fmt::format("/{}/v1/chat/completions", id),
              fmt::format(R"({{"model":"m1","stream":{},"messages":[{{"role":"user","content":"{}"}}]}})", stream, said));
}

struct Heard {
  int status = 0;
  std::string body;
  bool whole = false;  // the message ended as it should
  bool connected = false;
  bool still_open = false;  // the connection after it
};

// One connection that says a list of requests, one after the other's answer.
class Client {
 public:
  explicit Client(std::uint16_t port) : port_(port), loop_(clock_) { dialer_ = std::move(*net::Dialer::create({})); }

  std::vector<Heard> say(std::vector<std::string> requests) {
    heard_.clear();
    auto task = talk(std::move(requests));
    loop_.spawn(std::move(task));
    loop_.run();
    return std::move(heard_);
  }
  Heard say(std::string request) {
    std::vector<std::string> one{std::move(request)};
    return say(std::move(one)).at(0);
  }

 private:
  net::Task<> talk(std::vector<std::string> requests) {
    net::Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = port_;
    const Instant deadline = clock_.now() + kPatience;
    auto abandon = std::make_shared<net::DialTicket>();
    net::Task<Result<std::unique_ptr<net::Stream>>> dialling =
        dialer_->dial(loop_, std::move(endpoint), deadline, std::move(abandon));
    Result<std::unique_ptr<net::Stream>> stream = co_await std::move(dialling);
    if (!stream) {
      heard_.emplace_back();
      loop_.stop();
      co_return;
    }
    net::Wakeup wakeup(loop_);
    net::Inbox inbox(**stream, wakeup);
    for (const std::string& request : requests) {
      const std::array<std::string_view, 1> pieces{request};
      const std::span<const std::string_view> all(pieces);
      net::Task<Result<void>> writing = (*stream)->write(all);
      co_await std::move(writing);
      net::Task<> hearing = hear(inbox, wakeup);
      co_await std::move(hearing);
      if (!heard_.back().still_open) break;
    }
    loop_.stop();
  }

  net::Task<> hear(net::Inbox& inbox, net::Wakeup& wakeup) {
    Heard heard;
    heard.connected = true;
    http::ResponseParser parser;
    for (;;) {
      const Result<http::Parsed> parsed = parser.feed(inbox.bytes(), heard.body);
      if (!parsed) break;
      inbox.consume(parsed->consumed);
      if (parsed->head_complete) heard.status = parser.head().status;
      heard.whole = parsed->complete;
      if (parsed->complete) break;
      if (parsed->consumed > 0) continue;
      if (inbox.end()) break;
      net::Task<bool> waiting = wakeup.wait(clock_.now() + kPatience);
      const bool rang = co_await std::move(waiting);
      if (!rang) break;
    }
    heard.still_open = heard.whole && !inbox.end();
    heard_.push_back(std::move(heard));
  }

  std::uint16_t port_;
  SystemClock clock_;
  net::Loop loop_;
  std::unique_ptr<net::Dialer> dialer_;
  std::vector<Heard> heard_;
};

class FarmTest : public testing::TestWithParam<std::size_t> {
 protected:
  void start(std::string_view toml) {
    auto scenario = parse_scenario(toml, "s.toml");
    ASSERT_TRUE(scenario) << scenario.error().message;
    world_.emplace(clock_, std::move(*scenario), std::nullopt);
    hub_.emplace(*world_);
    runtime_.emplace(GetParam(), clock_);
    ASSERT_TRUE(hub_->open(*runtime_, {}));
    runtime_->start();
  }
  void TearDown() override {
    runtime_->stop();
    runtime_->join();
    hub_->close();
    runtime_.reset();
  }
  std::uint16_t port(std::string_view provider = "") const {
    const auto addresses = hub_->addresses();
    const auto document = json::Document::parse(addresses);
    const auto text =
        provider.empty() ? *document->root()["listen"].string() : *document->root()["providers"][provider].string();
    const auto colon = text.rfind(':');
    return static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)));
  }
  Heard control(std::string_view path, std::string_view body) { return Client(port()).say(post(path, body)); }

  SystemClock clock_;
  std::optional<World> world_;
  std::optional<Hub> hub_;
  std::optional<net::Runtime> runtime_;
};

constexpr std::string_view kTwo = R"(
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
text = "good morning"
[[providers]]
id = "u2"
models = ["m1"]
own_port = true
)";

TEST_P(FarmTest, AnswersStreamsAndKeepsTheConnection) {
  start(kTwo);
  const auto heard =
      Client(port()).say(std::vector<std::string>{chat("u1"), chat("u1", "hello", true), chat("nobody"), chat("u1")});
  ASSERT_EQ(heard.size(), 4U);
  EXPECT_EQ(heard[0].status, 200);
  EXPECT_NE(heard[0].body.find("\"content\":\"good morning\""), std::string::npos);
  EXPECT_NE(heard[1].body.find("data: [DONE]"), std::string::npos);
  EXPECT_EQ(heard[2].status, 404);
  EXPECT_TRUE(heard[3].still_open);
  const auto stats = Client(port()).say(get("/_farm/stats")).body;
  EXPECT_NE(stats.find("\"received\":3,\"admitted\":3,\"refused\":0,\"ok\":3"), std::string::npos) << stats;
  const auto requests = Client(port()).say(get("/_farm/requests?provider=u1&limit=1")).body;
  EXPECT_NE(requests.find("\"serial\":3,"), std::string::npos) << requests;
  EXPECT_NE(requests.find("\"ended\":\"complete\""), std::string::npos) << requests;
}

TEST_P(FarmTest, FaultsReachTheWire) {
  start(kTwo);
  control("/_farm/providers/u1",
          R"({"script":["close_before","close_mid_stream after=1","truncated_content_length","keepalive_close","429"]})");
  const auto closed = Client(port()).say(chat("u1"));
  EXPECT_TRUE(closed.connected);
  EXPECT_EQ(closed.status, 0);
  const auto cut = Client(port()).say(chat("u1", "x", true));
  EXPECT_EQ(cut.status, 200);
  EXPECT_FALSE(cut.whole);
  EXPECT_NE(cut.body.find("good "), std::string::npos);
  EXPECT_EQ(cut.body.find("morning"), std::string::npos);
  const auto truncated = Client(port()).say(chat("u1"));
  EXPECT_EQ(truncated.status, 200);
  EXPECT_FALSE(truncated.whole);
  EXPECT_TRUE(Client(port()).say(chat("u1")).whole);
  EXPECT_EQ(Client(port()).say(chat("u1")).status, 429);
  EXPECT_EQ(Client(port()).say(chat("u1")).status, 200);
  const auto stats = Client(port()).say(get("/_farm/stats")).body;
  EXPECT_NE(
      stats.find(
          R"("faults":{"status":1,"close_before":1,"close_mid_stream":1,"truncated_content_length":1,"keepalive_close":1})"),
      std::string::npos)
      << stats;
}

TEST_P(FarmTest, WritesByteByByte) {
  start(kTwo);
  control("/_farm/providers/u1", R"({"fault":"byte_by_byte eol=crlf"})");
  const auto heard = Client(port()).say(chat("u1", "x", true));
  EXPECT_TRUE(heard.whole);
  EXPECT_NE(heard.body.find("data: [DONE]\r\n\r\n"), std::string::npos);
}

TEST_P(FarmTest, WiresHaveAddressesOfTheirOwn) {
  start(R"(
[[providers]]
id = "g"
wire = "gemini"
models = ["gemini-2.5-flash"]
own_port = true
[[providers]]
id = "c"
wire = "cohere"
models = ["m1"]
[[providers]]
id = "o"
wire = "ollama"
models = ["m1"]
)");
  const auto addresses = hub_->addresses();
  const auto base = [&](std::string_view id) {
    const auto document = json::Document::parse(addresses);
    const auto text = document->root()["providers"][id].string().value_or("");
    return text.substr(std::min(text.size(), text.find('/', sizeof "http://")));
  };
  EXPECT_EQ(base("g"), "/g/v1beta");
  EXPECT_EQ(base("c"), "/c");
  EXPECT_EQ(base("o"), "/o");
  const std::string gemini = R"({"contents":[{"parts":[{"text":"x"}]}]})";
  for (const std::string prefix : {"/g", ""}) {
    const auto path = prefix + "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
    const auto heard = Client(port("g")).say(post(path, gemini));
    EXPECT_TRUE(heard.whole);
    EXPECT_NE(heard.body.find("\"finishReason\":\"STOP\""), std::string::npos) << heard.body;
  }
  const std::string say = R"({"model":"m1","stream":true,"messages":[{"role":"user","content":"x"}]})";
  EXPECT_NE(Client(port()).say(post("/c/v2/chat", say)).body.find("event: message-end"), std::string::npos);
  EXPECT_NE(Client(port()).say(post("/o/api/chat", say)).body.find("\"done\":true"), std::string::npos);
  EXPECT_EQ(Client(port()).say(chat("o")).status, 404);
}

// Other loops close their ports a moment after the answer.
class OneLoop : public FarmTest {};

TEST_P(OneLoop, AProviderWithAPortCanBeKilledAndComeBack) {
  start(kTwo);
  EXPECT_EQ(Client(port("u2")).say(chat("u2")).status, 200);
  EXPECT_EQ(control("/_farm/providers/u2", R"({"up":false})").status, 200);
  EXPECT_FALSE(Client(port("u2")).say(chat("u2")).connected);
  EXPECT_EQ(Client(port()).say(chat("u1")).status, 200);
  EXPECT_EQ(control("/_farm/providers/u2", R"({"up":true})").status, 200);
  EXPECT_EQ(Client(port("u2"))
                .say(post("/v1/chat/completions", R"({"model":"m1","messages":[{"role":"user","content":"x"}]})"))
                .status,
            200);
  EXPECT_EQ(control("/_farm/providers/u1", R"({"up":false})").status, 200);
  const auto refused = Client(port()).say(chat("u1"));
  EXPECT_TRUE(refused.connected);
  EXPECT_EQ(refused.status, 0);
}

TEST_P(FarmTest, AnotherScenarioAndMistakes) {
  start(kTwo);
  const auto wrong = control("/_farm/scenario", "[[providers]]\nid = \"u3\"\nmodels = [1]");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("providers[0].models[0]"), std::string::npos) << wrong.body;
  EXPECT_EQ(Client(port()).say(chat("u1")).status, 200);
  EXPECT_EQ(control("/_farm/scenario", "[[providers]]\nid = \"u3\"\nmodels = [\"m1\"]").status, 200);
  const auto heard = Client(port()).say(std::vector<std::string>{chat("u1"), chat("u3")});
  EXPECT_EQ(heard.at(0).status, 404);
  EXPECT_EQ(heard.at(1).status, 200);
  EXPECT_EQ(Client(port()).say("GARBAGE\r\n\r\n").status, 400);
  EXPECT_EQ(Client(port()).say(get("/_farm/nothing")).status, 404);
}

INSTANTIATE_TEST_SUITE_P(Loops, FarmTest, testing::Values(1, 2));
INSTANTIATE_TEST_SUITE_P(Loops, OneLoop, testing::Values(1));

}  // namespace
}  // namespace freeway::farm
