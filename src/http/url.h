// http and https URLs as far as a base address needs them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace freeway::http {

struct Url {
  bool tls = false;
  std::string host;        // without brackets for IPv6
  std::uint16_t port = 0;  // explicit or the scheme's default
  std::string path;        // without trailing '/'; may be empty

  // Fails with invalid and says what is missing. User info, query and fragment are refused.
  static Result<Url> parse(std::string_view text);
  // "host" or "host:port" where the port is not the scheme's own; brackets around IPv6.
  std::string host_header() const;
  // "https://host:port", the name of a connection pool.
  std::string origin() const;
};

}  // namespace freeway::http
