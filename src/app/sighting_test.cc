#include "app/sighting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freeway::app {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

catalog::Model model(std::string id, catalog::Kind kind = catalog::Kind::chat) {
  catalog::Model made;
  made.id = std::move(id);
  made.kind = kind;
  return made;
}

class SightingTest : public testing::Test {
 protected:
  SightingTest() {
    provider_.id = "u1";
    provider_.base_url = "https://u1.example/v1";
    provider_.models = {model("m1"), model("m2"), model("e1", catalog::Kind::embedding)};
  }

  static Roster roster(const std::vector<std::string>& ids) {
    Roster made;
    for (const std::string& id : ids) made.models.emplace_back().id = id;
    return made;
  }
  // One look, an hour after the one before.
  std::vector<std::string> look(Result<Roster> found) {
    clock_.advance(hours(1));
    return note(sighting_, provider_, std::move(found), clock_.wall());
  }
  std::vector<std::string> look(const std::vector<std::string>& ids) { return look(Result<Roster>(roster(ids))); }
  std::optional<bool> listed(std::string_view id) { return tell(sighting_, provider_).find(id)->listed; }
  std::optional<WallTime> seen(std::string_view id) { return tell(sighting_, provider_).find(id)->seen; }
  std::vector<std::string> fresh() {
    std::vector<std::string> ids;
    for (const auto& one : tell(sighting_, provider_).fresh) ids.push_back(one.id);
    return ids;
  }

  ManualClock clock_;
  catalog::Provider provider_;
  Sighting sighting_;
};

TEST_F(SightingTest, AModelHasVanishedWhenTwoLooksInARowMissIt) {
  EXPECT_EQ(listed("m1"), std::nullopt) << "nobody has looked";
  EXPECT_THAT(look({"m1", "m2"}), IsEmpty());
  WallTime last = clock_.wall();
  EXPECT_EQ(listed("m1"), true);
  EXPECT_THAT(look({"m2"}), IsEmpty());
  EXPECT_EQ(listed("m1"), std::nullopt) << "one answer says nothing";
  EXPECT_THAT(look({"m2"}), ElementsAre("m1"));
  EXPECT_EQ(listed("m1"), false);
  EXPECT_EQ(seen("m1"), last);
  EXPECT_EQ(listed("m2"), true);
  EXPECT_THAT(look({"m2"}), IsEmpty()) << "it is told once";
  EXPECT_THAT(look({"m1", "m2"}), IsEmpty());
  EXPECT_EQ(listed("m1"), true);
  EXPECT_EQ(seen("m1"), clock_.wall());
  look({"m2"});
  EXPECT_EQ(listed("m1"), std::nullopt) << "counted from the start again";
}

TEST_F(SightingTest, WhatCannotBeReadOrIsEmptyOrNotWholeSaysNothing) {
  look({"m1", "m2"});
  look({"m2"});
  EXPECT_THAT(look(fail(ErrorKind::protocol, "u1 answers 500")), IsEmpty());
  EXPECT_EQ(tell(sighting_, provider_).trouble, "u1 answers 500");
  EXPECT_THAT(look(std::vector<std::string>()), IsEmpty());
  EXPECT_THAT(tell(sighting_, provider_).trouble, HasSubstr("empty"));
  Roster part = roster({"m2"});
  part.whole = false;
  EXPECT_THAT(look(Result<Roster>(part)), IsEmpty());
  EXPECT_EQ(listed("m1"), std::nullopt);
  EXPECT_EQ(listed("m2"), true);
  EXPECT_THAT(look({"m2"}), ElementsAre("m1"));
  EXPECT_EQ(tell(sighting_, provider_).trouble, "");
}

TEST_F(SightingTest, KindsThatTheListDoesNotNameAreNotMissed) {
  look({"m1", "m2"});
  look({"m1", "m2"});
  EXPECT_EQ(listed("e1"), std::nullopt) << "the list may be one of chat models alone";
  provider_.models.push_back(model("e2", catalog::Kind::embedding));
  look({"m1", "m2", "e2"});
  look({"m1", "m2", "e2"});
  EXPECT_EQ(listed("e1"), false);
}

TEST_F(SightingTest, WhatIsOffIsNotMissed) {
  provider_.models[0].enabled = false;
  provider_.models[1].retired = "2026-02-03";
  look({"x"});
  EXPECT_THAT(look({"x"}), IsEmpty());
  EXPECT_EQ(listed("m1"), std::nullopt);
  EXPECT_EQ(listed("m2"), std::nullopt);
  look({"m2"});
  EXPECT_EQ(listed("m2"), true) << "it is there again";
}

TEST_F(SightingTest, NewIsWhatNobodyHereKnows) {
  provider_.models[1].enabled = false;
  look({"m1", "m2", "m3", "M1", "m1:latest", "m4:free"});
  EXPECT_THAT(fresh(), ElementsAre("m3", "m4:free"));
  provider_.models.push_back(model("m3"));
  EXPECT_THAT(fresh(), ElementsAre("m4:free"));
  EXPECT_EQ(listed("m3"), true) << "known only since, and it was on the list";
  EXPECT_EQ(tell(sighting_, provider_).listed, 6U);
}

TEST_F(SightingTest, AHostBehindTheIdIsAnotherSpellingOnlyWhereTheListSaysSo) {
  provider_.models = {model("org/m:fast"), model("org/n:free")};
  Roster found = roster({"org/m", "org/n"});
  found.models[0].hosted = true;
  look(Result<Roster>(found));
  look(Result<Roster>(found));
  EXPECT_EQ(listed("org/m:fast"), true);
  EXPECT_EQ(listed("org/n:free"), false);
}

TEST_F(SightingTest, AnotherAddressIsAnotherList) {
  look({"m2"});
  provider_.base_url = "https://other.example/v1";
  EXPECT_EQ(tell(sighting_, provider_).looked, std::nullopt);
  EXPECT_THAT(look({"m2"}), IsEmpty());
  EXPECT_EQ(listed("m1"), std::nullopt);
}

TEST_F(SightingTest, IsKeptAsItIs) {
  Roster found = roster({"m2", "n\"ew"});
  found.models[1].context = 8192;
  found.models[1].free = true;
  found.models[1].chats = false;
  found.models[1].hosted = true;
  look({"m1", "m2"});
  look(Result<Roster>(found));
  look(Result<Roster>(found));
  auto again = read_sighting(write_sighting(sighting_));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->list, found.models);
  EXPECT_EQ(write_sighting(*again), write_sighting(sighting_));
  Sighting kept = std::exchange(sighting_, *again);
  EXPECT_EQ(listed("m1"), false);
  EXPECT_EQ(seen("m1"), tell(kept, provider_).find("m1")->seen);
  for (std::string_view text : {"", "{}", "[]", "{\"from\":1}", "nonsense"}) EXPECT_FALSE(read_sighting(text)) << text;
}

}  // namespace
}  // namespace freeway::app
