#include "farm/bytes.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>

#include "base/text.h"
#include "http/head.h"
#include "json/writer.h"

namespace freeway::farm {
namespace {

void line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool holds(std::span<const http::Field> fields, std::string_view name) {
  for (const auto& field : fields) {
    if (iequals(field.name, name)) return true;
  }
  return false;
}

std::string_view ending(Eol eol, std::size_t serial) {
  constexpr std::array<std::string_view, 3> kAll{"\r\n", "\n", "\r"};
  switch (eol) {
    case Eol::lf: return "\n";
    case Eol::crlf: return "\r\n";
    case Eol::cr: return "\r";
    case Eol::mixed: return kAll[serial % 3];
  }
  return "\n";
}

}  // namespace

void write_head(std::string& out, const HeadBytes& head, std::span<const http::Field> headers,
                std::span<const http::Field> more) {
  out += "HTTP/1.1 ";
  out += std::to_string(head.status);
  out += ' ';
  out += http::reason_phrase(head.status);
  out += "\r\n";
  if (!head.content_type.empty() && !holds(more, "content-type")) line(out, "content-type", head.content_type);
  if (head.gzip) line(out, "content-encoding", "gzip");
  if (head.length) {
    out += "content-length: ";
    out += std::to_string(*head.length);
    out += "\r\n";
  } else if (!head.http10) {
    line(out, "transfer-encoding", "chunked");
  }
  if (head.close || (head.http10 && !head.length)) {
    line(out, "connection", "close");
  } else if (head.keep_alive) {
    line(out, "connection", "keep-alive");
  }
  for (const auto& field : headers) {
    if (!holds(more, field.name)) line(out, field.name, field.value);
  }
  for (const auto& field : more) line(out, field.name, field.value);
  out += "\r\n";
}

void write_chunk(std::string& out, std::string_view bytes) {
  if (bytes.empty()) return;
  std::array<char, 20> size{};
  const auto end = fmt::format_to_n(size.data(), size.size(), "{:x}\r\n", bytes.size());
  out.append(size.data(), end.size);
  out += bytes;
  out += "\r\n";
}

void write_quoted(std::string& out, std::string_view text) {
  out += '"';
  json::append_escaped(out, text);
  out += '"';
}

std::string_view content_type(Framing framing) {
  switch (framing) {
    case Framing::events: return "text/event-stream; charset=utf-8";
    case Framing::lines: return "application/x-ndjson";
    case Framing::array: return "application/json";
    case Framing::raw: return "application/octet-stream";
  }
  return {};
}

void EventWriter::mixed_event(std::string& out, std::string_view name, std::string_view json) const {
  if (serial_ % 4 == 1) out.append(": a comment").append(ending(eol_, serial_ + 1));
  if (serial_ % 4 == 2 || !name.empty()) {
    out.append("event: ").append(name.empty() ? "message" : name).append(ending(eol_, serial_ + 1));
  }
  if (serial_ % 4 == 2) out.append("id: ").append(std::to_string(serial_)).append(ending(eol_, serial_ + 2));
  // A CR may not be followed by the LF of the next line, or the two would be one ending.
  const auto first = ending(eol_, serial_);
  const auto second = first == "\r" ? std::string_view("\r") : ending(eol_, serial_ + 1);
  out.append(serial_ % 4 == 3 ? "data:" : "data: ").append(json).append(first).append(second);
}

void EventWriter::event(std::string& out, std::string_view name, std::string_view json) {
  switch (framing_) {
    case Framing::raw: out.append(json); break;
    case Framing::lines:
      // A line ends with LF; what may vary is the CR before it.
      out.append(json).append(eol_ == Eol::lf || (eol_ == Eol::mixed && serial_ % 2 == 0) ? "\n" : "\r\n");
      break;
    case Framing::array:
      out.append(serial_ == 0 ? "[" : ending(eol_, serial_)).append(serial_ == 0 ? "" : ",").append(json);
      break;
    case Framing::events:
      if (eol_ == Eol::mixed) {
        mixed_event(out, name, json);
        break;
      }
      const auto end = ending(eol_, 0);
      if (!name.empty()) out.append("event: ").append(name).append(end);
      out.append("data: ").append(json).append(end).append(end);
      break;
  }
  ++serial_;
}

void EventWriter::comment(std::string& out) const {
  if (framing_ == Framing::raw) return;
  if (framing_ != Framing::events) return void(out += framing_ == Framing::lines ? '\n' : ' ');
  const auto end = ending(eol_, 1);
  out.append(": keep-alive").append(end).append(end);
}

void EventWriter::end(std::string& out) const {
  if (framing_ == Framing::array) out.append(serial_ == 0 ? "[" : "").append("]");
}

struct Gzip::State {
  State() { good = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK; }
  ~State() { deflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  z_stream stream{};
  bool good = false;
};

Gzip::Gzip() : state_(std::make_unique<State>()) {}
Gzip::~Gzip() = default;
Gzip::Gzip(Gzip&&) noexcept = default;
Gzip& Gzip::operator=(Gzip&&) noexcept = default;

void Gzip::feed(std::string& out, std::string_view bytes, bool last) {
  if (!state_->good) return;
  auto& stream = state_->stream;
  std::array<unsigned char, 16 * 1024> room{};
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<unsigned>(bytes.size());
  do {
    stream.next_out = room.data();
    stream.avail_out = room.size();
    deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
    out.append(reinterpret_cast<const char*>(room.data()), room.size() - stream.avail_out);
  } while (stream.avail_out == 0);
}

}  // namespace freeway::farm
