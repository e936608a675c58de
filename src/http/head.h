// The heads of HTTP/1.1 messages and how they are written. Values only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/fields.h"

namespace freeway::http {

struct RequestHead {
  std::string method;
  std::string target;     // as sent: "/v1/models?x=1"
  int minor_version = 1;  // HTTP/1.<minor>
  Fields fields;

  std::string_view path() const;   // the target up to '?'; of an absolute-form target the part after the authority
  std::string_view query() const;  // without '?'
  bool keep_alive() const;         // as HTTP/1.0 and 1.1 define it
};

struct ResponseHead {
  int status = 0;
  std::string reason;
  int minor_version = 1;
  Fields fields;

  bool keep_alive() const;
};

// The registered phrase ("Too Many Requests"), or "Unknown".
std::string_view reason_phrase(int status);

// Appends the head with its final empty line. Field values are written as they are: CR, LF and NUL in a name or value are
// a programming error upstream of here and are replaced by spaces so that no message can be split.
void write_head(std::string& out, const RequestHead& head);
void write_head(std::string& out, const ResponseHead& head);

// Its parts, for a head that nobody needs as a value. The empty line at the end is the caller's.
void write_request_line(std::string& out, std::string_view method, std::string_view target, int minor_version = 1);
void write_status_line(std::string& out, int status, std::string_view reason = {}, int minor_version = 1);
void write_field(std::string& out, std::string_view name, std::string_view value);

}  // namespace freeway::http
