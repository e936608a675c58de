#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app/greeting.h"
#include "app/key_probe.h"
#include "app/table.h"
#include "catalog/words.h"
#include "http/url.h"

namespace freeway::app {

namespace {

// The most that the pools allow of a unit a day; nothing if none says.
std::optional<std::uint64_t> a_day(const catalog::Provider& provider, const catalog::Model& model, catalog::Unit unit) {
  std::optional<std::uint64_t> least;
  auto look = [&](const catalog::PoolSpec& pool) {
    if (pool.unit != unit || !catalog::covers(pool, model.id)) return;
    constexpr Duration kDay = std::chrono::hours(24);
    using Kind = catalog::Window::Kind;
    Kind kind = pool.window.kind;
    bool rolling = kind == Kind::sliding || kind == Kind::fixed || kind == Kind::bucket;
    bool day = kind == Kind::day || (rolling && pool.window.length == kDay);
    if (day) least = std::min(least.value_or(pool.limit), pool.limit);
  };
  for (const catalog::PoolSpec& pool : provider.pools) look(pool);
  for (const catalog::PoolSpec& pool : model.pools) look(pool);
  return least;
}

std::string told(const std::optional<std::uint64_t>& number) { return number ? with_commas(*number) : "?"; }

}  // namespace

std::vector<std::string> unlocked_models(const catalog::Provider& provider) {
  std::vector<std::string> names;
  for (const catalog::Model& model : provider.models) {
    if (model.askable()) names.push_back(provider.id + "/" + model.id);
  }
  return names;
}

std::string unlocked_text(const catalog::Provider& provider) {
  std::vector<std::vector<std::string>> rows = {{"MODEL", "KIND", "CONTEXT", "REQUESTS A DAY", "TOKENS A DAY"}};
  for (const catalog::Model& model : provider.models) {
    if (!model.askable()) continue;
    rows.push_back({provider.id + "/" + model.id, std::string(catalog::word(model.kind)), told(model.context),
                    told(a_day(provider, model, catalog::Unit::requests)),
                    told(a_day(provider, model, catalog::Unit::tokens))});
  }
  if (rows.size() == 1) return fmt::format("{} has no model in the catalog that could be asked\n", provider.id);
  return fmt::format("it unlocks {}:\n", count(rows.size() - 1, "model")) + table(rows);
}

std::string host_of(const catalog::Provider& provider) {
  auto url = http::Url::parse(catalog::base_url(provider.base_url, catalog::Key{"", Secret(), "", "x", ""}));
  return url ? url->host_header() : std::string("its address");
}

std::string data_use_text(const catalog::DataUse& use) {
  std::string text;
  switch (use.trains) {
    case catalog::DataUse::Trains::no: text = "does not train on prompts"; break;
    case catalog::DataUse::Trains::yes: text = "may train on prompts"; break;
    case catalog::DataUse::Trains::opt_out: text = "trains on prompts unless you opt out there"; break;
    case catalog::DataUse::Trains::unknown: text = "does not say whether it trains on prompts"; break;
  }
  if (!use.retention.empty()) text += fmt::format(", keeps them {}", use.retention);
  if (!use.source.empty()) text += fmt::format(" ({}{}{})", use.source, use.as_of.empty() ? "" : ", ", use.as_of);
  return text;
}

}  // namespace freeway::app
