#include "relay/token_counts.h"

#include <gtest/gtest.h>

namespace freeway::relay {
namespace {

chat::Usage usage(std::uint64_t prompt, std::uint64_t completion) {
  chat::Usage usage;
  usage.prompt_tokens = prompt;
  usage.completion_tokens = completion;
  usage.total_tokens = prompt + completion;
  return usage;
}

TEST(TokenCounts, OfAModelThatNobodyHasAsked) {
  TokenCounts counts;
  EXPECT_EQ(counts.expect("u1/m1", 10).answer, TokenCounts::kUnknown);
  EXPECT_EQ(counts.expect("u1/m1", 700).prompt, 700u);
}

TEST(TokenCounts, LongAnswersCountAtOnceAndShortOnesSlowly) {
  TokenCounts counts;
  counts.saw("m", 10, usage(10, 20));
  EXPECT_EQ(counts.expect("m", 10).answer, 21u);
  counts.saw("m", 10, usage(10, 500));
  EXPECT_EQ(counts.expect("m", 10).answer, 501u);
  counts.saw("m", 10, usage(10, 0));
  EXPECT_EQ(counts.expect("m", 10).answer, 491u);
  counts.saw("m", 10, usage(10, UINT64_MAX));
  EXPECT_EQ(counts.expect("m", 10).answer, TokenCounts::kLongest + 1);
}

TEST(TokenCounts, WhatAProviderCountsMoreIsReservedNextTime) {
  TokenCounts counts;
  counts.saw("m", 400, usage(500, 20));
  EXPECT_EQ(counts.expect("m", 800).prompt, 1000u);
  EXPECT_EQ(counts.expect("other", 800).prompt, 800u);
  counts.saw("m", 400, usage(200, 20));
  EXPECT_EQ(counts.expect("m", 1000).prompt, 1245u) << "it sinks slowly";
  for (int i = 0; i < 1000; ++i) counts.saw("m", 400, usage(100, 20));
  EXPECT_EQ(counts.expect("m", 1000).prompt, 1001u) << "and not below the estimate";
}

TEST(TokenCounts, WhatTellsNothingOfPrompts) {
  TokenCounts counts;
  counts.saw("m", 20, usage(200, 20));  // a template of the provider's
  EXPECT_EQ(counts.expect("m", 1000).prompt, 1000u);
  auto ours = usage(4000, 20);
  ours.estimated = true;
  counts.saw("m", 1000, ours);
  EXPECT_EQ(counts.expect("m", 1000).prompt, 1000u);
  counts.saw("m", 1000, usage(1'000'000, 20));  // something else was counted
  EXPECT_EQ(counts.expect("m", 1000).prompt, 4000u);
}

TEST(TokenCounts, ACountStandsAsItIsForAModelsOwnVocabulary) {
  TokenCounts counts;
  EXPECT_EQ(counts.expect("m", {1000, 800, true}).prompt, 800u);
  EXPECT_EQ(counts.expect("m", {1000, 800, false}).prompt, 920u) << "another's may be longer";
  EXPECT_EQ(counts.expect("m", {1000, 1200, true}).prompt, 1200u) << "more than the estimate";
  counts.saw("m", 400, usage(500, 20));
  EXPECT_EQ(counts.expect("m", {1000, 800, true}).prompt, 1000u) << "it counted more than estimates";
  EXPECT_EQ(counts.expect("m", {1000, 800, false}).prompt, 1150u);
}

TEST(TokenCounts, WhatAProviderCountsMoreThanACountIsLearnedApart) {
  TokenCounts counts;
  counts.saw("m", {1000, 800, false}, usage(880, 20));
  EXPECT_EQ(counts.expect("m", {1000, 800, false}).prompt, 881u);
  EXPECT_EQ(counts.expect("m", 1000).prompt, 1000u) << "the estimate was high enough";
  counts.saw("m", 400, usage(500, 20));
  EXPECT_EQ(counts.expect("m", {1000, 800, false}).prompt, 881u);
  EXPECT_EQ(counts.expect("m", 1000).prompt, 1250u);
}

}  // namespace
}  // namespace freeway::relay
