#include "router/switched_off.h"

#include <algorithm>

namespace freeway::router {

namespace {

bool called(const SwitchedOff& one, std::string_view name) {
  if (name == one.model->id || name == one.model->family) return true;
  std::string_view provider = one.provider->id;
  return name.size() == provider.size() + 1 + one.model->id.size() && name.starts_with(provider) &&
         name[provider.size()] == '/' && name.ends_with(one.model->id);
}

// The profile's entries; null where the names are no profile.
const std::vector<std::string>* profile_of(const Policy& policy, const Names& names) {
  constexpr std::string_view kAutoOf = "auto:";
  if (!names.profile) return nullptr;
  std::string_view name = names.resolved;
  if (name.starts_with(kAutoOf)) name.remove_prefix(kAutoOf.size());
  auto profile = policy.profiles.find(name);
  return profile == policy.profiles.end() ? nullptr : &profile->second;
}

}  // namespace

Clause why_switched_off() { return {"switched_off_by_you", kSwitchedOff}; }

std::vector<SwitchedOff> switched_off(const Snapshot& snapshot, const Names& names, std::optional<catalog::Kind> kind) {
  std::vector<SwitchedOff> found;
  if (!names.known && !names.pinned) return found;
  const auto* profile = profile_of(snapshot.policy, names);
  for (const catalog::Provider& provider : snapshot.catalog->providers()) {
    for (const catalog::Model& model : provider.models) {
      if (model.enabled || model.status != kSwitchedOff || (kind && model.kind != *kind)) continue;
      SwitchedOff one{&provider, &model};
      bool meant = !names.pinned;
      if (names.pinned) meant = called(one, names.resolved);
      if (profile)
        meant = std::any_of(profile->begin(), profile->end(), [&](const std::string& name) { return called(one, name); });
      if (meant) found.push_back(one);
    }
  }
  return found;
}

}  // namespace freeway::router
