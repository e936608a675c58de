#include "api/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/exposition.h"

namespace freeway::api {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

catalog::Catalog catalog_of(std::vector<std::pair<std::string, std::vector<std::string>>> wanted) {
  std::vector<catalog::Provider> providers;
  for (auto& [id, models] : wanted) {
    catalog::Provider provider;
    provider.id = id;
    provider.keys.resize(1);
    for (auto& model : models) {
      provider.models.emplace_back();
      provider.models.back().id = model;
    }
    providers.push_back(std::move(provider));
  }
  return catalog::Catalog::build(std::move(providers)).value();
}

std::string text_of(const Metrics& metrics) {
  std::string out;
  metrics.write(out);
  return out;
}

TEST(Metrics, AddsUpWhatLoopsCounted) {
  Metrics metrics(2);
  metrics.tally(0).request(Area::chat_completions, Fate::answered, 200);
  metrics.tally(1).request(Area::chat_completions, Fate::answered, 200);
  metrics.tally(1).request(Area::chat_completions, Fate::cancelled, 0);
  metrics.tally(1).request(Area::other, Fate::refused, 418);
  auto text = text_of(metrics);
  EXPECT_THAT(text, HasSubstr("freeway_requests_total{surface=\"chat_completions\",status=\"200\",end=\"answered\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{surface=\"chat_completions\",status=\"none\",end=\"cancelled\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{surface=\"other\",status=\"other\",end=\"refused\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("end=\"failed\"")));
}

TEST(Metrics, KeepsCountsByNameOverCatalogs) {
  Metrics metrics(1);
  auto& tally = metrics.tally(0);
  auto before = catalog_of({{"u1", {"m1", "m2"}}, {"u2", {"m1"}}});
  auto after = catalog_of({{"u2", {"m9", "m1"}}});
  tally.model(before, 2).prompt.add(5);
  tally.model(before, 1).completion.add(7);
  tally.model(after, 1).prompt.add(10);
  tally.model(before, 2).prompt.add(1);  // a request from before the reload
  tally.provider(before, 2).attempts[kAnswered].add();
  tally.provider(after, 0).attempts[outcome_of(router::Reason::timeout)].add();
  auto text = text_of(metrics);
  EXPECT_THAT(text, HasSubstr("freeway_tokens_total{provider=\"u2\",model=\"m1\",kind=\"prompt\"} 16\n"));
  EXPECT_THAT(text, HasSubstr("freeway_tokens_total{provider=\"u1\",model=\"m2\",kind=\"completion\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("freeway_attempts_total{provider=\"u2\",outcome=\"answered\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("freeway_attempts_total{provider=\"u2\",outcome=\"timeout\"} 1\n"));
}

TEST(Metrics, FillsEachBucketWithAllBelow) {
  Metrics metrics(2);
  metrics.tally(0).duration.observe(milliseconds(10));  // on the bound
  metrics.tally(1).duration.observe(milliseconds(40));
  metrics.tally(1).duration.observe(std::chrono::hours(1));
  auto text = text_of(metrics);
  EXPECT_THAT(text, HasSubstr("freeway_request_duration_seconds_bucket{le=\"0.01\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("freeway_request_duration_seconds_bucket{le=\"0.025\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("freeway_request_duration_seconds_bucket{le=\"0.05\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("freeway_request_duration_seconds_bucket{le=\"300\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("freeway_request_duration_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("freeway_request_duration_seconds_sum 3600.05\n"));
  EXPECT_THAT(text, HasSubstr("freeway_request_duration_seconds_count 3\n"));
}

TEST(Metrics, BoundsTheNamesThatReloadsBring) {
  Metrics metrics(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> models;
    for (int i = 0; i < 100; ++i) models.push_back("m" + std::to_string(round * 100 + i));
    auto catalog = catalog_of({{"u1", models}});
    for (catalog::RouteId route = 0; route < 100; ++route) metrics.tally(0).model(catalog, route).prompt.add(1);
  }
  auto text = text_of(metrics);
  EXPECT_THAT(text, HasSubstr("{provider=\"u1\",model=\"m4095\",kind=\"prompt\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("model=\"m4096\"")));
  EXPECT_THAT(text, HasSubstr("{provider=\"other\",model=\"other\",kind=\"prompt\"} 904\n"));
}

TEST(Metrics, NamesEveryOutcome) {
  for (std::size_t i = 0; i < kOutcomes; ++i) EXPECT_NE(outcome_name(i), "unknown") << i;
  EXPECT_EQ(outcome_name(kOutcomes), "unknown") << "a reason was added behind the last: count it too";
}

TEST(Exposition, EscapesLabels) {
  std::string out;
  Exposition to(out);
  to.family("x", "gauge", "A thing.");
  to.sample({{"a", "back\\slash \"quoted\"\nline"}, {"b", "2"}}, std::uint64_t{1});
  to.sample({}, 1.5);
  EXPECT_EQ(out, "# HELP x A thing.\n# TYPE x gauge\nx{a=\"back\\\\slash \\\"quoted\\\"\\nline\",b=\"2\"} 1\nx 1.5\n");
}

}  // namespace
}  // namespace freeway::api
