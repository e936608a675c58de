// What the tokens of a usage would have cost at their providers' paid tiers, by the list prices of a catalog. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "store/query.h"

namespace freeway::api::admin {

// Which model costs how much. The catalog must outlive it.
class PriceList {
 public:
  explicit PriceList(const catalog::Catalog& catalog);

  // Of a model by its wire id; null: nobody says, or there is no such model.
  const catalog::Price* find(std::string_view provider, std::string_view model) const;

 private:
  std::map<std::pair<std::string_view, std::string_view>, const catalog::Price*> prices_;
};

struct PricedUsage {
  store::UsageRow usage;
  std::optional<double> cost_usd;     // of the tokens that have a price; none: no token has one
  std::uint64_t unpriced_tokens = 0;  // of prompts and answers
};

// What a store has to be asked, so that each row is of one model.
store::UsageSplit by_model(store::UsageSplit split);

// Sums such rows up again by `split` alone: by time, then provider, model, key and client; without any split one row.
std::vector<PricedUsage> price_usage(const std::vector<store::UsageRow>& rows, const store::UsageSplit& split,
                                     const PriceList& prices);

}  // namespace freeway::api::admin
