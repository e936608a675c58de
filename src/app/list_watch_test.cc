#include "app/list_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/sqlite/sqlite.h"
#include "store/testing.h"

namespace freeway::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ListWatchTest : public testing::Test {
 protected:
  ListWatchTest() {
    store_ = store::open_sqlite(folder_ / "freeway.db", clock_).value();
    Situation made;
    for (const char* id : {"u1", "u2", "u3"}) {
      catalog::Provider& provider = made.config.providers.emplace_back();
      provider.id = id;
      provider.base_url = "http://127.0.0.1:1/v1";
      for (const char* name : {"a", "b"}) provider.keys.emplace_back().name = name;
      for (const char* model : {"m1", "m2"}) provider.models.emplace_back().id = model;
    }
    made.config.providers[2].list.shape = catalog::ListShape::none;
    use(std::move(made));
    begin();
  }
  void use(Situation situation) { situation_ = std::make_shared<const Situation>(std::move(situation)); }
  // As a start of the program.
  void begin() {
    watch_.reset();
    watch_ = std::make_unique<ListWatch>(ListWatch::Parts{
        *store_, clock_, [this] { return situation_; },
        [this](const catalog::Provider& provider, const catalog::Key& key, const std::atomic<bool>&) -> Result<Roster> {
          asked_.push_back(provider.id + " " + key.name);
          if (refused_ == key.name) return fail(ErrorKind::protocol, provider.id + " answers 401" + says_);
          Roster roster;
          for (const std::string& id : lists_[provider.id]) roster.models.emplace_back().id = id;
          return roster;
        },
        secrets_});
  }
  std::vector<std::string> live(Duration length) {
    asked_.clear();
    for (Duration passed{}; passed < length; passed += minutes(1)) {
      clock_.advance(minutes(1));
      watch_->look();
    }
    return asked_;
  }
  api::admin::Discovery of(std::string_view provider) {
    auto all = watch_->all();
    for (auto& one : *all)
      if (one.provider == provider) return one;
    ADD_FAILURE() << "nothing of " << provider;
    return {};
  }

  store::TestFolder folder_;
  ManualClock clock_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<const Situation> situation_;
  std::map<std::string, std::vector<std::string>> lists_{{"u1", {"m1", "m2"}}, {"u2", {"m1", "m2"}}};
  std::string refused_;
  std::string says_;
  Published<SecretSet> secrets_{std::make_shared<const SecretSet>(std::vector<std::string_view>{"sk-of-another-key"})};
  std::vector<std::string> asked_;
  std::unique_ptr<ListWatch> watch_;
};

TEST_F(ListWatchTest, LooksAtEachListOnceInAWhile) {
  EXPECT_EQ(watch_->look(), 0U) << "a start asks nobody";
  EXPECT_THAT(live(hours(1)), UnorderedElementsAre("u1 a", "u2 a"));
  EXPECT_THAT(live(hours(22)), IsEmpty());
  EXPECT_THAT(live(hours(2)), UnorderedElementsAre("u1 a", "u2 a"));
  Situation never = *situation_;
  never.config.discover_every = Duration::zero();
  use(never);
  EXPECT_THAT(live(hours(48)), IsEmpty());
}

TEST_F(ListWatchTest, ARestartNeitherForgetsNorAsksAgainTooSoon) {
  live(hours(1));
  lists_["u1"] = {"m1", "m3"};
  live(hours(24));
  begin();
  EXPECT_EQ(of("u1").listed, 2U);
  EXPECT_EQ(of("u1").find("m2")->listed, std::nullopt);
  EXPECT_THAT(live(hours(12)), IsEmpty());
  live(hours(13));
  EXPECT_EQ(of("u1").find("m2")->listed, false) << "the look before the restart counts";
  EXPECT_EQ(of("u1").fresh.size(), 1U);
  EXPECT_EQ(of("u2").find("m2")->listed, true);
}

TEST_F(ListWatchTest, TriesAnotherKeyWhereOneIsRefused) {
  refused_ = "a";
  ASSERT_TRUE(watch_->look_now("u1"));
  EXPECT_THAT(asked_, ElementsAre("u1 a", "u1 b"));
  EXPECT_EQ(of("u1").trouble, "");
  EXPECT_EQ(of("u1").listed, 2U);
}

TEST_F(ListWatchTest, KeepsNoSecretThatAListHolds) {
  lists_["u1"] = {"m1", "m2", "like-sk-of-another-key"};
  Situation one_key = *situation_;
  for (auto& provider : one_key.config.providers) provider.keys.resize(1);
  use(std::move(one_key));
  ASSERT_TRUE(watch_->look_now("u1"));
  refused_ = "a";
  says_ = ": sk-of-another-key";
  ASSERT_TRUE(watch_->look_now("u2"));
  for (const char* id : {"u1", "u2"}) {
    const auto kept = store_->fact(std::string("list.") + id).value();
    ASSERT_TRUE(kept.has_value()) << id;
    EXPECT_EQ(kept->find("sk-of"), std::string::npos) << *kept;
  }
}

TEST_F(ListWatchTest, LooksWhenTold) {
  auto all = watch_->look_now("");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 3U);
  EXPECT_THAT(asked_, ElementsAre("u1 a", "u2 a")) << "u3 has no list";
  auto one = watch_->look_now("u2");
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(one->front().provider, "u2");
  EXPECT_EQ(watch_->look_now("u9").error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace freeway::app
