#include <fmt/format.h>

#include <optional>
#include <vector>

#include "api/admin/desk.h"
#include "app/commands.h"
#include "app/session.h"
#include "app/table.h"
#include "base/duration.h"
#include "catalog/words.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

using Mark = api::admin::Discovery::Mark;

// Empty: usable. `idle`: why the provider is not asked; empty if it is.
std::string why_not(const catalog::Model& model, const std::string& idle) {
  if (!model.retired.empty()) return "switched off by its provider on " + model.retired;
  if (!model.enabled) return model.status.empty() ? std::string("off") : "off: " + model.status;
  if (!model.askable()) return fmt::format("no address asks for models of the kind {}", catalog::word(model.kind));
  return idle;
}

void write_row(json::Writer& writer, const catalog::Provider& provider, const catalog::Model& model, const Mark* mark,
               const ModelState& state) {
  writer.begin_object();
  writer.member("id", provider.id + "/" + model.id).member("provider", provider.id).member("model", model.id);
  writer.member("family", model.family.empty() ? model.id : model.family).member("kind", catalog::word(model.kind));
  api::admin::write_number(writer, "context", model.context);
  api::admin::write_number(writer, "max_output", model.max_output);
  api::admin::write_flag(writer, "tools", model.tools);
  api::admin::write_flag(writer, "vision", model.vision);
  api::admin::write_flag(writer, "json", model.json);
  api::admin::write_flag(writer, "reasoning", model.reasoning);
  writer.member("keys", static_cast<std::int64_t>(provider.keys.size()));
  writer.member("trains_on_prompts", catalog::name_of(provider.data_use.trains));
  api::admin::write_flag(writer, "listed", mark != nullptr ? mark->listed : std::nullopt);
  api::admin::write_time(writer, "listed_at", mark != nullptr ? mark->seen : std::nullopt);
  writer.member_bool("available", state.available);
  api::admin::write_text(writer, "reason", state.reason);
  api::admin::write_time(writer, "until", state.until);
  writer.end_object();
}

std::string abilities(const catalog::Model& model) {
  std::vector<std::string_view> known;
  if (model.tools.value_or(false)) known.push_back("tools");
  if (model.vision.value_or(false)) known.push_back("vision");
  if (model.json.value_or(false)) known.push_back("json");
  if (model.reasoning.value_or(false)) known.push_back("reasoning");
  return fmt::format("{}", fmt::join(known, " "));
}

std::string vanished_text(const Mark& mark) {
  return mark.seen ? fmt::format("its provider lists it no longer, last on {}", short_time(*mark.seen))
                   : std::string("its provider does not list it");
}

// The rows of both forms, gathered in one walk.
struct Listing {
  Listing(bool with_all, const std::vector<api::admin::Discovery>& seen, const std::optional<ModelStates>& states)
      : all(with_all), discoveries(seen), running(states), writer(json) {
    writer.begin_array();
  }

  ModelState state_of(const std::string& id, const catalog::Model& model, const std::string& idle) const {
    std::string fixed = why_not(model, "");
    if (!running || !fixed.empty()) {
      const std::string& reason = fixed.empty() ? idle : fixed;
      return {reason.empty(), reason, {}};
    }
    auto told = running->find(id);
    if (told != running->end()) return told->second;
    return {
        false, idle.empty() ? "the running server does not have it; SIGHUP makes it read its configuration anew" : idle, {}};
  }

  const Mark* mark_of(const std::string& provider, const std::string& model) const {
    for (const api::admin::Discovery& one : discoveries)
      if (one.provider == provider) return one.find(model);
    return nullptr;
  }

  void add(const catalog::Provider& provider, const std::string& idle) {
    for (const catalog::Model& model : provider.models) {
      std::string id = provider.id + "/" + model.id;
      ModelState state = state_of(id, model, idle);
      if (!state.available && !all) continue;
      const Mark* mark = mark_of(provider.id, model.id);
      write_row(writer, provider, model, mark, state);
      std::string can = state.available ? abilities(model) : state.reason;
      if (state.until) can += fmt::format(" (until {} UTC)", short_time(*state.until));
      if (mark != nullptr && mark->listed == false) can += (can.empty() ? "" : "; ") + vanished_text(*mark);
      rows.push_back({std::move(id), model.family.empty() ? model.id : model.family, std::string(catalog::word(model.kind)),
                      model.context ? std::to_string(*model.context) : "?", std::move(can)});
    }
  }

  bool all;
  const std::vector<api::admin::Discovery>& discoveries;
  const std::optional<ModelStates>& running;
  std::string json;
  json::Writer writer;
  std::vector<std::vector<std::string>> rows;
};

}  // namespace

ModelStates read_model_states(json::Value root) {
  ModelStates states;
  for (json::Value row : root["models"]) {
    auto id = row["id"].string();
    if (!id) continue;
    ModelState& state = states[*id];
    state.available = row["available"].boolean().value_or(false);
    state.reason = printable(row["reason"].string().value_or(""));
    if (auto until = row["until"].string()) state.until = parse_iso_time(*until);
  }
  return states;
}

std::string list_models(const std::vector<catalog::Provider>& active, const std::vector<Inactive>& inactive,
                        const std::vector<api::admin::Discovery>& discoveries, const std::optional<ModelStates>& running,
                        bool all, bool json) {
  Listing listing(all, discoveries, running);
  listing.rows.push_back({"MODEL", "FAMILY", "KIND", "CONTEXT", all ? "CAN, OR WHY NOT" : "CAN"});
  for (const catalog::Provider& provider : active) listing.add(provider, "");
  if (all || running) {
    for (const Inactive& one : inactive) listing.add(one.provider, one.why.text());
  }
  if (json) {
    listing.writer.end_array();
    return listing.json + "\n";
  }
  if (listing.rows.size() > 1) return table(listing.rows);
  if (running && !running->empty()) return "no model is usable now; `freeway models --all` tells why\n";
  return "no model is usable: there is no key; `freeway keys add PROVIDER` adds one, `freeway models --all` lists "
         "providers\n";
}

}  // namespace freeway::app
