// Requests in flight on two loops, looked at and called off from a third thread.
#include <gmock/gmock.h>

#include <atomic>

#include "api/admin/flights.h"
#include "api/flight.h"
#include "net/loop.h"

namespace freeway::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A client that listens until the end.
class Listener final : public server::Reply {
 public:
  explicit Listener(net::Loop& loop) : wakeup_(loop) {}
  bool gone() const override { return false; }
  net::Wakeup& wakeup() override { return wakeup_; }
  net::Task<bool> send(server::Answer) override { co_return true; }
  void begin(int, http::Fields) override {}
  net::Task<bool> write(std::string_view) override { co_return true; }
  net::Task<bool> end(std::string_view, http::Fields) override { co_return true; }
  bool begun() const override { return false; }
  void close_after() override {}

 private:
  net::Wakeup wakeup_;
};

// How far a request has come, as a test says.
struct Stage final : relay::Served {
  Stage() { at.trail = &trail; }
  relay::Progress progress() const override { return at; }
  void cut() override { was_cut = true; }
  relay::Progress at;
  relay::Trail trail;
  std::atomic<bool> was_cut = false;
};

class FlightsTest : public testing::Test {
 protected:
  FlightsTest() {
    catalog::Provider provider;
    provider.id = "u1";
    provider.base_url = "http://127.0.0.1:1/v1";
    provider.keys.resize(1);
    provider.models.emplace_back().id = "m1";
    catalog_ = std::make_unique<catalog::Catalog>(catalog::Catalog::build({provider}).value());
    for (std::size_t i = 0; i < runtime_.size(); ++i) office_.flights.lane(i).attach(runtime_.loop(i));
    runtime_.start();
  }
  ~FlightsTest() override {
    runtime_.stop();
    runtime_.join();
  }

  // Serves a request until it is called off.
  net::Task<> fly(std::size_t loop, std::string id, Stage& stage) {
    Asked asked;
    asked.area = Area::chat_completions;
    asked.request_id = id;
    asked.client = "laptop";
    asked.model = "auto";
    asked.streamed = true;
    asked.arrival = clock_.now();
    Listener client(runtime_.loop(loop));
    {
      Flight flight(office_.flights.lane(loop), office_, asked, client);
      flight.began(stage);
      ++flying_;
      while (!flight.called_off) co_await client.wakeup().wait(kNever);
      flight.ended();
    }
    --flying_;
    flying_.notify_all();
  }
  void start(std::size_t loop, const std::string& id, Stage& stage) {
    std::size_t before = office_.flights.look().total;
    net::Loop& on = runtime_.loop(loop);
    on.post([this, &on, loop, id, &stage] {
      std::string name = id;
      net::Task<> task = fly(loop, std::move(name), stage);
      on.spawn(std::move(task));
    });
    while (office_.flights.look().total == before) continue;
  }
  void wait_for(int flying) {
    for (int now = flying_; now != flying; now = flying_) flying_.wait(now);
  }

  ManualClock clock_;
  Office office_{2};
  std::unique_ptr<catalog::Catalog> catalog_;
  std::atomic<int> flying_{0};
  net::Runtime runtime_{2, clock_};
};

TEST_F(FlightsTest, AreSeenOnAllLoopsNewestFirstAndCalledOffByTheirNames) {
  Stage first, second, third;
  start(0, "a", first);
  clock_.advance(seconds(1));
  start(1, "b", second);
  clock_.advance(seconds(1));
  start(0, "c", third);
  Flights::Seen seen = office_.flights.look();
  ASSERT_EQ(seen.rows.size(), 3U);
  EXPECT_EQ(seen.rows[0].id + seen.rows[1].id + seen.rows[2].id, "cba");
  EXPECT_FALSE(office_.flights.call_off("d"));
  EXPECT_TRUE(office_.flights.call_off("a"));
  wait_for(2);
  EXPECT_FALSE(office_.flights.call_off("a")) << "it has ended";
  EXPECT_TRUE(first.was_cut);
  EXPECT_FALSE(second.was_cut);
  EXPECT_TRUE(office_.flights.call_off("b"));
  wait_for(1);
  seen = office_.flights.look();
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_EQ(seen.rows[0].id, "c");
  EXPECT_TRUE(office_.flights.call_off("c"));
  wait_for(0);
  EXPECT_EQ(office_.flights.look().total, 0U);
}

TEST_F(FlightsTest, TellHowFarTheyHaveCome) {
  Stage stage;
  relay::Trail& trail = stage.trail;
  trail.resize(1);
  trail[0].verdict.reason = router::Reason::server_error;
  trail[0].evidence = "500 no";
  trail[0].call.started = clock_.now() + milliseconds(10);
  trail[0].call.ended = clock_.now() + milliseconds(30);
  trail[0].call.status = 500;
  stage.at = {relay::Progress::State::answering, catalog_.get(), &trail, 0, clock_.now() + milliseconds(500), 40};
  start(0, "a", stage);
  clock_.advance(milliseconds(2500));
  auto seen = office_.flights.look();
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_EQ(
      admin::flight_data(seen.rows[0]),
      R"({"id":"a","time":"2026-01-01T00:00:00.000Z","client":"laptop","surface":"chat_completions","asked":"auto",)"
      R"("streamed":true,"state":"answering","provider":"u1","model":"m1","key":"key#1",)"
      R"("attempts":[{"provider":"u1","model":"m1","key":"key#1","outcome":"server_error","status":500,"started_ms":10,)"
      R"("duration_ms":20,"evidence":"500 no","tokens":{"prompt":0,"completion":0,"reasoning":0,"estimated":false}}],)"
      R"("first_content_ms":500,"elapsed_ms":2500,"tokens":40,"tokens_per_s":20})");
  office_.flights.call_off("a");
  wait_for(0);
}

TEST(Lane, ExplainsSoManyPlansASecond) {
  Flights flights(1);
  auto& lane = flights.lane(0);
  ManualClock clock;
  for (std::size_t i = 0; i < Flights::kPlansPerSecond; ++i) EXPECT_TRUE(lane.wants_plan(clock.now()));
  EXPECT_FALSE(lane.wants_plan(clock.now() + milliseconds(999)));
  EXPECT_TRUE(lane.wants_plan(clock.now() + seconds(1)));
}

}  // namespace
}  // namespace freeway::api
