// Addresses on the web as clients and redirects spell them, as far as fetching from them needs. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/url.h"

namespace freeway::relay {

struct WebAddress {
  http::Url origin;    // its path is empty
  std::string target;  // path and query, fit for a request line

  // http or https, without a user. Fragments are cut off; what must be percent-encoded is. Fails with invalid.
  static Result<WebAddress> parse(std::string_view text);
};

// Where a reference found at an address leads (RFC 3986, section 5.2), as text; it need not be an address that is any good.
std::string resolve_reference(std::string_view from, std::string_view reference);

}  // namespace freeway::relay
