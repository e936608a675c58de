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

std::string describe(Strategy strategy, const Facts& facts) {
  std::string text;
  auto add = [&text](const std::string& part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  const Estimate& measured = facts.measured;
  bool by_rank = strategy == Strategy::smart || (strategy == Strategy::balanced || strategy == Strategy::spread);
  bool by_time = strategy != Strategy::priority && strategy != Strategy::smart && strategy != Strategy::reliable;
  if (by_rank) add(facts.rank ? fmt::format("rank {}", *facts.rank) : "rank unknown");
  if (strategy == Strategy::priority) return text;
  if (measured.samples < 0.5) {
    add("not measured lately");
  } else {
    add(fmt::format("{:.0f} % success expected after {:.0f} samples", 100 * measured.success, measured.samples));
    if (by_time && measured.timed >= 0.5)
      add(fmt::format("{:.1f} s for {:.0f} tokens ({:.2f} s to the first, then {:.0f} a second)", measured.usual(),
                      Estimate::kUsualTokens, measured.first, measured.speed));
  }
  if (strategy == Strategy::spread) add(fmt::format("{:.2f} of its keys' quotas left", facts.left));
  return text;
}

}  // namespace freeway::router
