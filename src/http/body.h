// The body of one message as its framing says: none, a length, chunks, or all until the connection closes.
// Internal to the parsers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/lines.h"

namespace freeway::http {

class BodyReader {
 public:
  enum class Framing { none, length, chunked, to_close };

  // `trailer_bytes` and `trailer_count` bound the fields behind the last chunk; they are checked and dropped.
  void begin(Framing framing, std::uint64_t length, std::size_t trailer_bytes, std::size_t trailer_count);
  void set_limit(std::uint64_t bytes) { limit_ = bytes; }
  Framing framing() const { return framing_; }
  std::uint64_t length() const { return length_; }
  bool complete() const { return stage_ == Stage::complete; }

  // Takes the body's bytes off the front and appends what they mean to `out`. Fails with malformed or too_large.
  Result<void> feed(std::string_view& bytes, std::string& out);
  // The connection closed: completes a body that runs to it.
  void close();

 private:
  enum class Stage { data, chunk_size, chunk_data, chunk_cr, chunk_lf, trailers, complete };

  Result<void> take_data(std::string_view& bytes, std::string& out);
  Result<void> take_chunked(std::string_view& bytes, std::string& out);
  Result<void> take_chunk_size(std::string_view& bytes);
  Result<void> open_chunk(std::string_view line);
  Result<void> take_trailers(std::string_view& bytes);
  void append(std::string_view& bytes, std::string& out);
  std::unexpected<Error> over_limit() const;

  Framing framing_ = Framing::none;
  Stage stage_ = Stage::complete;
  std::uint64_t limit_ = UINT64_MAX;
  std::uint64_t length_ = 0;    // as announced; 0 unless framed by length
  std::uint64_t left_ = 0;      // of the length or of the chunk
  std::uint64_t received_ = 0;  // decoded, with the whole of an announced chunk
  std::uint64_t padding_ = 0;   // chunk extensions in excess of data
  LineReader lines_;
  std::size_t trailer_bytes_ = 0;
  std::size_t trailers_left_ = 0;
};

}  // namespace freeway::http
