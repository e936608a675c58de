#include "http/message.h"

#include <fmt/format.h>

#include "base/text.h"
#include "http/grammar.h"

namespace freeway::http {

FramingFields framing_fields(const Fields& fields) {
  FramingFields found;
  for (const Field& field : fields) {
    if (iequals(field.name, "transfer-encoding")) {
      ++found.codings;
      found.chunked = iequals(field.value, "chunked");
    } else if (iequals(field.name, "content-length")) {
      auto length = grammar::parse_length(field.value);
      if (found.lengths++ > 0 && length != found.length) found.lengths_agree = false;
      found.length = length;
    }
  }
  return found;
}

Result<int> parse_version(std::string_view text) {
  if (text == "HTTP/1.1") return 1;
  if (text == "HTTP/1.0") return 0;
  if (text.starts_with("HTTP/")) {
    return fail(ErrorKind::unsupported,
                fmt::format("only HTTP/1.1 and HTTP/1.0 are spoken here, not {}", header_safe(text.substr(0, 16))));
  }
  return fail(ErrorKind::malformed, "the first line does not name an HTTP version");
}

std::unexpected<Error> head_over_limit(const ParserLimits& limits) {
  return fail(ErrorKind::too_large, fmt::format("the head is larger than the limit of {} bytes or {} header fields",
                                                limits.head_bytes, limits.field_count));
}

}  // namespace freeway::http
