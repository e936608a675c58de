#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "catalog/read_parts.h"
#include "catalog/read_provider.h"

namespace freeway::catalog {

using reader::Section;

namespace {

constexpr std::array kKinds = {
    Named<Kind>{"chat", Kind::chat},
    Named<Kind>{"embedding", Kind::embedding},
    Named<Kind>{"image", Kind::image},
    Named<Kind>{"speech", Kind::speech},
    Named<Kind>{"transcription", Kind::transcription},
    Named<Kind>{"translation", Kind::translation},
    Named<Kind>{"rerank", Kind::rerank},
    Named<Kind>{"moderation", Kind::moderation},
};
constexpr std::uint64_t kHighestRank = 100;
constexpr double kFastest = 1e6;  // tokens a second

void check_id(const Section& section, std::string_view key, std::string_view text) {
  for (unsigned char c : text) {
    if (c >= ' ' && c != 0x7f) continue;
    section.error(key, "holds a control character");
    return;
  }
}

template <class Value>
void put(std::optional<Value>& into, std::optional<Value> value) {
  if (value) into = std::move(value);
}

void read_abilities(Section& section, Model& model) {
  put(model.tools, section.flag("tools"));
  put(model.vision, section.flag("vision"));
  bool both = section.has("json") && section.has("json_schema");
  if (both) section.error("json_schema", "is another name of `json`; expected only one of them");
  put(model.json, section.flag("json"));
  put(model.json, section.flag("json_schema"));
  put(model.reasoning, section.flag("reasoning"));
}

// Everything but the id.
void read_model(Section& section, Model& model) {
  read_text(section, "name", model.name);
  if (auto family = section.text("family")) model.family = std::move(*family);
  if (model.family.empty()) model.family = model.id;
  check_id(section, "family", model.family);
  if (model.family == "auto" || model.family.starts_with("auto:")) {
    section.warn(section.has("family") ? "family" : "id", "clients can't ask for this name: \"auto\" is freeway's own");
  }
  if (auto kind = choice(section, "kind", kKinds)) model.kind = *kind;
  put(model.context, section.whole("context", 1));
  put(model.max_output, section.whole("max_output", 1));
  read_abilities(section, model);
  put(model.dimensions, section.whole("dimensions", 1));
  put(model.max_inputs, section.whole("max_inputs", 1));
  if (auto flag = section.flag("token_input")) model.token_input = *flag;
  read_path(section, "infill", "/fim/completions", model.infill);
  read_dialect(section, model.dialect);
  read_base_url(section, model.base_url);
  read_standing(section, model);
  read_text(section, "retired", model.retired);
  if (auto rank = section.whole("rank", 0, kHighestRank)) model.rank = static_cast<std::uint32_t>(*rank);
  put(model.speed, section.number("speed", 0, kFastest));
  if (auto timeouts = section.section("timeouts")) model.timeouts = read_timeouts(std::move(*timeouts), model.timeouts);
  put(model.neurons, read_neurons(section));
  put(model.price, read_list_price(section));
  if (auto limits = section.section("limits")) read_limits(std::move(*limits), {model.id}, model.pools);
  section.finish();
}

}  // namespace

void read_models(Section& provider_section, Provider& provider) {
  std::vector<std::string> named;
  for (Section& section : provider_section.sections("models")) {
    Model model;
    if (auto id = section.text("id")) {
      check_id(section, "id", *id);
      model.id = std::move(*id);
      section.rename(fmt::format("providers.{}.models.{}", provider.id, model.id));
    } else if (!section.has("id")) {
      section.error("", "id is missing; expected the model's name at the provider");
    }
    if (!model.id.empty() && std::find(named.begin(), named.end(), model.id) != named.end()) {
      section.error("id", fmt::format("the model \"{}\" is listed twice", model.id));
    }
    named.push_back(model.id);
    auto known = std::find_if(provider.models.begin(), provider.models.end(),
                              [&](const Model& other) { return !model.id.empty() && other.id == model.id; });
    if (known == provider.models.end()) known = provider.models.insert(known, std::move(model));
    read_model(section, *known);
  }
  if (provider.models.empty() && !provider_section.has("models")) {
    provider_section.warn("", "has no models, so it serves nothing");
  }
}

}  // namespace freeway::catalog
