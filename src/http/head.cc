#include "http/head.h"

#include <fmt/format.h>

#include "http/grammar.h"

namespace freeway::http {
namespace {

bool keeps_alive(int minor_version, const Fields& fields) {
  if (fields.has_token("connection", "close")) return false;
  return minor_version >= 1 || fields.has_token("connection", "keep-alive");
}

// "http://host/path?q" → "/path?q"; any other form stays as it is.
std::string_view after_authority(std::string_view target) {
  if (target.starts_with('/')) return target;
  auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  target.remove_prefix(scheme + 3);
  auto end = target.find_first_of("/?");
  return end == std::string_view::npos ? std::string_view() : target.substr(end);
}

void mend_line(std::string& out, std::size_t from) {
  for (std::size_t i = from; i < out.size(); ++i) {
    char c = out[i];
    out[i] = c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  }
}

// Ends the line that began at `from`. Whatever it holds, it is one line.
void end_line(std::string& out, std::size_t from) {
  if (grammar::holds_control(std::string_view(out).substr(from))) mend_line(out, from);
  out += "\r\n";
}

void write_fields(std::string& out, const Fields& fields) {
  for (const Field& field : fields) write_field(out, field.name, field.value);
  out += "\r\n";
}

constexpr std::size_t kUsualHead = 512;

}  // namespace

std::string_view RequestHead::path() const {
  std::string_view rest = after_authority(target);
  rest = rest.substr(0, rest.find('?'));
  return rest.empty() ? std::string_view("/") : rest;
}

std::string_view RequestHead::query() const {
  std::string_view rest = after_authority(target);
  auto mark = rest.find('?');
  return mark == std::string_view::npos ? std::string_view() : rest.substr(mark + 1);
}

bool RequestHead::keep_alive() const { return keeps_alive(minor_version, fields); }
bool ResponseHead::keep_alive() const { return keeps_alive(minor_version, fields); }

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 102: return "Processing";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 424: return "Failed Dependency";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 499: return "Request Cancelled";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    case 511: return "Network Authentication Required";
    default: return "Unknown";
  }
}

void write_field(std::string& out, std::string_view name, std::string_view value) {
  const std::size_t from = out.size();
  out.append(name).append(": ").append(value);
  end_line(out, from);
}

void write_request_line(std::string& out, std::string_view method, std::string_view target, int minor_version) {
  out.reserve(out.size() + kUsualHead);
  const std::size_t from = out.size();
  out.append(method).append(" ").append(target).append(minor_version == 0 ? " HTTP/1.0" : " HTTP/1.1");
  end_line(out, from);
}

void write_status_line(std::string& out, int status, std::string_view reason, int minor_version) {
  out.reserve(out.size() + kUsualHead);
  const std::size_t from = out.size();
  out += minor_version == 0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  const fmt::format_int digits(status);
  out.append(digits.data(), digits.size());
  out += ' ';
  out.append(reason.empty() ? reason_phrase(status) : reason);
  end_line(out, from);
}

void write_head(std::string& out, const RequestHead& head) {
  write_request_line(out, head.method, head.target, head.minor_version);
  write_fields(out, head.fields);
}

void write_head(std::string& out, const ResponseHead& head) {
  write_status_line(out, head.status, head.reason, head.minor_version);
  write_fields(out, head.fields);
}

}  // namespace freeway::http
