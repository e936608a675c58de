// Addresses of Unix sockets. Included inside this room only.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "base/error.h"
#include "net/descriptor.h"

namespace freeway::net {

struct UnixAddress {
  sockaddr_un value{};
  socklen_t size = 0;
  Descriptor folder;  // keeps a long path's short form good

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&value); }
  // Fails with not_found, invalid (the file's name itself is too long) or io.
  static Result<UnixAddress> of(const std::string& path);
};

// "text: what errno says", with denied, not_found, refused, timeout or io.
Error unix_failure(std::string_view text, int cause);

}  // namespace freeway::net
