#include <algorithm>

#include "api/admin/levels.h"
#include "api/admin/nouns.h"
#include "router/switched_off.h"

namespace freeway::api::admin {

namespace {

// What `recent` looks back on.
constexpr Duration kRecent = std::chrono::minutes(15);

struct Standing {
  std::size_t routes = 0;
  std::size_t open = 0;
  std::size_t benched = 0;
  std::size_t out_of_quota = 0;
  const router::LeftOut* first = nullptr;  // to open

  std::string_view state() const {
    if (open > 0) return "serving";
    if (benched > 0 && out_of_quota == 0) return "benched";
    return routes > 0 ? "out_of_quota" : "idle";
  }
};

std::vector<Standing> stand(const Survey& survey) {
  const auto& catalog = survey.catalog();
  std::vector<Standing> standings(catalog.providers().size());
  for (catalog::RouteId route = 0; route < catalog.routes().size(); ++route) {
    Standing& one = standings[catalog.routes()[route].provider];
    const RouteState& state = survey.of(route);
    using Why = router::LeftOut::Why;
    ++one.routes;
    if (state.open) ++one.open;
    if (!state.left_out) continue;
    if (state.left_out->why == Why::benched || state.left_out->why == Why::probing) ++one.benched;
    if (state.left_out->why == Why::quota || state.left_out->why == Why::too_large) ++one.out_of_quota;
    if (!one.first || state.left_out->until < one.first->until) one.first = state.left_out;
  }
  return standings;
}

void write_standing(json::Writer& writer, const Standing& standing) {
  writer.member("routes", standing.routes).member("open", standing.open);
  writer.member("benched", standing.benched).member("out_of_quota", standing.out_of_quota);
}

bool switched_off(const catalog::Provider& provider) {
  return std::any_of(provider.models.begin(), provider.models.end(),
                     [](const catalog::Model& model) { return !model.enabled && model.status == router::kSwitchedOff; });
}

void write_providers(json::Writer& writer, const Call& call, const Survey& survey, const std::vector<Standing>& standings,
                     const Condition& condition) {
  writer.key("providers").begin_array();
  for (std::size_t i = 0; i < standings.size(); ++i) {
    const auto& provider = survey.catalog().providers()[i];
    const Standing& standing = standings[i];
    writer.begin_object().member("id", provider.id);
    write_text(writer, "name", provider.name);
    writer.member("state", standing.state());
    writer.member("keys", provider.keys.size()).member("models", provider.models.size());
    write_standing(writer, standing);
    bool closed = standing.open == 0 && standing.first;
    Clause why = closed ? standing.first->reason : Clause();
    if (standing.routes == 0 && switched_off(provider)) why = router::why_switched_off();
    write_clause(writer, "why", why);
    writer.key("until");
    write_until(writer, call, closed ? standing.first->until : kNever);
    write_text(writer, "signup", provider.signup);
    writer.end_object();
  }
  for (const auto& idle : condition.idle) {
    writer.begin_object().member("id", idle.id);
    write_text(writer, "name", idle.name);
    writer.member("state", idle.awaits_key ? "no_key" : "idle");
    writer.member("keys", 0).member("models", idle.models);
    write_standing(writer, Standing());
    write_clause(writer, "why", idle.why);
    writer.key("until").null();
    write_text(writer, "signup", idle.signup);
    write_list(writer, "env", idle.env);
    writer.member("keyless", idle.keyless);
    writer.end_object();
  }
  writer.end_array();
}

void write_log(json::Writer& writer, const Gate& gate) {
  writer.key("log");
  if (!gate.office.store) {
    writer.null();
    return;
  }
  auto log = gate.office.store->status();
  writer.begin_object().member("written", log.logged).member("dropped", log.dropped).member("waiting", log.waiting);
  writer.member("bytes", log.bytes);
  write_text(writer, "trouble", log.trouble);
  writer.end_object();
}

void write_last_failure(json::Writer& writer, store::Store& store) {
  writer.key("last_failure");
  auto record = store.last_failure();
  if (!record || !*record) {
    writer.null();
    return;
  }
  const store::RequestRecord& failed = **record;
  const store::AttemptRecord* last = failed.attempts.empty() ? nullptr : &failed.attempts.back();
  writer.begin_object().member("id", failed.id).member("time", spell(failed.time));
  write_text(writer, "asked", failed.asked);
  write_text(writer, "provider", last ? std::string_view(last->provider) : std::string_view());
  write_text(writer, "model", last ? std::string_view(last->model) : std::string_view());
  writer.member("status", failed.status);
  write_text(writer, "error_code", failed.error_code);
  write_text(writer, "error", failed.error);
  write_text(writer, "evidence", last ? std::string_view(last->evidence) : std::string_view());
  writer.end_object();
}

// How it went lately, by the request log.
void write_recent(json::Writer& writer, const Gate& gate, const Call& call) {
  writer.key("recent");
  store::MeasureQuery query;
  query.from = call.wall - kRecent;
  auto measured = gate.office.store ? gate.office.store->measures(query) : Result<store::Measured>();
  if (!measured || measured->rows.empty()) {
    writer.null();
    return;
  }
  const store::MeasureRow& row = measured->rows.front();
  writer.begin_object().member("span_s", kRecent / std::chrono::seconds(1)).member("requests", row.requests);
  writer.member("answered", row.answered).member("failed", row.failed + row.broken).key("success");
  if (auto success = success_of(row)) {
    writer.number(*success);
  } else {
    writer.null();
  }
  for (auto [key, value] : {std::pair("ttft_p50_ms", row.ttft_p50), std::pair("ttft_p95_ms", row.ttft_p95)}) {
    if (value) {
      write_ms(writer, key, *value);
    } else {
      writer.key(key).null();
    }
  }
  write_last_failure(writer, *gate.office.store);
  writer.end_object();
}

std::string_view word(CatalogStanding::Source source) {
  switch (source) {
    case CatalogStanding::Source::built_in: return "built_in";
    case CatalogStanding::Source::installed: return "installed";
    case CatalogStanding::Source::none: break;
  }
  return "none";
}

void write_catalog(json::Writer& writer, const CatalogStanding& catalog) {
  writer.key("catalog").begin_object().member("source", word(catalog.source)).key("version");
  if (catalog.version > 0) {
    writer.natural(catalog.version);
  } else {
    writer.null();
  }
  write_text(writer, "as_of", catalog.as_of);
  write_text(writer, "installed_on", catalog.installed_on);
  write_text(writer, "trouble", catalog.trouble);
  writer.end_object();
}

void write_configuration(json::Writer& writer, const Call& call, const Condition& condition) {
  writer.key("configuration").begin_object();
  write_text(writer, "path", condition.config_path);
  write_text(writer, "data_directory", condition.data_directory);
  write_text(writer, "hash", call.settings->hash);
  writer.member("strategy", call.settings->routing->policy.strategy);
  write_time(writer, "loaded_at", call.settings->loaded);
  write_list(writer, "warnings", condition.warnings);
  write_text(writer, "last_reload_error", condition.last_reload_error);
  write_catalog(writer, condition.catalog);
  writer.end_object();
}

}  // namespace

server::Answer get_status(const Gate& gate, const Call& call) {
  const Office& office = gate.office;
  Condition condition;
  if (office.operations.condition) condition = office.operations.condition();
  Survey survey(gate, call, "");
  auto standings = stand(survey);
  Standing all;
  for (const auto& one : standings) {
    all.routes += one.routes;
    all.open += one.open;
    all.benched += one.benched;
    all.out_of_quota += one.out_of_quota;
  }

  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("version", office.vitals.version);
  writer.member("state", gate.draining ? "draining" : "ready");
  write_time(writer, "started_at", office.vitals.started_wall);
  writer.member("uptime_s", (call.now - office.vitals.started) / std::chrono::seconds(1));
  if (office.vitals.connections) writer.member("connections", office.vitals.connections());
  writer.member("requests_in_flight", office.metrics.in_flight()).member("streams_open", office.metrics.streams());
  writer.member("waiting", gate.services.waiting_room.size()).member("sessions", gate.services.sessions.size());
  if (office.vitals.memory) writer.member("memory_bytes", office.vitals.memory());
  writer.member("clients", call.settings->client_keys.size());
  writer.key("routes").begin_object();
  writer.member("total", all.routes).member("open", all.open);
  writer.member("benched", all.benched).member("out_of_quota", all.out_of_quota);
  writer.end_object();
  write_recent(writer, gate, call);
  write_configuration(writer, call, condition);
  write_log(writer, gate);
  writer.key("journal").begin_object();
  write_text(writer, "state", condition.journal);
  writer.member("bytes", condition.journal_bytes).end_object();
  write_providers(writer, call, survey, standings, condition);
  writer.end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
