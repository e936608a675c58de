// What was used, summed up, and how well requests went, measured: both from what the store keeps.
#include "api/admin/cost.h"
#include "api/admin/nouns.h"
#include "api/admin/sheet.h"

namespace freeway::api::admin {

namespace {

template <class Row>
void write_place(Sheet& sheet, const Row& row, const store::UsageSplit& split) {
  if (split.day || split.hour) sheet.time("time", row.time);
  if (split.provider) sheet.text("provider", row.provider);
  if (split.model) sheet.text("model", row.model);
  if (split.key) sheet.text("key", row.key);
  if (split.client) sheet.text("client", row.client);
  sheet.count("requests", row.requests);
  sheet.count("answered", row.answered);
  sheet.count("failed", row.failed);
  sheet.count("broken", row.broken);
  sheet.count("cancelled", row.cancelled);
}

void write_row(Sheet& sheet, const PricedUsage& priced, const store::UsageSplit& split) {
  const auto& row = priced.usage;
  write_place(sheet, row, split);
  sheet.count("attempts", row.attempts);
  sheet.count("failed_attempts", row.failed_attempts);
  sheet.count("estimated_attempts", row.estimated_attempts);
  sheet.count("prompt_tokens", row.tokens.prompt);
  sheet.count("completion_tokens", row.tokens.completion);
  sheet.count("reasoning_tokens", row.tokens.reasoning);
  sheet.count("total_tokens", row.tokens.prompt + row.tokens.completion);
  sheet.number("cost_usd", priced.cost_usd);
  sheet.count("unpriced_tokens", priced.unpriced_tokens);
}

void write_row(Sheet& sheet, const store::MeasureRow& row, const store::UsageSplit& split) {
  write_place(sheet, row, split);
  sheet.number("success", success_of(row));
  sheet.ms("ttft_p50_ms", row.ttft_p50);
  sheet.ms("ttft_p95_ms", row.ttft_p95);
  sheet.ms("total_p50_ms", row.total_p50);
  sheet.ms("total_p95_ms", row.total_p95);
  sheet.number("tokens_per_s_p50", row.speed_p50);
  sheet.count("prompt_tokens", row.tokens.prompt);
  sheet.count("completion_tokens", row.tokens.completion);
}

template <class Row>
void write_rows(Sheet& sheet, const std::vector<Row>& rows, const store::UsageSplit& split) {
  sheet.begin_head();
  write_row(sheet, Row(), split);
  sheet.end_head();
  for (const auto& row : rows) {
    sheet.begin_row();
    write_row(sheet, row, split);
    sheet.end_row();
  }
}

server::Answer no_log() { return answer_problem(501, "This server keeps no request log.", "not_built"); }
server::Answer no_format() { return answer_parameter("format", "json or csv"); }

}  // namespace

std::optional<double> success_of(const store::MeasureRow& row) {
  std::uint64_t ended = row.requests - row.cancelled;
  if (ended == 0) return std::nullopt;
  return static_cast<double>(row.answered) / static_cast<double>(ended);
}

server::Answer get_usage(const Gate& gate, const Call& call) {
  if (!gate.office.store) return no_log();
  store::UsageQuery query;
  if (auto wrong = read_span(call, query.from, query.to, query.split)) return std::move(*wrong);
  auto csv = wants_csv(call);
  if (!csv) return no_format();
  // What ended a moment ago is to be in.
  gate.office.store->flush();
  auto split = query.split;
  query.split = by_model(split);
  auto rows = gate.office.store->usage(query);
  if (!rows) return answer_error(rows.error());
  Sheet sheet("usage", *csv);
  write_rows(sheet, price_usage(*rows, split, PriceList(*call.settings->routing->catalog)), split);
  return sheet.answer();
}

server::Answer get_measures(const Gate& gate, const Call& call) {
  if (!gate.office.store) return no_log();
  store::MeasureQuery query;
  if (auto wrong = read_span(call, query.from, query.to, query.split)) return std::move(*wrong);
  auto csv = wants_csv(call);
  if (!csv) return no_format();
  gate.office.store->flush();
  auto measured = gate.office.store->measures(query);
  if (!measured) return answer_error(measured.error());
  Sheet sheet("measures", *csv);
  write_rows(sheet, measured->rows, query.split);
  sheet.flag("complete", measured->complete);
  return sheet.answer();
}

}  // namespace freeway::api::admin
