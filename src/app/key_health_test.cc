#include "app/key_health.h"

#include <gmock/gmock.h>

namespace freeway::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class KeyHealthTest : public ::testing::Test {
 protected:
  KeyHealthTest() { use(); }

  // Of u1 a list of models proves a key, of u2 only a chat does, u3 has no key.
  void use(std::vector<std::string> secrets = {"good-key-of-u1", "other-key-of-u1"}) {
    auto provider = [](std::string id, std::vector<std::string> keys) {
      catalog::Provider made;
      made.id = std::move(id);
      made.base_url = "http://127.0.0.1:1/v1";
      made.probe.emplace();
      made.probe->paths = {"/models"};
      for (std::string& key : keys) made.keys.emplace_back().secret = Secret(std::move(key));
      for (const char* model : {"m1", "m2"}) made.models.emplace_back().id = model;
      return made;
    };
    std::vector<catalog::Provider> providers{provider("u1", std::move(secrets)), provider("u2", {"key-of-u2"}),
                                             provider("u3", {""})};
    providers[1].probe->model = "m1";
    auto routing = std::make_shared<router::Snapshot>();
    routing->catalog = std::make_shared<catalog::Catalog>(catalog::Catalog::build(std::move(providers)).value());
    auto next = std::make_shared<api::Settings>();
    next->routing = routing;
    settings_.store(next);
  }
  const catalog::Catalog& catalog() { return *settings_.load()->routing->catalog; }

  KeyVerdict answer(const catalog::Provider& provider, const catalog::Key& key) {
    asked_.push_back(provider.id + " " + key.name);
    KeyVerdict verdict;
    verdict.result = results_[key.name];
    verdict.reason = says_;
    return verdict;
  }
  std::vector<std::string> scopes() {
    std::vector<std::string> out;
    for (const router::Bench& bench : benches_.all(clock_.now())) out.push_back(bench.scope);
    return out;
  }
  // What was asked within this time, looked every minute.
  std::vector<std::string> live(Duration length) {
    asked_.clear();
    for (Duration passed{}; passed < length; passed += minutes(1)) {
      clock_.advance(minutes(1));
      health_.look();
    }
    return asked_;
  }

  ManualClock clock_;
  Published<api::Settings> settings_;
  router::Benches benches_{router::Benches::Options{}};
  std::map<std::string, catalog::ProbeResult> results_{{"key#1", catalog::ProbeResult::valid},
                                                       {"key#2", catalog::ProbeResult::valid}};
  std::string says_ = "so it says";
  std::shared_ptr<const SecretSet> secrets_ =
      std::make_shared<const SecretSet>(std::vector<std::string_view>{"sk-of-another-key"});
  std::vector<std::string> asked_;
  KeyHealth health_{settings_,
                    benches_,
                    clock_,
                    [this](const auto& provider, const auto& key) { return answer(provider, key); },
                    [this] { return secrets_; },
                    hours(6)};
};

TEST_F(KeyHealthTest, AsksAboutEachKeyOnceInAWhileWhereThatIsFree) {
  EXPECT_EQ(health_.look(), 0U) << "a start asks nobody";
  EXPECT_THAT(live(hours(6)), UnorderedElementsAre("u1 key#1", "u1 key#2"));
  EXPECT_THAT(live(hours(6)), UnorderedElementsAre("u1 key#1", "u1 key#2"));
  health_.set_every(Duration::zero());
  EXPECT_THAT(live(hours(24)), IsEmpty());
}

TEST_F(KeyHealthTest, ADeadKeyRestsUntilItIsTakenAgain) {
  health_.look();
  results_["key#2"] = catalog::ProbeResult::invalid;
  live(hours(6));
  EXPECT_THAT(scopes(), ElementsAre("u1 key#2"));
  auto bench = benches_.all(clock_.now()).at(0);
  EXPECT_EQ(bench.reason, router::Reason::invalid_key);
  EXPECT_EQ(bench.evidence, "so it says");
  results_["key#2"] = catalog::ProbeResult::inconclusive;
  live(hours(6));
  EXPECT_THAT(scopes(), ElementsAre("u1 key#2")) << "nothing was said";
  results_["key#2"] = catalog::ProbeResult::valid;
  live(hours(6));
  EXPECT_THAT(scopes(), IsEmpty());
}

TEST_F(KeyHealthTest, KeepsNoSecretOfWhatAProviderSays) {
  results_["key#2"] = catalog::ProbeResult::invalid;
  says_ = "not you, sk-of-another-key (nor sk-of-ano…)";
  live(hours(12));
  ASSERT_THAT(scopes(), ElementsAre("u1 key#2"));
  EXPECT_EQ(benches_.all(clock_.now()).at(0).evidence, "not you, [redacted] (nor [redacted]…)");
}

TEST_F(KeyHealthTest, AGoodKeyLiftsNoOtherBench) {
  health_.look();
  router::Verdict spent;
  spent.reason = router::Reason::quota_exhausted;
  spent.blame = router::Blame::key;
  spent.bench = hours(24);
  spent.told = true;
  benches_.apply(catalog(), 0, spent, "the day is over", clock_.now(), clock_.now());
  live(hours(6));
  EXPECT_EQ(scopes().size(), 1U);
}

TEST_F(KeyHealthTest, AKeyThatComesLaterHasATimeOfItsOwn) {
  health_.look();
  live(hours(6));
  use({"good-key-of-u1", "other-key-of-u1", "third-key-of-u1"});
  EXPECT_EQ(health_.look(), 0U);
  results_["key#3"] = catalog::ProbeResult::valid;
  EXPECT_THAT(live(hours(6)), UnorderedElementsAre("u1 key#1", "u1 key#2", "u1 key#3"));
  health_.set_every(hours(1));
  EXPECT_THAT(live(hours(1) + minutes(1)), UnorderedElementsAre("u1 key#1", "u1 key#2", "u1 key#3"))
      << "asked more often from now on";
}

}  // namespace
}  // namespace freeway::app
