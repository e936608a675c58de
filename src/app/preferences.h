// What a person prefers, kept as a fact of the store and laid over the configuration: which models go first, which are off,
// what profiles mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/admin/preferences.h"
#include "app/config.h"
#include "app/provider_set.h"
#include "store/store.h"

namespace freeway::app {

using api::admin::Preferences;

// As it is kept: JSON, "" where nobody ever preferred anything. Blocking.
Result<std::string> kept_preferences(store::Store& store);
// "" for none.
std::string as_kept(const Preferences& preferences);
Result<void> keep_preferences(store::Store& store, const Preferences& preferences);
// Fails with malformed for a text that `keep_preferences` never wrote.
Result<Preferences> parse_preferences(std::string_view text);

// Fails with invalid, naming the first name that means nothing among `all` providers, in use or not. What stood in `before`
// may stay, so that a model that has gone since keeps nobody from changing the rest.
Result<void> judge_preferences(const Preferences& wanted, const Preferences& before,
                               const std::vector<catalog::Provider>& all);

// Lays them over what the file says, which `config` holds. What is off keeps its place in the catalog without routes.
// Returns a sentence for each name that means nothing among `all`.
std::vector<std::string> lay_over(Config& config, const Preferences& preferences, const std::vector<catalog::Provider>& all);

}  // namespace freeway::app
