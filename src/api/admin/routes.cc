#include <fmt/format.h>

#include "api/admin/levels.h"
#include "api/admin/nouns.h"

namespace freeway::api::admin {

namespace {

// As the rankings saw the model last, a second ago or so.
void write_measures(json::Writer& writer, const router::Snapshot& snapshot, router::Strategy strategy,
                    catalog::RouteId route) {
  writer.key("measures");
  auto preference = snapshot.rankings ? snapshot.rankings->of(strategy) : nullptr;
  if (!preference || preference->models.empty()) {
    writer.null();
    return;
  }
  const auto& seen = preference->models[snapshot.rankings->bound().model_of[route]].facts.measured;
  writer.begin_object();
  writer.key("success").number(seen.success).key("samples").number(seen.samples);
  writer.key("first_content_s").number(seen.first).key("tokens_per_s").number(seen.speed);
  writer.key("timed_samples").number(seen.timed).end_object();
}

void write_score(json::Writer& writer, const RouteState& state) {
  if (!state.chosen) {
    writer.key("score").null().key("level").null().key("parts").null();
    return;
  }
  writer.key("score").number(state.chosen->score).member("level", state.chosen->level);
  write_text(writer, "parts", joined(state.chosen->parts));
}

}  // namespace

server::Answer get_routes(const Gate& gate, const Call& call) {
  const auto& snapshot = *call.settings->routing;
  const auto& catalog = *snapshot.catalog;
  Survey survey(gate, call, call.parameter("strategy"));
  if (!survey.known()) return answer_parameter("strategy", "priority, balanced, smart, fast, reliable or spread");
  std::string_view provider = call.parameter("provider");
  std::string_view model = call.parameter("model");

  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("strategy", router::to_string(survey.strategy())).key("routes").begin_array();
  for (catalog::RouteId route = 0; route < catalog.routes().size(); ++route) {
    if (!provider.empty() && catalog.provider(route).id != provider) continue;
    if (!model.empty() && catalog.model(route).id != model && catalog.model(route).family != model) continue;
    const RouteState& state = survey.of(route);
    writer.begin_object().member("route", catalog.route_name(route));
    writer.member("provider", catalog.provider(route).id).member("model", catalog.model(route).id);
    writer.member("family", catalog.model(route).family).member("key", catalog.key(route).name);
    write_state(writer, call, &state);
    writer.key("place");
    if (state.open) {
      writer.natural(state.place);
    } else {
      writer.null();
    }
    write_score(writer, state);
    write_measures(writer, snapshot, survey.strategy(), route);
    writer.end_object();
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
