// Errors in the envelope of the surface that was asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/fields.h"
#include "http/head.h"
#include "server/reply.h"

namespace freeway::api {

// Told from the path alone, so that errors before any routing have the right shape too.
enum class Surface : unsigned char { openai, anthropic, gemini, ollama, plain };
Surface surface_of(std::string_view path);
// The same of a whole head: lists of models have one path for two surfaces, and the client's version tells which.
Surface surface_of(const http::RequestHead& head);

// x-request-id, and Anthropic's name of it too.
void name_request(Surface surface, std::string_view request_id, http::Fields& fields);

struct Problem {
  int status = 400;
  std::string message;
  std::string type;    // OpenAI's; the other envelopes derive theirs from the status. "" = by status
  std::string code;    // "" = null
  std::string param;   // "" = null
  std::string quoted;  // what of the message a request's body said, which no log keeps; "" = nothing
  std::optional<std::int64_t> retry_after;
};

// What keeps browsers from misusing an answer of the admin API: no storing, no guessing of types, no frames, nothing shared
// with other sites.
void add_admin_fields(http::Fields& fields);

server::Answer error_answer(Surface surface, const Problem& problem, std::string_view request_id);

}  // namespace freeway::api
