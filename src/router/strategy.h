// In which order models are tried: what each strategy makes of what is known. docs/routing.md tells the formulas with their
// reasons. Pure, but for Rankings, which keeps and publishes the last result.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clause.h"
#include "base/clock.h"
#include "base/published.h"
#include "catalog/catalog.h"
#include "ledger/ledger.h"
#include "router/measures.h"
#include "router/routes.h"

namespace freeway::router {

struct Policy;

enum class Strategy : unsigned char { priority, balanced, smart, fast, reliable, spread };
inline constexpr std::array<std::string_view, 6> kStrategies = {"priority", "balanced", "smart",
                                                                "fast",     "reliable", "spread"};
inline std::string_view to_string(Strategy strategy) { return kStrategies[static_cast<std::size_t>(strategy)]; }
std::optional<Strategy> strategy_named(std::string_view name);

// What is known of a model.
struct Facts {
  Estimate measured;
  std::optional<std::uint32_t> rank;  // capability, 0 to 100
  double left = 1;                    // shares of its keys' quotas that are left, added up; a key without limits has 1
};

// How far behind a strategy puts a model, in steps; a difference of less than a step counts for nothing. What is unknown is
// at 0, but for what smart and balanced suppose of a rank.
double steps(Strategy strategy, const Facts& facts);
// Steps as a whole number that stays as it was until they are more than three quarters of a step away from it.
// Before anything was scored it was 0.
int level(double steps, int before);
// What `steps` went by, for people: "rank 80", "98 % success expected after 40 samples".
std::vector<Clause> describe(Strategy strategy, const Facts& facts);

struct Scored {
  double steps = 0;
  int level = 0;
  Facts facts;
};

// All routes of a catalog, best first, as one strategy sees them. Keys of one model stand together.
struct Preference {
  Strategy strategy = Strategy::priority;
  RouteList all, chat;              // of all kinds; of models for chat
  std::vector<std::uint32_t> rank;  // of each route in `all`
  std::vector<Scored> models;       // by their number in Measures::Bound; empty: nothing was scored
};

// In the order of `Policy::order` and then of the catalog, which is what strategy priority means.
Preference prefer(const catalog::Catalog& catalog, const Policy& policy);

// The preferences of one catalog, worked out every second or so and not for each request. Thread-safe.
class Rankings {
 public:
  // `measures` must outlive it.
  Rankings(std::shared_ptr<const catalog::Catalog> catalog, const Policy& policy, const Measures& measures,
           std::shared_ptr<const Measures::Bound> bound);

  // Never null.
  std::shared_ptr<const Preference> of(Strategy strategy) const;
  const Measures::Bound& bound() const { return *bound_; }
  // Works all of them out anew; by one thread at a time.
  void refresh(const ledger::Ledger& ledger, const ledger::Bindings& bindings, ledger::Moment at);
  // Numbers in [0, 1) of which each stretch is spread evenly: for RouteList::lead.
  double turn();

 private:
  using Set = std::array<std::shared_ptr<const Preference>, kStrategies.size()>;
  Facts facts_of(std::uint32_t model, Instant now) const;
  void mark_poor_keys(Glance& glance, Instant now) const;
  std::shared_ptr<const Preference> rank(Strategy strategy, const std::vector<Facts>& facts, const Preference& before,
                                         const std::shared_ptr<const Glance>& glance) const;

  std::shared_ptr<const catalog::Catalog> catalog_;
  const Measures& measures_;
  std::shared_ptr<const Measures::Bound> bound_;
  std::shared_ptr<const Preference> configured_;
  std::vector<std::uint32_t> place_;  // of each model in the configured order
  Published<Set> published_;
  std::atomic<std::uint64_t> turns_{0};
};

}  // namespace freeway::router
