// What a person prefers over what the configuration file says, as JSON and back. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::api::admin {

using Profiles = std::map<std::string, std::vector<std::string>, std::less<>>;

struct Preferences {
  std::vector<std::string> order;  // models, first is preferred; the file's order comes behind
  std::vector<std::string> off;    // models and whole providers that are not asked
  Profiles profiles;               // each in place of the file's of its name

  bool operator==(const Preferences&) const = default;
};

// With what the file and they come to together.
struct PreferencesView {
  Preferences own;
  std::vector<std::string> order;
  Profiles profiles;
};

// {"order":[…],"off":[…],"profiles":{"name":[…]}}; what is left out is empty. Fails with invalid, in a sentence, for any
// other shape. Of names that are given twice the first counts.
Result<Preferences> read_preferences(json::Value root);
// The same members, without the braces around them.
void write_preferences(json::Writer& writer, const Preferences& preferences);
void write_profiles(json::Writer& writer, std::string_view key, const Profiles& profiles);

}  // namespace freeway::api::admin
