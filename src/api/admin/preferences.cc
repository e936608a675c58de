#include "api/admin/preferences.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/admin/nouns.h"

namespace freeway::api::admin {

namespace {

server::Answer not_built() { return answer_problem(501, "This server keeps no preferences.", "not_built"); }

Result<std::vector<std::string>> read_names(json::Value value, std::string_view what) {
  std::vector<std::string> names;
  if (value.given() && !value.is(json::Type::array))
    return fail(ErrorKind::invalid, fmt::format("{} is a list of names.", what));
  for (json::Value one : value) {
    auto name = one.string();
    if (!name || name->empty()) return fail(ErrorKind::invalid, fmt::format("{} is a list of names.", what));
    if (std::find(names.begin(), names.end(), *name) == names.end()) names.push_back(std::move(*name));
  }
  return names;
}

server::Answer answer_view(const Result<PreferencesView>& view) {
  if (!view) return answer_error(view.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  write_preferences(writer, view->own);
  writer.key("in_force").begin_object();
  write_list(writer, "order", view->order);
  write_profiles(writer, "profiles", view->profiles);
  writer.end_object().end_object();
  return answer_json(std::move(body));
}

}  // namespace

Result<Preferences> read_preferences(json::Value root) {
  if (!root.is(json::Type::object))
    return fail(ErrorKind::invalid, "Preferences are an object with 'order', 'off' and 'profiles'.");
  Preferences made;
  auto order = read_names(root["order"], "'order'");
  if (!order) return std::unexpected(order.error());
  made.order = std::move(*order);
  auto off = read_names(root["off"], "'off'");
  if (!off) return std::unexpected(off.error());
  made.off = std::move(*off);
  if (root["profiles"].given() && !root["profiles"].is(json::Type::object))
    return fail(ErrorKind::invalid, "'profiles' is an object whose members are lists of models.");
  for (json::Value one : root["profiles"]) {
    std::string name = json::unescape(one.key());
    auto models = read_names(one, "The profile '" + name + "'");
    if (!models) return std::unexpected(models.error());
    made.profiles[name] = std::move(*models);
  }
  return made;
}

void write_profiles(json::Writer& writer, std::string_view key, const Profiles& profiles) {
  writer.key(key).begin_object();
  for (const auto& [name, models] : profiles) write_list(writer, name, models);
  writer.end_object();
}

void write_preferences(json::Writer& writer, const Preferences& preferences) {
  write_list(writer, "order", preferences.order);
  write_list(writer, "off", preferences.off);
  write_profiles(writer, "profiles", preferences.profiles);
}

server::Answer get_preferences(const Gate& gate, const Call&) {
  if (!gate.office.operations.preferences) return not_built();
  return answer_view(gate.office.operations.preferences());
}

server::Answer set_preferences(const Gate& gate, const Call& call) {
  if (!gate.office.operations.set_preferences) return not_built();
  auto document = json::Document::parse(call.body);
  if (!document) return answer_error(document.error());
  auto wanted = read_preferences(document->root());
  if (!wanted) return answer_error(wanted.error());
  return answer_view(gate.office.operations.set_preferences(std::move(*wanted)));
}

}  // namespace freeway::api::admin
