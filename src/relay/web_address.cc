#include "relay/web_address.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace freeway::relay {

namespace {

// Addresses as people write them hold spaces and letters that HTTP wants spelled otherwise.
std::string encoded(std::string_view target) {
  std::string out;
  for (char c : target) {
    auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f) {
      out += percent_encode(std::string_view(&c, 1));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

// Of an address without a fragment.
std::size_t end_of_host(std::string_view address) {
  std::size_t begin = address.find("://");
  begin = begin == std::string_view::npos ? 0 : begin + 3;
  return std::min(address.find_first_of("/?", begin), address.size());
}

std::string_view without_fragment(std::string_view address) { return address.substr(0, address.find('#')); }

bool has_scheme(std::string_view reference) {
  std::size_t colon = reference.find(':');
  return colon != std::string_view::npos && colon < reference.find_first_of("/?#");
}

// A path that begins with a slash, its dots followed.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool folder = false;  // the path ends as one
  while (!path.empty()) {
    path.remove_prefix(1);
    std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    folder = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!folder) kept.push_back(segment);
  }
  std::string out;
  for (std::string_view segment : kept) out.append("/").append(segment);
  return folder || out.empty() ? out + "/" : out;
}

}  // namespace

Result<WebAddress> WebAddress::parse(std::string_view text) {
  text = without_fragment(text);
  std::size_t path = end_of_host(text);
  auto origin = http::Url::parse(text.substr(0, path));
  if (!origin) return std::unexpected(origin.error());
  WebAddress address;
  address.origin = std::move(*origin);
  address.target = encoded(text.substr(path));
  if (!address.target.starts_with('/')) address.target.insert(0, "/");
  return address;
}

std::string resolve_reference(std::string_view from, std::string_view reference) {
  from = without_fragment(from);
  reference = without_fragment(reference);
  if (has_scheme(reference)) return std::string(reference);
  if (reference.starts_with("//")) return std::string(from.substr(0, from.find(':') + 1)).append(reference);
  if (reference.empty()) return std::string(from);
  std::size_t host = end_of_host(from);
  std::string_view path = from.substr(host, std::min(from.find('?', host), from.size()) - host);
  if (reference.starts_with('?')) return std::string(from.substr(0, host)).append(path).append(reference);
  std::string_view asked = reference.substr(0, reference.find('?'));
  std::string joined(asked);
  if (!asked.starts_with('/')) joined.insert(0, path.empty() ? "/" : path.substr(0, path.rfind('/') + 1));
  return std::string(from.substr(0, host)).append(without_dots(joined)).append(reference.substr(asked.size()));
}

}  // namespace freeway::relay
