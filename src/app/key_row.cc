#include "app/key_row.h"

#include <array>

#include "base/text.h"

namespace freeway::app {

namespace {

constexpr std::string_view kDots = "…";
constexpr std::array<std::string_view, 4> kFormats = {"env", "json", "csv", "text"};

// The part that tells whose key it is: up to a '_' or '-' near the beginning.
std::size_t prefix_size(std::string_view key) {
  constexpr std::size_t kFar = 7;
  std::size_t mark = key.substr(0, kFar).find_last_of("_-");
  return mark == std::string_view::npos ? 0 : mark + 1;
}

}  // namespace

std::string_view name_of(KeyFormat format) { return kFormats.at(static_cast<std::size_t>(format)); }

std::optional<KeyFormat> parse_key_format(std::string_view text) {
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    if (iequals(text, kFormats.at(i))) return static_cast<KeyFormat>(i);
  }
  return {};
}

std::optional<KeyFormat> key_format_of(std::string_view file_name) {
  std::string_view base = file_name.substr(file_name.find_last_of('/') + 1);
  auto ends = [&](std::string_view ending) {
    return base.size() >= ending.size() && iequals(base.substr(base.size() - ending.size()), ending);
  };
  if (ends(".json")) return KeyFormat::json;
  if (ends(".csv") || ends(".tsv")) return KeyFormat::csv;
  if (ends(".txt")) return KeyFormat::text;
  if (ifind(base, ".env") != std::string_view::npos) return KeyFormat::env;
  return {};
}

std::string mask_key(std::string_view key) {
  constexpr std::size_t kTail = 4;
  if (key.empty()) return {};
  std::size_t head = prefix_size(key);
  std::size_t tail = kTail;
  if (3 * (head + tail) > key.size()) head = 0;
  if (3 * (head + tail) > key.size()) tail = 0;
  return std::string(key.substr(0, head)) + std::string(kDots) + std::string(key.substr(key.size() - tail));
}

std::string mask_proxy(std::string_view proxy) {
  std::size_t scheme = proxy.find("://");
  std::size_t at = proxy.rfind('@');
  if (at == std::string_view::npos) return std::string(proxy);
  std::string shown = scheme == std::string_view::npos ? std::string() : std::string(proxy.substr(0, scheme + 3));
  return shown + std::string(kDots) + std::string(proxy.substr(at));
}

bool is_masked(std::string_view text) { return text.find(kDots) != std::string_view::npos; }

}  // namespace freeway::app
