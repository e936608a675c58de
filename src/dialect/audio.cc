#include "dialect/audio.h"

#include <algorithm>
#include <array>
#include <optional>

namespace freeway::dialect {

namespace {

constexpr double kLeastSeconds = 10;
constexpr double kSlowest = 4000;  // bytes a second

std::uint64_t little(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = value << 8U | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

std::uint64_t big(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::optional<double> wav_length(std::string_view bytes) {
  if (bytes.size() < 12 || !bytes.starts_with("RIFF") || bytes.substr(8, 4) != "WAVE") return std::nullopt;
  std::uint64_t rate = 0;
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    std::uint64_t size = little(bytes, at + 4, 4);
    std::string_view name = bytes.substr(at, 4);
    at += 8;
    if (name == "fmt " && at + 12 <= bytes.size()) rate = little(bytes, at + 8, 4);
    // Streamed files tell no size, or the largest.
    if (name == "data" && rate > 0)
      return static_cast<double>(std::min<std::uint64_t>(size ? size : UINT64_MAX, bytes.size() - at)) /
             static_cast<double>(rate);
    at += size + size % 2;
  }
  return std::nullopt;
}

std::optional<double> flac_length(std::string_view bytes) {
  if (!bytes.starts_with("fLaC") || bytes.size() < 26) return std::nullopt;
  std::uint64_t packed = big(bytes, 18, 8);
  std::uint64_t rate = packed >> 44U;
  std::uint64_t samples = packed & 0xfffffffffU;
  if (rate == 0 || samples == 0) return std::nullopt;
  return static_cast<double>(samples) / static_cast<double>(rate);
}

// The last page tells how many samples came before its end; Opus always counts 48,000 a second.
std::optional<double> ogg_length(std::string_view bytes) {
  if (!bytes.starts_with("OggS")) return std::nullopt;
  std::size_t last = bytes.rfind("OggS");
  if (last + 14 > bytes.size()) return std::nullopt;
  double rate = 48000;
  std::size_t vorbis = bytes.substr(0, 128).find("\x01vorbis");
  if (vorbis != std::string_view::npos && vorbis + 16 <= bytes.size())
    rate = static_cast<double>(little(bytes, vorbis + 12, 4));
  std::uint64_t samples = little(bytes, last + 6, 8);
  if (rate < 1 || samples == 0 || samples >> 48U) return std::nullopt;
  return static_cast<double>(samples) / rate;
}

std::optional<double> mp3_length(std::string_view bytes) {
  constexpr std::array<int, 16> kOne = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0};
  constexpr std::array<int, 16> kTwo = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0};
  std::size_t at = 0;
  if (bytes.starts_with("ID3") && bytes.size() > 10) {
    for (std::size_t i = 6; i < 10; ++i) at = at << 7U | (static_cast<unsigned char>(bytes[i]) & 0x7fU);
    at += 10;
  }
  if (at + 4 > bytes.size()) return std::nullopt;
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
  bool layer_three = byte(0) == 0xff && (byte(1) & 0xe6U) == 0xe2;
  if (!layer_three) return std::nullopt;
  int kilobits = ((byte(1) & 0x18U) == 0x18 ? kOne : kTwo)[byte(2) >> 4U];
  if (kilobits == 0) return std::nullopt;
  // Where the rate varies, a first frame of silence would make the rest seem longer than it is, never shorter by much.
  return static_cast<double>(bytes.size() - at) / (kilobits * 125.0);
}

}  // namespace

std::uint64_t audio_seconds(std::string_view bytes) {
  auto length = wav_length(bytes);
  if (!length) length = flac_length(bytes);
  if (!length) length = ogg_length(bytes);
  if (!length) length = mp3_length(bytes);
  constexpr double kLongest = 1e9;
  double seconds = std::clamp(length.value_or(static_cast<double>(bytes.size()) / kSlowest), kLeastSeconds, kLongest);
  auto whole = static_cast<std::uint64_t>(seconds);
  return whole + (static_cast<double>(whole) < seconds ? 1 : 0);
}

std::string wav_file(std::string_view samples, std::uint32_t rate) {
  std::string file = "RIFF";
  auto put = [&file](std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) file.push_back(static_cast<char>(value >> (8 * i) & 0xffU));
  };
  constexpr std::uint32_t kSampleBytes = 2;
  put(36 + samples.size(), 4);
  file += "WAVEfmt ";
  put(16, 4);
  put(1, 2);  // plain samples
  put(1, 2);  // of one channel
  put(rate, 4);
  put(std::uint64_t{rate} * kSampleBytes, 4);
  put(kSampleBytes, 2);
  put(kSampleBytes * 8, 2);
  file += "data";
  put(samples.size(), 4);
  return file.append(samples);
}

}  // namespace freeway::dialect
