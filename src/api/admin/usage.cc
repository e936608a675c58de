#include "api/admin/nouns.h"
#include "base/duration.h"

namespace freeway::api::admin {

namespace {

// "provider,day"; false on a word that is none.
bool read_split(std::string_view text, store::UsageSplit& split) {
  while (!text.empty()) {
    auto end = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    bool* part = word == "provider" ? &split.provider
                 : word == "model"  ? &split.model
                 : word == "key"    ? &split.key
                 : word == "client" ? &split.client
                 : word == "day"    ? &split.day
                 : word == "hour"   ? &split.hour
                                    : nullptr;
    if (!part) return false;
    *part = true;
  }
  return true;
}

void write_row(json::Writer& writer, const store::UsageRow& row, const store::UsageSplit& split) {
  writer.begin_object();
  if (row.time) write_time(writer, "time", row.time);
  if (split.provider) write_text(writer, "provider", row.provider);
  if (split.model) write_text(writer, "model", row.model);
  if (split.key) write_text(writer, "key", row.key);
  if (split.client) write_text(writer, "client", row.client);
  writer.member("requests", row.requests).member("answered", row.answered).member("failed", row.failed);
  writer.member("broken", row.broken).member("cancelled", row.cancelled);
  writer.member("attempts", row.attempts).member("failed_attempts", row.failed_attempts);
  writer.member("estimated_attempts", row.estimated_attempts);
  writer.member("prompt_tokens", row.tokens.prompt).member("completion_tokens", row.tokens.completion);
  writer.member("reasoning_tokens", row.tokens.reasoning);
  writer.member("total_tokens", row.tokens.prompt + row.tokens.completion).end_object();
}

}  // namespace

server::Answer get_usage(const Gate& gate, const Call& call) {
  if (!gate.office.store) return answer_problem(501, "This server keeps no request log.", "not_built");
  store::UsageQuery query;
  if (!read_split(call.parameter("by"), query.split))
    return answer_parameter("by", "a list of provider, model, key, client, day, hour");
  for (auto [name, time] : {std::pair("from", &query.from), std::pair("to", &query.to)}) {
    std::string_view text = call.parameter(name);
    if (text.empty()) continue;
    *time = parse_iso_time(text);
    if (!*time) return answer_parameter(name, "a time like 2026-01-31T08:00:00Z or 2026-01-31");
  }
  // What ended a moment ago is to be in.
  gate.office.store->flush();
  auto rows = gate.office.store->usage(query);
  if (!rows) return answer_error(rows.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("usage").begin_array();
  for (const auto& row : *rows) write_row(writer, row, query.split);
  writer.end_array().end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
