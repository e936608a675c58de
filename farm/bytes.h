// The bytes of answers, written by hand so that they can also be written wrongly. Appends to `out`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "farm/fault.h"
#include "http/fields.h"

namespace freeway::farm {

struct HeadBytes {
  int status = 200;
  std::string_view content_type = "application/json";
  std::optional<std::size_t> length;  // absent: chunked, or to the end of the connection for HTTP/1.0
  bool gzip = false;
  bool close = false;       // says "connection: close"
  bool http10 = false;      // the client is: no chunks
  bool keep_alive = false;  // says "connection: keep-alive", for HTTP/1.0
};
void write_head(std::string& out, const HeadBytes& head, std::span<const http::Field> headers,
                std::span<const http::Field> more);

// One chunk of chunked coding; nothing for empty input.
void write_chunk(std::string& out, std::string_view bytes);
inline constexpr std::string_view kEndOfChunks = "0\r\n\r\n";

// `"text"`, escaped.
void write_quoted(std::string& out, std::string_view text);

// How the events of a stream stand in its body: server-sent events, one JSON text a line, the elements of one array, or
// bytes as they are.
enum class Framing : std::uint8_t { events, lines, array, raw };
std::string_view content_type(Framing framing);

// The events of one stream. Mixed line ends vary from event to event.
class EventWriter {
 public:
  EventWriter(Framing framing, Eol eol) : framing_(framing), eol_(eol) {}
  // `name`: of a server-sent event; "" for none.
  void event(std::string& out, std::string_view name, std::string_view json);
  // What only keeps the connection alive.
  void comment(std::string& out) const;
  // What follows the last event of a stream in good order.
  void end(std::string& out) const;

 private:
  void mixed_event(std::string& out, std::string_view name, std::string_view json) const;

  Framing framing_;
  Eol eol_;
  std::size_t serial_ = 0;  // events so far
};

// A gzip stream; every feed comes out whole, so that a reader sees each event at once.
class Gzip {
 public:
  Gzip();
  ~Gzip();
  Gzip(Gzip&&) noexcept;
  Gzip& operator=(Gzip&&) noexcept;
  void feed(std::string& out, std::string_view bytes, bool last);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freeway::farm
