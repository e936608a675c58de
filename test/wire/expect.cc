#include "wire/expect.h"

#include <fmt/format.h>

#include "base/text.h"
#include "wire/script.h"

namespace freeway::wire {

std::string show(std::string_view bytes) {
  std::string out;
  for (char c : bytes.substr(0, 4000)) {
    if (c == '\r') {
      out += "\\r";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string check_occurrences(const std::vector<std::string>& block, std::string_view text) {
  for (const auto& raw : block) {
    bool joins = false;
    std::string line = resolve_escapes(raw, joins);
    bool absent = line.starts_with('!');
    std::string_view wanted = absent ? std::string_view(line).substr(1) : std::string_view(line);
    bool found = ifind(text, wanted) != std::string_view::npos;
    if (found == absent) return fmt::format("{} '{}' in:\n{}", absent ? "did not expect" : "expected", wanted, show(text));
  }
  return {};
}

std::string check_head(const std::vector<std::string>& lines, std::string_view head) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    if (i == 0) {
      if (!head.starts_with(std::string(line) + "\r\n")) return fmt::format("expected '{}', got:\n{}", line, show(head));
      continue;
    }
    bool absent = line.starts_with('!');
    if (absent) line.remove_prefix(1);
    auto colon = line.find(':');
    std::string name = "\r\n" + std::string(line.substr(0, colon)) + ":";
    auto at = ifind(head, name);
    if (absent != (at == std::string_view::npos))
      return fmt::format("{} header '{}', got:\n{}", absent ? "did not expect" : "expected", line, show(head));
    if (absent || colon == std::string_view::npos) continue;
    auto value = trim(line.substr(colon + 1));
    auto rest = head.substr(at + name.size());
    auto got = trim(rest.substr(0, rest.find("\r\n")));
    if (value != "*" && value != got) return fmt::format("expected header '{}', got '{}'", line, got);
  }
  return {};
}

}  // namespace freeway::wire
