#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/config_parts.h"

namespace freeway::app {

namespace {

constexpr std::array<std::string_view, 6> kStrategies = {"priority", "balanced", "smart", "fast", "reliable", "spread"};

// What programs ask for when nobody told them better. Models of these names are not free anywhere, so the names stand for
// what their makers sell them as: the clever one, the usual one, the quick one.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kBuiltIn = {{
    {"claude-*opus*", "auto:smart"},
    {"claude-*sonnet*", "auto"},
    {"claude-*haiku*", "auto:fast"},
    {"gemini-*-flash-lite*", "auto:fast"},
    {"gemini-flash-lite*", "auto:fast"},
    {"gemini-*-flash*", "auto"},
    {"gemini-flash*", "auto"},
    {"gemini-*-pro*", "auto:smart"},
    {"gemini-pro*", "auto:smart"},
}};

bool is_strategy(std::string_view name) {
  return std::find(kStrategies.begin(), kStrategies.end(), name) != kStrategies.end();
}

bool is_pattern(std::string_view name) { return name.find('*') != std::string_view::npos; }

bool is_auto(std::string_view name, const router::Policy& policy) {
  if (name == "auto") return true;
  if (!name.starts_with("auto:")) return false;
  name.remove_prefix(5);
  return is_strategy(name) || policy.profiles.contains(name);
}

std::vector<std::string> auto_names(const router::Policy& policy) {
  std::vector<std::string> names = {"auto"};
  for (std::string_view strategy : kStrategies) names.push_back(fmt::format("auto:{}", strategy));
  for (const auto& [name, models] : policy.profiles) names.push_back("auto:" + name);
  return names;
}

std::vector<std::string> read_models_list(Section& section, std::string_view key, const KnownNames& names) {
  std::vector<std::string> found;
  for (Listed& item : section.texts(key)) {
    std::string path = section.path() + "." + std::string(key);
    if (!names.holds(item.text)) {
      section.report().error(path, item.place,
                             fmt::format("no model \"{}\" is configured; expected one such as \"provider/wire-id\"{}",
                                         item.text, did_you_mean(item.text, names.all())));
    } else if (std::find(found.begin(), found.end(), item.text) != found.end()) {
      section.report().warn(path, item.place, fmt::format("\"{}\" is listed twice", item.text));
    } else {
      found.push_back(std::move(item.text));
    }
  }
  return found;
}

void read_profiles(Section section, const KnownNames& names, router::Policy& policy) {
  for (const std::string& name : section.names()) {
    std::vector<std::string> models = read_models_list(section, name, names);
    if (section.is_empty_array(name)) section.error(name, "names no model");
    if (is_strategy(name)) {
      section.warn(name, fmt::format("has the name of a strategy, which \"auto:{}\" means; choose another", name));
    }
    policy.profiles.emplace(name, std::move(models));
  }
}

void warn_of_shadow(const Section& section, const std::string& alias, const KnownNames& names) {
  for (const auto* known : {&names.full, &names.families, &names.wire_ids}) {
    for (const std::string& name : *known) {
      if (!catalog::matches(alias, name)) continue;
      section.warn(alias, fmt::format("shadows the model \"{}\": clients that ask for it get the alias", name));
      return;
    }
  }
  if (catalog::matches(alias, "auto")) section.warn(alias, "shadows \"auto\": clients that ask for it get the alias");
}

void read_aliases(Section section, const KnownNames& names, router::Policy& policy) {
  for (const std::string& alias : section.names()) {
    auto target = section.text(alias);
    if (!target) continue;
    if (alias.empty()) section.error(alias, "an alias needs a name");
    if (!is_auto(*target, policy) && !names.holds(*target)) {
      std::vector<std::string> all = names.all();
      for (std::string& name : auto_names(policy)) all.push_back(std::move(name));
      section.error(alias, fmt::format("\"{}\" is neither a configured model nor auto, a strategy or a profile{}", *target,
                                       did_you_mean(*target, all)));
    }
    warn_of_shadow(section, alias, names);
    policy.aliases.emplace_back(alias, std::move(*target));
  }
}

// Exact names first, then the longest pattern: the more a pattern says, the more it is meant.
void order_aliases(std::vector<std::pair<std::string, std::string>>& aliases) {
  std::sort(aliases.begin(), aliases.end(), [](const auto& a, const auto& b) {
    if (is_pattern(a.first) != is_pattern(b.first)) return is_pattern(b.first);
    if (a.first.size() != b.first.size()) return a.first.size() > b.first.size();
    return a.first < b.first;
  });
}

// After the user's own. A built-in pattern never hides a configured model: its name then stands for itself.
void add_built_in(const KnownNames& names, router::Policy& policy) {
  std::vector<std::pair<std::string, std::string>> own;
  for (const std::string& name : names.all()) {
    auto covers_it = [&](const auto& alias) { return catalog::matches(alias.first, name); };
    if (std::none_of(kBuiltIn.begin(), kBuiltIn.end(), covers_it)) continue;
    if (std::any_of(policy.aliases.begin(), policy.aliases.end(), covers_it)) continue;
    if (std::any_of(own.begin(), own.end(), covers_it)) continue;
    own.emplace_back(name, name);
  }
  policy.aliases.insert(policy.aliases.end(), own.begin(), own.end());
  order_aliases(policy.aliases);
  for (const auto& [pattern, target] : kBuiltIn) policy.aliases.emplace_back(pattern, target);
}

}  // namespace

bool KnownNames::holds(std::string_view name) const {
  return full.contains(name) || families.contains(name) || wire_ids.contains(name);
}

std::vector<std::string> KnownNames::all() const {
  std::vector<std::string> names;
  for (const auto* set : {&full, &families, &wire_ids}) names.insert(names.end(), set->begin(), set->end());
  return names;
}

KnownNames known_names(const std::vector<catalog::Provider>& providers) {
  KnownNames names;
  for (const catalog::Provider& provider : providers) {
    for (const catalog::Model& model : provider.models) {
      names.full.insert(provider.id + "/" + model.id);
      names.families.insert(model.family);
      names.wire_ids.insert(model.id);
    }
  }
  return names;
}

router::Policy read_policy(Section& root, Section* routing, const KnownNames& names) {
  router::Policy policy;
  policy.strategy = "balanced";
  if (auto profiles = root.section("profiles")) read_profiles(std::move(*profiles), names, policy);
  if (auto aliases = root.section("aliases")) read_aliases(std::move(*aliases), names, policy);
  add_built_in(names, policy);
  if (routing == nullptr) return policy;
  policy.order = read_models_list(*routing, "order", names);
  if (auto strategy = routing->text("strategy")) {
    std::vector<std::string> known(kStrategies.begin(), kStrategies.end());
    if (!is_strategy(*strategy)) {
      routing->error("strategy", fmt::format("expected one of {}; found \"{}\"{}", fmt::join(known, ", "), *strategy,
                                             did_you_mean(*strategy, known)));
    } else if (*strategy != "priority" && *strategy != "balanced") {
      routing->warn("strategy", fmt::format("ranking by \"{}\" comes with a later version; until then routes are taken in "
                                            "the order of `order`, else of the file",
                                            *strategy));
    }
    policy.strategy = std::move(*strategy);
  }
  return policy;
}

void read_routing(Section& section, Config& config) {
  constexpr std::uint64_t kMostAttempts = 1000;
  if (auto attempts = section.whole("max_attempts", 1, kMostAttempts)) {
    config.relay.max_attempts = static_cast<std::uint32_t>(*attempts);
  }
  if (auto deadline = section.duration("deadline")) config.relay.deadline = *deadline;
  if (auto wait = section.duration("queue_wait", true)) config.relay.queue_wait = *wait;
  if (auto ttl = section.duration("session_ttl")) config.session_ttl = *ttl;
  auto share = section.number("hedge_share", 0.0, 1.0);
  if (share && *share > 0) section.error("hedge_share", "hedging is not available in this version; expected 0.0");
  section.finish();
}

void check_allow_lists(const std::vector<api::ClientKey>& keys, Section& root, const router::Policy& policy,
                       const KnownNames& names) {
  std::vector<Section> sections = root.sections("client_keys");
  for (std::size_t i = 0; i < keys.size() && i < sections.size(); ++i) {
    for (const std::string& model : keys[i].models) {
      bool aliased = std::any_of(policy.aliases.begin(), policy.aliases.end(),
                                 [&](const auto& alias) { return catalog::matches(alias.first, model); });
      if (aliased || is_auto(model, policy) || names.holds(model)) continue;
      std::vector<std::string> all = names.all();
      root.report().warn(fmt::format("client_keys.{}.models", keys[i].name), sections[i].place("models"),
                         fmt::format("nothing is called \"{}\"{}", model, did_you_mean(model, all)));
    }
  }
}

void check_shadows(const std::vector<catalog::Provider>& providers, Section& root, const KnownNames& names) {
  std::vector<Section> sections = root.sections("providers");
  for (std::size_t i = 0; i < providers.size() && i < sections.size(); ++i) {
    std::vector<Section> models = sections[i].sections("models");
    for (std::size_t j = 0; j < providers[i].models.size() && j < models.size(); ++j) {
      const catalog::Model& model = providers[i].models[j];
      std::string full = providers[i].id + "/" + model.id;
      auto warn = [&](std::string_view key, const std::string& name, std::string_view meaning) {
        root.report().warn(fmt::format("providers.{}.models.{}", providers[i].id, model.id), models[j].place(key),
                           fmt::format("the name \"{}\" means {}; clients reach this one as \"{}\"", name, meaning, full));
      };
      if (model.family != full && names.full.contains(model.family))
        warn("family", model.family, "the model of that full name");
      if (model.id == model.family) continue;
      if (names.full.contains(model.id)) {
        warn("id", model.id, "the model of that full name");
      } else if (names.families.contains(model.id)) {
        warn("id", model.id, "the family of that name");
      }
    }
  }
}

}  // namespace freeway::app
