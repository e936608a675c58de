// What models of other kinds than chat make: functions of what they were given, simple enough for a test to work them out by
// itself. farm/README.md tells them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freeway::farm {

// Component i is (byte - 128) / 128 of byte i % 32 of the SHA-256 of "model\ntext" plus 97 for each 32 before it, mod 256:
// exact as a float of 32 bits. A shorter vector is the beginning of a longer one.
std::vector<double> embedding(std::string_view model, std::string_view text, std::size_t size);
// From 0 to 1: the first four bytes of the SHA-256 of "query\ndocument", big endian, over 2^32.
double relevance(std::string_view query, std::string_view document);

// A white PNG of this size with a text chunk "farm" that holds `caption`.
std::string png(std::string_view caption, unsigned width, unsigned height);
// What begins and ends as a JPEG and has the caption as its comment; no picture.
std::string jpeg(std::string_view caption);
// "sha256:… #0 1024x1024": of "model\nprompt".
std::string caption(std::string_view model, std::string_view prompt, unsigned index, unsigned width, unsigned height);

// 48 bytes, a millisecond at 24 kHz of 16 bits, for each byte of the text: the SHA-256 of "model\nvoice\ntext", over and
// over.
std::string samples(std::string_view model, std::string_view voice, std::string_view text);
// The samples as "wav", "pcm" or behind the first bytes of "mp3", "opus", "aac", "flac".
std::string as_audio(std::string_view format, std::string_view samples);
std::string_view audio_type(std::string_view format);  // "" for a format that there is not
// "sha256:… bytes:…": of audio.
std::string heard_in(std::string_view audio);

// Little endian floats of 32 bits.
std::string float_bytes(const std::vector<double>& vector);
std::string base64(std::string_view bytes);
// Nothing for what is_base64 is not true of.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace freeway::farm
