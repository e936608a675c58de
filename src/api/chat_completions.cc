// POST /v1/chat/completions: from a body to a job for the relay.
#include <fmt/format.h>

#include "api/gateway.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/text.h"
#include "dialect/openai/surface.h"
#include "http/gzip.h"

namespace freeway::api {

namespace {

// So much of a name that a client made up is repeated to it.
constexpr std::size_t kLongestName = 200;

// The conversation's name: the client's own, else the digest of how it opened.
std::string session_of(const http::RequestHead& head, const chat::Request& request) {
  for (std::string_view name : {"x-session-id", "x-claude-code-session-id", "x-codex-session-id", "session-id"}) {
    auto id = head.fields.find(name);
    if (id && !id->empty()) return "id:" + std::string(id->substr(0, 256));
  }
  return request.opening ? "opening:" + *request.opening : std::string();
}

Problem problem_of(int status, std::string message, std::string code, std::string param) {
  Problem problem;
  problem.status = status;
  problem.message = std::move(message);
  problem.code = std::move(code);
  problem.param = std::move(param);
  return problem;
}

}  // namespace

Result<std::string> Gateway::plain_body(std::string body, const http::RequestHead& head, std::uint64_t limit) const {
  auto coding = head.fields.find("content-encoding");
  if (!coding || coding->empty() || iequals(*coding, "identity")) return body;
  if (!iequals(*coding, "gzip") && !iequals(*coding, "x-gzip") && !iequals(*coding, "deflate"))
    return fail(ErrorKind::unsupported,
                fmt::format("Content-Encoding '{}' is not supported; send the body plain or gzipped", header_safe(*coding)));
  std::string plain;
  http::Inflater inflater(limit);
  auto fed = inflater.feed(body, plain);
  if (!fed && fed.error().kind == ErrorKind::too_large)
    return fail(ErrorKind::too_large,
                fmt::format("the unpacked body passes the limit of {} bytes (server.body_limit)", limit));
  if (!fed) return std::unexpected(fed.error());
  if (!inflater.complete()) return fail(ErrorKind::malformed, "the gzipped body is cut short");
  return plain;
}

// Everything that can be refused before a provider is asked.
std::optional<Problem> Gateway::prepare(const Visit& visit, std::string body, relay::Job& job) const {
  auto plain = plain_body(std::move(body), *visit.head, visit.settings->body_limit);
  if (!plain) {
    const Error& error = plain.error();
    int status = error.kind == ErrorKind::unsupported ? 415 : error.kind == ErrorKind::too_large ? 413 : 400;
    return problem_of(status, error.message, status == 413 ? "request_too_large" : "", "");
  }
  auto request = dialect::openai::decode_request(std::move(*plain));
  if (!request) {
    auto& error = request.error();
    return problem_of(error.status, std::move(error.message), std::move(error.code), std::move(error.param));
  }
  job.request = std::move(*request);

  const auto& snapshot = *visit.settings->routing;
  const std::string& model = job.request->model;
  auto names = router::resolve(snapshot, model);
  if (!names.known)
    return problem_of(404,
                      fmt::format("The model '{}' does not exist here; GET /v1/models lists what does.",
                                  std::string_view(model).substr(0, kLongestName)),
                      "model_not_found", "model");
  auto allowed = router::allow(snapshot, names, visit.key->models);
  if (!allowed.allowed)
    return problem_of(403, fmt::format("Your key may not use the model '{}'.", model.empty() ? "auto" : model),
                      "model_not_allowed", "model");
  if (allowed.routes.empty())
    return problem_of(503, "No provider is configured; add one to the configuration file.", "no_provider", "");

  auto wait = gate_.limits.admit(*visit.key, visit.arrival, gate_.services.clock.wall());
  if (wait) {
    auto problem = problem_of(429, "Your key has used its own limit on this server.", "client_limit_exceeded", "");
    problem.retry_after = retry_after_seconds(*wait);
    return problem;
  }
  job.routes = std::move(allowed.routes);
  job.snapshot = visit.settings->routing;
  job.options = visit.settings->relay;
  job.client = visit.key->name;
  job.session = session_of(*visit.head, *job.request);
  job.base_fields.add("x-request-id", visit.request_id);
  allow_origin(*visit.head, *visit.settings, job.base_fields);
  job.arrival = visit.arrival;
  return std::nullopt;
}

net::Task<> Gateway::chat_completions(Visit visit, std::string body, server::Reply& reply) {
  relay::Job job;
  auto problem = prepare(visit, std::move(body), job);
  if (problem) {
    server::Answer answer = refusal(visit, *problem);
    co_await reply.send(std::move(answer));
    co_return;
  }
  relay::Receipt receipt = co_await relay_.serve(std::move(job), reply);
  // No route can do this, so none was asked: the client's place is given back.
  bool refused = receipt.trail.empty() && receipt.status >= 400 && receipt.status < 500 && receipt.status != 429;
  if (refused) gate_.limits.refused(*visit.key, visit.arrival);
  if (receipt.usage) gate_.limits.spent(*visit.key, receipt.usage->total_tokens, gate_.services.clock.wall());
}

}  // namespace freeway::api
