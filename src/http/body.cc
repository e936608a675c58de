#include "http/body.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/grammar.h"

namespace freeway::http {
namespace {

constexpr std::size_t kChunkLineBytes = 4096;
constexpr std::uint64_t kPaddingBytes = 16 * 1024;

}  // namespace

void BodyReader::begin(Framing framing, std::uint64_t length, std::size_t trailer_bytes, std::size_t trailer_count) {
  framing_ = framing;
  length_ = framing == Framing::length ? length : 0;
  left_ = length_;
  received_ = 0;
  padding_ = 0;
  trailer_bytes_ = trailer_bytes;
  trailers_left_ = trailer_count;
  if (framing == Framing::none || (framing == Framing::length && length == 0)) {
    stage_ = Stage::complete;
  } else if (framing == Framing::chunked) {
    stage_ = Stage::chunk_size;
    lines_.begin(kChunkLineBytes);
  } else {
    stage_ = Stage::data;
  }
}

void BodyReader::close() {
  if (framing_ == Framing::to_close) stage_ = Stage::complete;
}

Result<void> BodyReader::feed(std::string_view& bytes, std::string& out) {
  if (stage_ == Stage::complete) return {};
  return framing_ == Framing::chunked ? take_chunked(bytes, out) : take_data(bytes, out);
}

Result<void> BodyReader::take_data(std::string_view& bytes, std::string& out) {
  if (framing_ == Framing::to_close) {
    if (bytes.size() > limit_ - std::min(limit_, received_)) return over_limit();
    received_ += bytes.size();
    out += bytes;
    bytes = {};
    return {};
  }
  if (length_ > limit_) return over_limit();
  append(bytes, out);
  if (left_ == 0) stage_ = Stage::complete;
  return {};
}

Result<void> BodyReader::take_chunked(std::string_view& bytes, std::string& out) {
  while (!bytes.empty() && stage_ != Stage::complete) {
    switch (stage_) {
      case Stage::chunk_size:
        if (auto taken = take_chunk_size(bytes); !taken) return taken;
        break;
      case Stage::chunk_data:
        append(bytes, out);
        if (left_ == 0) stage_ = Stage::chunk_cr;
        break;
      case Stage::chunk_cr:
      case Stage::chunk_lf:
        if (bytes.front() != (stage_ == Stage::chunk_cr ? '\r' : '\n')) {
          return fail(ErrorKind::malformed, "a chunk is longer than its size says");
        }
        bytes.remove_prefix(1);
        stage_ = stage_ == Stage::chunk_cr ? Stage::chunk_lf : Stage::chunk_size;
        if (stage_ == Stage::chunk_size) lines_.begin(kChunkLineBytes);
        break;
      default:
        if (auto taken = take_trailers(bytes); !taken) return taken;
    }
  }
  return {};
}

Result<void> BodyReader::take_chunk_size(std::string_view& bytes) {
  switch (lines_.next(bytes)) {
    case LineReader::Outcome::line: return open_chunk(lines_.line());
    case LineReader::Outcome::need_more: return {};
    case LineReader::Outcome::bare_lf: return fail(ErrorKind::malformed, "a chunk's size line ends without CR");
    case LineReader::Outcome::too_long: break;
  }
  return fail(ErrorKind::malformed, "a chunk's size line is too long");
}

Result<void> BodyReader::open_chunk(std::string_view line) {
  auto semicolon = line.find(';');
  auto extension = semicolon == std::string_view::npos ? std::string_view() : line.substr(semicolon);
  auto size = grammar::parse_chunk_size(line.substr(0, semicolon));
  if (!size) return fail(ErrorKind::malformed, "a chunk's size is not a hexadecimal number");
  if (!grammar::is_chunk_extension(extension)) {
    return fail(ErrorKind::malformed, "a chunk's extension holds a control character or an open quotation");
  }
  // Extensions mean nothing here. Some are fine; a body that consists of them costs us work and says nothing.
  padding_ += extension.size();
  padding_ -= std::min(padding_, *size);
  if (padding_ > kPaddingBytes) return fail(ErrorKind::malformed, "the chunk extensions outweigh the body");
  if (*size == 0) {
    stage_ = Stage::trailers;
    lines_.begin(trailer_bytes_);
    return {};
  }
  if (*size > limit_ - std::min(limit_, received_)) return over_limit();
  received_ += *size;
  left_ = *size;
  stage_ = Stage::chunk_data;
  return {};
}

Result<void> BodyReader::take_trailers(std::string_view& bytes) {
  switch (lines_.next(bytes)) {
    case LineReader::Outcome::need_more: return {};
    case LineReader::Outcome::bare_lf: return fail(ErrorKind::malformed, "a trailer line ends without CR");
    case LineReader::Outcome::too_long: return fail(ErrorKind::too_large, "the trailers pass the limit for heads");
    case LineReader::Outcome::line: break;
  }
  if (lines_.line().empty()) {
    stage_ = Stage::complete;
    return {};
  }
  if (trailers_left_ == 0) return fail(ErrorKind::too_large, "there are more trailers than header fields are allowed");
  --trailers_left_;
  if (auto field = parse_field_line(lines_.line()); !field) return std::unexpected(std::move(field.error()));
  return {};
}

void BodyReader::append(std::string_view& bytes, std::string& out) {
  auto piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
  out += piece;
  left_ -= piece.size();
  bytes.remove_prefix(piece.size());
}

std::unexpected<Error> BodyReader::over_limit() const {
  return fail(ErrorKind::too_large, fmt::format("the body is larger than the limit of {} bytes", limit_));
}

}  // namespace freeway::http
