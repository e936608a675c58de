#include <map>

#include "api/admin/levels.h"
#include "api/admin/nouns.h"
#include "catalog/words.h"

namespace freeway::api::admin {

namespace {

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
}

// What a provider's own list says of the model; nulls where nobody has looked.
void write_mark(json::Writer& writer, const Discovery::Mark* mark) {
  write_flag(writer, "listed", mark != nullptr ? mark->listed : std::nullopt);
  write_time(writer, "listed_at", mark != nullptr ? mark->seen : std::nullopt);
}

std::map<std::string, Discovery> discoveries_of(const Gate& gate) {
  std::map<std::string, Discovery> all;
  if (!gate.office.operations.discoveries) return all;
  auto told = gate.office.operations.discoveries();
  if (!told) return all;
  for (Discovery& one : *told) all.emplace(one.provider, std::move(one));
  return all;
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
      write_mark(writer, discovery != discoveries.end() ? discovery->second.find(model.id) : nullptr);
      writer.member("keys", routes.size());
      if (!routes.empty()) {
        write_state(writer, call, survey.best(routes));
      } else {
        writer.member_bool("available", false);
        writer.member("reason", !model.retired.empty() ? "retired on " + model.retired
                                : model.status.empty() ? std::string("switched off")
                                                       : model.status);
        writer.key("until").null();
      }
      writer.end_object();
    }
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
