#include "farm/output.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <bit>

#include "farm/ask.h"
#include "farm/sha256.h"

namespace freeway::farm {
namespace {

constexpr std::size_t kDigest = 32;

std::array<std::uint8_t, kDigest> digest_of(std::string_view text) {
  const auto hex = sha256_hex(text);
  std::array<std::uint8_t, kDigest> bytes{};
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < kDigest; ++i) {
    bytes[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
  }
  return bytes;
}

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string little_endian(std::uint32_t value, int size = 4) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// One chunk of a PNG.
std::string chunk(std::string_view name, std::string_view data) {
  const auto body = std::string(name).append(data);
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(static_cast<std::uint32_t>(sum));
}

std::string wav(std::string_view samples) {
  const auto size = static_cast<std::uint32_t>(samples.size());
  std::string out = "RIFF" + little_endian(36 + size) + "WAVEfmt " + little_endian(16) + little_endian(1, 2);
  out += little_endian(1, 2) + little_endian(24'000) + little_endian(48'000) + little_endian(2, 2) + little_endian(16, 2);
  return out + "data" + little_endian(size) + std::string(samples);
}

struct Audio {
  std::string_view format;
  std::string_view type;
  std::string_view begins;
};
constexpr Audio kAudio[] = {{"mp3", "audio/mpeg", "ID3"},   {"opus", "audio/opus", "OggS"}, {"aac", "audio/aac", "\xff\xf1"},
                            {"flac", "audio/flac", "fLaC"}, {"wav", "audio/wav", "RIFF"},   {"pcm", "audio/pcm", ""}};

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::vector<double> embedding(std::string_view model, std::string_view text, std::size_t size) {
  const auto digest = digest_of(fmt::format("{}\n{}", model, text));
  std::vector<double> vector(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<std::uint8_t>(digest[i % kDigest] + 97 * (i / kDigest));
    vector[i] = (static_cast<double>(byte) - 128) / 128;
  }
  return vector;
}

double relevance(std::string_view query, std::string_view document) {
  const auto digest = digest_of(fmt::format("{}\n{}", query, document));
  double value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value * 256 + digest[i];
  return value / 4294967296.0;
}

std::string png(std::string_view caption, unsigned width, unsigned height) {
  // A bit a pixel, each row behind the number of its filter.
  const std::string row = std::string(1, '\0') + std::string((width + 7) / 8, '\xff');
  std::string pixels;
  for (unsigned y = 0; y < height; ++y) pixels += row;
  uLongf size = compressBound(static_cast<uLong>(pixels.size()));
  std::string packed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(pixels.data()),
            static_cast<uLong>(pixels.size()), 1);
  packed.resize(size);
  std::string out = "\x89PNG\r\n\x1a\n";
  out += chunk("IHDR", big_endian(width) + big_endian(height) + std::string("\1\0\0\0\0", 5));
  out += chunk("tEXt", std::string("farm").append(1, '\0').append(caption));
  return out + chunk("IDAT", packed) + chunk("IEND", "");
}

std::string jpeg(std::string_view caption) {
  const auto size = static_cast<std::uint32_t>(caption.size() + 2);
  std::string out = "\xff\xd8\xff\xfe";
  out += big_endian(size).substr(2);
  return out.append(caption).append("\xff\xd9");
}

std::string caption(std::string_view model, std::string_view prompt, unsigned index, unsigned width, unsigned height) {
  return fmt::format("sha256:{} #{} {}x{}", sha256_hex(fmt::format("{}\n{}", model, prompt)), index, width, height);
}

std::string samples(std::string_view model, std::string_view voice, std::string_view text) {
  constexpr std::size_t kPerByte = 48;
  const auto digest = digest_of(fmt::format("{}\n{}\n{}", model, voice, text));
  std::string out(text.size() * kPerByte, '\0');
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(digest[i % kDigest]);
  return out;
}

std::string as_audio(std::string_view format, std::string_view samples) {
  if (format == "wav") return wav(samples);
  for (const auto& one : kAudio) {
    if (one.format == format) return std::string(one.begins).append(samples);
  }
  return std::string(samples);
}

std::string_view audio_type(std::string_view format) {
  for (const auto& one : kAudio) {
    if (one.format == format) return one.type;
  }
  return {};
}

std::string heard_in(std::string_view audio) { return fmt::format("sha256:{} bytes:{}", sha256_hex(audio), audio.size()); }

std::string float_bytes(const std::vector<double>& vector) {
  std::string bytes;
  bytes.reserve(vector.size() * 4);
  for (const auto value : vector) bytes += little_endian(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  return bytes;
}

std::string base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 3; ++i) value = value << 8 | (i < group.size() ? static_cast<std::uint8_t>(group[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= group.size() ? kDigits[value >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (!is_base64(text)) return std::nullopt;
  std::string out;
  std::uint32_t value = 0;
  int bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const auto digit = c == '-' ? 62 : c == '_' ? 63 : kDigits.find(c);
    value = value << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(value >> bits);
  }
  return out;
}

}  // namespace freeway::farm
