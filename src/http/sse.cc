#include "http/sse.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/scratch.h"

namespace freeway::http {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kKeptCapacity = 256 * 1024;

// The first CR or LF at or behind `from`, or npos. Looks at a block for the one and then the other, so that a text that has
// only one of them is not searched to its end for the other again and again.
std::size_t find_line_end(std::string_view text, std::size_t from) {
  constexpr std::size_t kBlock = 512;
  while (from < text.size()) {
    const char* block = text.data() + from;
    std::size_t size = std::min(kBlock, text.size() - from);
    const auto* lf = static_cast<const char*>(std::memchr(block, '\n', size));
    if (lf != nullptr) size = static_cast<std::size_t>(lf - block);
    const auto* cr = static_cast<const char*>(std::memchr(block, '\r', size));
    if (cr != nullptr) return static_cast<std::size_t>(cr - text.data());
    if (lf != nullptr) return from + size;
    from += size;
  }
  return std::string_view::npos;
}

// The value if the line is a field of this name: what stands behind the colon and one space; empty without a colon.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return std::nullopt;
  line.remove_prefix(name.size());
  if (line.empty()) return line;
  if (line.front() != ':') return std::nullopt;
  line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

// Appends the text with every line break made a space.
void append_one_line(std::string& out, std::string_view text) {
  const std::size_t from = out.size();
  out += text;
  for (std::size_t i = from; i < out.size(); ++i) {
    char c = out[i];
    out[i] = c == '\r' || c == '\n' ? ' ' : c;
  }
}

}  // namespace

Result<void> SseReader::feed(std::string_view bytes) {
  if (drained_ && pending() > limit_) return fail(ErrorKind::too_large, "an event of the stream is larger than the limit");
  compact();
  input_ += bytes;
  drained_ = false;
  return {};
}

bool SseReader::next(SseEvent& event) {
  if (at_start_ && !pass_byte_order_mark()) {
    drained_ = true;
    return false;
  }
  if (take_plain_event(event)) return true;
  std::string_view line;
  while (take_line(line)) {
    if (!line.empty()) {
      interpret(line);
      if (!has_fields_) drop_lines();
    } else if (dispatch(event)) {
      return true;
    }
  }
  drained_ = true;
  return finished_ && dispatch(event);
}

bool SseReader::finish() {
  finished_ = true;
  return has_fields_ || (pending() > 0 && input_[begin_] != ':');
}

// Returns false while the bytes may still become a mark.
bool SseReader::pass_byte_order_mark() {
  const std::string_view input = input_;
  const bool may_grow = input.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(input);
  if (may_grow && !finished_) return false;
  if (input.starts_with(kByteOrderMark)) begin_ = kByteOrderMark.size();
  at_start_ = false;
  return true;
}

// Nearly every event is one data line and an empty one, and has come whole. What is learned of line ends is kept otherwise.
bool SseReader::take_plain_event(SseEvent& event) {
  constexpr std::string_view kData = "data:";
  const std::string_view rest = std::string_view(input_).substr(begin_);
  if (line_ != 0 || skip_lf_ || !rest.starts_with(kData)) return false;
  const std::size_t end = find_line_end(rest, std::max(scan_, kData.size()));
  scan_ = std::min(end, rest.size());
  const std::string_view ends = rest.substr(scan_);
  const std::size_t skipped = ends.starts_with("\n\n") ? 2 : ends.starts_with("\r\n\r\n") ? 4 : 0;
  if (skipped == 0) return false;
  const std::size_t value = rest[kData.size()] == ' ' ? kData.size() + 1 : kData.size();
  event = {.type = {}, .data = rest.substr(value, end - value), .id = {}, .has_data = true};
  begin_ += end + skipped;
  scan_ = 0;
  return true;
}

bool SseReader::take_line(std::string_view& line) {
  const std::string_view rest = std::string_view(input_).substr(begin_);
  if (skip_lf_ && line_ < rest.size()) {
    skip_lf_ = false;
    if (rest[line_] == '\n') {
      scan_ = ++line_;
      if (!has_fields_) {
        drop_lines();
        return take_line(line);
      }
    }
  }
  const std::size_t end = find_line_end(rest, scan_);
  if (end == std::string_view::npos) {
    scan_ = rest.size();
    if (!finished_ || line_ == rest.size()) return false;
    line = rest.substr(line_);
    line_ = rest.size();
    return true;
  }
  line = rest.substr(line_, end - line_);
  line_ = end + 1;
  if (rest[end] == '\r') {
    if (line_ == rest.size()) {
      skip_lf_ = true;
    } else if (rest[line_] == '\n') {
      ++line_;
    }
  }
  scan_ = line_;
  return true;
}

void SseReader::interpret(std::string_view line) {
  if (line.front() == ':') {
    ++comments_;
  } else if (auto data = value_of(line, "data")) {
    has_fields_ = true;
    if (++data_lines_ == 1) {
      data_ = span(*data);
      return;
    }
    if (data_lines_ == 2) joined_ = view(data_);
    joined_ += '\n';
    joined_ += *data;
  } else if (auto type = value_of(line, "event")) {
    has_fields_ = true;
    type_ = span(*type);
  } else if (auto id = value_of(line, "id"); id && !id->contains('\0')) {
    has_fields_ = true;
    id_ = span(*id);
  }
}

// Gives out the pending event, if it has data, and begins a new one.
bool SseReader::dispatch(SseEvent& event) {
  const bool has_data = data_lines_ > 0;
  if (has_data) {
    event.type = view(type_);
    event.data = data_lines_ == 1 ? view(data_) : std::string_view(joined_);
    event.id = view(id_);
    event.has_data = true;
  }
  drop_lines();
  data_lines_ = 0;
  data_ = type_ = id_ = {};
  has_fields_ = false;
  return has_data;
}

// Forgets the lines before line_: they belong to no event that is pending.
void SseReader::drop_lines() {
  begin_ += line_;
  scan_ -= std::min(scan_, line_);
  line_ = 0;
}

// Moves the rest to the front when that is no more than what is dropped, so that the work stays linear.
void SseReader::compact() {
  if (begin_ == 0 || begin_ < pending()) return;
  input_.erase(0, begin_);
  begin_ = 0;
  if (input_.empty() && input_.capacity() > kKeptCapacity) std::string().swap(input_);
  if (data_lines_ < 2 && joined_.capacity() > kKeptCapacity) std::string().swap(joined_);
}

void SseReader::shrink() {
  if (begin_ > 0 && input_.capacity() > kScratchBytes) {
    input_.erase(0, begin_);
    begin_ = 0;
  }
  shrink_around(input_);
  if (data_lines_ < 2 && joined_.capacity() > 0) {
    joined_.clear();
    shrink_scratch(joined_);
  }
}

SseReader::Span SseReader::span(std::string_view part) const {
  return {static_cast<std::size_t>(part.data() - input_.data()) - begin_, part.size()};
}

void append_sse_data(std::string& out, std::string_view data) {
  while (true) {
    const std::size_t end = find_line_end(data, 0);
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  out += '\n';
}

void append_sse_event(std::string& out, std::string_view type, std::string_view data) {
  if (!type.empty()) {
    out += "event: ";
    append_one_line(out, type);
    out += '\n';
  }
  append_sse_data(out, data);
}

void append_sse_comment(std::string& out, std::string_view text) {
  out += ": ";
  append_one_line(out, text);
  out += "\n\n";
}

}  // namespace freeway::http
