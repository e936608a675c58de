#include "api/gateway.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/assets.h"
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
      log_(loop, gate.office, tally_),
      admin_(loop, gate_, tally_) {}

std::string Gateway::request_id(const http::RequestHead& head) {
  auto own = head.fields.find("x-request-id");
  if (own && safe_id(*own)) return std::string(*own);
  return "req_" + random_id(gate_.random, 24);
}

server::Answer Gateway::refusal(const Visit& visit, const Problem& problem) const {
  auto answer = error_answer(visit.surface, problem, visit.request_id);
  allow_origin(*visit.head, *visit.settings, answer.fields);
  return answer;
}

server::Answer Gateway::refuse(const http::RequestHead& head, int status, const Error& error) {
  Visit visit;
  visit.settings = gate_.settings.load();
  visit.surface = surface_of(head);
  visit.request_id = request_id(head);
  visit.head = &head;
  Problem problem;
  problem.status = status;
  problem.message = error.message;
  if (status == 413) problem.code = "request_too_large";
  auto answer = refusal(visit, problem);
  count_refusal(head, *visit.settings, answer);
  return answer;
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
    answer.body = "freeway: an OpenAI-compatible gateway; point your client at /v1\n";
  } else {
    answer.body = "ok\n";
  }
  return answer;
}

// Everything that knows the admin's token, or needs none where this machine asks.
net::Task<> Gateway::administrate(Visit visit, server::Incoming incoming, server::Reply& reply) {
  admin::Call call;
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

net::Task<> Gateway::handle(server::Incoming incoming, server::Reply& reply) {
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
  if (wants_key && !visit.key) {
    // The key was revoked by a reload between the head and the end of the body.
    Problem problem;
    problem.status = 401;
    problem.code = "invalid_api_key";
    problem.message = "This API key is not one of freeway's any more.";
    tally_.request(area_of(visit.endpoint), Fate::refused, problem.status);
    server::Answer answer = refusal(visit, problem);
    co_await reply.send(std::move(answer));
  } else if (asks_a_model(visit.endpoint)) {
    std::string body = std::move(incoming.body);
    co_await serve(std::move(visit), std::move(body), reply);
  } else if (visit.path == kPlaygroundPath && incoming.head.method == "POST") {
    std::string body = std::move(incoming.body);
    co_await play(std::move(visit), std::move(body), reply);
  } else if (visit.endpoint == Endpoint::admin || visit.endpoint == Endpoint::metrics) {
    co_await administrate(std::move(visit), std::move(incoming), reply);
  } else {
    server::Answer answer;
    if (visit.endpoint == Endpoint::models) {
      answer = models(visit);
    } else if (visit.endpoint == Endpoint::asset) {
      answer = answer_asset(*find_asset(visit.path), incoming.head);
      answer.fields.add("x-request-id", visit.request_id);
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
