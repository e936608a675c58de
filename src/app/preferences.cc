#include "app/preferences.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/config_parts.h"
#include "json/document.h"
#include "router/switched_off.h"

namespace freeway::app {

namespace {

constexpr std::string_view kFact = "routing.preferences";
constexpr std::size_t kLongestProfile = 64;  // characters of a name

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What preferences may name.
struct Known {
  explicit Known(const std::vector<catalog::Provider>& all) : models(known_names(all)) {
    for (const catalog::Provider& provider : all) {
      providers.insert(provider.id);
      for (const catalog::Model& model : provider.models) full.insert(provider.id + "/" + model.id);
    }
  }
  bool a_model(const std::string& name) const { return models.holds(name) || models.former.contains(name); }
  bool can_be_off(const std::string& name) const { return providers.contains(name) || full.contains(name); }

  KnownNames models;
  std::set<std::string> full;  // served or not
  std::set<std::string> providers;
};

Error unknown_model(const std::string& name, std::string_view where, const Known& known) {
  return {ErrorKind::invalid, fmt::format("no model is called \"{}\" ({}){}; GET models lists those that there are", name,
                                          where, did_you_mean(name, known.models.all()))};
}

Result<void> judge_profile_name(std::string_view name) {
  bool odd = name.empty() || name.size() > kLongestProfile ||
             std::any_of(name.begin(), name.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '*'; });
  if (odd) {
    return fail(ErrorKind::invalid,
                fmt::format("a profile's name has 1 to {} characters, no blank and no '*' among them", kLongestProfile));
  }
  if (!router::strategy_named(name)) return {};
  return fail(ErrorKind::invalid,
              fmt::format("\"auto:{}\" means the strategy of that name; call the profile otherwise", name));
}

}  // namespace

Result<std::string> kept_preferences(store::Store& store) {
  auto fact = store.fact(kFact);
  if (!fact) return std::unexpected(fact.error());
  return std::move(*fact).value_or("");
}

std::string as_kept(const Preferences& preferences) {
  std::string text;
  if (preferences == Preferences()) return text;
  json::Writer writer(text);
  writer.begin_object();
  api::admin::write_preferences(writer, preferences);
  writer.end_object();
  return text;
}

Result<void> keep_preferences(store::Store& store, const Preferences& preferences) {
  store::Changes changes;
  auto& fact = changes.facts[std::string(kFact)];
  if (std::string text = as_kept(preferences); !text.empty()) fact = std::move(text);
  return store.apply(changes);
}

Result<Preferences> parse_preferences(std::string_view text) {
  if (text.empty()) return Preferences();
  auto document = json::Document::parse(text);
  if (!document) return std::unexpected(document.error());
  auto made = api::admin::read_preferences(document->root());
  if (!made) return fail(ErrorKind::malformed, made.error().message);
  return made;
}

Result<void> judge_preferences(const Preferences& wanted, const Preferences& before,
                               const std::vector<catalog::Provider>& all) {
  Known known(all);
  for (const std::string& name : wanted.order) {
    if (!known.a_model(name) && !contains(before.order, name)) return std::unexpected(unknown_model(name, "order", known));
  }
  for (const std::string& name : wanted.off) {
    if (known.can_be_off(name) || contains(before.off, name)) continue;
    return fail(ErrorKind::invalid,
                fmt::format("neither a provider nor a model \"provider/wire-id\" is called \"{}\" (off){}", name,
                            did_you_mean(name, {known.full.begin(), known.full.end()})));
  }
  for (const auto& [profile, models] : wanted.profiles) {
    if (auto good = judge_profile_name(profile); !good) return good;
    if (models.empty()) return fail(ErrorKind::invalid, fmt::format("the profile \"{}\" names no model", profile));
    auto old = before.profiles.find(profile);
    for (const std::string& name : models) {
      bool was_there = old != before.profiles.end() && contains(old->second, name);
      if (!known.a_model(name) && !was_there)
        return std::unexpected(unknown_model(name, fmt::format("profile \"{}\"", profile), known));
    }
  }
  return {};
}

std::vector<std::string> lay_over(Config& config, const Preferences& preferences,
                                  const std::vector<catalog::Provider>& all) {
  std::vector<std::string> notes;
  if (preferences == Preferences()) return notes;
  Known known(all);
  auto note = [&](const std::string& name, std::string_view where) {
    notes.push_back(fmt::format("the preferences ({}) name \"{}\", which is not here any more", where, name));
  };
  std::vector<std::string> order = preferences.order;
  for (std::string& name : config.policy.order) {
    if (!contains(order, name)) order.push_back(std::move(name));
  }
  config.policy.order = std::move(order);
  for (const auto& [profile, models] : preferences.profiles) config.policy.profiles[profile] = models;
  for (catalog::Provider& provider : config.providers) {
    bool whole = contains(preferences.off, provider.id);
    for (catalog::Model& model : provider.models) {
      if (!model.served() || (!whole && !contains(preferences.off, provider.id + "/" + model.id))) continue;
      model.enabled = false;
      model.status = router::kSwitchedOff;
    }
  }
  for (const std::string& name : preferences.order) {
    if (!known.a_model(name)) note(name, "order");
  }
  for (const std::string& name : preferences.off) {
    if (!known.can_be_off(name)) note(name, "off");
  }
  for (const auto& [profile, models] : preferences.profiles) {
    for (const std::string& name : models) {
      if (!known.a_model(name)) note(name, "profile " + profile);
    }
  }
  return notes;
}

}  // namespace freeway::app
