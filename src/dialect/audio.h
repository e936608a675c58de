// Recordings, as far as a gateway must know them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freeway::dialect {

// How long a recording plays, read as its bytes come. Keeps a few hundred of them. One thread.
class AudioLength {
 public:
  void feed(std::string_view bytes);
  // In seconds, rounded up: exactly for WAV, FLAC and Ogg, from the first frame's bit rate for MP3, and for everything else
  // what 32 kilobits a second come to, fewer than which are rare. Never 0, and never less than providers count for the
  // shortest, which is 10 seconds (console.groq.com/docs/speech-to-text).
  std::uint64_t seconds() const;

 private:
  enum class Form : unsigned char { unknown, wav, flac, ogg, other };

  void begin();
  void scan(std::string_view bytes);
  void walk(std::string_view bytes);
  bool step();
  void advance(std::uint64_t by);
  std::optional<double> told() const;

  Form form_ = Form::unknown;  // until enough has come
  std::string start_;
  std::uint64_t total_ = 0;
  // Of WAV and MP3: the bytes from here on that come next.
  std::uint64_t at_ = 0;
  std::string window_;
  std::uint64_t rate_ = 0;  // of WAV, in bytes a second
  std::uint64_t data_ = 0;  // where WAV's samples begin; 0: nobody knows yet
  std::uint64_t data_size_ = 0;
  int kilobits_ = 0;  // of MP3
  // Of Ogg.
  std::string tail_;
  std::uint64_t samples_ = 0;
};

// 16-bit mono samples as a WAV file.
std::string wav_file(std::string_view samples, std::uint32_t rate);

}  // namespace freeway::dialect
