#include "json/writer.h"

#include <charconv>
#include <cmath>

#include "json/scan.h"

namespace freeway::json {
namespace {

void append_escape(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('\\');
  switch (c) {
    case '"':
    case '\\': out.push_back(c); return;
    case '\b': out.push_back('b'); return;
    case '\f': out.push_back('f'); return;
    case '\n': out.push_back('n'); return;
    case '\r': out.push_back('r'); return;
    case '\t': out.push_back('t'); return;
    default: break;
  }
  out += "u00";
  out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
  out.push_back(kHex[c & 15]);
}

// A run without quotes, backslashes and control bytes. Every byte that belongs to no UTF-8 sequence becomes U+FFFD.
void append_plain(std::string& out, std::string_view run) {
  std::size_t copied = 0;
  for (std::size_t at = 0; at < run.size();) {
    std::size_t size = static_cast<unsigned char>(run[at]) < 0x80 ? 1 : sequence_size(run.substr(at));
    if (size == 0) {
      out.append(run.substr(copied, at - copied)).append("\xef\xbf\xbd");
      copied = at + 1;
    }
    at += size == 0 ? 1 : size;
  }
  out.append(run.substr(copied));
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[32];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  const char* at = text.data();
  const char* end = at + text.size();
  while (at != end) {
    const char* stop = skip_plain(at, end);
    append_plain(out, {at, static_cast<std::size_t>(stop - at)});
    if (stop == end) return;
    append_escape(out, *stop);
    at = stop + 1;
  }
}

std::string quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out.push_back('"');
  append_escaped(out, text);
  out.push_back('"');
  return out;
}

void Writer::separate() {
  if (!first_) out_.push_back(',');
  first_ = false;
}

Writer& Writer::begin_object() {
  separate();
  out_.push_back('{');
  first_ = true;
  return *this;
}

Writer& Writer::end_object() {
  out_.push_back('}');
  first_ = false;
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  out_.push_back('[');
  first_ = true;
  return *this;
}

Writer& Writer::end_array() {
  out_.push_back(']');
  first_ = false;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  string(name);
  out_.push_back(':');
  first_ = true;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  separate();
  out_.push_back('"');
  append_escaped(out_, text);
  out_.push_back('"');
  return *this;
}

Writer& Writer::integer(std::int64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

Writer& Writer::natural(std::uint64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

Writer& Writer::number(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_number(out_, number);
  return *this;
}

Writer& Writer::boolean(bool value) { return raw(value ? "true" : "false"); }

Writer& Writer::null() { return raw("null"); }

Writer& Writer::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

}  // namespace freeway::json
