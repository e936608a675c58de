// Checks of a client's document, and their refusals in the client's words.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "chat/request.h"
#include "dialect/openai/surface.h"
#include "json/document.h"

namespace freeway::dialect::openai {

using Refusal = std::optional<RequestError>;

// "`param` is required." `quoted`: what of it the client wrote.
RequestError wrong(std::string param, std::string_view what, std::string_view quoted = {});
std::string_view type_name(json::Value value);  // "an array"

// An optional member of this type: absent, null or right.
Refusal expect(json::Value member, std::string_view name, json::Type type, std::string_view wanted);
// A whole number from 1 to `most`, or nothing.
Refusal expect_count(json::Value member, std::string_view name, std::int64_t most);
// A string that is not empty. `what` it is: "the text to speak".
Refusal require_text(json::Value member, std::string_view name, std::string_view what);

// A request with its document, which is a JSON object.
std::expected<std::unique_ptr<chat::Request>, RequestError> open_request(std::string text);

}  // namespace freeway::dialect::openai
