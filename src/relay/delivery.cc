#include "relay/delivery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "dialect/dropped.h"
#include "http/sse.h"

namespace freeway::relay {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) {
    if (!list.empty()) list += ", ";
    list += header_safe(name);
  }
  return list;
}

}  // namespace

Delivery::Delivery(server::Reply& reply, Job& job)
    : reply_(reply),
      request_(*job.request),
      surface_(*job.surface),
      options_(job.options),
      watcher_(job.watcher),
      base_fields_(std::move(job.base_fields)),
      next_beat_(request_.stream ? job.arrival + options_.early_head : kNever),
      early_(reply.begun()) {}

net::Task<bool> Delivery::sleep(Instant until) {
  for (;;) {
    Instant target = std::min(until, next_beat_);
    bool rang = co_await reply_.wakeup().wait(target);
    if (rang) co_return true;
    Instant at = now();
    if (at >= next_beat_) co_await beat();
    if (at >= until) co_return false;
  }
}

net::Task<bool> Delivery::beat() {
  if (!reply_.begun()) {
    early_ = true;
    begin();
  }
  next_beat_ = now() + options_.heartbeat;
  std::string beat;
  surface_.beat(beat);
  std::string_view bytes = beat;
  co_return co_await reply_.write(bytes);
}

void Delivery::begin() {
  http::Fields fields = base_fields_;
  fields.set("content-type", "text/event-stream; charset=utf-8");
  fields.set("cache-control", "no-cache");
  fields.set("x-accel-buffering", "no");
  for (const auto& field : route_fields_) fields.set(field.name, field.value);
  reply_.begin(200, std::move(fields));
}

void Delivery::set_route(std::string_view routed_via, const Trail& trail, const catalog::Catalog& catalog,
                         const std::vector<std::string>& dropped) {
  route_fields_.clear();
  route_fields_.add("x-routed-via", header_safe(routed_via));
  route_fields_.add("x-fallback-attempts", fmt::format_int(trail.size()).str());
  if (!trail.empty()) route_fields_.add("x-fallback-trail", describe(trail, catalog));
  std::vector<std::string> all = request_.dropped;
  for (const auto& name : dropped) dialect::add_dropped(all, name);
  if (!all.empty()) route_fields_.add("x-freeway-dropped", joined(all));
}

std::string Delivery::route_comment() const {
  std::string text;
  for (const auto& field : route_fields_) {
    if (!text.empty()) text += "; ";
    text += field.name + ": " + field.value;
  }
  std::string comment;
  http::append_sse_comment(comment, text);
  return comment;
}

net::Task<bool> Delivery::send_whole(dialect::WholeAnswer whole) {
  server::Answer answer;
  answer.fields = std::move(base_fields_);
  surface_.tell(request_, whole);
  answer.fields.add("content-type", whole.content_type);
  for (const auto& field : route_fields_) answer.fields.add(field.name, field.value);
  if (!whole.mended.repaired.empty()) answer.fields.add("x-freeway-repaired", joined(whole.mended.repaired));
  if (whole.usage.estimated) answer.fields.add("x-freeway-usage", "estimated");
  hide_secrets(whole.body);
  answer.body = std::move(whole.body);
  co_return co_await reply_.send(std::move(answer));
}

// A document without any is not touched.
void Delivery::hide_secrets(std::string& text) const {
  if (options_.secrets) options_.secrets->redact(text);
}

net::Task<bool> Delivery::flush(std::string& pieces) {
  if (pieces.empty()) co_return !gone();
  hide_secrets(pieces);
  if (!reply_.begun()) begin();
  if (early_ && !route_told_) {
    pieces += route_comment();
    route_told_ = true;
  }
  next_beat_ = now() + options_.heartbeat;
  std::string_view bytes = pieces;
  bool sent = co_await reply_.write(bytes);
  pieces.clear();
  co_return sent;
}

net::Task<bool> Delivery::finish(std::string& pieces, const chat::Usage& usage, const dialect::Mended& mended) {
  if (!reply_.begun()) begin();
  http::Fields trailers;
  if (!mended.dropped.empty()) trailers.add("x-freeway-dropped", joined(mended.dropped));
  if (!mended.repaired.empty()) trailers.add("x-freeway-repaired", joined(mended.repaired));
  if (usage.estimated) trailers.add("x-freeway-usage", "estimated");
  for (const auto& field : trailers) http::append_sse_comment(pieces, fmt::format("{}: {}", field.name, field.value));
  if (early_) pieces += route_comment();
  hide_secrets(pieces);
  std::string_view bytes = pieces;
  co_return co_await reply_.end(bytes, std::move(trailers));
}

dialect::Trouble Delivery::trouble_of(const Failure& failure) const {
  dialect::Trouble trouble;
  trouble.status = failure.status;
  trouble.message = failure.message;
  trouble.type = failure.type;
  trouble.param = failure.param;
  trouble.code = failure.code;
  trouble.tokens = failure.tokens;
  trouble.token_limit = failure.token_limit;
  trouble.request_id = base_fields_.find("x-request-id").value_or(std::string_view());
  return trouble;
}

net::Task<bool> Delivery::break_off(std::string& pieces, dialect::StreamWriter& writer, const Failure& failure) {
  if (!reply_.begun()) begin();
  writer.fail(pieces, trouble_of(failure));
  if (early_ && route_fields_.size() > 0) pieces += route_comment();
  reply_.close_after();
  hide_secrets(pieces);
  std::string_view bytes = pieces;
  http::Fields trailers;
  co_return co_await reply_.end(bytes, std::move(trailers));
}

net::Task<bool> Delivery::fail(const Failure& failure, const Trail& trail, const catalog::Catalog& catalog) {
  if (reply_.begun()) {
    route_fields_.clear();
    route_fields_.add("x-fallback-attempts", fmt::format_int(trail.size()).str());
    if (!trail.empty()) route_fields_.add("x-fallback-trail", describe(trail, catalog));
    std::string nothing;
    auto writer = surface_.stream(request_);
    co_return co_await break_off(nothing, *writer, failure);
  }
  server::Answer answer;
  answer.status = failure.status;
  answer.fields = base_fields_;
  answer.fields.add("content-type", "application/json");
  answer.fields.add("x-fallback-attempts", fmt::format_int(trail.size()).str());
  if (!trail.empty()) answer.fields.add("x-fallback-trail", describe(trail, catalog));
  if (failure.retry_after) answer.fields.add("retry-after", fmt::format_int(*failure.retry_after).str());
  answer.body = surface_.error_body(trouble_of(failure));
  co_return co_await reply_.send(std::move(answer));
}

}  // namespace freeway::relay
