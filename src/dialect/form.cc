#include "dialect/form.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace freeway::dialect {

namespace {

constexpr std::size_t kMostParts = 64;
constexpr std::size_t kLongestHead = 8 * 1024;
constexpr std::size_t kLongestBoundary = 70;
constexpr std::size_t kMostFieldBytes = 256 * 1024;
constexpr std::string_view kLineEnd = "\r\n";

std::unexpected<Error> malformed(std::string message) { return fail(ErrorKind::malformed, std::move(message)); }
std::unexpected<Error> cut_short() { return malformed("the form is cut short or holds a part that is none"); }

// What RFC 2046 lets a boundary hold.
bool boundary_character(char c) {
  bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return plain || std::string_view("'()+_,-./:=? ").contains(c);
}

// A parameter of a field's value: `form-data; name="file"`. Quotes inside come as \" or, from browsers, as %22.
std::string parameter(std::string_view value, std::string_view name) {
  std::size_t at = value.find(';');
  while (at != std::string_view::npos) {
    std::string_view rest = trim(value.substr(at + 1));
    std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return "";
    bool wanted = iequals(trim(rest.substr(0, equals)), name);
    rest.remove_prefix(equals + 1);
    std::string text;
    std::size_t end = 0;
    if (rest.starts_with('"')) {
      for (end = 1; end < rest.size() && rest[end] != '"'; ++end) {
        if (rest[end] == '\\' && end + 1 < rest.size()) ++end;
        text.push_back(rest[end]);
      }
    } else {
      end = std::min(rest.find(';'), rest.size());
      text = trim(rest.substr(0, end));
    }
    if (wanted) return text;
    std::size_t next = rest.find(';', end);
    if (next == std::string_view::npos) return "";
    value = rest;
    at = next;
  }
  return "";
}

Result<chat::FormPart> read_head(std::string_view head) {
  chat::FormPart part;
  while (!head.empty()) {
    std::size_t end = std::min(head.find("\r\n"), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    auto control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; };
    if (std::any_of(line.begin(), line.end(), control))
      return malformed("a part of the form has a control character in its head");
    std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a part of the form has a field without a colon");
    std::string_view name = trim(line.substr(0, colon));
    std::string_view value = trim(line.substr(colon + 1));
    if (iequals(name, "content-disposition")) {
      part.name = parameter(value, "name");
      part.filename = parameter(value, "filename");
    } else if (iequals(name, "content-type")) {
      part.content_type = value;
    }
  }
  if (part.name.empty()) return malformed("a part of the form has no name");
  part.file = !part.filename.empty() || part.name == "file";
  return part;
}

// As a field of a part's head holds it.
std::string in_quotes(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (c != '\r' && c != '\n') out.push_back(c);
  }
  return out;
}

// Where text goes on: in the body, or behind the last file that is not held.
std::string& text_of(Outgoing& out) {
  if (out.pieces.empty()) return out.body;
  if (out.pieces.back().spool) out.pieces.emplace_back();
  return out.pieces.back().text;
}

}  // namespace

FormReader::FormReader(std::string boundary) : mark_("\n--" + boundary), pending_(kLineEnd) {
  form_.boundary = std::move(boundary);
}

Result<FormReader> FormReader::open(std::string_view content_type) {
  if (!istarts_with(content_type, "multipart/form-data")) return malformed("the body must be multipart/form-data");
  std::string boundary = parameter(content_type, "boundary");
  bool good = !boundary.empty() && boundary.size() <= kLongestBoundary && boundary.back() != ' ' &&
              std::all_of(boundary.begin(), boundary.end(), boundary_character);
  if (!good) return malformed("the content type names no boundary of 1 to 70 characters");
  return FormReader(std::move(boundary));
}

Result<void> FormReader::broken(std::string message) {
  broken_ = std::move(message);
  std::string().swap(pending_);
  form_.parts.clear();
  return malformed(broken_);
}

Result<void> FormReader::feed(std::string_view bytes, std::string& files) {
  if (!broken_.empty()) return malformed(broken_);
  if (stage_ == Stage::epilogue) return {};
  pending_ += bytes;
  for (;;) {
    auto stepped = step(files);
    if (!stepped) return broken(std::move(stepped.error().message));
    if (!*stepped) return {};
  }
}

// True if there may be more to be made of what is there.
Result<bool> FormReader::step(std::string& files) {
  switch (stage_) {
    case Stage::preamble: return read_preamble();
    case Stage::head: return read_part_head();
    case Stage::data: return read_data(files);
    case Stage::epilogue: break;
  }
  std::string().swap(pending_);
  return false;
}

// Where the line's end before a boundary begins; npos if there is none yet.
Result<std::size_t> FormReader::find_boundary() const {
  std::size_t at = pending_.find(mark_);
  if (at == std::string::npos) return at;
  // Who reads it next may take a bare line feed for a line's end.
  if (at == 0 || pending_[at - 1] != '\r') return malformed("a boundary of the form stands behind half a line's end");
  return at - 1;
}

Result<bool> FormReader::read_preamble() {
  auto at = find_boundary();
  if (!at) return std::unexpected(at.error());
  if (*at == std::string::npos) {
    pending_.erase(0, pending_.size() - std::min(pending_.size(), mark_.size()));
    return false;
  }
  pending_.erase(0, *at + 1 + mark_.size());
  stage_ = Stage::head;
  return true;
}

// From behind a boundary to the line's end before the part's data.
Result<bool> FormReader::read_part_head() {
  if (pending_.size() < 2) return false;
  if (pending_.starts_with("--")) {
    stage_ = Stage::epilogue;
    return true;
  }
  std::size_t begin = pending_.find(kLineEnd);
  if (!trim(std::string_view(pending_).substr(0, begin)).empty()) return cut_short();
  std::size_t end = pending_.find("\r\n\r\n");
  bool long_head = end == std::string::npos ? pending_.size() > kLongestHead + 4 : end > kLongestHead;
  if (long_head) return cut_short();
  if (end == std::string::npos) return false;
  // A part without any field begins with the empty line.
  std::string_view head = end > begin ? std::string_view(pending_).substr(begin + 2, end - begin - 2) : std::string_view();
  auto part = read_head(head);
  if (!part) return std::unexpected(part.error());
  if (form_.parts.size() == kMostParts) return malformed("the form has more than 64 parts");
  part->from = given_;
  form_.parts.push_back(std::move(*part));
  length_ = AudioLength();
  pending_.erase(0, end + 2);
  skip_ = 2;
  stage_ = Stage::data;
  return true;
}

Result<bool> FormReader::read_data(std::string& files) {
  auto at = find_boundary();
  if (!at) return std::unexpected(at.error());
  if (*at == std::string::npos) {
    // All but what may be the beginning of a boundary.
    std::size_t whole = pending_.size() - std::min(pending_.size(), mark_.size());
    auto given = give(whole, files);
    if (!given) return std::unexpected(given.error());
    return false;
  }
  auto given = give(*at, files);
  if (!given) return std::unexpected(given.error());
  pending_.erase(0, 1 + mark_.size());
  chat::FormPart& part = form_.parts.back();
  if (part.file) part.seconds = length_.seconds();
  stage_ = Stage::head;
  return true;
}

// So much from the front is the part's.
Result<void> FormReader::give(std::size_t count, std::string& files) {
  std::size_t skipped = std::min(skip_, count);
  std::string_view data = std::string_view(pending_).substr(skipped, count - skipped);
  skip_ -= skipped;
  chat::FormPart& part = form_.parts.back();
  if (part.file) {
    files += data;
    length_.feed(data);
    given_ += data.size();
    part.count += data.size();
  } else {
    field_bytes_ += data.size();
    if (field_bytes_ > kMostFieldBytes)
      return malformed(fmt::format("the field '{}' is too long: all that is no file may have {} bytes",
                                   header_safe(std::string_view(part.name).substr(0, 100)), kMostFieldBytes));
    part.data += data;
  }
  pending_.erase(0, count);
  return {};
}

Result<chat::Form> FormReader::finish(std::shared_ptr<const Spool> spool) {
  if (!broken_.empty()) return malformed(broken_);
  if (stage_ == Stage::preamble) return malformed("the boundary does not stand in the body");
  if (stage_ != Stage::epilogue) return cut_short();
  form_.spool = std::move(spool);
  return std::move(form_);
}

void add_file(const chat::Form& form, const chat::FormPart& part, Outgoing& out) {
  if (part.count == 0) return;
  std::string_view held = form.spool->held(part.from).substr(0, part.count);
  if (held.size() == part.count) {
    text_of(out) += held;
  } else {
    http::Piece piece;
    piece.spool = form.spool;
    piece.from = part.from;
    piece.count = part.count;
    out.pieces.push_back(std::move(piece));
  }
}

void write_form(const chat::Form& form, const std::vector<const chat::FormPart*>& parts, Outgoing& out) {
  bool special = form.boundary.find_first_of("(),/:=? ") != std::string::npos;
  std::string_view quote = special ? "\"" : "";
  out.fields.add("content-type", fmt::format("multipart/form-data; boundary={}{}{}", quote, form.boundary, quote));
  for (const chat::FormPart* part : parts) {
    std::string& head = text_of(out);
    head += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"", form.boundary, in_quotes(part->name));
    if (!part->filename.empty()) head += fmt::format("; filename=\"{}\"", in_quotes(part->filename));
    if (!part->content_type.empty()) head += fmt::format("\r\nContent-Type: {}", part->content_type);
    head.append("\r\n\r\n").append(part->data);
    if (part->file) add_file(form, *part, out);
    text_of(out) += kLineEnd;
  }
  text_of(out) += fmt::format("--{}--\r\n", form.boundary);
}

}  // namespace freeway::dialect
