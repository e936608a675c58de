// What a person prefers, and which settings there are.
#include "app/operations.h"
#include "app/settings_list.h"

namespace freeway::app {

using namespace api::admin;

PreferencesView Keeper::preferences() {
  auto now = situation();
  return {now->preferences, now->config.policy.order, now->config.policy.profiles};
}

Result<PreferencesView> Keeper::set_preferences(const Preferences& wanted) {
  std::lock_guard lock(preferring_);
  auto now = situation();
  if (auto good = judge_preferences(wanted, now->preferences, all_providers(*now)); !good)
    return std::unexpected(good.error());
  if (auto done = keep_preferences(parts_.store, wanted); !done) return std::unexpected(done.error());
  if (auto done = refresh(); !done) return std::unexpected(done.error());
  return preferences();
}

Result<std::vector<SettingView>> Keeper::settings() { return list_settings(*situation(), options_.sources); }

}  // namespace freeway::app
