// What a model does, and so what may be asked of it.
#pragma once

#include <cstdint>

namespace freeway::chat {

enum class Kind : std::uint8_t { chat, embedding, image, speech, transcription, translation, rerank, moderation };

}  // namespace freeway::chat
