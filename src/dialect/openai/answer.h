// What whole and streamed answers have in common: the rules that follow from the request, usage, reasons, arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chat/request.h"
#include "chat/usage.h"
#include "dialect/openai/written_calls.h"
#include "json/document.h"
#include "json/schema.h"
#include "token/encoding.h"

namespace freeway::dialect::openai {

// How an answer to this request is to be read. Made once a request; views point into the request.
struct AnswerRules {
  AnswerRules(const chat::Request& asked, std::string_view wire_id);

  // The client declared functions in the old form and gets its calls in the old form.
  bool legacy = false;
  std::vector<DeclaredTool> tools;  // declared and allowed
  bool include_usage = false;
  std::uint32_t choices = 1;
  const chat::Request* request;
  std::string model;  // the wire id, for answers that name none
  chat::Structure structure = chat::Structure::none;
  std::optional<json::Schema> schema;  // none if nobody can be held to it

  token::Encoding encoding() const { return token::vocabulary_of(model).encoding; }
};

// Repairs of an answer, as they are told.
inline constexpr std::string_view kCodeFence = "code_fence";
inline constexpr std::string_view kContentParts = "content_parts";
inline constexpr std::string_view kJsonTwice = "double_encoded_arguments";
// The old function form has room for one call.
inline constexpr std::string_view kFurtherCalls = "choices[].message.tool_calls";

// Is this text what `structure` asks for? Nothing: yes, as it is. A text: yes, but only this inner part, which stood in a
// code fence. Fails with invalid, "schema: …".
Result<std::optional<std::string>> check_structure(const AnswerRules& rules, std::string_view content);

// The provider's usage; nothing if it tells no tokens.
std::optional<chat::Usage> read_usage(json::Value usage);
// In its place: our count, with the prompt's by the model's vocabulary or the nearest; an estimate.
chat::Usage counted_usage(const AnswerRules& rules, std::uint64_t completion_tokens);
// {"prompt_tokens":…,"completion_tokens":…,"total_tokens":…}
std::string usage_json(const chat::Usage& usage);

// A reason that says that the provider failed.
bool is_failure(std::string_view reason);
// The reason that fits an answer with calls; the reason itself if it does.
std::string_view reason_with_calls(std::string_view reason);

// Fails with malformed unless this is JSON or blank.
Result<void> check_arguments(std::string_view name, std::string_view arguments);
bool is_blank(std::string_view text);

}  // namespace freeway::dialect::openai
