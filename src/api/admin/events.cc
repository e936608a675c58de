// GET /admin/api/events: what happens, as it happens, as server-sent events.
#include <fmt/format.h>

#include <map>

#include "api/admin/admin.h"
#include "api/envelope.h"
#include "http/sse.h"

namespace freeway::api::admin {

namespace {

// How often it looks for what nobody tells: benches, reloads, a drain.
constexpr Duration kLook = std::chrono::seconds(1);
constexpr Duration kHeartbeat = std::chrono::seconds(15);

using Benches = std::map<std::string, router::Bench>;

Benches benches_now(const Gate& gate, Instant now) {
  Benches benches;
  for (auto& bench : gate.services.benches.all(now)) {
    std::string scope = bench.scope;
    benches.emplace(std::move(scope), std::move(bench));
  }
  return benches;
}

std::string bench_data(const Call& at, const router::Bench& bench) {
  std::string data;
  json::Writer writer(data);
  writer.begin_object().member("scope", bench.scope).member("reason", router::to_string(bench.reason)).key("until");
  write_until(writer, at, bench.until);
  write_text(writer, "evidence", bench.evidence);
  writer.end_object();
  return data;
}

void tell_benches(std::string& out, const Call& at, const Benches& before, const Benches& after) {
  for (const auto& [scope, bench] : after) {
    auto old = before.find(scope);
    if (old == before.end() || old->second.until != bench.until || old->second.reason != bench.reason)
      http::append_sse_event(out, "bench", bench_data(at, bench));
  }
  for (const auto& [scope, bench] : before)
    if (!after.contains(scope)) http::append_sse_event(out, "lifted", "{\"scope\":" + json::quote(scope) + "}");
}

std::string settings_data(const Settings& settings) {
  std::string data;
  json::Writer writer(data);
  writer.begin_object();
  write_text(writer, "hash", settings.hash);
  write_time(writer, "loaded_at", settings.loaded);
  writer.end_object();
  return data;
}

// What one reader was told last, and what has come since.
class Watch {
 public:
  Watch(const Gate& gate, Call& at) : gate_(gate), at_(at), benches_(benches_now(gate, at.now)) {}

  // Since when the reader listens, and how things stood then.
  std::string hello() const {
    std::string out;
    http::append_sse_event(out, "hello", settings_data(*at_.settings));
    for (const auto& [scope, bench] : benches_) http::append_sse_event(out, "bench", bench_data(at_, bench));
    return out;
  }
  void look(std::string& out) {
    auto benches = benches_now(gate_, at_.now);
    tell_benches(out, at_, benches_, benches);
    benches_ = std::move(benches);
    auto settings = gate_.settings.load();
    if (settings == at_.settings) return;
    at_.settings = std::move(settings);
    http::append_sse_event(out, "reload", settings_data(*at_.settings));
  }

 private:
  const Gate& gate_;
  Call& at_;
  Benches benches_;
};

void tell_waiting(std::string& out, Feed::Reader& reader, Count& losses) {
  std::uint64_t lost = 0;
  auto events = reader.take(lost);
  losses.add(lost);
  if (lost > 0) http::append_sse_event(out, "lost", fmt::format("{{\"events\":{}}}", lost));
  for (const auto& event : events) http::append_sse_event(out, event->type, event->data);
}

}  // namespace

net::Task<> Admin::events(const Call& call, server::Reply& reply) {
  std::unique_ptr<Feed::Reader> reader = gate_.office.feed.listen(reply.wakeup());
  if (!reader) {
    server::Answer full = answer_problem(503, "Too many readers of events already.", "busy");
    co_await answer(Area::admin, call, std::move(full), reply);
    co_return;
  }
  http::Fields fields;
  fields.add("content-type", "text/event-stream; charset=utf-8");
  fields.add("cache-control", "no-store");
  fields.add("x-accel-buffering", "no");
  fields.add("x-request-id", call.request_id);
  add_admin_fields(fields);
  reply.begin(200, std::move(fields));
  tally_.request(Area::admin, Fate::answered, 200);
  Call at = call;
  Watch watch(gate_, at);
  std::string out = watch.hello();
  Instant beat = loop_.now() + kHeartbeat;
  for (;;) {
    at.now = loop_.now();
    at.wall = loop_.wall();
    tell_waiting(out, *reader, tally_.events_lost);
    watch.look(out);
    if (out.empty() && at.now >= beat) http::append_sse_comment(out, "here");
    if (!out.empty()) {
      gate_.office.secrets->load()->redact(out);
      std::string_view bytes = out;
      bool sent = co_await reply.write(bytes);
      if (!sent) co_return;
      out.clear();
      beat = at.now + kHeartbeat;
    }
    bool out_of_rights = at.caller.login && !at.caller.login->good(at.wall);
    if (gate_.draining || reply.gone() || reply.ending() || out_of_rights) break;
    Instant until = loop_.now() + kLook;
    co_await reply.wakeup().wait(until);
  }
  reply.close_after();
  std::string_view nothing;
  http::Fields trailers;
  co_await reply.end(nothing, std::move(trailers));
}

}  // namespace freeway::api::admin
