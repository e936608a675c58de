#include "relay/delivery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/sse.h"

namespace freeway::relay {

Delivery::Delivery(server::Reply& reply, const chat::Request& request, const Options& options, http::Fields base_fields,
                   Instant arrival)
    : reply_(reply),
      request_(request),
      options_(options),
      base_fields_(std::move(base_fields)),
      next_beat_(request.stream ? arrival + options.early_head : kNever) {
  restart();
}

void Delivery::restart() {
  pending_.clear();
  if (request_.stream) writer_ = std::make_unique<dialect::openai::StreamWriter>(request_);
}

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
  std::string comment;
  http::append_sse_comment(comment, "waiting");
  std::string_view bytes = comment;
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
  if (dropped.empty()) return;
  std::string list;
  for (const auto& name : dropped) {
    if (!list.empty()) list += ", ";
    list += header_safe(name);
  }
  route_fields_.add("x-freeway-dropped", list);
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

net::Task<bool> Delivery::send_whole(std::string body, bool usage_estimated) {
  server::Answer answer;
  answer.fields = base_fields_;
  answer.fields.add("content-type", "application/json");
  for (const auto& field : route_fields_) answer.fields.add(field.name, field.value);
  if (usage_estimated) answer.fields.add("x-freeway-usage", "estimated");
  answer.body = std::move(body);
  co_return co_await reply_.send(std::move(answer));
}

net::Task<bool> Delivery::flush() {
  if (pending_.empty()) co_return !gone();
  if (!reply_.begun()) begin();
  if (early_ && !route_told_) {
    pending_ += route_comment();
    route_told_ = true;
  }
  next_beat_ = now() + options_.heartbeat;
  std::string_view bytes = pending_;
  bool sent = co_await reply_.write(bytes);
  pending_.clear();
  co_return sent;
}

net::Task<bool> Delivery::finish(const chat::Usage& usage) {
  writer_->finish(pending_, usage);
  if (!reply_.begun()) begin();
  http::Fields trailers;
  if (usage.estimated) {
    http::append_sse_comment(pending_, "x-freeway-usage: estimated");
    trailers.add("x-freeway-usage", "estimated");
  }
  if (early_) pending_ += route_comment();
  std::string_view bytes = pending_;
  co_return co_await reply_.end(bytes, std::move(trailers));
}

net::Task<bool> Delivery::break_off(std::string_view message, std::string_view type, std::string_view code) {
  if (!reply_.begun()) begin();
  dialect::openai::StreamWriter::fail(pending_, message, type, code);
  if (early_ && route_fields_.size() > 0) pending_ += route_comment();
  reply_.close_after();
  std::string_view bytes = pending_;
  http::Fields trailers;
  co_return co_await reply_.end(bytes, std::move(trailers));
}

net::Task<bool> Delivery::fail(const Failure& failure, const Trail& trail, const catalog::Catalog& catalog) {
  if (reply_.begun()) {
    pending_.clear();
    route_fields_.clear();
    route_fields_.add("x-fallback-attempts", fmt::format_int(trail.size()).str());
    if (!trail.empty()) route_fields_.add("x-fallback-trail", describe(trail, catalog));
    co_return co_await break_off(failure.message, failure.type, failure.code);
  }
  server::Answer answer;
  answer.status = failure.status;
  answer.fields = base_fields_;
  answer.fields.add("content-type", "application/json");
  answer.fields.add("x-fallback-attempts", fmt::format_int(trail.size()).str());
  if (!trail.empty()) answer.fields.add("x-fallback-trail", describe(trail, catalog));
  if (failure.retry_after) answer.fields.add("retry-after", fmt::format_int(*failure.retry_after).str());
  answer.body = dialect::openai::error_body(failure.message, failure.type, failure.param, failure.code);
  co_return co_await reply_.send(std::move(answer));
}

}  // namespace freeway::relay
