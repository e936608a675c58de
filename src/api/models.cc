#include "api/models.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "catalog/words.h"
#include "json/writer.h"
#include "router/switched_off.h"

namespace freeway::api {

namespace {

std::string iso_time(WallTime time) {
  auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(time + std::chrono::milliseconds(999));
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

class Rows {
 public:
  Rows(const router::Snapshot& snapshot, const ClientKey& key, catalog::Privacy privacy, const relay::Services& services,
       bool anthropic)
      : snapshot_(snapshot), key_(key), privacy_(privacy), services_(services), anthropic_(anthropic) {
    at_.now = services.clock.now();
    at_.wall = services.clock.wall();
  }

  // False: the name means nothing, or nothing to this key.
  bool write(json::Writer& writer, std::string_view name, bool& forbidden) const {
    auto names = router::resolve(snapshot_, name);
    if (!names.known) names = router::resolve(snapshot_, name, std::nullopt);  // it is of another kind
    if (!names.known || !has_an_address(names.routes)) return false;
    auto allowed = router::allow(snapshot_, names, key_.models);
    forbidden = !allowed.allowed;
    if (forbidden) return false;
    chat::Request request;
    router::Query query;
    query.request = &request;
    query.routes = &allowed.routes;
    query.privacy = privacy_;
    query.at = at_;
    auto plan = router::plan(snapshot_, services_.ledger, services_.benches, query);
    if (anthropic_) {
      write_anthropic(writer, name, allowed.routes);
    } else {
      writer.begin_object().member("id", name).member("object", "model").member("created", std::int64_t{0});
      writer.member("owned_by", owner(names, allowed.routes));
    }
    writer.key("freeway").begin_object().member_bool("available", !plan.order.empty());
    write_reason(writer, plan, allowed.routes);
    write_facts(writer, allowed.routes);
    writer.end_object().end_object();
    return true;
  }

 private:
  // When models were made is not known.
  void write_anthropic(json::Writer& writer, std::string_view name, const router::RouteList& routes) const {
    auto [context, output] = sizes(routes);
    writer.begin_object().member("type", "model").member("id", name).member("display_name", name);
    writer.member("created_at", "1970-01-01T00:00:00Z").key("max_input_tokens");
    context ? writer.natural(context) : writer.null();
    writer.key("max_tokens");
    output ? writer.natural(output) : writer.null();
  }

  // The largest context and the longest answer among them; 0 where nobody knows.
  std::pair<std::uint64_t, std::uint64_t> sizes(const router::RouteList& routes) const {
    std::uint64_t context = 0;
    std::uint64_t output = 0;
    for (auto route : routes) {
      context = std::max(context, snapshot_.catalog->model(route).context.value_or(0));
      output = std::max(output, snapshot_.catalog->model(route).max_output.value_or(0));
    }
    return {context, output};
  }

  // What translates texts can't be asked: no surface has a place for it.
  bool has_an_address(const router::RouteList& routes) const {
    return routes.empty() || snapshot_.catalog->model(routes.front()).askable();
  }

  std::string_view owner(const router::Names& names, const router::RouteList& routes) const {
    if (!names.pinned || routes.empty()) return "freeway";
    std::string_view first = snapshot_.catalog->provider(routes.front()).id;
    for (auto route : routes) {
      if (snapshot_.catalog->provider(route).id != first) return "freeway";
    }
    return first;
  }

  void write_reason(json::Writer& writer, const router::Plan& plan, const router::RouteList& routes) const {
    const auto* left = plan.order.empty() ? router::first_to_open(plan) : nullptr;
    if (!left) {
      writer.key("reason");
      if (routes.empty()) {
        writer.string(nothing_left());
      } else {
        writer.null();
      }
      writer.key("until").null();
      return;
    }
    writer.member("reason", left->reason.text()).key("until");
    if (left->until == kNever) {
      writer.null();
    } else {
      writer.string(iso_time(at_.wall + (left->until - at_.now)));
    }
  }

  // Why `auto` has no route at all.
  std::string_view nothing_left() const {
    bool off = !router::switched_off(snapshot_, router::resolve(snapshot_, ""), std::nullopt).empty();
    return off ? "every model is switched off" : "no provider is configured";
  }

  void write_facts(json::Writer& writer, const router::RouteList& routes) const {
    auto [context, output] = sizes(routes);
    std::vector<std::string_view> providers;
    for (auto route : routes) {
      std::string_view id = snapshot_.catalog->provider(route).id;
      if (std::find(providers.begin(), providers.end(), id) == providers.end()) providers.push_back(id);
    }
    if (!routes.empty()) writer.member("kind", catalog::word(snapshot_.catalog->model(routes.front()).kind));
    if (context) writer.member("context", static_cast<std::int64_t>(context));
    if (output) writer.member("max_output", static_cast<std::int64_t>(output));
    write_abilities(writer, routes);
    writer.key("providers").begin_array();
    for (auto id : providers) writer.string(id);
    writer.end_array();
  }

  // What one of the routes at least can; null where nobody knows of any.
  void write_abilities(json::Writer& writer, const router::RouteList& routes) const {
    if (routes.empty()) return;
    const auto& first = snapshot_.catalog->model(routes.front());
    if (first.kind == chat::Kind::embedding) {
      if (first.dimensions) writer.member("dimensions", *first.dimensions);
      if (first.max_inputs) writer.member("max_inputs", *first.max_inputs);
    }
    if (first.kind != chat::Kind::chat) return;
    writer.key("capabilities").begin_object();
    write_ability(writer, "tools", &catalog::Model::tools, routes);
    write_ability(writer, "vision", &catalog::Model::vision, routes);
    write_ability(writer, "json_schema", &catalog::Model::json, routes);
    write_ability(writer, "reasoning", &catalog::Model::reasoning, routes);
    auto fills = [&](auto route) { return !snapshot_.catalog->model(route).infill.empty(); };
    writer.member("infill", std::any_of(routes.routes().begin(), routes.routes().end(), fills)).end_object();
  }

  void write_ability(json::Writer& writer, std::string_view name, std::optional<bool> catalog::Model::* ability,
                     const router::RouteList& routes) const {
    std::optional<bool> can;
    for (auto route : routes) {
      const auto& one = snapshot_.catalog->model(route).*ability;
      if (one) can = can.value_or(false) || *one;
    }
    writer.key(name);
    if (can) {
      writer.boolean(*can);
    } else {
      writer.null();
    }
  }

  const router::Snapshot& snapshot_;
  const ClientKey& key_;
  catalog::Privacy privacy_;
  const relay::Services& services_;
  bool anthropic_;
  ledger::Moment at_;
};

std::vector<std::string_view> names_of(const router::Snapshot& snapshot) {
  std::vector<std::string_view> names = {"auto"};
  for (const auto& name : snapshot.catalog->families()) names.push_back(name);
  for (const auto& name : snapshot.catalog->full_names()) names.push_back(name);
  return names;
}

}  // namespace

std::string model_list(const router::Snapshot& snapshot, const ClientKey& key, catalog::Privacy privacy,
                       const relay::Services& services) {
  Rows rows(snapshot, key, privacy, services, false);
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("object", "list").key("data").begin_array();
  bool forbidden = false;
  for (const auto& name : names_of(snapshot)) rows.write(writer, name, forbidden);
  writer.end_array().end_object();
  return body;
}

std::optional<std::string> model_page(const router::Snapshot& snapshot, const ClientKey& key, catalog::Privacy privacy,
                                      const relay::Services& services, const Page& page) {
  Rows rows(snapshot, key, privacy, services, true);
  auto names = names_of(snapshot);
  bool back = !page.before.empty();
  if (back) std::reverse(names.begin(), names.end());
  auto at = names.begin();
  if (const std::string& from = back ? page.before : page.after; !from.empty()) {
    at = std::find(names.begin(), names.end(), from);
    if (at == names.end()) return std::nullopt;
    ++at;
  }
  std::vector<std::pair<std::string_view, std::string>> found;
  bool forbidden = false;
  for (; at != names.end() && found.size() <= page.limit; ++at) {
    std::string row;
    json::Writer writer(row);
    if (rows.write(writer, *at, forbidden)) found.emplace_back(*at, std::move(row));
  }
  bool more = found.size() > page.limit;
  if (more) found.pop_back();
  if (back) std::reverse(found.begin(), found.end());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("data").begin_array();
  for (const auto& row : found) writer.raw(row.second);
  writer.end_array().member_bool("has_more", more);
  writer.member_raw("first_id", found.empty() ? "null" : json::quote(found.front().first));
  writer.member_raw("last_id", found.empty() ? "null" : json::quote(found.back().first)).end_object();
  return body;
}

std::optional<std::string> model_row(const router::Snapshot& snapshot, const ClientKey& key, catalog::Privacy privacy,
                                     const relay::Services& services, std::string_view name, bool anthropic,
                                     bool& forbidden) {
  Rows rows(snapshot, key, privacy, services, anthropic);
  std::string body;
  json::Writer writer(body);
  forbidden = false;
  if (!rows.write(writer, name, forbidden)) return std::nullopt;
  return body;
}

}  // namespace freeway::api
