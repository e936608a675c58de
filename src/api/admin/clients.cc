#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/admin/nouns.h"
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
  write_time(writer, "created_at", client.created);
  write_time(writer, "revoked_at", client.revoked);
  write_time(writer, "used_at", client.used);
}

// A limit is left out, null, or a number of 1 at least.
Result<std::optional<std::uint64_t>> read_limit(json::Value root, std::string_view name) {
  json::Value value = root[name];
  if (!value.given()) return std::optional<std::uint64_t>();
  auto number = value.integer();
  if (!number || *number < 1) return fail(ErrorKind::invalid, "'" + std::string(name) + "' is a whole number from 1 on.");
  return std::optional<std::uint64_t>(static_cast<std::uint64_t>(*number));
}

Result<NewClient> read_client(json::Value root) {
  NewClient client;
  client.name = root["name"].string().value_or("");
  if (client.name.empty()) return fail(ErrorKind::invalid, "A client needs its 'name'.");
  if (root["models"].given() && !root["models"].is(json::Type::array))
    return fail(ErrorKind::invalid, "'models' is a list of names.");
  for (json::Value model : root["models"]) {
    auto name = model.string();
    if (!name || name->empty()) return fail(ErrorKind::invalid, "'models' is a list of names.");
    client.models.push_back(std::move(*name));
  }
  auto rpm = read_limit(root, "rpm");
  if (!rpm) return std::unexpected(rpm.error());
  auto tpd = read_limit(root, "tpd");
  if (!tpd) return std::unexpected(tpd.error());
  client.rpm = *rpm;
  client.tpd = *tpd;
  if (!root["privacy"].given()) return client;
  auto privacy = catalog::privacy_named(root["privacy"].string().value_or(""));
  if (!privacy)
    return fail(ErrorKind::invalid, fmt::format("'privacy' is one of {}.", fmt::join(catalog::kPrivacies, ", ")));
  client.privacy = *privacy;
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
  auto wanted = read_client(document->root());
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
