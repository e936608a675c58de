#include "api/admin/cost.h"

#include <string>
#include <tuple>

namespace freeway::api::admin {

namespace {

// Of a price's parts for a million tokens: 10^-12 dollars, so that sums are exact.
__extension__ typedef unsigned __int128 Money;

constexpr double kDollar = 1e6 * static_cast<double>(catalog::parts_of(catalog::Unit::credit));

using Group = std::tuple<std::optional<WallTime>, std::string, std::string, std::string, std::string>;

struct Sum {
  store::UsageRow usage;
  Money cost = 0;
  std::uint64_t unpriced = 0;
  bool known = false;  // a token has a price
};

Group group_of(const store::UsageRow& row, const store::UsageSplit& split) {
  return {row.time, split.provider ? row.provider : "", split.model ? row.model : "", row.key, row.client};
}

void add(store::UsageRow& sum, const store::UsageRow& row) {
  sum.requests += row.requests;
  sum.answered += row.answered;
  sum.failed += row.failed;
  sum.broken += row.broken;
  sum.cancelled += row.cancelled;
  sum.attempts += row.attempts;
  sum.failed_attempts += row.failed_attempts;
  sum.estimated_attempts += row.estimated_attempts;
  sum.tokens.prompt += row.tokens.prompt;
  sum.tokens.completion += row.tokens.completion;
  sum.tokens.reasoning += row.tokens.reasoning;
}

void charge(Sum& sum, const store::Tokens& tokens, const catalog::Price* price) {
  std::uint64_t all = tokens.prompt + tokens.completion;
  if (all == 0) return;
  if (price == nullptr) {
    sum.unpriced += all;
    return;
  }
  sum.known = true;
  sum.cost += static_cast<Money>(price->input) * tokens.prompt + static_cast<Money>(price->output) * tokens.completion;
}

PricedUsage told(Sum& sum) {
  PricedUsage priced{std::move(sum.usage), std::nullopt, sum.unpriced};
  if (sum.known) priced.cost_usd = static_cast<double>(sum.cost) / kDollar;
  return priced;
}

}  // namespace

PriceList::PriceList(const catalog::Catalog& catalog) {
  for (const auto& provider : catalog.providers())
    for (const auto& model : provider.models)
      if (const auto* price = catalog::price_in(model, catalog::Unit::credit))
        prices_.try_emplace({provider.id, model.id}, price);
}

const catalog::Price* PriceList::find(std::string_view provider, std::string_view model) const {
  auto found = prices_.find({provider, model});
  return found != prices_.end() ? found->second : nullptr;
}

store::UsageSplit by_model(store::UsageSplit split) {
  split.provider = split.model = true;
  return split;
}

std::vector<PricedUsage> price_usage(const std::vector<store::UsageRow>& rows, const store::UsageSplit& split,
                                     const PriceList& prices) {
  std::map<Group, Sum> sums;
  bool whole = !(split.provider || split.model || split.key || split.client || split.day || split.hour);
  if (whole) sums.try_emplace(Group());
  for (const auto& row : rows) {
    Sum& sum = sums[group_of(row, split)];
    add(sum.usage, row);
    charge(sum, row.tokens, prices.find(row.provider, row.model));
  }
  std::vector<PricedUsage> all;
  all.reserve(sums.size());
  for (auto& [group, sum] : sums) {
    std::tie(sum.usage.time, sum.usage.provider, sum.usage.model, sum.usage.key, sum.usage.client) = group;
    all.push_back(told(sum));
  }
  return all;
}

}  // namespace freeway::api::admin
