#include <fmt/format.h>

#include <array>
#include <utility>

#include "dialect/anthropic/surface.h"
#include "json/writer.h"

namespace freeway::dialect::anthropic {

namespace {

// A client that reads `overloaded_error` asks again by itself: right where providers were overloaded, whatever the status,
// and wrong where somebody has to mend something first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTypes = {{
    {"overloaded", "overloaded_error"},
    {"no_valid_key", "api_error"},
    {"no_provider", "api_error"},
    {"models_off", "api_error"},
}};

std::string_view type_of(const Trouble& trouble) {
  for (const auto& [code, type] : kTypes)
    if (trouble.status >= 500 && trouble.code == code) return type;
  const int status = trouble.status;
  switch (status) {
    case 401: return "authentication_error";
    case 402: return "billing_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    case 413: return "request_too_large";
    case 429: return "rate_limit_error";
    case 503:
    case 529: return "overloaded_error";
    case 504: return "timeout_error";
    default: return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

std::string message_of(const Trouble& trouble) {
  if (trouble.code != "context_length_exceeded") return std::string(trouble.message);
  if (trouble.token_limit == 0) return fmt::format("prompt is too long: {}", trouble.message);
  return fmt::format("prompt is too long: {} tokens > {} maximum. {}", trouble.tokens, trouble.token_limit, trouble.message);
}

// A client library that keeps its conversation at the server sends it in full when it reads this code.
constexpr std::string_view kNoThreads = "thread_unsupported_request";

void write_details(json::Writer& writer, const Trouble& trouble) {
  if (trouble.code.empty() && trouble.param.empty()) return;
  writer.key("details").begin_object();
  if (!trouble.code.empty()) writer.member("error_code", trouble.code);
  if (!trouble.param.empty()) writer.member("param", trouble.param);
  if (trouble.code == kNoThreads) writer.key("unsupported").begin_array().string("thread").end_array();
  writer.end_object();
}

}  // namespace

std::string error_body(const Trouble& trouble) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("type", "error").key("error").begin_object();
  writer.member("type", type_of(trouble)).member("message", message_of(trouble));
  write_details(writer, trouble);
  writer.end_object().member("request_id", trouble.request_id).end_object();
  return body;
}

}  // namespace freeway::dialect::anthropic
