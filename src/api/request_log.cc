#include "api/request_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/admin/desk.h"
#include "base/text.h"
#include "json/writer.h"

namespace freeway::api {

namespace {

using End = relay::Receipt::End;

constexpr std::size_t kLongestCode = 64;
constexpr std::size_t kLongestError = 500;

// Some codes are the provider's: what is none by its looks may be anything.
std::string_view code_of(std::string_view code) {
  auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return code.size() <= kLongestCode && std::all_of(code.begin(), code.end(), fine) ? code : std::string_view();
}

Fate fate_of(End end) {
  switch (end) {
    case End::answered: return Fate::answered;
    case End::broken: return Fate::broken;
    case End::cancelled: return Fate::cancelled;
    case End::failed: break;
  }
  return Fate::failed;
}

store::End end_of(End end) {
  switch (end) {
    case End::answered: return store::End::answered;
    case End::broken: return store::End::broken;
    case End::cancelled: return store::End::cancelled;
    case End::failed: break;
  }
  return store::End::failed;
}

// What becomes of a call that no verdict was passed on.
std::size_t outcome_of_last(End end) { return end == End::answered ? kAnswered : kCancelled; }

// All but outcome and evidence, over whatever the attempt held.
void fill_attempt(store::AttemptRecord& attempt, const catalog::Catalog& catalog, catalog::RouteId route,
                  const relay::Call& call, Instant arrival) {
  attempt.provider = catalog.provider(route).id;
  attempt.model = catalog.model(route).id;
  attempt.key = catalog.key(route).name;
  attempt.started = call.started - arrival;
  attempt.duration = call.ended - call.started;
  attempt.status = call.status;
  attempt.tokens = {};
  attempt.estimated = call.usage && call.usage->estimated;
  if (!call.usage) return;
  attempt.tokens.prompt = call.usage->prompt_tokens;
  attempt.tokens.completion = call.usage->completion_tokens;
}

// What readers of events are told: the record's head in a few words.
std::string event_of(const store::RequestRecord& record) {
  std::string data;
  json::Writer writer(data);
  writer.begin_object().member("id", record.id).member("time", admin::spell(record.time));
  writer.member("client", record.client).member("surface", record.surface);
  admin::write_text(writer, "asked", record.asked);
  admin::write_text(writer, "provider", record.provider);
  admin::write_text(writer, "model", record.model);
  admin::write_text(writer, "key", record.key);
  writer.member("end", to_string(record.end)).member("status", record.status);
  admin::write_text(writer, "error_code", record.error_code);
  admin::write_text(writer, "error", record.error);
  writer.member_bool("streamed", record.streamed);
  admin::write_ms(writer, "total_ms", record.total);
  writer.member("attempts", record.attempts.size());
  writer.member("prompt_tokens", record.tokens.prompt).member("completion_tokens", record.tokens.completion);
  writer.end_object();
  return data;
}

}  // namespace

void fill_attempt(store::AttemptRecord& attempt, const catalog::Catalog& catalog, const relay::Attempted& failed,
                  Instant arrival) {
  fill_attempt(attempt, catalog, failed.route, failed.call, arrival);
  attempt.outcome = router::to_string(failed.verdict.reason);
  attempt.evidence = failed.evidence;
}

// Every member but row, status and end; the attempts are the caller's.
void RequestLog::begin_record(const Asked& asked) {
  record_.total = loop_.now() - asked.arrival;
  record_.time = loop_.wall() - record_.total;
  record_.id = asked.request_id;
  record_.client = asked.client;
  record_.surface = to_string(asked.area);
  record_.asked = asked.model;
  record_.provider.clear();
  record_.model.clear();
  record_.key.clear();
  record_.error_code.clear();
  record_.error.clear();
  record_.streamed = asked.streamed;
  record_.waited = {};
  record_.ttft.reset();
  record_.tokens = {};
  record_.estimated = false;
  record_.strategy.clear();
}

// A sentence that is all a provider's leaves nothing.
void RequestLog::note_error(std::string_view code, const std::string& message, const std::string& quoted) {
  record_.error_code = code_of(code);
  if (message == quoted) return;
  std::string sentence = leave_out(message, quoted);
  // Before it is cut, lest half a secret stays.
  auto secrets = office_.secrets ? office_.secrets->load() : nullptr;
  if (secrets) secrets->redact(sentence);
  record_.error = clip(sentence, kLongestError);
}

void RequestLog::put_down() {
  if (office_.feed.listened()) office_.feed.publish("request", event_of(record_));
  if (office_.store) office_.store->log(record_);
}

void RequestLog::count_call(const catalog::Catalog& catalog, catalog::RouteId route, const relay::Call& call,
                            std::size_t outcome) {
  auto& provider = tally_.provider(catalog, route);
  provider.attempts[outcome].add();
  if (outcome == kAnswered) provider.duration.observe(call.ended - call.started);
  if (call.first) provider.first_content.observe(*call.first - call.started);
  if (!call.usage) return;
  auto& model = tally_.model(catalog, route);
  model.prompt.add(call.usage->prompt_tokens);
  model.completion.add(call.usage->completion_tokens);
}

void RequestLog::count(const Asked& asked, const relay::Receipt& receipt) {
  const auto& catalog = *receipt.snapshot->catalog;
  tally_.request(asked.area, fate_of(receipt.end), receipt.status);
  for (const auto& failed : receipt.trail) count_call(catalog, failed.route, failed.call, outcome_of(failed.verdict.reason));
  for (const auto& part : receipt.parts) count_call(catalog, part.route, part.call, kAnswered);
  if (receipt.call && receipt.route) count_call(catalog, *receipt.route, *receipt.call, outcome_of_last(receipt.end));
  if (receipt.end == End::answered) tally_.duration.observe(receipt.ended - asked.arrival);
  if (receipt.first) tally_.first_content.observe(*receipt.first - asked.arrival);
}

void RequestLog::ended(const Asked& asked, const relay::Receipt& receipt) {
  count(asked, receipt);
  if (!office_.store && !office_.feed.listened()) return;
  const auto& catalog = *receipt.snapshot->catalog;
  begin_record(asked);
  record_.end = end_of(receipt.end);
  record_.status = receipt.status;
  if (receipt.failure) note_error(receipt.failure->code, receipt.failure->message, receipt.failure->quoted);
  record_.strategy = router::to_string(receipt.strategy);
  record_.waited = receipt.waited;
  if (receipt.first) record_.ttft = *receipt.first - asked.arrival;
  if (receipt.usage) {
    record_.tokens.prompt = receipt.usage->prompt_tokens;
    record_.tokens.completion = receipt.usage->completion_tokens;
    record_.estimated = receipt.usage->estimated;
  }
  if (receipt.route) {
    record_.provider = catalog.provider(*receipt.route).id;
    record_.model = catalog.model(*receipt.route).id;
    record_.key = catalog.key(*receipt.route).name;
  }
  bool last = receipt.call && receipt.route;
  record_.attempts.resize(receipt.trail.size() + receipt.parts.size() + (last ? 1 : 0));
  auto attempt = record_.attempts.begin();
  for (const auto& failed : receipt.trail) {
    fill_attempt(*attempt, catalog, failed, asked.arrival);
    ++attempt;
  }
  auto fill_good = [&](catalog::RouteId route, const relay::Call& call, std::size_t outcome) {
    fill_attempt(*attempt, catalog, route, call, asked.arrival);
    attempt->outcome = outcome_name(outcome);
    attempt->evidence.clear();
    ++attempt;
  };
  for (const auto& part : receipt.parts) fill_good(part.route, part.call, kAnswered);
  if (last) fill_good(*receipt.route, *receipt.call, outcome_of_last(receipt.end));
  auto sooner = [](const store::AttemptRecord& a, const store::AttemptRecord& b) { return a.started < b.started; };
  if (!receipt.parts.empty()) std::stable_sort(record_.attempts.begin(), record_.attempts.end(), sooner);
  put_down();
}

void RequestLog::refused(const Asked& asked, const Problem& problem) {
  tally_.request(asked.area, Fate::refused, problem.status);
  if (!office_.store && !office_.feed.listened()) return;
  begin_record(asked);
  record_.end = store::End::failed;
  record_.status = problem.status;
  note_error(problem.code, problem.message, problem.quoted);
  record_.attempts.clear();
  put_down();
}

}  // namespace freeway::api
