#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/admin/nouns.h"
#include "base/duration.h"
#include "json/document.h"

namespace freeway::api::admin {

namespace {

server::Answer not_built() { return answer_problem(501, "This server can't change its clients by request.", "not_built"); }

void write_client(json::Writer& writer, const ClientView& client) {
  writer.member("name", client.name);
  writer.member("source", client.source == ClientView::Source::store ? "store" : "configuration");
  write_list(writer, "models", client.models);
  write_number(writer, "rpm", client.rpm);
  write_number(writer, "tpd", client.tpd);
  writer.member("privacy", to_string(client.privacy));
  write_time(writer, "expires", client.expires);
  write_time(writer, "created_at", client.created);
  write_time(writer, "revoked_at", client.revoked);
  write_time(writer, "used_at", client.used);
}

// A list of names; empty or null: everything.
Result<std::vector<std::string>> read_models(json::Value value) {
  std::vector<std::string> models;
  if (value.given() && !value.is(json::Type::array)) return fail(ErrorKind::invalid, "'models' is a list of names.");
  for (json::Value model : value) {
    auto name = model.string();
    if (!name || name->empty()) return fail(ErrorKind::invalid, "'models' is a list of names.");
    models.push_back(std::move(*name));
  }
  return models;
}

// A limit is left out, null, or a number of 1 at least.
Result<std::optional<std::uint64_t>> read_limit(json::Value root, std::string_view name) {
  json::Value value = root[name];
  if (!value.given()) return std::optional<std::uint64_t>();
  auto number = value.integer();
  if (!number || *number < 1) return fail(ErrorKind::invalid, "'" + std::string(name) + "' is a whole number from 1 on.");
  return std::optional<std::uint64_t>(static_cast<std::uint64_t>(*number));
}

Result<catalog::Privacy> read_privacy(json::Value value) {
  auto privacy = catalog::privacy_named(value.string().value_or(""));
  if (privacy) return *privacy;
  return fail(ErrorKind::invalid, fmt::format("'privacy' is one of {}.", fmt::join(catalog::kPrivacies, ", ")));
}

// Null, or a moment that is yet to come.
Result<std::optional<WallTime>> read_expiry(json::Value value, WallTime now) {
  if (!value.given()) return std::optional<WallTime>();
  auto time = parse_iso_time(value.string().value_or(""));
  if (!time) return fail(ErrorKind::invalid, "'expires' is a time such as \"2030-01-31T08:00:00Z\", or null for never.");
  if (*time <= now) return fail(ErrorKind::invalid, "'expires' has passed already; DELETE ends a client at once.");
  return time;
}

// What the members that are there say, each checked.
Result<ClientChange> read_change(json::Value root, WallTime now) {
  ClientChange change;
  auto put = [](auto read, auto& into) -> Result<void> {
    if (!read) return std::unexpected(read.error());
    into = std::move(*read);
    return {};
  };
  Result<void> done;
  if (done && root["models"].present()) done = put(read_models(root["models"]), change.models);
  if (done && root["rpm"].present()) done = put(read_limit(root, "rpm"), change.rpm);
  if (done && root["tpd"].present()) done = put(read_limit(root, "tpd"), change.tpd);
  if (done && root["privacy"].given()) done = put(read_privacy(root["privacy"]), change.privacy);
  if (done && root["expires"].present()) done = put(read_expiry(root["expires"], now), change.expires);
  if (!done) return std::unexpected(done.error());
  return change;
}

Result<NewClient> read_client(json::Value root, WallTime now) {
  NewClient client;
  client.name = root["name"].string().value_or("");
  if (client.name.empty()) return fail(ErrorKind::invalid, "A client needs its 'name'.");
  auto told = read_change(root, now);
  if (!told) return std::unexpected(told.error());
  client.models = std::move(told->models).value_or(std::vector<std::string>());
  client.rpm = told->rpm.value_or(std::nullopt);
  client.tpd = told->tpd.value_or(std::nullopt);
  client.privacy = told->privacy.value_or(catalog::Privacy::any);
  client.expires = told->expires.value_or(std::nullopt);
  return client;
}

}  // namespace

server::Answer get_clients(const Gate& gate, const Call&) {
  if (!gate.office.operations.clients) return not_built();
  auto clients = gate.office.operations.clients();
  if (!clients) return answer_error(clients.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("clients").begin_array();
  for (const auto& client : *clients) {
    writer.begin_object();
    write_client(writer, client);
    writer.end_object();
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

server::Answer add_client(const Gate& gate, const Call& call) {
  if (!gate.office.operations.add_client) return not_built();
  auto document = json::Document::parse(call.body);
  if (!document) return answer_error(document.error());
  auto wanted = read_client(document->root(), call.wall);
  if (!wanted) return answer_error(wanted.error());
  auto fresh = gate.office.operations.add_client(std::move(*wanted));
  if (!fresh) return answer_error(fresh.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  write_client(writer, fresh->client);
  writer.member("key", fresh->key.reveal()).end_object();
  return answer_json(std::move(body), 201);
}

server::Answer change_client(const Gate& gate, const Call& call) {
  if (!gate.office.operations.change_client) return not_built();
  auto document = json::Document::parse(call.body);
  if (!document) return answer_error(document.error());
  if (!document->root().is(json::Type::object)) return answer_problem(400, "A change is an object.", "invalid");
  auto change = read_change(document->root(), call.wall);
  if (!change) return answer_error(change.error());
  auto client = gate.office.operations.change_client(call.path[1], *change);
  if (!client) return answer_error(client.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  write_client(writer, *client);
  writer.end_object();
  return answer_json(std::move(body));
}

server::Answer revoke_client(const Gate& gate, const Call& call) {
  if (!gate.office.operations.revoke_client) return not_built();
  auto done = gate.office.operations.revoke_client(call.path[1]);
  if (!done) return answer_error(done.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("name", call.path[1]).end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
