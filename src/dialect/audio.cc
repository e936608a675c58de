#include "dialect/audio.h"

#include <algorithm>
#include <array>
#include <optional>

namespace freeway::dialect {

namespace {

constexpr double kLeastSeconds = 10;
constexpr double kSlowest = 4000;     // bytes a second
constexpr std::size_t kStart = 160;   // bytes that tell the form and, of Ogg and FLAC, the rate
constexpr std::size_t kWindow = 20;   // a WAV chunk's head and the rate behind it
constexpr std::size_t kOggHead = 14;  // of a page, up to its samples

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

// Of an MP3 frame's head; 0 if it is none.
int kilobits_of(std::string_view head) {
  constexpr std::array<int, 16> kOne = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0};
  constexpr std::array<int, 16> kTwo = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0};
  if (head.size() < 4) return 0;
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
  bool layer_three = byte(0) == 0xff && (byte(1) & 0xe6U) == 0xe2;
  if (!layer_three) return 0;
  return ((byte(1) & 0x18U) == 0x18 ? kOne : kTwo)[byte(2) >> 4U];
}

std::optional<double> flac_length(std::string_view start) {
  if (start.size() < 26) return std::nullopt;
  std::uint64_t packed = big(start, 18, 8);
  std::uint64_t rate = packed >> 44U;
  std::uint64_t samples = packed & 0xfffffffffU;
  if (rate == 0 || samples == 0) return std::nullopt;
  return static_cast<double>(samples) / static_cast<double>(rate);
}

}  // namespace

void AudioLength::feed(std::string_view bytes) {
  total_ += bytes.size();
  if (form_ != Form::unknown) return scan(bytes);
  start_ += bytes;
  if (start_.size() < kStart) return;
  begin();
  std::string all = std::move(start_);
  start_ = all.substr(0, kStart);
  scan(all);
}

// By what has come.
void AudioLength::begin() {
  form_ = Form::other;
  if (start_.starts_with("RIFF") && std::string_view(start_).substr(0, 12).ends_with("WAVE")) {
    form_ = Form::wav;
    at_ = 12;
  } else if (start_.starts_with("fLaC")) {
    form_ = Form::flac;
  } else if (start_.starts_with("OggS")) {
    form_ = Form::ogg;
  } else if (start_.starts_with("ID3") && start_.size() > 10) {
    for (std::size_t i = 6; i < 10; ++i) at_ = at_ << 7U | (static_cast<unsigned char>(start_[i]) & 0x7fU);
    at_ += 10;
  }
}

// Of bytes up to the present end.
void AudioLength::scan(std::string_view bytes) {
  if (form_ == Form::wav || form_ == Form::other) return walk(bytes);
  if (form_ != Form::ogg) return;
  // The last page tells how many samples came before its end.
  tail_ += bytes;
  std::size_t last = tail_.rfind("OggS");
  if (last != std::string::npos && last + kOggHead > tail_.size()) last = last > 0 ? tail_.rfind("OggS", last - 1) : last;
  if (last != std::string::npos && last + kOggHead <= tail_.size()) samples_ = little(tail_, last + 6, 8);
  tail_.erase(0, tail_.size() - std::min(tail_.size(), kOggHead - 1));
}

void AudioLength::walk(std::string_view bytes) {
  std::uint64_t begin = total_ - bytes.size();
  for (;;) {
    std::uint64_t next = at_ + window_.size();
    if (next >= begin && next < total_) window_ += bytes.substr(next - begin, kWindow - window_.size());
    if (window_.size() < kWindow || !step()) return;
  }
}

// What stands at the beginning of the window; false if nothing behind it matters.
bool AudioLength::step() {
  if (form_ == Form::other) {
    kilobits_ = kilobits_of(window_);
    return false;
  }
  if (data_ > 0 || window_.size() < 8) return false;
  std::uint64_t size = little(window_, 4, 4);
  if (window_.starts_with("fmt ") && window_.size() >= kWindow) rate_ = little(window_, 16, 4);
  if (window_.starts_with("data") && rate_ > 0) {
    data_ = at_ + 8;
    data_size_ = size;
    return false;
  }
  advance(8 + size + size % 2);
  return true;
}

void AudioLength::advance(std::uint64_t by) {
  at_ += by;
  window_.erase(0, static_cast<std::size_t>(std::min<std::uint64_t>(by, window_.size())));
}

std::optional<double> AudioLength::told() const {
  if (form_ == Form::flac) return flac_length(start_);
  if (form_ == Form::wav) {
    if (data_ == 0) return std::nullopt;
    // Streamed files tell no size, or the largest.
    auto size = std::min(data_size_ ? data_size_ : UINT64_MAX, total_ - data_);
    return static_cast<double>(size) / static_cast<double>(rate_);
  }
  if (form_ == Form::ogg) {
    double rate = 48000;  // Opus always counts so many a second
    std::size_t vorbis = start_.find("\x01vorbis");
    if (vorbis != std::string::npos && vorbis + 16 <= start_.size())
      rate = static_cast<double>(little(start_, vorbis + 12, 4));
    if (rate < 1 || samples_ == 0 || samples_ >> 48U) return std::nullopt;
    return static_cast<double>(samples_) / rate;
  }
  // Where the rate varies, a first frame of silence would make the rest seem longer than it is, never shorter by much.
  if (kilobits_ == 0) return std::nullopt;
  return static_cast<double>(total_ - at_) / (kilobits_ * 125.0);
}

std::uint64_t AudioLength::seconds() const {
  AudioLength whole = *this;
  if (form_ == Form::unknown) {
    whole.begin();
    whole.scan(start_);
  }
  while (whole.step()) continue;
  constexpr double kLongest = 1e9;
  auto length = whole.told();
  double seconds = std::clamp(length.value_or(static_cast<double>(total_) / kSlowest), kLeastSeconds, kLongest);
  auto rounded = static_cast<std::uint64_t>(seconds);
  return rounded + (static_cast<double>(rounded) < seconds ? 1 : 0);
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
