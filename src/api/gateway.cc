#include "api/gateway.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/assets.h"
#include "api/upload.h"
#include "base/text.h"

namespace freeway::api {

namespace {

// An id of the client's own that is safe in headers and logs.
bool safe_id(std::string_view id) {
  auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), fine);
}

}  // namespace

Gateway::Gateway(net::Loop& loop, upstream::Client& client, const Gate& gate, std::size_t index)
    : loop_(loop),
      relay_(loop, client, gate.services),
      gate_(gate),
      tally_(gate.office.metrics.tally(index)),
      lane_(gate.office.flights.lane(index)),
      log_(loop, gate.office, tally_),
      admin_(loop, gate_, tally_) {
  lane_.attach(loop);
}

std::string Gateway::request_id(const http::RequestHead& head) {
  auto own = head.fields.find("x-request-id");
  if (own && safe_id(*own)) return std::string(*own);
  return "req_" + random_id(gate_.random, 24);
}

server::Answer Gateway::refusal(const Visit& visit, const Problem& problem) const {
  auto answer = error_answer(visit.surface, problem, visit.request_id);
  allow_origin(*visit.head, *visit.settings, answer.fields);
  if (endpoint_of(visit.head->path()) == Endpoint::admin) add_admin_fields(answer.fields);
  return answer;
}

std::uint64_t Gateway::body_limit() const { return gate_.settings.load()->body_limit; }

std::unique_ptr<server::Intake> Gateway::intake(const http::RequestHead& head, net::Wakeup& wakeup) {
  if (!takes_upload(head.path())) return nullptr;
  return std::make_unique<Upload>(head.fields, gate_.settings.load()->upload_limit, *gate_.office.spools, wakeup);
}

server::Answer Gateway::refuse(const http::RequestHead& head, int status, const Error& error) {
  Visit visit;
  visit.settings = gate_.settings.load();
  visit.surface = surface_of(head);
  visit.request_id = request_id(head);
  visit.head = &head;
  Refused refused;
  refused.problem.status = status;
  refused.problem.message = error.message;
  if (status == 413) refused.problem.code = "request_too_large";
  refused.answer = refusal(visit, refused.problem);
  count_refusal(head, *visit.settings, refused);
  return std::move(refused.answer);
}

// The file that the path stands for; null for other paths, and at "/" for who is no browser.
const Asset* Gateway::asset_of(const Visit& visit, const http::RequestHead& head) {
  if (visit.endpoint == Endpoint::asset) return find_asset(visit.path);
  return visit.endpoint == Endpoint::root ? find_page(head) : nullptr;
}

server::Answer Gateway::health(const Visit& visit) const {
  server::Answer answer;
  answer.fields.add("content-type", "text/plain; charset=utf-8");
  answer.fields.add("cache-control", "no-store");
  answer.fields.add("x-request-id", visit.request_id);
  bool ready = !gate_.draining;
  if (visit.path == "/readyz" && !ready) {
    answer.status = 503;
    answer.fields.add("retry-after", "5");
    answer.body = "draining\n";
  } else if (visit.path == "/") {
    answer.fields.add("vary", "accept");
    answer.body = "freeway: an OpenAI-compatible gateway; point your client at /v1\n";
  } else {
    answer.body = "ok\n";
  }
  return answer;
}

// Everything that was let in, or needs no leave. A login may have ended while the body came.
net::Task<> Gateway::administrate(Visit visit, server::Incoming incoming, server::Reply& reply) {
  admin::Call call;
  call.caller = admin::identify(incoming.head, incoming.peer, *visit.settings, gate_.office.accounts);
  bool open = visit.endpoint != Endpoint::admin || admin::Admin::open_to_all(incoming.head);
  if (call.caller.access == admin::Access::login_over && !open) {
    Problem problem;
    problem.status = 401;
    problem.code = "session_over";
    problem.message = "This session is over; log in again.";
    tally_.request(area_of(visit.endpoint), Fate::refused, problem.status);
    server::Answer answer = refusal(visit, problem);
    co_await reply.send(std::move(answer));
    co_return;
  }
  call.settings = visit.settings;
  call.method = incoming.head.method;
  call.parameters = admin::read_query(incoming.head.query());
  call.body = std::move(incoming.body);
  call.request_id = visit.request_id;
  call.from_owner = incoming.peer.local_admin;
  call.now = visit.arrival;
  call.wall = loop_.wall();
  if (visit.endpoint == Endpoint::admin) {
    call.path = admin::split_path(incoming.head.path());
    call.fields = std::move(incoming.head.fields);
    co_await admin_.handle(std::move(call), reply);
  } else {
    co_await admin_.metrics(std::move(call), reply);
  }
}

net::Task<> Gateway::handle(server::Incoming& incoming, server::Reply& reply) {
  Visit visit;
  visit.settings = gate_.settings.load();
  visit.path = incoming.head.path();
  visit.surface = surface_of(incoming.head);
  visit.request_id = request_id(incoming.head);
  visit.head = &incoming.head;
  visit.arrival = loop_.now();
  visit.endpoint = endpoint_of(visit.path);
  bool wants_key = wants_client_key(visit.endpoint);
  if (wants_key) visit.key = authenticate(visit.settings->client_keys, incoming.head, loop_.wall());
  const bool revoked = wants_key && !visit.key;
  if (!revoked && asks_a_model(visit.endpoint)) return serve(std::move(visit), incoming, reply);
  return serve_other(std::move(visit), revoked, incoming, reply);
}

net::Task<> Gateway::serve_other(Visit visit, bool revoked, server::Incoming& incoming, server::Reply& reply) {
  if (revoked) {
    // By a reload between the head and the end of the body.
    Problem problem;
    problem.status = 401;
    problem.code = "invalid_api_key";
    problem.message = "This API key is not one of freeway's any more.";
    tally_.request(area_of(visit.endpoint), Fate::refused, problem.status);
    server::Answer answer = refusal(visit, problem);
    co_await reply.send(std::move(answer));
  } else if (visit.path == kPlaygroundPath && incoming.head.method == "POST") {
    co_await play(std::move(visit), incoming, reply);
  } else if (visit.endpoint == Endpoint::admin || visit.endpoint == Endpoint::metrics) {
    co_await administrate(std::move(visit), std::move(incoming), reply);
  } else {
    server::Answer answer;
    if (visit.endpoint == Endpoint::models) {
      answer = models(visit);
    } else if (const Asset* asset = asset_of(visit, incoming.head)) {
      answer = answer_asset(*asset, incoming.head);
      answer.fields.add("x-request-id", visit.request_id);
      allow_origin(incoming.head, *visit.settings, answer.fields);
    } else if (visit.endpoint == Endpoint::count_tokens) {
      std::string body = std::move(incoming.body);
      answer = count_tokens(visit, std::move(body));
    } else if (visit.endpoint == Endpoint::stored_responses) {
      std::string body = std::move(incoming.body);
      answer = stored_responses(visit, std::move(body));
    } else {
      answer = health(visit);
    }
    tally_.request(area_of(visit.endpoint), answer.status < 400 ? Fate::answered : Fate::refused, answer.status);
    co_await reply.send(std::move(answer));
  }
}

}  // namespace freeway::api
