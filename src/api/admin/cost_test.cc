#include "api/admin/cost.h"

#include <gtest/gtest.h>

#include "base/duration.h"

namespace freeway::api::admin {
namespace {

constexpr const char* kMorning = "2026-01-31T08:00:00Z";
constexpr const char* kNoon = "2026-01-31T12:00:00Z";

catalog::Model model(const std::string& id, std::optional<catalog::Price> rate) {
  catalog::Model made;
  made.id = id;
  if (rate) made.price = catalog::ListPrice{*rate, "a page", "2026-01"};
  return made;
}

// a/m1 at 0.50 and 2.00, a/m2 without a price, b/m1 at 0.10 and 0.30, b/free at nothing.
catalog::Catalog list() {
  catalog::Provider a, b;
  a.id = "a";
  a.models = {model("m1", catalog::Price{500'000, 2'000'000}), model("m2", std::nullopt)};
  b.id = "b";
  b.models = {model("m1", catalog::Price{100'000, 300'000}), model("free", catalog::Price{})};
  for (auto* provider : {&a, &b}) {
    provider->base_url = "http://127.0.0.1:1";
    provider->keys.resize(1);
  }
  return catalog::Catalog::build({a, b}).value();
}

store::UsageRow row(const std::string& provider, const std::string& model, store::Tokens tokens,
                    const char* time = nullptr) {
  store::UsageRow made;
  if (time != nullptr) made.time = parse_iso_time(time);
  made.provider = provider;
  made.model = model;
  made.requests = made.answered = made.attempts = 1;
  made.tokens = tokens;
  return made;
}

std::vector<PricedUsage> told(const std::vector<store::UsageRow>& rows, const store::UsageSplit& split = {}) {
  auto catalog = list();
  return price_usage(rows, split, PriceList(catalog));
}

TEST(Cost, IsPromptAndAnswerEachByItsPrice) {
  auto all = told({row("a", "m1", {1000, 100, 40})});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_DOUBLE_EQ(*all[0].cost_usd, 0.0007) << "reasoning is of the answer and costs no more";
  EXPECT_EQ(all[0].unpriced_tokens, 0U);
}

TEST(Cost, SumsUpOverModelsWithAndWithoutAPrice) {
  auto all = told({row("a", "m1", {1000, 100, 0}), row("a", "m2", {5, 6, 0}), row("b", "m1", {10, 10, 0}),
                   row("gone", "m1", {7, 0, 0}), row("", "", {})});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_DOUBLE_EQ(*all[0].cost_usd, 0.000704);
  EXPECT_EQ(all[0].unpriced_tokens, 18U);
  EXPECT_EQ(all[0].usage.requests, 5U);
  EXPECT_EQ(all[0].usage.tokens, (store::Tokens{1022, 116, 0}));
  EXPECT_EQ(all[0].usage.provider + all[0].usage.model, "");
}

TEST(Cost, IsUnknownWhereNoTokenHasAPriceAndNothingWhereThePriceIs) {
  EXPECT_FALSE(told({row("a", "m2", {5, 6, 0})})[0].cost_usd);
  EXPECT_FALSE(told({row("a", "m1", {})})[0].cost_usd) << "no token at all";
  EXPECT_EQ(told({row("b", "free", {5, 6, 0})})[0].cost_usd, 0.0);
  EXPECT_EQ(told({row("b", "free", {5, 6, 0})})[0].unpriced_tokens, 0U);
}

TEST(Cost, WithoutASplitThereIsOneRowAlsoOfNothing) {
  auto all = told({});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].usage.requests, 0U);
  EXPECT_FALSE(all[0].cost_usd);
  store::UsageSplit split;
  split.client = true;
  EXPECT_TRUE(told({}, split).empty());
}

TEST(Cost, FoldsBackToTheSplitThatWasAskedFor) {
  std::vector<store::UsageRow> rows = {row("a", "m1", {1000, 0, 0}, kMorning), row("b", "m1", {1000, 0, 0}, kMorning),
                                       row("a", "m1", {2000, 0, 0}, kNoon), row("a", "m2", {3, 0, 0}, kNoon)};
  store::UsageSplit split;
  split.hour = true;
  auto hours = told(rows, split);
  ASSERT_EQ(hours.size(), 2U);
  EXPECT_EQ(hours[0].usage.time, parse_iso_time(kMorning));
  EXPECT_DOUBLE_EQ(*hours[0].cost_usd, 0.0006);
  EXPECT_DOUBLE_EQ(*hours[1].cost_usd, 0.001);
  EXPECT_EQ(hours[1].unpriced_tokens, 3U);

  split.model = true;
  auto models = told(rows, split);
  ASSERT_EQ(models.size(), 3U);
  EXPECT_EQ(models[0].usage.model, "m1");
  EXPECT_EQ(models[0].usage.provider, "");
  EXPECT_DOUBLE_EQ(*models[0].cost_usd, 0.0006) << "two providers' models of one name";
  EXPECT_FALSE(models[2].cost_usd);

  auto split_by_all = by_model(split);
  EXPECT_TRUE(split_by_all.provider && split_by_all.model && split_by_all.hour);
  EXPECT_FALSE(split_by_all.key || split_by_all.client || split_by_all.day);
  EXPECT_EQ(told(rows, split_by_all).size(), 4U);
}

TEST(Cost, KeysAndClientsStayApart) {
  std::vector<store::UsageRow> rows(3, row("a", "m1", {10, 0, 0}));
  rows[0].client = "laptop";
  rows[1].client = "phone";
  rows[2].client = "phone";
  rows[2].provider = "b";
  store::UsageSplit split;
  split.client = true;
  auto all = told(rows, split);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].usage.client, "laptop");
  EXPECT_EQ(all[1].usage.requests, 2U);
  EXPECT_DOUBLE_EQ(*all[1].cost_usd, 0.000006);
}

// Beyond 2^64 of the smallest part.
TEST(Cost, OfVeryManyTokensIsExactEnough) {
  auto all = told({row("a", "m1", {40'000'000'000'000, 0, 0})});
  EXPECT_DOUBLE_EQ(*all[0].cost_usd, 20e6);
}

}  // namespace
}  // namespace freeway::api::admin
