// OpenAI's older completions (/v1/completions), as a client speaks it: each prompt is asked as a chat of one message, and
// the answers are told as texts.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "dialect/surface.h"

namespace freeway::dialect::completions {

// So many prompts one request may hold; each is a call of its own.
inline constexpr std::size_t kMostPrompts = 64;

// A request for each prompt, in their order, at least one; all share the surface. A `suffix` asks for a model that fills in
// (chat::Request::suffix). Refuses tokens, and more answers than are given back (`best_of`).
std::expected<Asked, RequestError> decode_completions(std::string text);

// One document of several whole answers, in their order; "" if one of them is none.
std::string join_answers(const std::vector<std::string>& answers);

}  // namespace freeway::dialect::completions
