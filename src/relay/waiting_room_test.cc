#include "relay/waiting_room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "net/testing.h"

namespace freeway::relay {
namespace {

std::vector<std::string> routes(std::initializer_list<std::string> names) { return names; }

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

  WaitingRoom::Place join(std::string_view client, std::vector<std::string> names, net::Wakeup& wakeup) {
    return room_.join(client, std::move(names), wakeup);
  }

  ManualClock clock_;
  net::Loop loop_{clock_};
  WaitingRoom room_{3};
  net::Wakeup a_{loop_}, b_{loop_}, c_{loop_};
};

TEST_F(WaitingRoomTest, NobodyOvertakes) {
  WaitingRoom::Place newcomer;
  EXPECT_FALSE(room_.behind("r1", newcomer));
  auto first = join("a", routes({"r1", "r2"}), a_);
  auto second = join("a", routes({"r2", "r3"}), b_);
  EXPECT_TRUE(room_.behind("r1", newcomer));
  EXPECT_FALSE(room_.behind("r4", newcomer));
  EXPECT_FALSE(room_.behind("r2", first));
  EXPECT_TRUE(room_.behind("r2", second));
  EXPECT_FALSE(room_.behind("r3", second));
  EXPECT_TRUE(room_.first(first));
  EXPECT_TRUE(room_.first(second)) << "nobody else waits for route 3";
}

TEST_F(WaitingRoomTest, LeavingRingsTheNextOnEachRoute) {
  auto first = join("a", routes({"r1"}), a_);
  auto second = join("a", routes({"r1"}), b_);
  auto third = join("a", routes({"r1"}), c_);
  first.leave();
  EXPECT_TRUE(rung(b_));
  EXPECT_FALSE(rung(c_));
  EXPECT_TRUE(room_.first(second));
  EXPECT_FALSE(room_.first(third));
  third.leave();
  EXPECT_FALSE(rung(b_)) << "somebody at the end left: nothing changed for the first";
}

TEST_F(WaitingRoomTest, OpeningRingsOnlyTheFirst) {
  auto first = join("a", routes({"r1", "r2"}), a_);
  auto second = join("a", routes({"r1"}), b_);
  room_.opened();
  EXPECT_TRUE(rung(a_));
  EXPECT_FALSE(rung(b_));
}

TEST_F(WaitingRoomTest, AChangeOfTheConfigurationRingsEverybody) {
  auto first = join("a", routes({"r1"}), a_);
  auto second = join("a", routes({"r1"}), b_);
  room_.changed();
  EXPECT_TRUE(rung(a_));
  EXPECT_TRUE(rung(b_));
}

TEST_F(WaitingRoomTest, MovingKeepsTheTurn) {
  auto first = join("a", routes({"r1"}), a_);
  auto second = join("a", routes({"r1", "r2"}), b_);
  auto third = join("a", routes({"r2"}), c_);
  first.move_to(routes({"r2", "r3"}));
  EXPECT_TRUE(room_.behind("r2", second)) << "who came first is first wherever it waits";
  EXPECT_FALSE(room_.behind("r2", first));
  EXPECT_FALSE(room_.behind("r1", second));
  EXPECT_TRUE(rung(b_)) << "now first on the route that was left";
  EXPECT_FALSE(rung(c_));
  EXPECT_EQ(room_.size(), 3U);
  first.leave();
  EXPECT_FALSE(room_.behind("r3", third));
}

TEST_F(WaitingRoomTest, IsBounded) {
  auto first = join("a", routes({"r1"}), a_);
  auto second = join("a", routes({"r1"}), b_);
  auto third = join("a", routes({"r1"}), c_);
  EXPECT_FALSE(join("a", routes({"r9"}), a_).held());
  EXPECT_EQ(room_.size(), 3U);
  second = WaitingRoom::Place();
  EXPECT_EQ(room_.size(), 2U);
  EXPECT_TRUE(join("a", routes({"r9"}), a_).held());
}

TEST_F(WaitingRoomTest, ClientsTakeTurnsOnEveryRouteThatTheyWaitFor) {
  auto first = join("a", routes({"r1", "r2"}), a_);
  auto second = join("a", routes({"r1", "r2"}), b_);
  auto other = join("b", routes({"r1", "r2"}), c_);
  EXPECT_FALSE(room_.behind("r1", first));
  EXPECT_TRUE(room_.behind("r1", other)) << "of equal turns the earlier waiter goes first";
  first.served();
  EXPECT_TRUE(rung(c_));
  EXPECT_FALSE(rung(b_));
  EXPECT_FALSE(room_.behind("r2", other)) << "the turn counts on every route, whichever served";
  EXPECT_TRUE(room_.behind("r1", second));
}

TEST_F(WaitingRoomTest, WhoGivesUpHasHadNoTurn) {
  auto first = join("a", routes({"r1"}), a_);
  auto second = join("a", routes({"r1"}), b_);
  auto other = join("b", routes({"r1"}), c_);
  first.leave();
  EXPECT_TRUE(rung(b_));
  EXPECT_FALSE(room_.behind("r1", second));
  EXPECT_TRUE(room_.behind("r1", other));
}

TEST_F(WaitingRoomTest, AFullRoomTakesThePlaceFromWhoHasMost) {
  auto first = join("a", routes({"r1"}), a_);
  auto second = join("a", routes({"r1"}), b_);
  auto third = join("a", routes({"r1", "r2"}), c_);
  net::Wakeup d(loop_);
  auto other = join("b", routes({"r1"}), d);
  EXPECT_TRUE(other.held());
  EXPECT_EQ(room_.size(), 3U);
  EXPECT_FALSE(third.held()) << "the newest of the client that has most";
  EXPECT_TRUE(rung(c_)) << "it is told";
  EXPECT_TRUE(first.held() && second.held());
  EXPECT_FALSE(room_.behind("r2", WaitingRoom::Place()));
  EXPECT_FALSE(join("a", routes({"r1"}), c_).held()) << "it has its fair share";
  EXPECT_FALSE(join("b", routes({"r1"}), c_).held()) << "nobody has more than it would have";
  auto last = join("c", routes({"r1"}), c_);
  EXPECT_TRUE(last.held());
  EXPECT_FALSE(second.held());
  third.leave();
  second.served();
  EXPECT_EQ(room_.size(), 3U) << "what was lost is not given up once more";
}

// Random comings and goings against lists that are searched from end to end.
class Naive {
 public:
  struct One {
    std::uint64_t ticket = 0;
    std::string client;
    std::vector<std::string> routes;
  };
  void join(const One& one) {
    all_[one.ticket] = one;
    for (const auto& route : one.routes) step_in(route, one.client);
  }
  void end(std::uint64_t ticket, bool served) {
    One one = all_.at(ticket);
    for (const auto& route : one.routes) {
      auto& flow = lines_[route].flows[one.client];
      std::uint64_t turn = served ? flow.turns.front() : flow.turns.back();
      flow.turns.erase(served ? flow.turns.begin() : flow.turns.end() - 1);
      if (!served) flow.next = turn;
      if (served) lines_[route].time = std::max(lines_[route].time, turn);
    }
    all_.erase(ticket);
    forget(one.routes);
  }
  void move(std::uint64_t ticket, std::vector<std::string> routes) {
    One one = all_.at(ticket);
    end(ticket, false);
    one.routes = std::move(routes);
    join(one);
  }
  bool waits(std::uint64_t ticket, const std::string& route) const {
    const auto& routes = all_.at(ticket).routes;
    return std::find(routes.begin(), routes.end(), route) != routes.end();
  }
  std::optional<std::uint64_t> first(const std::string& route) {
    std::map<std::string, std::uint64_t> heads;  // of each client
    for (const auto& [ticket, one] : all_)
      if (waits(ticket, route)) heads.emplace(one.client, ticket);
    std::optional<std::pair<std::uint64_t, std::uint64_t>> best;
    for (const auto& [client, ticket] : heads) {
      std::pair head(lines_[route].flows[client].turns.front(), ticket);
      if (!best || head < *best) best = head;
    }
    return best ? std::optional(best->second) : std::nullopt;
  }

 private:
  struct Flow {
    std::vector<std::uint64_t> turns;
    std::uint64_t next = 0;
  };
  struct Line {
    std::map<std::string, Flow> flows;
    std::uint64_t time = 0;
  };
  void step_in(const std::string& route, const std::string& client) {
    Flow& flow = lines_[route].flows[client];
    flow.turns.push_back(std::max(lines_[route].time, flow.next));
    flow.next = flow.turns.back() + 1;
  }
  void forget(const std::vector<std::string>& routes) {
    for (const auto& route : routes)
      if (!first(route)) lines_.erase(route);
  }
  std::map<std::uint64_t, One> all_;
  std::map<std::string, Line> lines_;
};

TEST_F(WaitingRoomTest, DoesAsListsThatAreSearchedFromEndToEnd) {
  const std::vector<std::string> names = routes({"r1", "r2", "r3"});
  std::mt19937 dice(7);
  auto some_routes = [&] {
    std::vector<std::string> some;
    for (const auto& name : names)
      if (dice() % 2) some.push_back(name);
    if (some.empty()) some.push_back(names[dice() % names.size()]);
    return some;
  };
  WaitingRoom room(1000);
  Naive naive;
  std::map<std::uint64_t, WaitingRoom::Place> places;
  std::map<std::uint64_t, std::string> client_of;
  std::map<std::string, std::uint64_t> served;
  for (std::uint64_t step = 1; step <= 4000; ++step) {
    auto any = [&] { return std::next(places.begin(), static_cast<std::ptrdiff_t>(dice() % places.size())); };
    switch (places.empty() ? 0 : dice() % 5) {
      case 0:
      case 1: {
        std::string client(1, static_cast<char>('a' + dice() % 4));
        auto wanted = some_routes();
        places[step] = room.join(client, wanted, a_);
        client_of[step] = client;
        naive.join({step, client, wanted});
        break;
      }
      case 2: {
        auto at = any();
        at->second.leave();
        naive.end(at->first, false);
        places.erase(at);
        break;
      }
      case 3: {
        auto next = naive.first(names[dice() % names.size()]);
        if (!next) break;
        ++served[client_of[*next]];
        places.at(*next).served();
        naive.end(*next, true);
        places.erase(*next);
        break;
      }
      default: {
        auto at = any();
        auto wanted = some_routes();
        at->second.move_to(wanted);
        naive.move(at->first, wanted);
      }
    }
    ASSERT_EQ(room.size(), places.size());
    for (const auto& name : names) {
      auto first = naive.first(name);
      ASSERT_EQ(room.behind(name, WaitingRoom::Place()), first.has_value()) << "step " << step;
      for (const auto& [ticket, place] : places) {
        if (naive.waits(ticket, name)) ASSERT_EQ(room.behind(name, place), ticket != *first) << "step " << step;
      }
    }
  }
  EXPECT_GE(served.size(), 4U);
}

TEST_F(WaitingRoomTest, ARingThatComesTooLateTouchesNothing) {
  auto wakeup = std::make_unique<net::Wakeup>(loop_);
  auto place = join("a", routes({"r1"}), *wakeup);
  room_.opened();  // posted
  place.leave();
  wakeup.reset();
  EXPECT_FALSE(rung(a_));
}

}  // namespace
}  // namespace freeway::relay
