// Incremental HTTP/1.1 parsing: bytes in, head and body pieces out. No sockets, no clock; one thread.
//
// What two programs could read differently (request smuggling) is refused.
//   requests: a missing, doubled or malformed Host (HTTP/1.1) or one that differs from an absolute target's; Content-Length
//   beside Transfer-Encoding; two Content-Lengths; any transfer coding but a single "chunked"; a transfer coding, or POST,
//   PUT and PATCH without Content-Length, on HTTP/1.0. responses: Content-Length beside Transfer-Encoding; Content-Lengths
//   that differ; any transfer coding but "chunked". both: white space before a colon; folded lines; a bare CR or LF; control
//   characters in field values; chunk sizes that are not plain hexadecimal numbers. Trailers are checked, counted against
//   the head's limits and dropped.
// A fault is told as soon as the line that holds it has come, and with the same outcome however the bytes were split.
// A parser handles one message; `reset` readies it for the next one on the same connection. After a failure every `feed`
// fails.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "http/head.h"

namespace freeway::http {

struct ParserLimits {
  std::size_t head_bytes = 64 * 1024;
  std::size_t field_count = 128;
  std::uint64_t body_bytes = UINT64_MAX;  // decoded; too_large when passed, however framed
};

// What a feed produced. `consumed` bytes of the input belong to this message; the rest is the next message's.
struct Parsed {
  std::size_t consumed = 0;
  bool head_complete = false;  // head() may be read, now and later
  bool complete = false;       // the message has ended
};

class RequestParser {
 public:
  explicit RequestParser(ParserLimits limits = {});
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  // Feeds bytes. Body bytes, decoded from chunks, are appended to `body`. Stops after the head the first time the head
  // completes (consumed < input even if body bytes follow), so that the caller can decide before reading a body.
  // A body over its limit fails with the first feed after the head. A few empty lines before a request are dropped.
  // Fails with malformed, too_large (the message says whether head or body) or unsupported (Transfer-Encoding, HTTP
  // version).
  Result<Parsed> feed(std::string_view bytes, std::string& body);
  const RequestHead& head() const;
  RequestHead& head();
  bool started() const;  // at least one byte of a message was fed
  // Framing, once the head is complete.
  std::optional<std::uint64_t> content_length() const;
  bool chunked() const;
  bool expects_continue() const;
  void set_body_limit(std::uint64_t bytes);
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class ResponseParser {
 public:
  explicit ResponseParser(ParserLimits limits = {});
  ~ResponseParser();
  ResponseParser(ResponseParser&&) noexcept;
  ResponseParser& operator=(ResponseParser&&) noexcept;

  // As for requests; where the framing contradicts itself, protocol. 1xx heads are skipped. `head_request`: the answer has
  // no body whatever it says.
  Result<Parsed> feed(std::string_view bytes, std::string& body);
  // The peer closed. Completes a body that runs to the end of the connection; fails with closed if a framed message is cut.
  Result<Parsed> finish();
  const ResponseHead& head() const;
  bool started() const;
  // After completion: may the connection carry another exchange?
  bool keep_alive() const;
  void reset(bool head_request = false);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Chunked coding for bodies that we write.
void append_chunk(std::string& out, std::string_view bytes);  // nothing for empty input: that would end the body
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace freeway::http
