// A provider's pools: which of them a request draws on, and what somebody else uses of them.
#include <algorithm>

#include "farm/provider.h"

namespace freeway::farm {
namespace {

constexpr std::int64_t kForeignAtOnce = 100'000;  // requests of somebody else that are made up for; older ones never were

}  // namespace

Provider::Cell Provider::make_cell(const LimitSpec& limits, bool narrow) {
  Cell cell;
  for (auto& spec : pools_of(limits)) {
    spec.narrow = narrow;
    cell.pools.emplace_back(spec);
    cell.charges.push_back(spec.charge);
    cell.names.push_back(std::move(spec.name));
  }
  return cell;
}

Provider::Allowance Provider::make_allowance(const PoolSpec& spec) const {
  Allowance allowance;
  const auto instance = [&](const std::string& name) {
    const auto found = std::find(allowance.names.begin(), allowance.names.end(), name);
    if (found != allowance.names.end()) return static_cast<std::size_t>(found - allowance.names.begin());
    allowance.names.push_back(name);
    allowance.pools.emplace_back(spec);
    return allowance.names.size() - 1;
  };
  if (spec.scope == Scope::address) {
    instance("");
  } else if (spec.scope == Scope::key || spec.scope == Scope::account) {
    const auto& names = spec.scope == Scope::key ? spec_.keys : spec_.accounts;
    for (const auto& name : names) allowance.of.push_back(instance(name));
    if (names.empty()) allowance.of.push_back(instance(""));
  } else {
    for (const auto& model : spec_.models) {
      const auto& name = spec.scope == Scope::model ? model.id : model.family;
      allowance.of.push_back(spec.covers(model.id) ? instance(name) : 0);
    }
  }
  return allowance;
}

void Provider::build_cells() {
  ++epoch_;
  keys_.clear();
  for (std::size_t i = 0; i < std::max<std::size_t>(1, spec_.keys.size()); ++i) {
    KeyState state{make_cell(spec_.limits, false), {}, std::nullopt};
    for (const auto& model : spec_.models) state.models.push_back(make_cell(model.limits, true));
    keys_.push_back(std::move(state));
  }
  allowances_.clear();
  for (const auto& pool : spec_.pools) allowances_.push_back(make_allowance(pool));
  drawn_by_.assign(spec_.models.size(), {});
  for (std::size_t model = 0; model < spec_.models.size(); ++model) {
    for (std::size_t pool = 0; pool < spec_.pools.size(); ++pool) {
      if (spec_.pools[pool].covers(spec_.models[model].id)) drawn_by_[model].push_back(pool);
    }
  }
}

// `usage` is what the answer will take, `most` what the request allows it.
std::vector<Draw> Provider::draws_for(std::size_t key, std::size_t model, const Usage& usage, const Usage& most) {
  std::vector<Draw> draws;
  const auto& prices = spec_.models[model].prices;
  const auto draw = [&](Pool& pool, Charge charge) {
    const auto& by = charge == Charge::prompt_max_tokens ? most : usage;
    draws.push_back({&pool, charge, amount_in(pool.unit(), by, prices), {}});
  };
  auto& state = keys_[key];
  for (auto* cell : {&state.models[model], &state.all}) {
    for (std::size_t i = 0; i < cell->pools.size(); ++i) draw(cell->pools[i], cell->charges[i]);
  }
  for (const auto index : drawn_by_[model]) {
    auto& allowance = allowances_[index];
    const auto& spec = spec_.pools[index];
    const bool by_key = spec.scope == Scope::key || spec.scope == Scope::account;
    const auto at = spec.scope == Scope::address ? 0 : allowance.of[by_key ? key : model];
    draw(allowance.pools[at], spec.charge);
  }
  return draws;
}

// Of several reasons against the request the one that lasts longest.
std::optional<Refusal> Provider::check(const Moment& now, const std::vector<Draw>& draws) {
  std::optional<Refusal> worst;
  for (const auto& draw : draws) {
    const auto why = draw.pool->check(now, draw.asked);
    if (why && (!worst || outlasts(*why, *worst))) worst = why;
  }
  return worst;
}

std::vector<Level> Provider::levels(const Moment& now, const std::vector<Draw>& draws) {
  std::vector<Level> all;
  for (const auto& draw : draws) {
    if (!draw.pool->told()) continue;
    all.push_back(draw.pool->level(now));
    all.back().charged = draw.hold.amount;
  }
  return all;
}

// Somebody else's request is over in no time, and turned away like any other.
void Provider::admit_foreign(const Moment& now, std::size_t key) {
  const auto& foreign = spec_.foreign;
  const auto model = foreign.model.empty() ? 0 : model_index(foreign.model).value_or(0);
  auto draws = draws_for(key, model, foreign.usage, foreign.usage);
  const bool fits = !check(now, draws);
  ++(fits ? foreign_admitted_ : foreign_refused_);
  for (auto& draw : draws) {
    if (!fits) {
      draw.pool->refuse(now, draw.asked, false);
    } else {
      draw.pool->leave(draw.pool->admit(now, draw.asked));
    }
  }
}

// What has been due since the last look, each at its own time.
void Provider::use_foreign(const Moment& now) {
  const auto& foreign = spec_.foreign;
  if (foreign.rpm <= 0) return;
  const auto minute = static_cast<double>(spec_.pace.minute.count());
  const Duration interval(std::max<std::int64_t>(1, static_cast<std::int64_t>(minute / foreign.rpm)));
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    if (!foreign.key.empty() && spec_.keys[key] != foreign.key) continue;
    auto& due = keys_[key].foreign_due;
    if (!due) due = now.at + interval;
    due = std::max(*due, now.at - interval * kForeignAtOnce);
    for (; *due <= now.at; *due += interval) admit_foreign({*due, now.wall - (now.at - *due)}, key);
  }
}

}  // namespace freeway::farm
