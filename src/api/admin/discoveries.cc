#include "api/admin/nouns.h"
#include "json/document.h"

namespace freeway::api::admin {

namespace {

void write_known(json::Writer& writer, const Discovery& told) {
  writer.key("models").begin_array();
  for (const Discovery::Mark& mark : told.known) {
    writer.begin_object().member("id", told.provider + "/" + mark.model).member("model", mark.model);
    write_flag(writer, "listed", mark.listed);
    write_time(writer, "listed_at", mark.seen);
    writer.end_object();
  }
  writer.end_array().key("vanished").begin_array();
  for (const Discovery::Mark& mark : told.known) {
    if (mark.listed == false) writer.string(told.provider + "/" + mark.model);
  }
  writer.end_array();
}

void write_discovery(json::Writer& writer, const Discovery& told) {
  writer.begin_object().member("provider", told.provider);
  write_time(writer, "looked_at", told.looked);
  write_time(writer, "listed_at", told.listed_at);
  writer.key("listed");
  if (told.listed_at) {
    writer.natural(told.listed);
  } else {
    writer.null();
  }
  write_text(writer, "trouble", told.trouble);
  write_known(writer, told);
  writer.key("new").begin_array();
  for (const dialect::ListedModel& model : told.fresh) {
    writer.begin_object().member("id", told.provider + "/" + model.id).member("model", model.id);
    write_number(writer, "context", model.context);
    write_flag(writer, "free", model.free);
    write_flag(writer, "chat", model.chats);
    writer.end_object();
  }
  writer.end_array().end_object();
}

server::Answer answer_discoveries(const Result<std::vector<Discovery>>& told, std::string_view wanted) {
  if (!told) return answer_error(told.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("discoveries").begin_array();
  for (const Discovery& one : *told) {
    if (wanted.empty() || one.provider == wanted) write_discovery(writer, one);
  }
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

}  // namespace

server::Answer get_discoveries(const Gate& gate, const Call& call) {
  if (!gate.office.operations.discoveries) return answer_problem(501, "This server looks at no lists.", "not_built");
  return answer_discoveries(gate.office.operations.discoveries(), call.parameter("provider"));
}

server::Answer discover(const Gate& gate, const Call& call) {
  if (!gate.office.operations.discover) return answer_problem(501, "This server looks at no lists.", "not_built");
  std::string provider;
  if (!call.body.empty()) {
    auto document = json::Document::parse(call.body);
    if (!document) return answer_error(document.error());
    provider = document->root()["provider"].string().value_or("");
  }
  return answer_discoveries(gate.office.operations.discover(provider), "");
}

}  // namespace freeway::api::admin
