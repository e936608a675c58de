#include "api/admin/nouns.h"
#include "json/document.h"

namespace freeway::api::admin {

namespace {

// A file of the caller's choice on the server's machine is more than a token gives.
server::Answer refuse_path(const Call& call) {
  if (call.caller.login) return refuse_reveal(call);
  return answer_problem(
      403,
      "Where a backup goes is said over the Unix socket, or by a login that confirmed its password; without "
      "'path' it goes into the data directory's folder of backups.",
      "socket_only");
}

}  // namespace

server::Answer reload(const Gate& gate, const Call&) {
  if (!gate.office.operations.reload) return answer_problem(501, "This server can't reload by request.", "not_built");
  auto done = gate.office.operations.reload();
  if (!done) return answer_error(done.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member_bool("changed", done->changed);
  write_list(writer, "warnings", done->warnings);
  writer.end_object();
  return answer_json(std::move(body));
}

server::Answer back_up(const Gate& gate, const Call& call) {
  if (!gate.office.operations.backup) return answer_problem(501, "This server can't make backups by request.", "not_built");
  BackupOrder order;
  if (!call.body.empty()) {
    auto document = json::Document::parse(call.body);
    if (!document) return answer_error(document.error());
    auto root = document->root();
    order.path = root["path"].string().value_or("");
    if (!order.path.empty() && !may_reveal(call)) return refuse_path(call);
    order.requests = root["requests"].boolean().value_or(true);
    order.master_key = root["master_key"].boolean().value_or(false);
    order.passphrase = Secret(root["passphrase"].string().value_or(""));
  }
  auto done = gate.office.operations.backup(std::move(order));
  if (!done) return answer_error(done.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("path", done->path).member("bytes", done->bytes).end_object();
  return answer_json(std::move(body), 201);
}

server::Answer rotate_master_key(const Gate& gate, const Call& call) {
  if (!call.from_owner) return answer_problem(403, "The master key changes over the Unix socket alone.", "socket_only");
  if (!gate.office.operations.rotate_master_key) {
    return answer_problem(501, "This server can't change its master key.", "not_built");
  }
  auto done = gate.office.operations.rotate_master_key();
  if (!done) return answer_error(done.error());
  return answer_json("{}");
}

}  // namespace freeway::api::admin
