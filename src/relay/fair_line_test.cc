#include "relay/fair_line.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace freeway::relay {
namespace {

// A line whose waiters are served one after the other.
class FairLineTest : public testing::Test {
 protected:
  static constexpr FairLine::ClientId kA = 0, kB = 1, kC = 2;

  FairLine::Ticket join(FairLine::ClientId client, int count = 1) {
    for (int i = 0; i < count; ++i) {
      client_of_[++last_] = client;
      line_.join(client, last_);
    }
    return last_;
  }
  void give_up(FairLine::Ticket ticket) { line_.leave(client_of_.at(ticket), ticket, false); }
  FairLine::Ticket serve() {
    FairLine::Ticket ticket = line_.first();
    line_.leave(client_of_.at(ticket), ticket, true);
    return ticket;
  }
  // Whose turns the next ones are.
  std::string serve(int count) {
    std::string clients;
    for (int i = 0; i < count && !line_.empty(); ++i) clients += static_cast<char>('A' + client_of_.at(serve()));
    return clients;
  }

  FairLine line_;
  std::map<FairLine::Ticket, FairLine::ClientId> client_of_;
  FairLine::Ticket last_ = 0;
};

TEST_F(FairLineTest, OneClientIsServedInTheOrderOfItsTickets) {
  join(kA, 100);
  for (FairLine::Ticket ticket = 1; ticket <= 100; ++ticket) EXPECT_EQ(serve(), ticket);
  EXPECT_TRUE(line_.empty());
}

TEST_F(FairLineTest, FiveHundredOfOneClientKeepTheOneOfAnotherWaitingForOneTurnAtMost) {
  join(kA, 500);
  join(kB);
  EXPECT_EQ(serve(3), "ABA");
  join(kB);
  EXPECT_EQ(serve(2), "BA") << "also in the middle of the line";
  serve(100);
  join(kC);
  EXPECT_EQ(serve(2), "CA");
}

TEST_F(FairLineTest, TwoWithFiftyEachAlternate) {
  join(kA, 50);
  join(kB, 50);
  std::string alternating;
  for (int i = 0; i < 50; ++i) alternating += "AB";
  EXPECT_EQ(serve(100), alternating);
}

TEST_F(FairLineTest, AClientThatComesBackForEachRequestGetsNoMoreThanItsTurn) {
  join(kA, 10);
  join(kB);
  std::string order;
  for (int i = 0; i < 10; ++i) {
    std::string one = serve(1);
    order += one;
    if (one == "B") join(kB);
  }
  EXPECT_EQ(order, "ABABABABAB");
}

TEST_F(FairLineTest, WhoGivesUpCostsItsClientNoTurn) {
  auto first = join(kA);
  join(kA, 2);
  join(kB, 3);
  give_up(first);
  EXPECT_EQ(serve(5), "ABABB");
}

TEST_F(FairLineTest, WhoHasGivenUpAllIsAsIfItHadNeverCome) {
  auto first = join(kA, 1);
  join(kB, 2);
  give_up(first);
  join(kA);
  EXPECT_EQ(serve(3), "BAB");
}

TEST_F(FairLineTest, ServedElsewhereIsATurnHereToo) {
  join(kA, 2);
  auto elsewhere = join(kB);
  join(kB);
  line_.leave(kB, elsewhere, true);
  EXPECT_EQ(serve(3), "AAB");
}

TEST_F(FairLineTest, KnowsWhoWouldBeFirst) {
  EXPECT_TRUE(line_.before_all(kA, 5));
  join(kA, 3);
  EXPECT_TRUE(line_.before_all(kA, 1));
  EXPECT_FALSE(line_.before_all(kA, 2));
  EXPECT_FALSE(line_.before_all(kB, 9)) << "of equal turns the earlier ticket";
  EXPECT_TRUE(line_.before_all(kB, 0));
  serve();
  EXPECT_TRUE(line_.before_all(kB, 9));
}

}  // namespace
}  // namespace freeway::relay
