#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "app/commands.h"
#include "base/duration.h"
#include "dialect/openai/surface.h"
#include "json/writer.h"
#include "relay/answer_sizes.h"
#include "router/benches.h"
#include "router/router.h"

namespace freeway::app {

namespace {

using catalog::RouteId;

std::string request_text(const RouteQuestion& question) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("model", question.model).key("messages").begin_array();
  writer.begin_object().member("role", "user").member("content", question.prompt).end_object();
  writer.end_array().end_object();
  return text;
}

std::string_view name_of(router::LeftOut::Why why) {
  switch (why) {
    case router::LeftOut::Why::capability: return "capability";
    case router::LeftOut::Why::quota: return "quota";
    case router::LeftOut::Why::benched: return "benched";
    case router::LeftOut::Why::too_large: return "too_large";
    case router::LeftOut::Why::probing: return "probing";
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
  Instant now;
};

std::string as_json(const Explained& explained) {
  const catalog::Catalog& catalog = *explained.snapshot.catalog;
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("model", explained.question.model).member("resolved", explained.names.resolved);
  writer.member_bool("pinned", explained.names.pinned);
  writer.member("prompt_tokens", static_cast<std::int64_t>(explained.prompt_tokens));
  writer.key("order").begin_array();
  for (RouteId route : explained.plan.order) {
    writer.begin_object().member("route", catalog.route_name(route)).member("provider", catalog.provider(route).id);
    writer.member("model", catalog.model(route).id).member("key", catalog.key(route).name);
    writer.member("reason", reason_of(explained.snapshot, explained.names, route)).end_object();
  }
  writer.end_array().key("left_out").begin_array();
  for (const router::LeftOut& left : explained.plan.left_out) {
    writer.begin_object().member("route", catalog.route_name(left.route)).member("why", name_of(left.why));
    writer.member("reason", left.reason).end_object();
  }
  writer.end_array().end_object();
  return text + "\n";
}

std::string as_text(const Explained& explained) {
  const catalog::Catalog& catalog = *explained.snapshot.catalog;
  std::string text =
      fmt::format("{} means {}{}; about {} prompt tokens\n", explained.question.model, explained.names.resolved,
                  explained.names.pinned ? " and nothing else" : "", explained.prompt_tokens);
  std::size_t number = 0;
  for (RouteId route : explained.plan.order) {
    text += fmt::format("{:>4}. {}: {}\n", ++number, catalog.route_name(route),
                        reason_of(explained.snapshot, explained.names, route));
  }
  if (number == 0) text += "  no route can take this request\n";
  if (!explained.plan.left_out.empty()) text += "left out:\n";
  for (const router::LeftOut& left : explained.plan.left_out) {
    text +=
        fmt::format("      {}: {}", catalog.route_name(left.route), left.reason.empty() ? name_of(left.why) : left.reason);
    if (left.until != kNever) text += fmt::format(" (for {})", format_duration(left.until - explained.now));
    text += "\n";
  }
  return text;
}

}  // namespace

Result<std::string> explain_route(const Config& config, const RouteQuestion& question, ledger::Moment at) {
  auto built = catalog::Catalog::build(config.providers);
  if (!built) return std::unexpected(built.error());
  router::Snapshot snapshot;
  snapshot.catalog = std::make_shared<const catalog::Catalog>(std::move(*built));
  ledger::Ledger ledger({});
  snapshot.bindings = ledger.bind(*snapshot.catalog);
  snapshot.policy = config.policy;

  auto request = dialect::openai::decode_request(request_text(question));
  if (!request) return fail(ErrorKind::invalid, request.error().message);
  router::Names names = router::resolve(snapshot, question.model);
  if (!names.known) {
    return fail(ErrorKind::not_found,
                fmt::format("no model is called \"{}\"; `freeway models` lists what there is", question.model));
  }
  router::Benches benches({});
  router::Query query;
  query.request = request->get();
  query.routes = &names.routes;
  query.demand.prompt_tokens = (*request)->prompt_tokens;
  query.demand.output_tokens = query.demand.max_tokens = relay::AnswerSizes::kUnknown;
  query.at = at;
  router::Plan plan = router::plan(snapshot, ledger, benches, query);
  Explained explained{snapshot, names, plan, question, (*request)->prompt_tokens, at.now};
  return question.json ? as_json(explained) : as_text(explained);
}

}  // namespace freeway::app
