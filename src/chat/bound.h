// How long an answer has to be possible, and how long a one a model is asked for.
//
// Where clients must name max_tokens, as those of translated requests, it is a bound and not a wish: a model that writes
// less serves them too, as long as a useful answer has room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "chat/request.h"

namespace freeway::chat {

inline constexpr std::uint64_t kUsefulAnswer = 4096;  // tokens

// Tokens that a model must be able to write; 0 if nothing was said.
inline std::uint64_t least_answer(const Request& request) {
  std::uint64_t asked = request.max_tokens.value_or(0);
  return request.translated ? std::min(asked, kUsefulAnswer) : asked;
}

// max_tokens for a model with these limits, which has room for least_answer; nothing where the client named none.
inline std::optional<std::uint64_t> longest_answer(const Request& request, std::optional<std::uint64_t> max_output,
                                                   std::optional<std::uint64_t> context) {
  if (!request.max_tokens || !request.translated) return request.max_tokens;
  std::uint64_t most = *request.max_tokens;
  if (max_output) most = std::min(most, *max_output);
  if (context && *context > request.prompt_tokens) most = std::min(most, *context - request.prompt_tokens);
  return std::max<std::uint64_t>(most, 1);
}

}  // namespace freeway::chat
