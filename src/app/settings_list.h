// Which settings the configuration has, what each is, and where its value comes from. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/admin/setting_view.h"
#include "app/situation.h"
#include "reader/section.h"

namespace freeway::app {

// A key of one of the file's tables that has one value.
struct KnownSetting {
  std::string_view section;
  std::string_view key;
  std::string_view standard;  // as JSON
  std::string_view about;
  bool needs_restart = false;
};
std::span<const KnownSetting> known_settings();

// Every value of the table, as the file or a variable gave it: those that lie in lists of tables under names such as
// "providers.groq.models.m1". Secrets are masked. A value without a place in `file` came from the environment.
std::vector<GivenSetting> given_settings(const toml::table& root, const std::string& file, const Outside& outside);

// All known settings, then what the file names beside them: aliases, profiles, clients, providers.
std::vector<api::admin::SettingView> list_settings(const Situation& now, const SituationSources& sources);

}  // namespace freeway::app
