// Images that a client names by an address on the web instead of sending them.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace freeway::chat {

struct ImageAddress {
  std::string address;  // http:// or https://
  std::string part;     // where it stands first: "messages[0].content[1]"
  std::uint32_t mentions = 1;
};

// The same as data ("data:image/png;base64,…"), by their addresses.
using ImageData = std::map<std::string, std::string, std::less<>>;

}  // namespace freeway::chat
