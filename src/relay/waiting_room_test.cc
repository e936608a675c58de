#include "relay/waiting_room.h"

#include <gtest/gtest.h>

#include "net/testing.h"

namespace freeway::relay {
namespace {

using catalog::RouteId;

std::vector<RouteId> routes(std::initializer_list<RouteId> ids) { return ids; }

class WaitingRoomTest : public testing::Test {
 protected:
  // Lets posted rings arrive, then says whether the wake-up was rung.
  bool rung(net::Wakeup& wakeup) {
    bool result = false;
    net::testing::run(loop_, look(wakeup, result));
    return result;
  }
  net::Task<> look(net::Wakeup& wakeup, bool& result) {
    co_await net::testing::settle(loop_);
    result = co_await wakeup.wait(loop_.now());
  }

  ManualClock clock_;
  net::Loop loop_{clock_};
  WaitingRoom room_{3};
  net::Wakeup a_{loop_}, b_{loop_}, c_{loop_};
};

TEST_F(WaitingRoomTest, NobodyOvertakes) {
  WaitingRoom::Place newcomer;
  EXPECT_FALSE(room_.behind(1, newcomer));
  auto first = room_.join(routes({1, 2}), a_);
  auto second = room_.join(routes({2, 3}), b_);
  EXPECT_TRUE(room_.behind(1, newcomer));
  EXPECT_FALSE(room_.behind(4, newcomer));
  EXPECT_FALSE(room_.behind(2, first));
  EXPECT_TRUE(room_.behind(2, second));
  EXPECT_FALSE(room_.behind(3, second));
  EXPECT_TRUE(room_.first(first));
  EXPECT_TRUE(room_.first(second)) << "nobody else waits for route 3";
}

TEST_F(WaitingRoomTest, LeavingRingsTheNextOnEachRoute) {
  auto first = room_.join(routes({1}), a_);
  auto second = room_.join(routes({1}), b_);
  auto third = room_.join(routes({1}), c_);
  first.leave();
  EXPECT_TRUE(rung(b_));
  EXPECT_FALSE(rung(c_));
  EXPECT_TRUE(room_.first(second));
  EXPECT_FALSE(room_.first(third));
  third.leave();
  EXPECT_FALSE(rung(b_)) << "somebody at the end left: nothing changed for the first";
}

TEST_F(WaitingRoomTest, OpeningRingsOnlyTheFirst) {
  auto first = room_.join(routes({1, 2}), a_);
  auto second = room_.join(routes({1}), b_);
  room_.opened();
  EXPECT_TRUE(rung(a_));
  EXPECT_FALSE(rung(b_));
}

TEST_F(WaitingRoomTest, IsBounded) {
  auto first = room_.join(routes({1}), a_);
  auto second = room_.join(routes({1}), b_);
  auto third = room_.join(routes({1}), c_);
  EXPECT_FALSE(room_.join(routes({9}), a_).held());
  EXPECT_EQ(room_.size(), 3U);
  second = WaitingRoom::Place();
  EXPECT_EQ(room_.size(), 2U);
  EXPECT_TRUE(room_.join(routes({9}), a_).held());
}

TEST_F(WaitingRoomTest, ARingThatComesTooLateTouchesNothing) {
  auto wakeup = std::make_unique<net::Wakeup>(loop_);
  auto place = room_.join(routes({1}), *wakeup);
  room_.opened();  // posted
  place.leave();
  wakeup.reset();
  EXPECT_FALSE(rung(a_));
}

}  // namespace
}  // namespace freeway::relay
