// Cuts lines that end with CRLF out of pieces that end anywhere. A line that lies within one piece is not copied.
// Internal to the parsers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace freeway::http {

class LineReader {
 public:
  enum class Outcome { line, need_more, bare_lf, too_long };

  // Starts counting anew: the lines until the next `begin` may hold this many bytes together, their ends included.
  void begin(std::size_t limit);
  // Takes bytes off the front. After `line`, line() holds it without its CRLF until the next call; a CR inside of it is the
  // caller's to refuse. Outcomes do not depend on how the bytes were split.
  Outcome next(std::string_view& bytes);
  std::string_view line() const { return line_; }

 private:
  std::size_t left_ = 0;
  std::string partial_;  // the beginning of a line whose end has not come
  bool partial_used_ = false;
  std::string_view line_;
};

// One "name: value" line of a head or trailer. Views into the line; the value is trimmed. Fails with malformed.
struct FieldLine {
  std::string_view name;
  std::string_view value;
};
Result<FieldLine> parse_field_line(std::string_view line);

}  // namespace freeway::http
