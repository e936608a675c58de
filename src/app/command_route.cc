#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "app/commands.h"
#include "dialect/count.h"
#include "dialect/openai/surface.h"
#include "json/writer.h"
#include "relay/token_counts.h"
#include "router/benches.h"
#include "router/router.h"
#include "router/switched_off.h"

namespace freeway::app {

namespace {

using catalog::RouteId;

std::string_view name_of(router::LeftOut::Why why) {
  switch (why) {
    case router::LeftOut::Why::capability: return "capability";
    case router::LeftOut::Why::quota: return "quota";
    case router::LeftOut::Why::benched: return "benched";
    case router::LeftOut::Why::too_large: return "too_large";
    case router::LeftOut::Why::probing: return "probing";
    case router::LeftOut::Why::privacy: return "privacy";
  }
  return "capability";
}

// Why a route stands where it stands.
std::string reason_of(const router::Snapshot& snapshot, const router::Names& names, RouteId route) {
  const catalog::Catalog& catalog = *snapshot.catalog;
  std::string name = catalog.model_name(route);
  const catalog::Model& model = catalog.model(route);
  std::string reason = names.pinned ? "asked for by name" : "";
  auto place = std::find(snapshot.policy.order.begin(), snapshot.policy.order.end(), name);
  if (!reason.empty()) reason += ", ";
  if (place != snapshot.policy.order.end()) {
    reason += fmt::format("number {} of routing.order", place - snapshot.policy.order.begin() + 1);
  } else {
    reason += fmt::format("provider number {} of the configuration", catalog.routes()[route].provider + 1);
  }
  if (model.context) reason += fmt::format(", context of {} tokens", *model.context);
  return reason;
}

struct Explained {
  const router::Snapshot& snapshot;
  const router::Names& names;
  const router::Plan& plan;
  const RouteQuestion& question;
  std::uint64_t prompt_tokens = 0;
};

void write_route(json::Writer& writer, const catalog::Catalog& catalog, RouteId route) {
  writer.begin_object().member("route", catalog.route_name(route)).member("provider", catalog.provider(route).id);
  writer.member("model", catalog.model(route).id).member("key", catalog.key(route).name);
}

std::string as_json(const Explained& explained) {
  const catalog::Catalog& catalog = *explained.snapshot.catalog;
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("model", explained.question.model).member("resolved", explained.names.resolved);
  writer.member_bool("pinned", explained.names.pinned);
  writer.member("strategy", router::to_string(explained.names.strategy)).member_bool("profile", explained.names.profile);
  writer.member("privacy", to_string(explained.question.privacy)).key("needs").begin_object();
  writer.member("prompt_tokens", static_cast<std::int64_t>(explained.prompt_tokens)).end_object();
  writer.key("candidates").begin_array();
  for (const router::Plan::Chosen& chosen : explained.plan.chosen) {
    write_route(writer, catalog, chosen.route);
    writer.key("score").number(chosen.score).member("level", chosen.level);
    std::string parts = reason_of(explained.snapshot, explained.names, chosen.route);
    if (!chosen.parts.empty()) parts += ", " + joined(chosen.parts);
    writer.member("parts", parts).end_object();
  }
  writer.end_array().key("left_out").begin_array();
  for (const router::LeftOut& left : explained.plan.left_out) {
    write_route(writer, catalog, left.route);
    writer.member("why", name_of(left.why)).member("reason", left.reason.text()).end_object();
  }
  for (const router::SwitchedOff& one : router::switched_off(explained.snapshot, explained.names)) {
    for (const catalog::Key& key : one.provider->keys) {
      writer.begin_object().member("route", fmt::format("{}/{} {}", one.provider->id, one.model->id, key.name));
      writer.member("provider", one.provider->id).member("model", one.model->id).member("key", key.name);
      writer.member("why", "off").member("reason", router::kSwitchedOff).end_object();
    }
  }
  writer.end_array().end_object();
  return text;
}

std::string text_of(json::Value value) { return value.string().value_or(""); }

}  // namespace

Result<std::string> explain_route(const Config& config, const RouteQuestion& question, ledger::Moment at) {
  auto built = catalog::Catalog::build(config.providers);
  if (!built) return std::unexpected(built.error());
  router::Snapshot snapshot;
  snapshot.catalog = std::make_shared<const catalog::Catalog>(std::move(*built));
  ledger::Ledger ledger({});
  snapshot.bindings = ledger.bind(*snapshot.catalog);
  snapshot.policy = config.policy;
  router::Measures measures;
  snapshot.rankings =
      std::make_shared<router::Rankings>(snapshot.catalog, snapshot.policy, measures, measures.bind(*snapshot.catalog));
  snapshot.rankings->refresh(ledger, *snapshot.bindings, at);

  auto request = dialect::openai::decode_request(question_text(question));
  if (!request) return fail(ErrorKind::invalid, request.error().message);
  router::Names names = router::resolve(snapshot, question.model);
  if (!names.known && !router::switched_off(snapshot, names).empty()) {
    return fail(ErrorKind::not_found, fmt::format("the model \"{}\" is {}", question.model, router::kSwitchedOff));
  }
  if (!names.known) {
    return fail(ErrorKind::not_found,
                fmt::format("no model is called \"{}\"; `freeway models` lists what there is", question.model));
  }
  router::Benches benches({});
  router::Query query;
  query.request = request->get();
  query.routes = &names.routes;
  query.strategy = names.strategy;
  query.privacy = question.privacy;
  query.demand.prompt_tokens = (*request)->prompt_tokens;
  query.demand.output_tokens = query.demand.max_tokens = relay::TokenCounts::kUnknown;
  query.recount = [&](RouteId route) {
    router::Recounted recounted;
    recounted.prompt = dialect::count_prompt(**request, token::vocabulary_of(snapshot.catalog->model(route).id).encoding);
    recounted.demand = query.demand;
    recounted.demand.prompt_tokens = recounted.prompt.tokens;
    return recounted;
  };
  query.at = at;
  router::Plan plan = router::plan(snapshot, ledger, benches, query);
  return as_json({snapshot, names, plan, question, (*request)->prompt_tokens});
}

std::string question_text(const RouteQuestion& question) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("model", question.model).key("messages").begin_array();
  writer.begin_object().member("role", "user").member("content", question.prompt).end_object();
  writer.end_array().end_object();
  return text;
}

std::string describe_explanation(json::Value root) {
  bool pinned = root["pinned"].boolean().value_or(false);
  bool profile = root["profile"].boolean().value_or(false);
  std::string order = fmt::format("by strategy {}", text_of(root["strategy"]));
  if (profile) order = "in the order of the profile";
  std::string privacy = text_of(root["privacy"]);
  if (!privacy.empty() && privacy != to_string(catalog::Privacy::any)) order += ", privacy " + privacy;
  std::string text =
      fmt::format("{} means {}{}, {}; about {} prompt tokens\n", text_of(root["model"]), text_of(root["resolved"]),
                  pinned ? " and nothing else" : "", order, root["needs"]["prompt_tokens"].integer().value_or(0));
  std::size_t number = 0;
  for (json::Value row : root["candidates"]) {
    text += fmt::format("{:>4}. {}", ++number, text_of(row["route"]));
    std::string parts = text_of(row["parts"]);
    if (row["level"].integer().value_or(0) != 0)
      parts = fmt::format("level {}{}{}", *row["level"].integer(), parts.empty() ? "" : ", ", parts);
    for (json::Value pool : row["pools"])
      parts += fmt::format("{}{}: {} of {} used", parts.empty() ? "" : ", ", text_of(pool["name"]),
                           pool["used"].integer().value_or(0), pool["limit"].integer().value_or(0));
    text += parts.empty() ? "\n" : ": " + parts + "\n";
  }
  if (number == 0) text += "  no route can take this request now\n";
  bool any = false;
  for (json::Value row : root["left_out"]) {
    if (!any) text += "left out:\n";
    any = true;
    std::string why = text_of(row["reason"]);
    text += fmt::format("      {}: {}\n", text_of(row["route"]), why.empty() ? text_of(row["why"]) : why);
  }
  return text;
}

}  // namespace freeway::app
