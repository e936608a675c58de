#include "json/indexer.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "json/scan.h"

namespace freeway::json {
namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
bool is_hex(char c) { return is_digit(c) || static_cast<unsigned char>((c | 0x20) - 'a') < 6; }
std::size_t first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t size = sequence_size(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

std::string place(const char* begin, const char* at) {
  return fmt::format("byte {} (line {})", at - begin, std::count(begin, at, '\n') + 1);
}

}  // namespace

Result<void> Indexer::run() {
  auto size = static_cast<std::size_t>(end_ - begin_);
  if (size >= kNone) return fail(ErrorKind::too_large, fmt::format("a JSON text of {} bytes is over 4 GiB", size));
  if (!simdjson::validate_utf8(begin_, size)) {
    const char* bad = begin_ + first_invalid_utf8({begin_, size});
    return fail(ErrorKind::malformed, fmt::format("invalid UTF-8 at {}", place(begin_, bad)));
  }
  const char* at = begin_;
  if (std::string_view(begin_, size).starts_with("\xef\xbb\xbf")) at += 3;
  if (limits_.values == 0) return fail(ErrorKind::too_large, "no JSON values are allowed");
  at = value(skip_blanks(at), nodes_.emplace_back());
  while (at != nullptr && open_ != kNone) at = child(skip_blanks(at));
  if (at != nullptr) {
    at = skip_blanks(at);
    if (at != end_) at = fail_at(at, "the text should end after its first value");
  }
  if (at == nullptr) return std::unexpected<Error>(error());
  return {};
}

// Inside the open container, behind its bracket or behind a child: the end of it or one more child.
inline const char* Indexer::child(const char* at) {
  Node& container = nodes_[open_];
  bool object = container.type == Type::object;
  bool empty = container.size == 0;
  if (at == end_) return fail_at(at, object ? "an object is not closed" : "an array is not closed");
  if (*at == (object ? '}' : ']')) {
    close(at + 1);
    return at + 1;
  }
  if (!empty) {
    if (*at != ',') return fail_at(at, object ? "',' or '}' was expected" : "',' or ']' was expected");
    at = skip_blanks(at + 1);
  }
  std::size_t index = nodes_.size();
  if (index >= limits_.values) return too_large(at, "values");
  ++container.size;
  container.end = static_cast<std::uint32_t>(index);
  Node& node = nodes_.emplace_back();
  node.last = false;  // until the container is closed
  if (object) {
    at = member_key(at, node);
    if (at == nullptr) return nullptr;
  }
  return value(at, node);
}

inline const char* Indexer::member_key(const char* at, Node& node) {
  if (at == end_ || *at != '"') return fail_at(at, "a member's name in quotes was expected");
  node.key_begin = offset(at);
  const char* key = at + 1;
  at = string_rest(key, node.key_escapes);
  if (at == nullptr) return nullptr;
  node.key_size = static_cast<std::uint32_t>(at - 1 - key);
  at = skip_blanks(at);
  if (at == end_ || *at != ':') return fail_at(at, "':' was expected");
  return skip_blanks(at + 1);
}

inline const char* Indexer::value(const char* at, Node& node) {
  if (at == end_) return fail_at(at, "a value was expected");
  node.begin = offset(at);
  switch (*at) {
    case '"':
      node.type = Type::string;
      at = string_rest(at + 1, node.escapes);
      break;
    case '{': return open(at, node, Type::object);
    case '[': return open(at, node, Type::array);
    case 't':
      node.type = Type::boolean;
      at = literal(at, "true");
      break;
    case 'f':
      node.type = Type::boolean;
      at = literal(at, "false");
      break;
    case 'n': at = literal(at, "null"); break;
    default:
      node.type = Type::number;
      at = number(at);
      break;
  }
  if (at == nullptr) return nullptr;
  node.end = offset(at);
  node.next = static_cast<std::uint32_t>(nodes_.size());
  return at;
}

inline const char* Indexer::open(const char* at, Node& node, Type type) {
  if (depth_ == limits_.depth) return too_large(at, "levels");
  ++depth_;
  node.type = type;
  node.next = open_;
  open_ = static_cast<std::uint32_t>(nodes_.size() - 1);
  return at + 1;
}

inline void Indexer::close(const char* at) {
  Node& container = nodes_[open_];
  if (container.size > 0) nodes_[container.end].last = true;
  open_ = container.next;
  container.next = static_cast<std::uint32_t>(nodes_.size());
  container.end = offset(at);
  --depth_;
}

// From behind the opening quote to behind the closing one.
inline const char* Indexer::string_rest(const char* at, std::uint8_t& escapes) {
  for (;;) {
    at = skip_plain(at, end_);
    if (at == end_) return fail_at(at, "a string is not closed");
    if (*at == '"') return at + 1;
    if (*at != '\\') return fail_at(at, "a control character in a string must be escaped");
    escapes |= Value::kEscapes;
    ++at;
    if (at != end_ && *at == 'u') escapes |= Value::kUnicode;
    at = escape_rest(at);
    if (at == nullptr) return nullptr;
  }
}

inline const char* Indexer::escape_rest(const char* at) {
  if (at == end_) return fail_at(at, "a string is not closed");
  switch (*at) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return at + 1;
    case 'u': break;
    default: return fail_at(at, "no escape is spelled so");
  }
  ++at;
  for (int i = 0; i < 4; ++i, ++at)
    if (at == end_ || !is_hex(*at)) return fail_at(at, "'\\u' needs four hexadecimal digits");
  return at;
}

const char* Indexer::number(const char* at) {
  const char* start = at;
  auto digits = [this](const char* from) {
    while (from != end_ && is_digit(*from)) ++from;
    return from;
  };
  if (*at == '-') ++at;
  const char* whole = at;
  at = digits(at);
  if (at == whole) return fail_at(at, at == start ? "a value was expected" : "a digit was expected");
  if (*whole == '0' && at - whole > 1) return fail_at(whole + 1, "a number must not start with zeros");
  if (at != end_ && *at == '.') {
    const char* fraction = at + 1;
    at = digits(fraction);
    if (at == fraction) return fail_at(at, "a digit was expected");
  }
  if (at != end_ && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end_ && (*at == '+' || *at == '-')) ++at;
    const char* exponent = at;
    at = digits(exponent);
    if (at == exponent) return fail_at(at, "a digit was expected");
  }
  return at;
}

inline const char* Indexer::literal(const char* at, std::string_view word) {
  if (static_cast<std::size_t>(end_ - at) >= word.size() && std::memcmp(at, word.data(), word.size()) == 0)
    return at + word.size();
  for (char c : word) {
    if (at == end_ || *at != c) break;
    ++at;
  }
  return fail_at(at, "a value was expected");
}

const char* Indexer::fail_at(const char* at, const char* expected) {
  failed_at_ = at;
  complaint_ = expected;
  return nullptr;
}

const char* Indexer::too_large(const char* at, const char* what) {
  kind_ = ErrorKind::too_large;
  return fail_at(at, what);
}

Error Indexer::error() const {
  std::string where = place(begin_, failed_at_);
  if (kind_ == ErrorKind::too_large) {
    std::size_t limit = complaint_ == std::string_view("levels") ? limits_.depth : limits_.values;
    return {kind_, fmt::format("the JSON text has more than {} {} at {}", limit, complaint_, where)};
  }
  if (failed_at_ == end_) return {kind_, fmt::format("unexpected end of the JSON text at {}: {}", where, complaint_)};
  auto byte = static_cast<unsigned char>(*failed_at_);
  std::string found = byte >= 0x20 && byte < 0x7f ? fmt::format("'{}'", *failed_at_) : fmt::format("byte 0x{:02x}", byte);
  return {kind_, fmt::format("unexpected {} at {}: {}", found, where, complaint_)};
}

}  // namespace freeway::json
