#include <fmt/format.h>

#include <ostream>

#include "app/catalog_report.h"
#include "app/greeting.h"
#include "app/session.h"
#include "app/table.h"
#include "base/duration.h"
#include "json/document.h"

namespace freeway::app {

namespace {

std::string text_of(json::Value value) { return value.string().value_or(""); }
std::uint64_t number_of(json::Value value) { return static_cast<std::uint64_t>(value.integer().value_or(0)); }

std::string describe_routes(json::Value routes) {
  std::string text = fmt::format("{} of {} can serve now", number_of(routes["open"]), number_of(routes["total"]));
  if (number_of(routes["benched"]) > 0) text += fmt::format(", {} benched", number_of(routes["benched"]));
  if (number_of(routes["out_of_quota"]) > 0) text += fmt::format(", {} out of quota", number_of(routes["out_of_quota"]));
  return text;
}

// "2026-01-31T08:49:37.123Z" → "2026-01-31 08:49"
std::string short_moment(json::Value value) {
  auto time = parse_iso_time(text_of(value));
  return time ? short_time(*time) : "";
}

std::string describe_catalog(json::Value catalog) {
  CatalogInForce told;
  told.version = number_of(catalog["version"]);
  told.as_of = text_of(catalog["as_of"]);
  told.installed = text_of(catalog["source"]) == "installed";
  told.installed_on = text_of(catalog["installed_on"]);
  return told.version == 0 ? "none, as the configuration says" : catalog_text(told);
}

void show(std::ostream& out, json::Value root) {
  Duration up = std::chrono::seconds(number_of(root["uptime_s"]));
  out << fmt::format("freeway {}, {}, up {}\n", text_of(root["version"]), text_of(root["state"]), format_duration(up));
  out << fmt::format("  connections  {}, {} in flight, {}, {} in line\n", number_of(root["connections"]),
                     count(number_of(root["requests_in_flight"]), "request"),
                     count(number_of(root["streams_open"]), "stream"), number_of(root["waiting"]));
  out << fmt::format("  memory       {} MiB\n", number_of(root["memory_bytes"]) / (1024 * 1024));
  out << fmt::format("  routes       {}\n", describe_routes(root["routes"]));
  json::Value configuration = root["configuration"];
  out << fmt::format("  file         {}, strategy {}, loaded {} UTC\n", printable(text_of(configuration["path"])),
                     text_of(configuration["strategy"]), short_moment(configuration["loaded_at"]));
  out << fmt::format("  data         {}\n", printable(text_of(configuration["data_directory"])));
  out << fmt::format("  catalog      {}\n", describe_catalog(configuration["catalog"]));
  std::string failed = text_of(configuration["last_reload_error"]);
  if (!failed.empty()) out << "  LAST RELOAD  " << failed << "\n";
  for (json::Value warning : configuration["warnings"]) out << "  note         " << printable(text_of(warning)) << "\n";
  std::string trouble = text_of(root["log"]["trouble"]);
  if (!trouble.empty()) out << "  LOG          " << trouble << "\n";
  std::vector<std::vector<std::string>> rows = {{"PROVIDER", "STATE", "KEYS", "MODELS", "ROUTES", "WHY"}};
  std::size_t idle = 0;
  for (json::Value provider : root["providers"]) {
    std::string state = text_of(provider["state"]);
    if (state == "no_key" || (state == "idle" && number_of(provider["keys"]) == 0)) {
      ++idle;
      continue;
    }
    std::string why = text_of(provider["why"]);
    if (std::string until = short_moment(provider["until"]); !until.empty()) why += fmt::format(" (until {} UTC)", until);
    rows.push_back({text_of(provider["id"]), state, std::to_string(number_of(provider["keys"])),
                    std::to_string(number_of(provider["models"])),
                    fmt::format("{}/{}", number_of(provider["open"]), number_of(provider["routes"])), why});
  }
  if (rows.size() > 1) out << "\n" << table(rows);
  if (idle > 0) {
    out << fmt::format("\n{} more could serve with a key; `freeway models --all` lists their models\n",
                       count(idle, "provider"));
  }
}

// Until somebody has made the dashboard's account.
void show_code(std::ostream& out, ControlClient& client) {
  auto answer = client.call("GET", "/admin/api/session");
  if (!answer || !answer->ok()) return;
  auto told = json::Document::parse(answer->body);
  if (!told || text_of(told->root()["state"]) != "setup") return;
  out << fmt::format("\nthe dashboard has no account yet; from other machines the first one needs the one-time code {}\n",
                     text_of(told->root()["code"]));
}

// "told 2026-01-31 08:49" of a learned limit, else where the figure was read.
std::string source_of(json::Value pool) {
  json::Value learned = pool["learned"];
  if (learned.is(json::Type::object))
    return fmt::format("{} by the provider {}", text_of(learned["how"]) == "told" ? "told" : "counted from refusals",
                       short_moment(learned["at"]));
  std::string source = text_of(pool["source"]);
  std::string as_of = text_of(pool["as_of"]);
  if (source.empty()) return "configured";
  return as_of.empty() ? source : fmt::format("{}, {}", source, as_of);
}

std::string amount_of(json::Value value) { return fmt::format("{:g}", value.number().value_or(0)); }

// The pools that somebody has drawn on, or that a provider has said something of.
void show_pools(std::ostream& out, json::Value pools) {
  std::vector<std::vector<std::string>> rows = {
      {"POOL", "LIMIT", "USED", "IN FLIGHT", "FREES", "TODAY", "REFUSED", "SOURCE"}};
  for (json::Value pool : pools) {
    bool touched = pool["used"].number().value_or(0) + pool["in_flight"].number().value_or(0) > 0;
    bool said = pool["learned"].is(json::Type::object) || pool["left_by_provider"].is(json::Type::object);
    if (!touched && !said && pool["today"]["granted"].number().value_or(0) == 0) continue;
    auto left = pool["resets_in_s"].number();
    auto frees =
        left ? "in " + format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(*left * 1000))) : std::string();
    rows.push_back({text_of(pool["name"]), amount_of(pool["limit"]), amount_of(pool["used"]), amount_of(pool["in_flight"]),
                    frees, amount_of(pool["today"]["used"]), amount_of(pool["today"]["refused"]), source_of(pool)});
  }
  if (rows.size() > 1) out << "\n" << table(rows);
}

}  // namespace

int show_status(Session& session) {
  ControlClient client(session.data_directory);
  auto answer = client.call("GET", "/admin/api/status");
  if (!answer && answer.error().kind == ErrorKind::not_found) {
    if (session.asked.json) session.out << "{\"state\":\"stopped\"}\n";
    return session.failed({ErrorKind::not_found, fmt::format("no server runs on {}; `freeway serve` starts one, "
                                                             "`freeway doctor` tells what may be wrong",
                                                             session.data_directory)});
  }
  if (!answer) return session.failed(answer.error());
  if (!answer->ok()) return session.failed(answer->error());
  if (session.asked.json) {
    session.out << answer->body << "\n";
    return kDone;
  }
  auto document = json::Document::parse(answer->body);
  if (!document) return session.failed(document.error());
  show(session.out, document->root());
  show_code(session.out, client);
  auto pools = client.call("GET", "/admin/api/pools");
  if (!pools || !pools->ok()) return kDone;
  auto listed = json::Document::parse(pools->body);
  if (listed) show_pools(session.out, listed->root()["pools"]);
  return kDone;
}

}  // namespace freeway::app
