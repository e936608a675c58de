#include <charconv>

#include "http/parser.h"

namespace freeway::http {

void append_chunk(std::string& out, std::string_view bytes) {
  if (bytes.empty()) return;
  char size[16];
  auto [end, error] = std::to_chars(size, size + sizeof size, bytes.size(), 16);
  out.append(size, end);
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

}  // namespace freeway::http
