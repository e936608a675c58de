#include "api/gateway.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/models.h"
#include "base/text.h"
#include "http/gzip.h"
#include "http/url.h"

namespace freeway::api {

namespace {

enum class Endpoint : unsigned char { none, chat_completions, models, livez, readyz, root, not_built };

constexpr std::string_view kModels = "/v1/models";

bool under(std::string_view path, std::string_view root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

Endpoint endpoint_of(std::string_view path) {
  if (path == "/v1/chat/completions") return Endpoint::chat_completions;
  if (path == kModels || (path.starts_with(kModels) && path.size() > kModels.size() + 1 && path[kModels.size()] == '/'))
    return Endpoint::models;
  if (path == "/livez") return Endpoint::livez;
  if (path == "/readyz") return Endpoint::readyz;
  if (path == "/") return Endpoint::root;
  for (std::string_view later : {"/v1/completions", "/v1/responses", "/v1/embeddings", "/v1/images", "/v1/audio",
                                 "/v1/rerank", "/v1/moderations", "/v1/messages", "/v1beta", "/api", "/mcp"}) {
    if (under(path, later)) return Endpoint::not_built;
  }
  return Endpoint::none;
}

bool keyless(Endpoint endpoint) {
  return endpoint == Endpoint::livez || endpoint == Endpoint::readyz || endpoint == Endpoint::root ||
         endpoint == Endpoint::none;
}

std::string_view methods_of(Endpoint endpoint) { return endpoint == Endpoint::chat_completions ? "POST" : "GET, HEAD"; }

bool method_allowed(Endpoint endpoint, std::string_view method) {
  if (endpoint == Endpoint::chat_completions) return method == "POST";
  return method == "GET" || method == "HEAD";
}

// An id of the client's own that is safe in headers and logs.
bool safe_id(std::string_view id) {
  auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), fine);
}

// "localhost:8420" → "localhost", "[::1]:8420" → "::1"
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.rfind(':'));
}

// "127.0.0.1", but not "127.0.0.1.example", which anybody can have.
bool loopback_name(std::string_view name) {
  bool digits = name.find_first_not_of("0123456789.") == std::string_view::npos;
  return iequals(name, "localhost") || name == "::1" || (digits && name.starts_with("127.")) || name.ends_with(".localhost");
}

// "http://localhost:8420" → "localhost:8420"; "null" stays.
std::string_view authority_of(std::string_view origin) {
  auto scheme = origin.find("://");
  return scheme == std::string_view::npos ? origin : origin.substr(scheme + 3);
}

}  // namespace

Gateway::Gateway(net::Loop& loop, upstream::Client& client, Gate gate)
    : loop_(loop), relay_(loop, client, gate.services), gate_(gate) {}

std::string Gateway::request_id(const http::RequestHead& head) {
  auto own = head.fields.find("x-request-id");
  if (own && safe_id(*own)) return std::string(*own);
  return "req_" + random_id(gate_.random, 24);
}

bool Gateway::host_allowed(const http::RequestHead& head, const Settings& settings) const {
  auto ours = [&](std::string_view authority) {
    std::string_view name = host_name(authority);
    return loopback_name(name) || std::any_of(settings.hosts.begin(), settings.hosts.end(),
                                              [&](const std::string& one) { return iequals(one, name); });
  };
  auto host = head.fields.find("host");  // HTTP/1.0 may go without
  auto origin = head.fields.find("origin");
  return (!host || ours(*host)) && (!origin || ours(authority_of(*origin)));
}

void Gateway::allow_origin(const http::RequestHead& head, const Settings& settings, http::Fields& fields) const {
  auto origin = head.fields.find("origin");
  if (!origin) return;
  for (const auto& one : settings.cors_origins) {
    if (one != "*" && one != *origin) continue;
    fields.set("access-control-allow-origin", *origin == one ? one : std::string("*"));
    fields.set("access-control-expose-headers",
               "x-request-id, x-routed-via, x-fallback-attempts, x-fallback-trail, x-freeway-dropped, x-freeway-usage, "
               "retry-after");
    fields.add("vary", "origin");
    return;
  }
}

std::optional<server::Answer> Gateway::preflight(const http::RequestHead& head, const Settings& settings) {
  if (head.method != "OPTIONS" || settings.cors_origins.empty() || !head.fields.find("access-control-request-method"))
    return std::nullopt;
  if (!under(head.path(), "/v1") && !under(head.path(), "/v1beta")) return std::nullopt;
  server::Answer answer;
  answer.status = 204;
  answer.fields.add("x-request-id", request_id(head));
  allow_origin(head, settings, answer.fields);
  answer.fields.add("access-control-allow-methods", "GET, POST, OPTIONS");
  auto wanted = head.fields.find("access-control-request-headers");
  if (wanted) answer.fields.add("access-control-allow-headers", std::string(*wanted));
  answer.fields.add("access-control-max-age", "600");
  return answer;
}

server::Answer Gateway::refusal(const Visit& visit, const Problem& problem) const {
  auto answer = error_answer(visit.surface, problem, visit.request_id);
  allow_origin(*visit.head, *visit.settings, answer.fields);
  return answer;
}

std::optional<server::Answer> Gateway::admit(const http::RequestHead& head, std::string_view) {
  auto settings = gate_.settings.load();
  if (auto answer = preflight(head, *settings)) return answer;
  Endpoint endpoint = endpoint_of(head.path());
  auto refuse_with = [&](int status, std::string message, std::string code) {
    Visit visit;
    visit.settings = settings;
    visit.surface = surface_of(head.path());
    visit.request_id = request_id(head);
    visit.head = &head;
    Problem problem;
    problem.status = status;
    problem.message = std::move(message);
    problem.code = std::move(code);
    return refusal(visit, problem);
  };
  if (endpoint == Endpoint::none)
    return refuse_with(404, fmt::format("There is nothing at {}.", header_safe(head.path())), "not_found");
  if (keyless(endpoint)) {
    if (!host_allowed(head, *settings))
      return refuse_with(403, "This host or origin is not one of freeway's; add its name to server.allowed_hosts.",
                         "host_not_allowed");
  } else if (!authenticate(settings->client_keys, head)) {
    bool shown = head.fields.find("authorization") || head.fields.find("x-api-key") || head.fields.find("x-goog-api-key");
    return refuse_with(
        401,
        shown ? "This API key is not one of freeway's. Send a client key of this server as 'Authorization: Bearer …'."
              : "No API key was sent. Send a client key of this server as 'Authorization: Bearer …'.",
        "invalid_api_key");
  }
  if (endpoint == Endpoint::not_built)
    return refuse_with(404, fmt::format("{} is not available in this version of freeway.", header_safe(head.path())),
                       "not_found");
  if (!method_allowed(endpoint, head.method)) {
    auto answer =
        refuse_with(405, fmt::format("{} takes {}.", header_safe(head.path()), methods_of(endpoint)), "method_not_allowed");
    answer.fields.add("allow", std::string(methods_of(endpoint)));
    return answer;
  }
  if (gate_.draining && endpoint == Endpoint::chat_completions) {
    auto answer = refuse_with(503, "freeway is shutting down.", "draining");
    answer.fields.add("retry-after", "5");
    return answer;
  }
  return std::nullopt;
}

server::Answer Gateway::refuse(const http::RequestHead& head, int status, const Error& error) {
  Visit visit;
  visit.settings = gate_.settings.load();
  visit.surface = surface_of(head.path());
  visit.request_id = request_id(head);
  visit.head = &head;
  Problem problem;
  problem.status = status;
  problem.message = error.message;
  if (status == 413) problem.code = "request_too_large";
  return refusal(visit, problem);
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

server::Answer Gateway::models(const Visit& visit) const {
  server::Answer answer;
  answer.fields.add("content-type", "application/json");
  answer.fields.add("x-request-id", visit.request_id);
  allow_origin(*visit.head, *visit.settings, answer.fields);
  const auto& snapshot = *visit.settings->routing;
  if (visit.path.size() <= kModels.size()) {
    answer.body = model_list(snapshot, *visit.key, gate_.services);
    return answer;
  }
  std::string name = percent_decode(visit.path.substr(kModels.size() + 1));
  bool forbidden = false;
  auto row = model_row(snapshot, *visit.key, gate_.services, name, forbidden);
  if (row) {
    answer.body = std::move(*row);
    return answer;
  }
  Problem problem;
  problem.status = forbidden ? 403 : 404;
  problem.code = forbidden ? "model_not_allowed" : "model_not_found";
  problem.param = "model";
  problem.message = forbidden ? fmt::format("Your key may not use the model '{}'.", name)
                              : fmt::format("The model '{}' does not exist here; GET /v1/models lists what does.", name);
  return refusal(visit, problem);
}

net::Task<> Gateway::handle(server::Incoming incoming, server::Reply& reply) {
  Visit visit;
  visit.settings = gate_.settings.load();
  visit.path = incoming.head.path();
  visit.surface = surface_of(visit.path);
  visit.request_id = request_id(incoming.head);
  visit.head = &incoming.head;
  visit.arrival = loop_.now();
  Endpoint endpoint = endpoint_of(visit.path);
  if (!keyless(endpoint)) visit.key = authenticate(visit.settings->client_keys, incoming.head);
  if (!keyless(endpoint) && !visit.key) {
    // The key was revoked by a reload between the head and the end of the body.
    Problem problem;
    problem.status = 401;
    problem.code = "invalid_api_key";
    problem.message = "This API key is not one of freeway's any more.";
    server::Answer answer = refusal(visit, problem);
    co_await reply.send(std::move(answer));
  } else if (endpoint == Endpoint::chat_completions) {
    std::string body = std::move(incoming.body);
    co_await chat_completions(std::move(visit), std::move(body), reply);
  } else {
    server::Answer answer;
    if (endpoint == Endpoint::models) {
      answer = models(visit);
    } else {
      answer = health(visit);
    }
    co_await reply.send(std::move(answer));
  }
}

}  // namespace freeway::api
