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

// One thread. Bytes are copied once, into the reader; the data of an event with one data line is given out from there.
class SseReader {
 public:
  explicit SseReader(std::size_t event_limit = 16 * 1024 * 1024) : limit_(event_limit) {}

  // Appends bytes as they arrived. Fails with too_large when the event that the last `next` left incomplete holds more than
  // the limit; so an event passes the limit by one piece at most. Ends the validity of views.
  Result<void> feed(std::string_view bytes);
  // The next complete event, or false. Views hold until the next call of `feed` or `next`. Events without data are skipped,
  // as the standard says; comments are counted, not returned.
  bool next(SseEvent& event);
  // The stream ended, and `next` has returned false. A pending event that lacks only its empty line, or the end of its last
  // line, is given out by the next `next` if it has data: servers that close right after the last line are common. True if
  // bytes of a partial event were pending.
  bool finish();
  std::size_t comments() const { return comments_; }
  // Bytes held for an event that is not complete, once `next` has returned false.
  std::size_t pending() const { return input_.size() - begin_; }
  // Bytes held in all, also of events given out.
  std::size_t held() const { return input_.size() + joined_.size(); }
  // Gives back the memory of events given out; ends the validity of views.
  void shrink();

 private:
  struct Span {
    std::size_t at = 0;
    std::size_t size = 0;
  };

  bool pass_byte_order_mark();
  bool take_plain_event(SseEvent& event);
  bool take_line(std::string_view& line);
  void interpret(std::string_view line);
  bool dispatch(SseEvent& event);
  void drop_lines();
  void compact();
  Span span(std::string_view part) const;
  std::string_view view(Span part) const { return std::string_view(input_).substr(begin_ + part.at, part.size); }

  std::size_t limit_;
  std::string input_;
  std::size_t begin_ = 0;  // of the pending event in input_; the positions below count from here
  std::size_t line_ = 0;   // of the line that is not complete
  std::size_t scan_ = 0;   // no line end stands between line_ and here
  bool at_start_ = true;
  bool skip_lf_ = false;  // the last line ended with CR: an LF right behind belongs to it
  bool drained_ = true;   // the last `next` found no complete event
  bool finished_ = false;

  // The pending event.
  std::size_t data_lines_ = 0;
  Span data_;           // of the first data line
  std::string joined_;  // of all, once there are several
  Span type_;
  Span id_;
  bool has_fields_ = false;
  std::size_t comments_ = 0;
};

// "data: …\n\n"; a line break inside data becomes several data lines.
void append_sse_data(std::string& out, std::string_view data);
void append_sse_event(std::string& out, std::string_view type, std::string_view data);
// ": text\n\n"; line breaks in the text become spaces.
void append_sse_comment(std::string& out, std::string_view text);

}  // namespace freeway::http
