// The bytes of answers, written by hand so that they can also be written wrongly. Appends to `out`.
#pragma once

#include <cstddef>
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

// One event with this JSON as data. `serial` counts events: mixed framing varies with it.
void write_event(std::string& out, std::string_view json, Eol eol, std::size_t serial);
void write_comment(std::string& out, std::string_view text, Eol eol);

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
