#include <fmt/format.h>

#include <algorithm>

#include "api/admin/levels.h"
#include "api/admin/nouns.h"
#include "json/document.h"

namespace freeway::api::admin {

namespace {

constexpr std::size_t kMostKeys = 1000;  // of one request
constexpr std::size_t kLongestReason = 200;

server::Answer not_built() { return answer_problem(501, "This server can't change its keys by request.", "not_built"); }

// How a key's routes stand together.
struct KeyState {
  std::size_t routes = 0;
  std::size_t open = 0;
  bool benched = false;  // none but benches hold it
  const router::LeftOut* first = nullptr;
};

KeyState stand(const Survey& survey, const KeyView& key) {
  KeyState state;
  const auto& catalog = survey.catalog();
  for (catalog::RouteId route = 0; route < catalog.routes().size(); ++route) {
    if (catalog.key(route).name != key.name || catalog.provider(route).id != key.provider) continue;
    const RouteState& of_route = survey.of(route);
    ++state.routes;
    if (of_route.open) ++state.open;
    if (!of_route.left_out) continue;
    if (!state.first || of_route.left_out->until < state.first->until) state.first = of_route.left_out;
    using Why = router::LeftOut::Why;
    state.benched = state.benched || of_route.left_out->why == Why::benched || of_route.left_out->why == Why::probing;
  }
  return state;
}

void write_state(json::Writer& writer, const Call& call, const KeyView& key, const KeyState& state) {
  std::string_view name = "serving";
  Clause why;
  Instant until = kNever;
  if (key.disabled) {
    name = "disabled";
    why = key.why;
  } else if (!key.serving) {
    name = "unused";
    why = key.why;
  } else if (state.routes == 0) {
    name = "unused";
    why = {"no_model_on", "none of its provider's models is switched on"};
  } else if (state.open == 0 && state.first) {
    name = state.first->bench_reason == router::Reason::invalid_key ? "invalid" : state.benched ? "benched" : "out_of_quota";
    why = state.first->reason;
    until = state.first->until;
  }
  writer.member("state", name);
  write_clause(writer, "why", why);
  writer.key("until");
  write_until(writer, call, until);
  writer.member("routes", state.routes).member("open", state.open);
}

void write_check(json::Writer& writer, const KeyCheck& check) {
  writer.begin_object().member("result", to_string(check.result));
  write_text(writer, "message", check.message);
  write_list(writer, "models", check.models);
  writer.end_object();
}

}  // namespace

void write_added(json::Writer& writer, const AddedKey& key) {
  writer.begin_object().member("id", key.id).member("provider", key.provider).member("name", key.name);
  write_text(writer, "hint", key.hint);
  writer.key("check");
  if (key.check) {
    write_check(writer, *key.check);
  } else {
    writer.null();
  }
  writer.end_object();
}

void revive_keys(const Gate& gate, const Call& call, const std::vector<std::string>& ids) {
  if (ids.empty() || !gate.office.operations.keys) return;
  auto keys = gate.office.operations.keys();
  if (!keys) return;
  auto settings = gate.settings.load();
  std::size_t lifted = 0;
  for (const KeyView& key : *keys) {
    if (std::find(ids.begin(), ids.end(), key.id) == ids.end()) continue;
    lifted += gate.services.benches.revive(*settings->routing->catalog, key.provider, key.name, call.now);
  }
  if (lifted > 0) gate.services.waiting_room.opened();
}

std::vector<std::string> taken(const std::vector<AddedKey>& keys) {
  std::vector<std::string> ids;
  for (const AddedKey& key : keys) {
    if (key.check && key.check->result == KeyCheck::Result::valid) ids.push_back(key.id);
  }
  return ids;
}

namespace {

Result<NewKey> read_key(json::Value value) {
  NewKey key;
  if (!value.is(json::Type::object)) return fail(ErrorKind::invalid, "A key is an object with provider and value.");
  key.provider = value["provider"].string().value_or("");
  key.name = value["name"].string().value_or("");
  key.value = Secret(value["value"].string().value_or(""));
  key.account = value["account"].string().value_or("");
  key.account_id = value["account_id"].string().value_or("");
  key.proxy = Secret(value["proxy"].string().value_or(""));
  if (key.provider.empty()) return fail(ErrorKind::invalid, "A key needs its 'provider'.");
  // An empty one must be meant: it is the yes to asking without a key.
  if (!value["value"].is(json::Type::string)) return fail(ErrorKind::invalid, "A key needs its 'value'.");
  return key;
}

// One key, or {"keys":[…]}.
Result<std::vector<NewKey>> read_new_keys(json::Value root) {
  std::vector<NewKey> keys;
  if (!root["keys"].given()) {
    auto key = read_key(root);
    if (!key) return std::unexpected(key.error());
    keys.push_back(std::move(*key));
    return keys;
  }
  if (root["keys"].size() > kMostKeys)
    return fail(ErrorKind::too_large, fmt::format("At most {} keys in one request.", kMostKeys));
  for (json::Value one : root["keys"]) {
    auto key = read_key(one);
    if (!key) return std::unexpected(key.error());
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) return fail(ErrorKind::invalid, "There is no key in 'keys'.");
  return keys;
}

server::Answer answer_done(const Result<void>& done, const std::string& id) {
  if (!done) return answer_error(done.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("id", id).end_object();
  return answer_json(std::move(body));
}

}  // namespace

server::Answer get_keys(const Gate& gate, const Call& call) {
  if (!gate.office.operations.keys) return not_built();
  auto keys = gate.office.operations.keys();
  if (!keys) return answer_error(keys.error());
  Survey survey(gate, call, "");
  std::string_view provider = call.parameter("provider");
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("keys").begin_array();
  for (const auto& key : *keys) {
    if (!provider.empty() && key.provider != provider) continue;
    writer.begin_object().member("id", key.id).member("provider", key.provider).member("name", key.name);
    writer.member("source", to_string(key.source));
    write_text(writer, "from", key.from);
    write_text(writer, "hint", key.hint);
    write_text(writer, "account", key.account);
    writer.member_bool("proxied", key.proxied);
    write_state(writer, call, key, stand(survey, key));
    write_text(writer, "last_check", key.last_check);
    write_time(writer, "checked_at", key.checked);
    write_time(writer, "created_at", key.created);
    writer.end_object();
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

server::Answer add_keys(const Gate& gate, const Call& call) {
  if (!gate.office.operations.add_keys) return not_built();
  auto document = json::Document::parse(call.body);
  if (!document) return answer_error(document.error());
  auto keys = read_new_keys(document->root());
  if (!keys) return answer_error(keys.error());
  bool check = document->root()["check"].boolean().value_or(false);
  auto added = gate.office.operations.add_keys(std::move(*keys), check);
  if (!added) return answer_error(added.error());
  revive_keys(gate, call, taken(*added));
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("keys").begin_array();
  for (const auto& key : *added) write_added(writer, key);
  writer.end_array().end_object();
  return answer_json(std::move(body), 201);
}

server::Answer remove_key(const Gate& gate, const Call& call) {
  if (!gate.office.operations.remove_key) return not_built();
  return answer_done(gate.office.operations.remove_key(call.path[1]), call.path[1]);
}

server::Answer check_key(const Gate& gate, const Call& call) {
  if (!gate.office.operations.check_key) return not_built();
  auto check = gate.office.operations.check_key(call.path[1]);
  if (!check) return answer_error(check.error());
  if (check->result == KeyCheck::Result::valid) revive_keys(gate, call, {call.path[1]});
  std::string body;
  json::Writer writer(body);
  write_check(writer, *check);
  return answer_json(std::move(body));
}

server::Answer disable_key(const Gate& gate, const Call& call) {
  if (!gate.office.operations.disable_key) return not_built();
  std::string reason;
  if (!call.body.empty()) {
    auto document = json::Document::parse(call.body);
    if (!document) return answer_error(document.error());
    reason = document->root()["reason"].string().value_or("").substr(0, kLongestReason);
  }
  if (reason.empty()) reason = "disabled by hand";
  return answer_done(gate.office.operations.disable_key(call.path[1], reason), call.path[1]);
}

server::Answer enable_key(const Gate& gate, const Call& call) {
  if (!gate.office.operations.enable_key) return not_built();
  auto done = gate.office.operations.enable_key(call.path[1]);
  if (done) revive_keys(gate, call, {call.path[1]});
  return answer_done(done, call.path[1]);
}

server::Answer reveal_keys(const Gate& gate, const Call& call) {
  if (!may_reveal(call)) return refuse_reveal(call);
  if (!gate.office.operations.reveal_keys) return not_built();
  auto keys = gate.office.operations.reveal_keys();
  if (!keys) return answer_error(keys.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("keys").begin_array();
  for (const auto& key : *keys) {
    writer.begin_object().member("provider", key.provider).member("name", key.name);
    writer.member("value", key.value.reveal()).member("account", key.account).member("account_id", key.account_id);
    writer.member("proxy", key.proxy.reveal()).member("disabled_reason", key.disabled_reason).end_object();
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
