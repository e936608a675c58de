// Recordings, as far as a gateway must know them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freeway::dialect {

// How long a recording plays, in seconds, rounded up: exactly for WAV, FLAC and Ogg, from the first frame's bit rate for
// MP3, and for everything else what 32 kilobits a second come to, fewer than which are rare. Never 0, and never less than
// providers count for the shortest, which is 10 seconds (console.groq.com/docs/speech-to-text).
std::uint64_t audio_seconds(std::string_view bytes);

// 16-bit mono samples as a WAV file.
std::string wav_file(std::string_view samples, std::uint32_t rate);

}  // namespace freeway::dialect
