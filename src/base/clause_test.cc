#include "base/clause.h"

#include <gtest/gtest.h>

namespace freeway {
namespace {

TEST(Clause, SaysItsValuesInEnglishAndKeepsThem) {
  Clause clause("quota", "{pool}: {used} of {limit} used", {{"pool", "rpm"}, {"used", "30"}, {"limit", "30"}});
  EXPECT_EQ(clause.text(), "rpm: 30 of 30 used");
  EXPECT_EQ(clause.code(), "quota");
  ASSERT_EQ(clause.values().size(), 3U);
  EXPECT_EQ(clause.values()[1].name, "used");
  EXPECT_EQ(clause.values()[1].text, "30");
}

TEST(Clause, AValueWithBracesIsNotFilledAgain) {
  EXPECT_EQ(Clause("named", "no {name} here", {{"name", "{name}{other}"}}).text(), "no {name}{other} here");
}

TEST(Clause, NothingSaidIsEmpty) {
  EXPECT_TRUE(Clause().empty());
  EXPECT_TRUE(Clause::quoted("").empty());
  EXPECT_EQ(Clause().text(), "");
  EXPECT_TRUE(Clause().values().empty());
}

TEST(Clause, AQuotationHasNoCode) {
  Clause clause = Clause::quoted("off {for} now");
  EXPECT_EQ(clause.text(), "off {for} now");
  EXPECT_EQ(clause.code(), "");
}

TEST(Clause, MoreWordsBeforeItChangeNothingButItsText) {
  Clause longer = Clause("stale", "its label is of {as_of}", {{"as_of", "{2025}"}}).after("privacy: ");
  EXPECT_EQ(longer.text(), "privacy: its label is of {2025}");
  EXPECT_EQ(longer.code(), "stale");
  EXPECT_EQ(longer.values().size(), 1U);
  EXPECT_TRUE(Clause().after("privacy: ").empty());
}

TEST(Clause, SeveralAreJoined) {
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({Clause("rank", "rank {rank}", {{"rank", "80"}}), Clause("unmeasured", "not measured lately")}),
            "rank 80, not measured lately");
}

}  // namespace
}  // namespace freeway
