#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/config_parts.h"

namespace freeway::app {

namespace {

// What programs ask for when nobody told them better. Models of these names are not free anywhere, so the names stand for
// what their makers sell them as: the clever one, the usual one, the quick one.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kBuiltIn = {{
    {"claude-*opus*", "auto:smart"},
    {"claude-*sonnet*", "auto"},
    {"claude-*haiku*", "auto:fast"},
    {"claude-*fable*", "auto:smart"},
    {"claude-*mythos*", "auto:smart"},
    {"claude-*", "auto"},
    {"opus", "auto:smart"},
    {"sonnet", "auto"},
    {"haiku", "auto:fast"},
    {"gemini-*-flash-lite*", "auto:fast"},
    {"gemini-flash-lite*", "auto:fast"},
    {"gemini-*-flash*", "auto"},
    {"gemini-flash*", "auto"},
    {"gemini-*-pro*", "auto:smart"},
    {"gemini-pro*", "auto:smart"},
}};

bool is_strategy(std::string_view name) { return router::strategy_named(name).has_value(); }

bool is_pattern(std::string_view name) { return name.find('*') != std::string_view::npos; }

bool is_auto(std::string_view name, const router::Policy& policy) {
  if (name == "auto") return true;
  if (!name.starts_with("auto:")) return false;
  name.remove_prefix(5);
  return is_strategy(name) || policy.profiles.contains(name);
}

std::vector<std::string> read_models_list(Section& section, std::string_view key, const KnownNames& names) {
  std::vector<std::string> found;
  for (Listed& item : section.texts(key)) {
    std::string path = section.path() + "." + std::string(key);
    if (!names.holds(item.text) && names.former.contains(item.text)) {
      section.report().warn(path, item.place, fmt::format("\"{}\" is served no longer", item.text));
      found.push_back(std::move(item.text));
    } else if (!names.holds(item.text)) {
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

void warn_of_shadow(const Section& section, const std::string& alias, const KnownNames& in_use,
                    const std::vector<std::string>& autos) {
  for (const auto* known : {&in_use.full, &in_use.families, &in_use.wire_ids}) {
    for (const std::string& name : *known) {
      if (!catalog::matches(alias, name)) continue;
      section.warn(alias, fmt::format("shadows the model \"{}\": clients that ask for it get the alias", name));
      return;
    }
  }
  for (const std::string& name : autos) {
    if (!catalog::matches(alias, name)) continue;
    section.warn(alias, fmt::format("shadows \"{}\": clients that ask for it get the alias", name));
    return;
  }
}

void read_aliases(Section section, const KnownNames& names, router::Policy& policy) {
  for (const std::string& alias : section.names()) {
    auto target = section.text(alias);
    if (!target) continue;
    if (alias.empty()) section.error(alias, "an alias needs a name");
    bool served = is_auto(*target, policy) || names.holds(*target);
    if (!served && names.former.contains(*target)) {
      section.warn(alias, fmt::format("\"{}\" is served no longer", *target));
    } else if (!served) {
      std::vector<std::string> all = names.all();
      for (std::string& name : router::auto_names(policy)) all.push_back(std::move(name));
      section.error(alias, fmt::format("\"{}\" is neither a configured model nor auto, a strategy or a profile{}", *target,
                                       did_you_mean(*target, all)));
    }
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

}  // namespace

// A built-in pattern never hides a model: its name then stands for itself.
std::vector<std::pair<std::string, std::string>> with_built_in(std::vector<std::pair<std::string, std::string>> aliases,
                                                               const KnownNames& in_use) {
  std::vector<std::pair<std::string, std::string>> own;
  for (const std::string& name : in_use.all()) {
    auto covers_it = [&](const auto& alias) { return catalog::matches(alias.first, name); };
    if (std::none_of(kBuiltIn.begin(), kBuiltIn.end(), covers_it)) continue;
    if (std::any_of(aliases.begin(), aliases.end(), covers_it)) continue;
    if (std::any_of(own.begin(), own.end(), covers_it)) continue;
    own.emplace_back(name, name);
  }
  aliases.insert(aliases.end(), own.begin(), own.end());
  order_aliases(aliases);
  for (const auto& [pattern, target] : kBuiltIn) aliases.emplace_back(pattern, target);
  return aliases;
}

bool KnownNames::holds(std::string_view name) const {
  return full.contains(name) || families.contains(name) || wire_ids.contains(name);
}

std::vector<std::string> KnownNames::all() const {
  std::vector<std::string> names;
  for (const auto* set : {&full, &families, &wire_ids}) names.insert(names.end(), set->begin(), set->end());
  return names;
}

void KnownNames::add(const catalog::Provider& provider) {
  for (const catalog::Model& model : provider.models) {
    if (!model.served()) {
      former.insert({provider.id + "/" + model.id, model.family, model.id});
      continue;
    }
    full.insert(provider.id + "/" + model.id);
    families.insert(model.family);
    wire_ids.insert(model.id);
  }
}

KnownNames known_names(const std::vector<catalog::Provider>& providers) {
  KnownNames names;
  for (const catalog::Provider& provider : providers) names.add(provider);
  return names;
}

router::Policy read_policy(Section& root, Section* routing, const KnownNames& names) {
  router::Policy policy;
  policy.strategy = "balanced";
  if (auto profiles = root.section("profiles")) read_profiles(std::move(*profiles), names, policy);
  if (auto aliases = root.section("aliases")) read_aliases(std::move(*aliases), names, policy);
  order_aliases(policy.aliases);
  if (routing == nullptr) return policy;
  policy.order = read_models_list(*routing, "order", names);
  if (auto strategy = routing->text("strategy")) {
    std::vector<std::string> known(router::kStrategies.begin(), router::kStrategies.end());
    if (!is_strategy(*strategy)) {
      routing->error("strategy", fmt::format("expected one of {}; found \"{}\"{}", fmt::join(known, ", "), *strategy,
                                             did_you_mean(*strategy, known)));
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
  if (auto share = section.number("hedge_share", 0.0, 1.0)) config.relay.hedge_share = *share;
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

void check_aliases(const Config& config, Section& root, const KnownNames& in_use) {
  if (config.aliases.empty()) return;
  auto section = root.section("aliases");
  if (!section) return;
  const std::vector<std::string> autos = router::auto_names(config.policy);
  for (const auto& [alias, target] : config.aliases) warn_of_shadow(*section, alias, in_use, autos);
}

void check_shadows(const std::vector<ProviderEntry>& entries, Section& root, const KnownNames& in_use) {
  std::vector<Section> sections = root.sections("providers");
  for (std::size_t i = 0; i < entries.size() && i < sections.size(); ++i) {
    const catalog::Provider& provider = entries[i].provider;
    for (Section& section : sections[i].sections("models")) {
      std::string id = section.text("id").value_or("");
      auto same = [&](const catalog::Model& model) { return model.id == id; };
      auto model = std::find_if(provider.models.begin(), provider.models.end(), same);
      if (id.empty() || model == provider.models.end()) continue;
      std::string full = provider.id + "/" + id;
      auto warn = [&](std::string_view key, const std::string& name, std::string_view meaning) {
        root.report().warn(fmt::format("providers.{}.models.{}", provider.id, id), section.place(key),
                           fmt::format("the name \"{}\" means {}; clients reach this one as \"{}\"", name, meaning, full));
      };
      if (model->family != full && in_use.full.contains(model->family))
        warn("family", model->family, "the model of that full name");
      if (id == model->family) continue;
      if (in_use.full.contains(id)) {
        warn("id", id, "the model of that full name");
      } else if (in_use.families.contains(id)) {
        warn("id", id, "the family of that name");
      }
    }
  }
}

}  // namespace freeway::app
