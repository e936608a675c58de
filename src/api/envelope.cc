#include "api/envelope.h"

#include <fmt/format.h>

#include "dialect/anthropic/surface.h"
#include "dialect/openai/surface.h"
#include "json/writer.h"

namespace freeway::api {

namespace {

bool under(std::string_view path, std::string_view root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

std::string_view openai_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_exceeded";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

std::string_view google_status(int status) {
  switch (status) {
    case 401: return "UNAUTHENTICATED";
    case 403: return "PERMISSION_DENIED";
    case 404: return "NOT_FOUND";
    case 429: return "RESOURCE_EXHAUSTED";
    case 503: return "UNAVAILABLE";
    case 504: return "DEADLINE_EXCEEDED";
    default: return status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
  }
}

std::string anthropic_body(const Problem& problem, std::string_view request_id) {
  dialect::Trouble trouble;
  trouble.status = problem.status;
  trouble.message = problem.message;
  trouble.param = problem.param;
  trouble.code = problem.code;
  trouble.request_id = request_id;
  return dialect::anthropic::error_body(trouble);
}

std::string google_body(const Problem& problem) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("error").begin_object().member("code", std::int64_t{problem.status});
  writer.member("message", problem.message).member("status", google_status(problem.status)).end_object().end_object();
  return body;
}

}  // namespace

Surface surface_of(const http::RequestHead& head) {
  std::string_view path = head.path();
  if (under(path, "/v1/models") && head.fields.find("anthropic-version")) return Surface::anthropic;
  return surface_of(path);
}

void name_request(Surface surface, std::string_view request_id, http::Fields& fields) {
  fields.add("x-request-id", std::string(request_id));
  if (surface == Surface::anthropic) fields.add("request-id", std::string(request_id));
}

Surface surface_of(std::string_view path) {
  if (under(path, "/v1/messages")) return Surface::anthropic;
  if (under(path, "/v1beta")) return Surface::gemini;
  if (under(path, "/api")) return Surface::ollama;
  if (under(path, "/v1") || under(path, "/mcp")) return Surface::openai;
  return Surface::plain;
}

void add_admin_fields(http::Fields& fields) {
  if (!fields.find("cache-control")) fields.add("cache-control", "no-store");
  fields.add("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  fields.add("cross-origin-opener-policy", "same-origin");
  fields.add("cross-origin-resource-policy", "same-origin");
  fields.add("referrer-policy", "no-referrer");
  fields.add("x-content-type-options", "nosniff");
}

server::Answer error_answer(Surface surface, const Problem& problem, std::string_view request_id) {
  server::Answer answer;
  answer.status = problem.status;
  answer.fields.add("content-type", "application/json");
  name_request(surface, request_id, answer.fields);
  if (problem.status == 401) answer.fields.add("www-authenticate", "Bearer");
  if (problem.retry_after) answer.fields.add("retry-after", fmt::format_int(*problem.retry_after).str());
  switch (surface) {
    case Surface::anthropic: answer.body = anthropic_body(problem, request_id); break;
    case Surface::gemini: answer.body = google_body(problem); break;
    case Surface::ollama: answer.body = "{\"error\":" + json::quote(problem.message) + "}"; break;
    case Surface::openai:
    case Surface::plain: {
      std::string_view type = problem.type.empty() ? openai_type(problem.status) : std::string_view(problem.type);
      answer.body = dialect::openai::error_body(problem.message, type, problem.param, problem.code);
      break;
    }
  }
  return answer;
}

}  // namespace freeway::api
