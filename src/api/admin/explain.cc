// POST explain: what would become of a request now, by the functions that serve it, without reserving or calling anything.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "api/admin/levels.h"
#include "api/admin/nouns.h"
#include "api/job.h"
#include "ledger/bindings.h"
#include "relay/question.h"
#include "router/switched_off.h"

namespace freeway::api::admin {

namespace {

using Levels = std::unordered_map<std::string, ledger::PoolLevel>;

Levels levels_of(const Gate& gate, const Call& call) {
  Levels levels;
  for (auto& level : gate.services.ledger.levels({call.now, call.wall})) levels.emplace(level.name, level);
  return levels;
}

// Everything that is told of one question.
class Explanation {
 public:
  Explanation(const Gate& gate, const Call& call, const relay::Job& job)
      : gate_(gate),
        call_(call),
        job_(job),
        catalog_(*job.snapshot->catalog),
        levels_(levels_of(gate, call)),
        writer_(body_) {
    query_ = relay::question_of(job, gate.services, {call.now, call.wall});
    plan_ = router::plan(*job.snapshot, gate.services.ledger, gate.services.benches, query_);
  }

  std::string write() {
    writer_.begin_object();
    write_question();
    write_candidates();
    write_left_out();
    writer_.key("earliest");
    write_until(writer_, call_, plan_.order.empty() ? plan_.earliest : call_.now);
    writer_.member("waiting", gate_.services.waiting_room.size());
    writer_.end_object();
    return std::move(body_);
  }

 private:
  void write_question() {
    const auto& request = *job_.request;
    auto names = router::resolve(*job_.snapshot, request.model);
    writer_.member("model", request.model.empty() ? std::string_view("auto") : std::string_view(request.model));
    writer_.member("resolved", names.resolved).member_bool("pinned", names.pinned);
    writer_.member("strategy", router::to_string(job_.strategy)).member_bool("profile", names.profile);
    write_text(writer_, "client", job_.client);
    writer_.member("privacy", to_string(job_.privacy));
    write_text(writer_, "configuration", call_.settings->hash);
    writer_.key("session").begin_object();
    writer_.member("by", job_.session.empty() ? "none" : job_.session.starts_with("id:") ? "header" : "opening");
    write_text(writer_, "stays_with", query_.session_model.value_or(""));
    writer_.end_object();
    writer_.key("needs")
        .begin_object()
        .member_bool("tools", request.needs_tools)
        .member_bool("vision", request.needs_vision);
    writer_.member_bool("json_schema", request.structure == chat::Structure::json_schema);
    writer_.member_bool("stream", request.stream).member("prompt_tokens", request.prompt_tokens).key("max_tokens");
    if (request.max_tokens) {
      writer_.natural(*request.max_tokens);
    } else {
      writer_.null();
    }
    writer_.end_object();
  }

  void write_route(catalog::RouteId route) {
    writer_.member("route", catalog_.route_name(route)).member("provider", catalog_.provider(route).id);
    writer_.member("model", catalog_.model(route).id).member("key", catalog_.key(route).name);
  }

  void write_pools(catalog::RouteId route) {
    writer_.key("pools").begin_array();
    for (const auto& pool : ledger::pools_of(catalog_, route)) {
      auto level = levels_.find(pool.name);
      if (level == levels_.end()) continue;
      writer_.begin_object().member("name", pool.name).member("limit", level->second.limit);
      writer_.member("used", level->second.used).member("in_flight", level->second.in_flight).end_object();
    }
    writer_.end_array();
  }

  void write_candidates() {
    writer_.key("candidates").begin_array();
    for (std::size_t i = 0; i < plan_.order.size(); ++i) {
      catalog::RouteId route = plan_.order[i];
      writer_.begin_object();
      write_route(route);
      auto chosen = std::find_if(plan_.chosen.begin(), plan_.chosen.end(),
                                 [route](const router::Plan::Chosen& one) { return one.route == route; });
      if (chosen != plan_.chosen.end()) {
        writer_.key("score").number(chosen->score).member("level", chosen->level);
        write_text(writer_, "parts", joined(chosen->parts));
      } else {
        writer_.key("score").null().key("level").null().key("parts").null();
      }
      write_pools(route);
      writer_.end_object();
    }
    writer_.end_array();
  }

  void write_left_out() {
    writer_.key("left_out").begin_array();
    for (const auto& left : plan_.left_out) {
      writer_.begin_object();
      write_route(left.route);
      writer_.member("why", word(left.why));
      write_clause(writer_, "reason", left.reason);
      writer_.key("until");
      write_until(writer_, call_, left.until);
      write_pools(left.route);
      writer_.end_object();
    }
    write_off();
    writer_.end_array();
  }

  void write_off() {
    auto names = router::resolve(*job_.snapshot, job_.request->model);
    for (const auto& one : router::switched_off(*job_.snapshot, names)) {
      for (const auto& key : one.provider->keys) {
        writer_.begin_object().member("route", fmt::format("{}/{} {}", one.provider->id, one.model->id, key.name));
        writer_.member("provider", one.provider->id).member("model", one.model->id).member("key", key.name);
        writer_.member("why", "off");
        write_clause(writer_, "reason", router::why_switched_off());
        writer_.key("until").null();
        writer_.key("pools").begin_array().end_array().end_object();
      }
    }
  }

  const Gate& gate_;
  const Call& call_;
  const relay::Job& job_;
  const catalog::Catalog& catalog_;
  Levels levels_;
  router::Query query_;
  router::Plan plan_;
  std::string body_;
  json::Writer writer_;
};

}  // namespace

server::Answer explain(const Gate& gate, const Call& call) {
  const ClientKey* key = nullptr;
  std::string_view client = call.parameter("client");
  if (!client.empty()) {
    for (const auto& one : call.settings->client_keys)
      if (one.name == client) key = &one;
    if (!key) return answer_problem(404, fmt::format("There is no client '{}'.", client), "not_found");
  }
  http::Fields fields = call.fields;
  std::string_view privacy = call.parameter("privacy");
  if (!privacy.empty()) fields.add("x-freeway-privacy", std::string(privacy));
  Prepared made;
  auto problem = make_job(*call.settings, key, Entry(), fields, call.body, made);
  if (problem) return answer_problem(problem->status, problem->message, problem->code, problem->param);
  Explanation explanation(gate, call, made.job);
  return answer_json(explanation.write());
}

}  // namespace freeway::api::admin
