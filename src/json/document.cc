#include "json/document.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/scratch.h"
#include "json/indexer.h"
#include "json/scan.h"

namespace freeway::json {
namespace {

unsigned hex_digit(char c) {
  if (c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a' + 10);
}

unsigned hex4(std::string_view four) {
  return hex_digit(four[0]) << 12 | hex_digit(four[1]) << 8 | hex_digit(four[2]) << 4 | hex_digit(four[3]);
}

char* put_utf8(char* to, unsigned point) {
  auto put = [&to](unsigned byte) { *to++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
  return to;
}

// `rest` stands behind the 'u' of an escape; what belongs to it is taken away, a second half of a pair included.
char* put_unicode(char* to, std::string_view& rest) {
  unsigned unit = hex4(rest);
  if (unit >= 0xd800 && unit < 0xdc00 && rest.size() >= 10 && rest[4] == '\\' && rest[5] == 'u') {
    unsigned low = hex4(rest.substr(6));
    if (low >= 0xdc00 && low < 0xe000) {
      rest.remove_prefix(10);
      return put_utf8(to, 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00)));
    }
  }
  rest.remove_prefix(4);
  bool surrogate = unit >= 0xd800 && unit < 0xe000;
  return put_utf8(to, surrogate ? 0xfffd : unit);
}

// digits × 10^exponent as a whole number, exactly; digits hold no point and no sign.
std::optional<std::int64_t> whole_number(std::string_view digits, std::int64_t exponent, bool negative) {
  while (!digits.empty() && digits.back() == '0') {
    digits.remove_suffix(1);
    ++exponent;
  }
  auto first = digits.find_first_not_of('0');
  if (first == std::string_view::npos) return 0;
  digits.remove_prefix(first);
  if (exponent < 0 || exponent + static_cast<std::int64_t>(digits.size()) > 19) return std::nullopt;
  std::uint64_t magnitude = 0;
  for (char c : digits) magnitude = magnitude * 10 + static_cast<std::uint64_t>(c - '0');
  for (; exponent > 0; --exponent) magnitude *= 10;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kMax + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

// For spellings like 8192.0 and 8.192e3.
std::optional<std::int64_t> spelled_whole_number(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::int64_t exponent = 0;
  if (auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    bool down = power.starts_with('-');
    if (power.starts_with('+') || down) power.remove_prefix(1);
    for (char c : power) exponent = std::min<std::int64_t>(exponent * 10 + (c - '0'), std::int64_t{1} << 40);
    if (down) exponent = -exponent;
    text = text.substr(0, e);
  }
  auto point = text.find('.');
  if (point == std::string_view::npos) return whole_number(text, exponent, negative);
  std::string digits(text.substr(0, point));
  digits += text.substr(point + 1);
  return whole_number(digits, exponent - static_cast<std::int64_t>(text.size() - point - 1), negative);
}

}  // namespace

std::string unescape(std::string_view escaped) {
  std::string out;
  // No escape is shorter than what it stands for.
  out.resize_and_overwrite(escaped.size(), [escaped](char* begin, std::size_t) {
    std::string_view rest = escaped;
    char* to = begin;
    for (;;) {
      const char* slash = find_backslash(rest.data(), rest.data() + rest.size());
      const auto plain = static_cast<std::size_t>(slash - rest.data());
      to = std::copy(rest.data(), slash, to);
      if (rest.size() - plain < 2) return static_cast<std::size_t>(to - begin);
      char kind = rest[plain + 1];
      rest.remove_prefix(plain + 2);
      switch (kind) {
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        case 'u':
          if (rest.size() < 4) return static_cast<std::size_t>(to - begin);
          to = put_unicode(to, rest);
          break;
        default: *to++ = kind; break;
      }
    }
  });
  return out;
}

Result<Document> Document::parse(std::string_view text, Limits limits) {
  Document document;
  auto done = document.reparse(text, limits);
  if (!done) return std::unexpected<Error>(std::move(done.error()));
  return document;
}

Result<void> Document::reparse(std::string_view text, Limits limits) {
  nodes_.clear();
  if (nodes_.capacity() == 0) nodes_.reserve(std::min<std::size_t>(text.size() / 16, 1024) + 4);
  text_ = text;
  auto done = Indexer(text, limits, nodes_).run();
  if (!done) {
    nodes_.clear();
    text_ = {};
  }
  return done;
}

void Document::shrink() {
  if (memory() <= kScratchBytes) return;
  text_ = {};
  std::vector<Value::Node>().swap(nodes_);
}

Value Document::root() const { return nodes_.empty() ? Value() : Value(this, 0); }

std::string_view Value::raw() const {
  return present() ? document_->text_.substr(node().begin, node().end - node().begin) : std::string_view();
}

std::size_t Value::offset() const { return present() ? node().begin : 0; }

std::optional<std::string> Value::string() const {
  if (!is(Type::string)) return std::nullopt;
  return node().escapes != 0 ? unescape(escaped()) : std::string(escaped());
}

std::optional<bool> Value::boolean() const {
  if (!is(Type::boolean)) return std::nullopt;
  return raw().front() == 't';
}

std::optional<double> Value::number() const {
  if (!is(Type::number)) return std::nullopt;
  std::string_view text = raw();
  double number = 0;
  auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc()) return number;
  number = std::strtod(std::string(text).c_str(), nullptr);  // tells too large from too small
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<std::int64_t> Value::integer() const {
  if (!is(Type::number)) return std::nullopt;
  std::string_view text = raw();
  std::int64_t number = 0;
  auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return number;
  return spelled_whole_number(text);
}

Value Value::operator[](std::string_view name) const {
  if (!is(Type::object) || size() == 0) return {};
  const Node* nodes = document_->nodes_.data();
  const char* text = document_->text_.data();
  std::uint32_t found = 0;
  for (std::uint32_t at = node_ + 1;; at = nodes[at].next) {
    const Node& member = nodes[at];
    if (member.key_escapes != 0) {
      if (Value(document_, at).key_equals(name)) found = at;
    } else if (member.key_size == name.size() && (name.empty() || text[member.key_begin + 1] == name[0]) &&
               std::memcmp(text + member.key_begin + 1, name.data(), name.size()) == 0) {
      found = at;
    }
    if (member.last) break;
  }
  return found != 0 ? Value(document_, found) : Value();
}

std::size_t Value::key_offset() const { return present() ? node().key_begin : 0; }

Value::Iterator Value::begin() const { return Iterator(first()); }

Value::Iterator Value::end() const { return Iterator(Value()); }

}  // namespace freeway::json
