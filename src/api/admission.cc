// Who may come in: judged from a request's head, before one byte of its body is read.
#include <fmt/format.h>

#include <algorithm>

#include "api/gateway.h"
#include "base/duration.h"
#include "base/text.h"

namespace freeway::api {

namespace {

Problem problem_of(int status, std::string message, std::string code) {
  Problem problem;
  problem.status = status;
  problem.message = std::move(message);
  problem.code = std::move(code);
  return problem;
}

Problem nothing_at(const http::RequestHead& head) {
  return problem_of(404, fmt::format("There is nothing at {}.", header_safe(head.path())), "not_found");
}

bool shows_key(const http::RequestHead& head) {
  return head.fields.find("authorization") || head.fields.find("x-api-key") || head.fields.find("x-goog-api-key") ||
         key_in_query(head);
}

bool loopback(const net::Address& address) {
  static const net::Network kFour = *net::Network::parse("127.0.0.0/8");
  static const net::Network kSix = *net::Network::parse("::1");
  return kFour.holds(address) || kSix.holds(address);
}

// This machine itself asks, and not in the name of another: a proxy that says it does must be one whose word counts.
bool from_here(const http::RequestHead& head, const server::Peer& peer, const Settings& settings) {
  if (peer.local_admin) return true;
  auto address = net::Address::parse(peer.address);
  if (!address || !loopback(*address)) return false;
  bool forwarded = head.fields.find("x-forwarded-for") || head.fields.find("forwarded");
  if (!forwarded) return true;
  auto client = asked_for(peer.address, head, settings.trusted_proxies);
  return client && loopback(*client);
}

// Who is not let in yet can have little read and kept.
std::optional<Problem> check_smallness(const http::RequestHead& head) {
  constexpr std::size_t kDigits = 4;  // of a length of 9,999 bytes at most
  auto length = head.fields.find("content-length");
  if (!head.fields.find("transfer-encoding") && (!length || length->size() <= kDigits)) return std::nullopt;
  return problem_of(413, "What is sent here has a content-length of 9999 at most.", "request_too_large");
}

// What cors_origins says, if the path is one that it is about; "" is none, "*" any.
std::string_view cors_for(const http::RequestHead& head, const Settings& settings) {
  auto origin = head.fields.find("origin");
  if (!origin || (!under(head.path(), "/v1") && !under(head.path(), "/v1beta"))) return {};
  auto fits = [&](const std::string& one) { return one == "*" || one == *origin; };
  auto at = std::find_if(settings.cors_origins.begin(), settings.cors_origins.end(), fits);
  return at == settings.cors_origins.end() ? std::string_view() : std::string_view(*at);
}

}  // namespace

bool Gateway::host_allowed(const http::RequestHead& head, const Settings& settings) const {
  auto ours = [&](std::string_view authority) {
    std::string_view name = host_name(authority);
    return loopback_name(name) || std::any_of(settings.hosts.begin(), settings.hosts.end(),
                                              [&](const std::string& one) { return iequals(one, name); });
  };
  auto host = head.fields.find("host");  // HTTP/1.0 may go without
  auto origin = head.fields.find("origin");
  bool from_ours = !origin || ours(authority_of(*origin)) || !cors_for(head, settings).empty();
  return (!host || ours(*host)) && from_ours;
}

void Gateway::allow_origin(const http::RequestHead& head, const Settings& settings, http::Fields& fields) const {
  std::string_view allowed = cors_for(head, settings);
  if (allowed.empty()) return;
  fields.set("access-control-allow-origin", std::string(allowed));
  fields.set("access-control-expose-headers",
             "x-request-id, x-routed-via, x-fallback-attempts, x-fallback-trail, x-freeway-dropped, x-freeway-repaired, "
             "x-freeway-usage, retry-after, request-id");
  fields.add("vary", "origin");
}

std::optional<server::Answer> Gateway::preflight(const http::RequestHead& head, const Settings& settings) {
  if (head.method != "OPTIONS" || settings.cors_origins.empty() || !head.fields.find("access-control-request-method"))
    return std::nullopt;
  if (!under(head.path(), "/v1") && !under(head.path(), "/v1beta")) return std::nullopt;
  server::Answer answer;
  answer.status = 204;
  answer.fields.add("x-request-id", request_id(head));
  allow_origin(head, settings, answer.fields);
  answer.fields.add("access-control-allow-methods", "GET, POST, DELETE, OPTIONS");
  auto wanted = head.fields.find("access-control-request-headers");
  if (wanted) answer.fields.add("access-control-allow-headers", std::string(*wanted));
  answer.fields.add("access-control-max-age", "600");
  return answer;
}

// A wrong key or token; after too many from one address it is not even called wrong any more.
Problem Gateway::wrong_key(const http::RequestHead& head, const server::Peer& peer, const Settings& settings,
                           Problem problem) {
  auto source = source_of(peer.address, head, settings.trusted_proxies);
  if (!source) return problem;
  auto wait = gate_.office.wrong_keys.wrong(*source, loop_.now());
  if (!wait) return problem;
  tally_.throttled.add();
  problem = problem_of(429, "Too many wrong keys came from this address; a right one still works.", "too_many_wrong_keys");
  problem.retry_after = retry_after_seconds(*wait);
  return problem;
}

std::optional<Problem> Gateway::check_key(const http::RequestHead& head, const server::Peer& peer,
                                          const Settings& settings) {
  WallTime now = loop_.wall();
  if (authenticate(settings.client_keys, head, now)) return std::nullopt;
  if (!shows_key(head))
    return problem_of(401, "No API key was sent. Send a client key of this server as 'Authorization: Bearer …'.",
                      "invalid_api_key");
  tally_.wrong_keys.add();
  if (const auto* key = expired_key(settings.client_keys, head, now)) {
    auto told = fmt::format("This API key expired at {}. Ask whoever runs this server for a longer time or another key.",
                            admin::spell(*key->expires));
    return wrong_key(head, peer, settings, problem_of(401, std::move(told), "expired_api_key"));
  }
  auto problem =
      problem_of(401, "This API key is not one of freeway's. Send a client key of this server as 'Authorization: Bearer …'.",
                 "invalid_api_key");
  return wrong_key(head, peer, settings, std::move(problem));
}

// What a login changes must come from a page of ours.
std::optional<Problem> Gateway::check_admin(const http::RequestHead& head, const server::Peer& peer,
                                            const Settings& settings) {
  auto caller = admin::identify(head, peer, settings, gate_.office.accounts);
  if (caller.access == admin::Access::login && head.method != "GET" && head.method != "HEAD" && !caller.csrf_right(head))
    return problem_of(403, "A change by a browser needs the field x-freeway-csrf with the 'csrf' of GET /admin/api/session.",
                      "csrf");
  if (caller.may()) return std::nullopt;
  if (caller.access == admin::Access::login_over)
    return problem_of(401, "This session is over; log in again.", "session_over");
  if (caller.access == admin::Access::no_token)
    return problem_of(401,
                      "The admin API has no token yet: log in at the dashboard, set server.admin_token in the "
                      "configuration, or use the Unix socket in the data directory.",
                      "no_admin_token");
  if (!head.fields.find("authorization"))
    return problem_of(401, "Log in, or send the server's admin token as 'Authorization: Bearer …'.", "invalid_admin_token");
  tally_.wrong_admin_tokens.add();
  auto problem =
      problem_of(401, "This is not the server's admin token (server.admin_token); client keys don't open the admin API.",
                 "invalid_admin_token");
  return wrong_key(head, peer, settings, std::move(problem));
}

std::optional<Problem> Gateway::check_rights(Endpoint endpoint, const http::RequestHead& head, const server::Peer& peer,
                                             const Settings& settings) {
  if (endpoint == Endpoint::none) return nothing_at(head);
  if (wants_client_key(endpoint)) return check_key(head, peer, settings);
  if (!peer.local_admin && !host_allowed(head, settings))
    return problem_of(403, "This host or origin is not one of freeway's; add its name to server.allowed_hosts.",
                      "host_not_allowed");
  if (endpoint == Endpoint::admin && admin::Admin::open_to_all(head)) return check_smallness(head);
  if (endpoint == Endpoint::admin) return check_admin(head, peer, settings);
  if (endpoint == Endpoint::metrics && !from_here(head, peer, settings)) return check_admin(head, peer, settings);
  return std::nullopt;
}

std::optional<server::Answer> Gateway::admit(const http::RequestHead& head, const server::Peer& peer) {
  auto settings = gate_.settings.load();
  if (auto answer = preflight(head, *settings)) return answer;
  auto refused = judge(endpoint_of(head.path()), head, peer, settings);
  if (!refused) return std::nullopt;
  count_refusal(head, *settings, *refused);
  return std::move(refused->answer);
}

// A request that was refused by its head, or before its end: of a client that we know it is a row of the log as well, though
// nobody read which model it asks for.
void Gateway::count_refusal(const http::RequestHead& head, const Settings& settings, const Refused& refused) {
  Endpoint endpoint = endpoint_of(head.path());
  const ClientKey* key = asks_a_model(endpoint) ? authenticate(settings.client_keys, head, loop_.wall()) : nullptr;
  if (!key) {
    tally_.request(area_of(endpoint), Fate::refused, refused.problem.status);
    return;
  }
  Asked asked;
  asked.area = area_of(endpoint);
  asked.request_id = refused.answer.fields.find("x-request-id").value_or("");
  asked.client = key->name;
  asked.arrival = loop_.now();
  log_.refused(asked, refused.problem);
}

std::optional<Gateway::Refused> Gateway::judge(Endpoint endpoint, const http::RequestHead& head, const server::Peer& peer,
                                               const std::shared_ptr<const Settings>& settings) {
  auto refuse_with = [&](Problem problem) {
    Visit visit;
    visit.settings = settings;
    visit.surface = surface_of(head);
    visit.request_id = request_id(head);
    visit.head = &head;
    auto answer = refusal(visit, problem);
    return Refused{std::move(problem), std::move(answer)};
  };
  if (auto problem = check_rights(endpoint, head, peer, *settings)) return refuse_with(std::move(*problem));
  if (endpoint == Endpoint::not_built)
    return refuse_with(problem_of(
        404, fmt::format("{} is not available in this version of freeway.", header_safe(head.path())), "not_found"));
  if (endpoint == Endpoint::admin) {
    if (auto answer = admin::Admin::refuse(head)) {
      Refused refused;
      refused.problem.status = answer->status;
      refused.answer = std::move(*answer);
      refused.answer.fields.add("x-request-id", request_id(head));
      add_admin_fields(refused.answer.fields);
      return refused;
    }
    if (!gate_.draining || head.path() != kPlaygroundPath) return std::nullopt;
  }
  std::string_view methods = methods_of(endpoint, head.path());
  if (methods.empty()) return refuse_with(nothing_at(head));
  if (endpoint != Endpoint::admin && !method_allowed(methods, head.method)) {
    auto refused =
        refuse_with(problem_of(405, fmt::format("{} takes {}.", header_safe(head.path()), methods), "method_not_allowed"));
    refused.answer.fields.add("allow", std::string(methods));
    return refused;
  }
  if (gate_.draining && (asks_a_model(endpoint) || endpoint == Endpoint::admin)) {
    auto problem = problem_of(503, "freeway is shutting down.", "draining");
    problem.retry_after = 5;
    return refuse_with(std::move(problem));
  }
  return std::nullopt;
}

}  // namespace freeway::api
