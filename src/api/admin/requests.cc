#include "api/admin/flights.h"
#include "api/admin/nouns.h"

namespace freeway::api::admin {

namespace {

void write_tokens(json::Writer& writer, const store::Tokens& tokens, bool estimated) {
  writer.key("tokens").begin_object().member("prompt", tokens.prompt).member("completion", tokens.completion);
  writer.member("reasoning", tokens.reasoning).member_bool("estimated", estimated).end_object();
}

constexpr std::uint64_t kMostRows = 1000;

void write_request(json::Writer& writer, const store::RequestRecord& record) {
  writer.member("id", record.id).member("time", spell(record.time));
  writer.member("client", record.client).member("surface", record.surface);
  write_text(writer, "asked", record.asked);
  write_text(writer, "provider", record.provider);
  write_text(writer, "model", record.model);
  write_text(writer, "key", record.key);
  writer.member("end", to_string(record.end)).key("status");
  if (record.status == 0) {
    writer.null();
  } else {
    writer.integer(record.status);
  }
  write_text(writer, "error_code", record.error_code);
  write_text(writer, "error", record.error);
  writer.member_bool("streamed", record.streamed);
  write_ms(writer, "waited_ms", record.waited);
  if (record.ttft) {
    write_ms(writer, "first_content_ms", *record.ttft);
  } else {
    writer.key("first_content_ms").null();
  }
  write_ms(writer, "total_ms", record.total);
  write_tokens(writer, record.tokens, record.estimated);
  write_text(writer, "strategy", record.strategy);
}

server::Answer no_log() { return answer_problem(501, "This server keeps no request log.", "not_built"); }

}  // namespace

void write_attempt(json::Writer& writer, const store::AttemptRecord& attempt) {
  writer.begin_object().member("provider", attempt.provider).member("model", attempt.model).member("key", attempt.key);
  writer.member("outcome", attempt.outcome).key("status");
  if (attempt.status == 0) {
    writer.null();
  } else {
    writer.integer(attempt.status);
  }
  write_ms(writer, "started_ms", attempt.started);
  write_ms(writer, "duration_ms", attempt.duration);
  write_text(writer, "evidence", attempt.evidence);
  write_tokens(writer, attempt.tokens, attempt.estimated);
  writer.end_object();
}

server::Answer get_requests(const Gate& gate, const Call& call) {
  if (!gate.office.store) return no_log();
  store::RequestQuery query;
  query.filter.client = call.parameter("client");
  query.filter.model = call.parameter("model");
  query.filter.provider = call.parameter("provider");
  std::string_view end = call.parameter("end");
  if (!end.empty()) {
    query.filter.end = store::parse_end(end);
    if (!query.filter.end) return answer_parameter("end", "answered, failed, broken or cancelled");
  }
  std::string_view limit = call.parameter("limit");
  if (!limit.empty()) {
    auto number = read_number(limit, kMostRows);
    if (!number) return answer_parameter("limit", "a number from 1 to 1000");
    query.limit = *number;
  }
  std::string_view before = call.parameter("before");
  if (!before.empty()) {
    auto number = read_number(before, INT64_MAX);
    if (!number) return answer_parameter("before", "the 'next' of the page before");
    query.before = static_cast<std::int64_t>(*number);
  }
  auto page = gate.office.store->requests(query);
  if (!page) return answer_error(page.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("requests").begin_array();
  for (const auto& record : page->requests) {
    writer.begin_object();
    write_request(writer, record);
    writer.member("attempts", record.attempts.size()).end_object();
  }
  writer.end_array().key("next");
  if (page->next) {
    writer.integer(*page->next);
  } else {
    writer.null();
  }
  writer.end_object();
  return answer_json(std::move(body));
}

server::Answer get_request(const Gate& gate, const Call& call) {
  if (!gate.office.store) return no_log();
  auto record = gate.office.store->request(call.path[1]);
  if (!record) return answer_error(record.error());
  if (!*record)
    return answer_problem(404, "No request with this id is in the log; the newest are there about a second after their end.",
                          "not_found");
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  write_request(writer, **record);
  writer.key("attempts").begin_array();
  for (const auto& attempt : (*record)->attempts) write_attempt(writer, attempt);
  writer.end_array().key("plan");
  std::string plan = gate.office.plans.find(call.path[1]);
  if (plan.empty()) {
    writer.null();
  } else {
    writer.raw(plan);
  }
  writer.end_object();
  return answer_json(std::move(body));
}

}  // namespace freeway::api::admin
