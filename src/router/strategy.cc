#include "router/strategy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace freeway::router {

namespace {

// Fewer samples are no evidence for strategies that keep to the configured order.
constexpr double kEvidence = 10;
// What smart supposes of a model without a rank, and how many points are a step.
constexpr double kUnknownRank = 50, kRankStep = 5;
// Below this rank balanced puts a model back, a step for so many points.
constexpr double kGoodRank = 70, kGoodStep = 20;
// Seconds for a usual answer that balanced minds nothing about.
constexpr double kPatience = 5;
constexpr double kFastest = Measures::kPriorFirst + Estimate::kUsualTokens / Measures::kPriorSpeed;
constexpr int kFarthest = 40;

// Doublings of the rate of failures that is supposed of the unknown.
double failing(const Estimate& measured) { return std::log2((1 - measured.success) / (1 - Measures::kPriorSuccess)); }

double surely_failing(const Estimate& measured) {
  return measured.samples < kEvidence ? 0 : std::max(0.0, failing(measured));
}

double tiresome(const Estimate& measured) {
  return measured.timed < kEvidence ? 0 : std::max(0.0, 0.5 * std::log2(measured.usual() / kPatience));
}

double weak(const Facts& facts) {
  return facts.rank ? std::max(0.0, (kGoodRank - static_cast<double>(*facts.rank)) / kGoodStep) : 0;
}

double slow(const Estimate& measured) {
  return 2 * std::log2(measured.usual() / kFastest) + 2 * std::log2(Measures::kPriorSuccess / measured.success);
}

Clause expected(const Estimate& measured) {
  return {
      "success",
      "{success} % success expected after {samples} samples",
      {{"success", fmt::format("{:.0f}", 100 * measured.success)}, {"samples", fmt::format("{:.0f}", measured.samples)}}};
}

Clause usual_time(const Estimate& measured) {
  return {"usual_time",
          "{total} s for {tokens} tokens ({first} s to the first, then {speed} a second)",
          {{"total", fmt::format("{:.1f}", measured.usual())},
           {"tokens", fmt::format("{:.0f}", Estimate::kUsualTokens)},
           {"first", fmt::format("{:.2f}", measured.first)},
           {"speed", fmt::format("{:.0f}", measured.speed)}}};
}

}  // namespace

std::optional<Strategy> strategy_named(std::string_view name) {
  auto found = std::find(kStrategies.begin(), kStrategies.end(), name);
  if (found == kStrategies.end()) return std::nullopt;
  return static_cast<Strategy>(found - kStrategies.begin());
}

double steps(Strategy strategy, const Facts& facts) {
  const Estimate& measured = facts.measured;
  switch (strategy) {
    case Strategy::priority: break;
    case Strategy::balanced:
    case Strategy::spread: return surely_failing(measured) + tiresome(measured) + weak(facts);
    case Strategy::smart:
      return (kUnknownRank - static_cast<double>(facts.rank.value_or(kUnknownRank))) / kRankStep +
             2 * surely_failing(measured);
    case Strategy::fast: return slow(measured);
    case Strategy::reliable: return failing(measured);
  }
  return 0;
}

int level(double steps, int before) {
  if (std::abs(steps - before) <= 0.75) return before;
  return static_cast<int>(std::lround(std::clamp<double>(steps, -kFarthest, kFarthest)));
}

std::vector<Clause> describe(Strategy strategy, const Facts& facts) {
  std::vector<Clause> told;
  const Estimate& measured = facts.measured;
  bool by_rank = strategy == Strategy::smart || (strategy == Strategy::balanced || strategy == Strategy::spread);
  bool by_time = strategy != Strategy::priority && strategy != Strategy::smart && strategy != Strategy::reliable;
  if (by_rank && facts.rank) told.push_back({"rank", "rank {rank}", {{"rank", fmt::to_string(*facts.rank)}}});
  if (by_rank && !facts.rank) told.push_back({"rank_unknown", "rank unknown"});
  if (strategy == Strategy::priority) return told;
  if (measured.samples < 0.5) {
    told.push_back({"unmeasured", "not measured lately"});
  } else {
    told.push_back(expected(measured));
    if (by_time && measured.timed >= 0.5) told.push_back(usual_time(measured));
  }
  if (strategy == Strategy::spread)
    told.push_back({"quotas_left", "{left} of its keys' quotas left", {{"left", fmt::format("{:.2f}", facts.left)}}});
  return told;
}

}  // namespace freeway::router
