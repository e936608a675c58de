// Tokens that an answer cost.
#pragma once

#include <cstdint>

namespace freeway::chat {

struct Usage {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;
  std::uint64_t total_tokens = 0;   // as reported; prompt + completion where the provider left it out
  std::uint64_t audio_seconds = 0;  // of a recording, as reported; 0: not told
  bool estimated = false;           // ours, not the provider's
  // Some of the prompt is told to have come from the provider's cache, which not everybody counts among its tokens.
  bool cached = false;
};

}  // namespace freeway::chat
