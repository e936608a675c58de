// Speech and what was said, as OpenAI and those who copy it speak of them.
#pragma once

#include <string>
#include <string_view>

#include "dialect/dialect.h"
#include "json/document.h"

namespace freeway::dialect::openai {

const Codec& speech_codec();
const Codec& transcription_codec();  // of translations as well

// What a recording says, in the form that the client asked for (json, verbose_json, text, srt or vtt), from a document with
// `text` and, for the forms that tell times, `segments` of `start`, `end` and `text`. Fails with malformed where they lack.
Result<WholeAnswer> compose_transcript(const chat::Request& request, json::Value told);

// A sound as the client gets it. Fails with closed where there is none. `content_type` empty: by the format asked for.
Result<WholeAnswer> compose_sound(const chat::Request& request, std::string_view content_type, std::string bytes);

}  // namespace freeway::dialect::openai
