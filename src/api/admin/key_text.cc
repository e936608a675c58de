// POST keys/preview, keys/import and keys/export: many keys as one text.
#include "api/admin/key_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/admin/nouns.h"
#include "json/document.h"

namespace freeway::api::admin {

namespace {

constexpr std::size_t kMostBytes = 4UL * 1024 * 1024;  // of a text; thousands of keys take a tenth of it
constexpr std::size_t kMostLines = 100'000;            // to skip

server::Answer not_built() { return answer_problem(501, "This server can't change its keys by request.", "not_built"); }

std::string_view word(KeyFound::State state) {
  switch (state) {
    case KeyFound::State::fresh: return "new";
    case KeyFound::State::known: return "known";
    case KeyFound::State::doubtful: return "doubtful";
    case KeyFound::State::unknown: return "unknown";
    case KeyFound::State::bad: break;
  }
  return "bad";
}

Result<std::string> read_text(json::Value root) {
  auto text = root["text"].string();
  if (!text) return fail(ErrorKind::invalid, "'text' holds the keys: the content of a .env file, JSON, CSV or plain lines.");
  if (text->size() > kMostBytes) return fail(ErrorKind::too_large, fmt::format("'text' has at most {} bytes.", kMostBytes));
  return std::move(*text);
}

Result<ImportOrder> read_order(json::Value root) {
  ImportOrder order;
  auto text = read_text(root);
  if (!text) return std::unexpected(text.error());
  order.text = std::move(*text);
  order.check = root["check"].boolean().value_or(false);
  order.provider = root["provider"].string().value_or("");
  json::Value skip = root["skip"];
  if (skip.given() && (!skip.is(json::Type::array) || skip.size() > kMostLines))
    return fail(ErrorKind::invalid, "'skip' is a list of line numbers.");
  for (json::Value one : skip) {
    auto line = one.integer();
    if (!line || *line < 1) return fail(ErrorKind::invalid, "'skip' is a list of line numbers.");
    order.skip.push_back(static_cast<std::size_t>(*line));
  }
  return order;
}

void write_lines(json::Writer& writer, std::string_view key, const std::vector<LinePassed>& lines) {
  writer.key(key).begin_array();
  for (const auto& one : lines) writer.begin_object().member("line", one.line).member("message", one.message).end_object();
  writer.end_array();
}

}  // namespace

server::Answer preview_keys(const Gate& gate, const Call& call) {
  if (!gate.office.operations.preview_keys) return not_built();
  auto document = json::Document::parse(call.body);
  if (!document) return answer_error(document.error());
  auto text = read_text(document->root());
  if (!text) return answer_error(text.error());
  auto found = gate.office.operations.preview_keys(*text);
  if (!found) return answer_error(found.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("format", found->format).key("rows").begin_array();
  for (const auto& row : found->rows) {
    writer.begin_object().member("line", row.line);
    write_text(writer, "provider", row.provider);
    write_text(writer, "name", row.name);
    write_text(writer, "hint", row.hint);
    writer.member("state", word(row.state));
    write_text(writer, "message", row.message);
    write_list(writer, "candidates", row.candidates);
    write_list(writer, "unlocks", row.unlocks);
    writer.end_object();
  }
  writer.end_array();
  write_lines(writer, "passed_over", found->passed_over);
  writer.end_object();
  return answer_json(std::move(body));
}

server::Answer import_keys(const Gate& gate, const Call& call) {
  if (!gate.office.operations.import_keys) return not_built();
  auto document = json::Document::parse(call.body);
  if (!document) return answer_error(document.error());
  auto order = read_order(document->root());
  if (!order) return answer_error(order.error());
  auto done = gate.office.operations.import_keys(*order);
  if (!done) return answer_error(done.error());
  revive_keys(gate, call, taken(done->added));
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("added").begin_array();
  for (const auto& key : done->added) write_added(writer, key);
  writer.end_array();
  write_lines(writer, "refused", done->refused);
  writer.end_object();
  return answer_json(std::move(body), 201);
}

server::Answer export_keys(const Gate& gate, const Call& call) {
  if (!may_reveal(call)) return refuse_reveal(call);
  if (!gate.office.operations.export_keys) return not_built();
  std::string format = "env";
  if (!call.body.empty()) {
    auto document = json::Document::parse(call.body);
    if (!document) return answer_error(document.error());
    json::Value wanted = document->root()["format"];
    if (wanted.given()) format = wanted.string().value_or("");
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTypes = {{{"env", "text/plain; charset=utf-8"},
                                                                                    {"json", "application/json"},
                                                                                    {"csv", "text/csv; charset=utf-8"},
                                                                                    {"text", "text/plain; charset=utf-8"}}};
  auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& one) { return one.first == format; });
  if (type == kTypes.end()) return answer_problem(400, "'format' is one of env, json, csv and text.", "invalid");
  auto text = gate.office.operations.export_keys(format);
  if (!text) return answer_error(text.error());
  auto answer = answer_json(std::move(*text));
  answer.fields.set("content-type", std::string(type->second));
  answer.fields.add("content-disposition",
                    fmt::format("attachment; filename=\"freeway-keys.{}\"", format == "text" ? "txt" : format));
  return answer;
}

}  // namespace freeway::api::admin
