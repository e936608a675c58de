// Server-sent events (WHATWG HTML, "Interpreting an event stream"): bytes in, events out, whatever the framing: LF, CRLF,
// CR, mixed, split at any byte, a BOM, comments, several data lines, fields without a colon or space.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace freeway::http {

struct SseEvent {
  std::string_view type;  // "" means "message"
  std::string_view data;  // data lines joined by '\n'
  std::string_view id;    // of this event's own id field
  bool has_data = false;
};

class SseReader {
 public:
  explicit SseReader(std::size_t event_limit = 16 * 1024 * 1024) : limit_(event_limit) {}

  // Appends bytes as they arrived. Fails with too_large when one event passes the limit.
  Result<void> feed(std::string_view bytes);
  // The next complete event, or false. Views hold until the next call of any method. Events without data are skipped, as the
  // standard says; comments are counted, not returned.
  bool next(SseEvent& event);
  // The stream ended. A pending event that lacks only its empty line is given out by the next `next` if it has data: servers
  // that close right after the last line are common. True if bytes of a partial event were pending.
  bool finish();
  std::size_t comments() const { return comments_; }
  // Bytes held for an event that is not complete.
  std::size_t pending() const;

 private:
  bool take_line(std::string_view& line);

  std::size_t limit_;
  std::string input_;  // not yet split into lines
  std::size_t input_begin_ = 0;
  bool skip_lf_ = false;  // the last line ended with CR at the end of a piece
  bool at_start_ = true;
  bool finished_ = false;
  bool dispatched_ = false;  // the fields below belong to an event that was given out
  std::string data_;
  std::string type_;
  std::string id_;
  bool has_data_ = false;
  std::size_t data_lines_ = 0;
  std::size_t comments_ = 0;
};

// "data: …\n\n"; a line break inside data becomes several data lines.
void append_sse_data(std::string& out, std::string_view data);
void append_sse_event(std::string& out, std::string_view type, std::string_view data);
// ": text\n\n"; line breaks in the text become spaces.
void append_sse_comment(std::string& out, std::string_view text);

}  // namespace freeway::http
