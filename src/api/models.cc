#include "api/models.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "json/writer.h"

namespace freeway::api {

namespace {

std::string iso_time(WallTime time) {
  auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(time + std::chrono::milliseconds(999));
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

// The left-out route that opens first: its reason is the one worth telling.
const router::LeftOut* first_to_open(const router::Plan& plan) {
  auto sooner = [](const router::LeftOut& a, const router::LeftOut& b) { return a.until < b.until; };
  auto at = std::min_element(plan.left_out.begin(), plan.left_out.end(), sooner);
  return at == plan.left_out.end() ? nullptr : &*at;
}

class Rows {
 public:
  Rows(const router::Snapshot& snapshot, const ClientKey& key, const relay::Services& services)
      : snapshot_(snapshot), key_(key), services_(services) {
    at_.now = services.clock.now();
    at_.wall = services.clock.wall();
  }

  // False: the name means nothing, or nothing to this key.
  bool write(json::Writer& writer, std::string_view name, bool& forbidden) const {
    auto names = router::resolve(snapshot_, name, std::nullopt);
    if (!names.known) return false;
    auto allowed = router::allow(snapshot_, names, key_.models);
    forbidden = !allowed.allowed;
    if (forbidden) return false;
    chat::Request request;
    router::Query query;
    query.request = &request;
    query.routes = &allowed.routes;
    query.at = at_;
    auto plan = router::plan(snapshot_, services_.ledger, services_.benches, query);
    writer.begin_object().member("id", name).member("object", "model").member("created", std::int64_t{0});
    writer.member("owned_by", owner(names, allowed.routes));
    writer.key("freeway").begin_object().member_bool("available", !plan.order.empty());
    write_reason(writer, plan, allowed.routes);
    write_facts(writer, allowed.routes);
    writer.end_object().end_object();
    return true;
  }

 private:
  std::string_view owner(const router::Names& names, const std::vector<catalog::RouteId>& routes) const {
    if (!names.pinned || routes.empty()) return "freeway";
    std::string_view first = snapshot_.catalog->provider(routes.front()).id;
    for (auto route : routes) {
      if (snapshot_.catalog->provider(route).id != first) return "freeway";
    }
    return first;
  }

  void write_reason(json::Writer& writer, const router::Plan& plan, const std::vector<catalog::RouteId>& routes) const {
    const auto* left = plan.order.empty() ? first_to_open(plan) : nullptr;
    if (!left) {
      writer.key("reason");
      if (routes.empty()) {
        writer.string("no provider is configured");
      } else {
        writer.null();
      }
      writer.key("until").null();
      return;
    }
    writer.member("reason", left->reason).key("until");
    if (left->until == kNever) {
      writer.null();
    } else {
      writer.string(iso_time(at_.wall + (left->until - at_.now)));
    }
  }

  void write_facts(json::Writer& writer, const std::vector<catalog::RouteId>& routes) const {
    std::uint64_t context = 0;
    std::uint64_t output = 0;
    std::vector<std::string_view> providers;
    for (auto route : routes) {
      context = std::max(context, snapshot_.catalog->model(route).context.value_or(0));
      output = std::max(output, snapshot_.catalog->model(route).max_output.value_or(0));
      std::string_view id = snapshot_.catalog->provider(route).id;
      if (std::find(providers.begin(), providers.end(), id) == providers.end()) providers.push_back(id);
    }
    if (context) writer.member("context", static_cast<std::int64_t>(context));
    if (output) writer.member("max_output", static_cast<std::int64_t>(output));
    writer.key("providers").begin_array();
    for (auto id : providers) writer.string(id);
    writer.end_array();
  }

  const router::Snapshot& snapshot_;
  const ClientKey& key_;
  const relay::Services& services_;
  ledger::Moment at_;
};

}  // namespace

std::string model_list(const router::Snapshot& snapshot, const ClientKey& key, const relay::Services& services) {
  Rows rows(snapshot, key, services);
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("object", "list").key("data").begin_array();
  bool forbidden = false;
  rows.write(writer, "auto", forbidden);
  for (const auto& name : snapshot.catalog->families()) rows.write(writer, name, forbidden);
  for (const auto& name : snapshot.catalog->full_names()) rows.write(writer, name, forbidden);
  writer.end_array().end_object();
  return body;
}

std::optional<std::string> model_row(const router::Snapshot& snapshot, const ClientKey& key, const relay::Services& services,
                                     std::string_view name, bool& forbidden) {
  Rows rows(snapshot, key, services);
  std::string body;
  json::Writer writer(body);
  forbidden = false;
  if (!rows.write(writer, name, forbidden)) return std::nullopt;
  return body;
}

}  // namespace freeway::api
