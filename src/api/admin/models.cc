#include <map>

#include "api/admin/levels.h"
#include "api/admin/nouns.h"
#include "catalog/words.h"
#include "router/switched_off.h"

namespace freeway::api::admin {

namespace {

// In dollars for a million tokens; null where nobody says.
void write_price(json::Writer& writer, const std::optional<catalog::ListPrice>& price) {
  writer.key("price");
  if (!price) {
    writer.null();
    return;
  }
  auto dollars = [](std::uint64_t amount) {
    return static_cast<double>(amount) / static_cast<double>(catalog::parts_of(catalog::Unit::credit));
  };
  writer.begin_object();
  writer.key("input").number(dollars(price->rate.input)).key("output").number(dollars(price->rate.output));
  write_text(writer, "source", price->source);
  write_text(writer, "as_of", price->as_of);
  writer.end_object();
}

void write_model(json::Writer& writer, const catalog::Provider& provider, const catalog::Model& model) {
  writer.member("id", provider.id + "/" + model.id).member("provider", provider.id).member("family", model.family);
  write_text(writer, "name", model.name);
  writer.member("kind", catalog::word(model.kind));
  write_number(writer, "context", model.context);
  write_number(writer, "max_output", model.max_output);
  write_flag(writer, "tools", model.tools);
  write_flag(writer, "vision", model.vision);
  write_flag(writer, "json", model.json);
  write_flag(writer, "reasoning", model.reasoning);
  write_number(writer, "rank", model.rank ? std::optional<std::uint64_t>(*model.rank) : std::nullopt);
  writer.member("trains_on_prompts", catalog::name_of(provider.data_use.trains));
  write_text(writer, "source", model.source);
  write_text(writer, "as_of", model.as_of);
  write_price(writer, model.price);
}

// What a provider's own list says of the model; nulls where nobody has looked.
void write_mark(json::Writer& writer, const Discovery::Mark* mark) {
  write_flag(writer, "listed", mark != nullptr ? mark->listed : std::nullopt);
  write_time(writer, "listed_at", mark != nullptr ? mark->seen : std::nullopt);
}

// As the rankings saw the model last, a second ago or so; null where nothing is measured.
void write_measures(json::Writer& writer, const router::Snapshot& snapshot, const std::vector<catalog::RouteId>& routes) {
  writer.key("measures");
  auto seen = snapshot.rankings && !routes.empty() ? snapshot.rankings->of(router::Strategy::balanced) : nullptr;
  if (!seen || seen->models.empty()) {
    writer.null();
    return;
  }
  const auto& facts = seen->models[snapshot.rankings->bound().model_of[routes.front()]].facts.measured;
  if (facts.samples <= 0) {
    writer.null();
    return;
  }
  writer.begin_object().key("success").number(facts.success).key("calls").number(facts.samples);
  if (facts.timed > 0) {
    writer.key("ttft_ms").number(facts.first * 1000).key("tokens_per_s").number(facts.speed);
  } else {
    writer.key("ttft_ms").null().key("tokens_per_s").null();
  }
  writer.end_object();
}

// Of a model that is gone: the first of the same family that can be asked, under whichever provider's name.
void write_successor(json::Writer& writer, const catalog::Catalog& catalog, const catalog::Provider& provider,
                     const catalog::Model& model, bool gone) {
  std::string_view name;
  if (gone) {
    for (auto route : catalog.by_family(model.family)) {
      bool same = &catalog.model(route) == &model;
      if (same || catalog.model(route).kind != model.kind) continue;
      if (name.empty() || &catalog.provider(route) == &provider) name = catalog.model_name(route);
      if (&catalog.provider(route) == &provider) break;
    }
  }
  write_text(writer, "successor", name);
}

std::map<std::string, Discovery> discoveries_of(const Gate& gate) {
  std::map<std::string, Discovery> all;
  if (!gate.office.operations.discoveries) return all;
  auto told = gate.office.operations.discoveries();
  if (!told) return all;
  for (Discovery& one : *told) all.emplace(one.provider, std::move(one));
  return all;
}

// Why a model has no route.
Clause why_closed(const catalog::Model& model) {
  if (!model.retired.empty()) return {"retired", "retired on {date}", {{"date", model.retired}}};
  if (model.status == router::kSwitchedOff) return router::why_switched_off();
  if (model.status.empty()) return {"model_off", "switched off"};
  return Clause::quoted(model.status);
}

}  // namespace

server::Answer get_models(const Gate& gate, const Call& call) {
  const auto& catalog = *call.settings->routing->catalog;
  Survey survey(gate, call, "");
  std::string_view wanted = call.parameter("provider");
  auto discoveries = discoveries_of(gate);
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("models").begin_array();
  for (const auto& provider : catalog.providers()) {
    if (!wanted.empty() && provider.id != wanted) continue;
    auto discovery = discoveries.find(provider.id);
    for (const auto& model : provider.models) {
      const auto& routes = catalog.by_full_name(provider.id + "/" + model.id);
      writer.begin_object();
      write_model(writer, provider, model);
      const auto* mark = discovery != discoveries.end() ? discovery->second.find(model.id) : nullptr;
      write_mark(writer, mark);
      writer.member("keys", routes.size());
      write_measures(writer, *call.settings->routing, routes);
      bool vanished = mark && mark->listed && !*mark->listed;
      write_successor(writer, catalog, provider, model, vanished || !model.retired.empty());
      if (!routes.empty()) {
        write_state(writer, call, survey.best(routes));
      } else {
        writer.member_bool("available", false);
        write_clause(writer, "reason", why_closed(model));
        writer.key("until").null();
      }
      writer.end_object();
    }
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
