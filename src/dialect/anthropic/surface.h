// The client's side of Anthropic's Messages: its request decoded into a chat completions document, its answer, its stream
// and its errors told in Anthropic's words. What is mapped to what: docs/surfaces.md.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "dialect/surface.h"

namespace freeway::dialect::anthropic {

// A request for a message. Fails with the name of the field that is wrong or that no provider can be told of; what can be
// left out is named in the request's `dropped`.
std::expected<Asked, RequestError> decode_messages(std::string text);
// The same for one that is only to be counted: it names no max_tokens.
std::expected<Asked, RequestError> decode_count(std::string text);

// {"type":"error","error":{"type","message","details"},"request_id"}. The type follows from the status; `details` holds code
// and parameter where there are any. Of a prompt that is too long the message begins as Anthropic's does, since clients look
// for it.
std::string error_body(const Trouble& trouble);

}  // namespace freeway::dialect::anthropic
