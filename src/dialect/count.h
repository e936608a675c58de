// Exact token counts of requests, where an estimate will not do: near a limit, where a provider tells no usage, or because a
// client asks. Costs a few milliseconds for each 100 KB.
#pragma once

#include <cstdint>

#include "chat/request.h"
#include "token/encoding.h"

namespace freeway::dialect {

// The whole prompt's tokens: every text exactly, of messages, calls, tools and the schema, or of a request of another kind
// its inputs; an image, a file or a sound and the frame of each message as many as `prompt_tokens` has for them. For a model
// with a vocabulary that is not ours it is still an estimate. The request keeps it: asked again, it costs nothing. On the
// request's thread.
chat::PromptSize count_prompt(const chat::Request& request, token::Encoding encoding);
// The same if it was counted before.
inline const std::optional<chat::PromptSize>& counted_prompt(const chat::Request& request, token::Encoding encoding) {
  return request.counted[static_cast<std::size_t>(encoding)];
}

}  // namespace freeway::dialect
