#include "api/assets.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace freeway::api {

namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; base-uri "
    "'none'; "
    "frame-ancestors 'none'; form-action 'none'";

// "*", or a list of tags. A weak one does as well: a proxy on the way may have weakened ours.
bool names(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    auto end = std::min(list.find(','), list.size());
    std::string_view one = trim(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag || one == "*") return true;
  }
  return false;
}

bool client_has(std::string_view etag, const http::RequestHead& head) {
  return std::any_of(head.fields.begin(), head.fields.end(), [&](const http::Field& field) {
    return iequals(field.name, "if-none-match") && names(field.value, etag);
  });
}

// Calls `take(name, refused)` for each element of a list field: "gzip", "text/html;q=0" (refused).
template <class Take>
void each_element(const http::RequestHead& head, std::string_view field_name, Take take) {
  for (const auto& field : head.fields) {
    if (!iequals(field.name, field_name)) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      auto end = std::min(list.find(','), list.size());
      std::string_view one = list.substr(0, end);
      list.remove_prefix(std::min(end + 1, list.size()));
      auto parameters = std::min(one.find(';'), one.size());
      auto quality = ifind(one.substr(parameters), "q=");
      std::string_view weight = quality == std::string_view::npos ? "1" : trim(one.substr(parameters + quality + 2));
      take(trim(one.substr(0, parameters)), weight.find_first_not_of("0.") == std::string_view::npos);
    }
  }
}

bool takes_gzip(const http::RequestHead& head) {
  std::optional<bool> named;
  bool any = false;
  each_element(head, "accept-encoding", [&](std::string_view coding, bool refused) {
    if (iequals(coding, "gzip") || iequals(coding, "x-gzip")) named = !refused;
    if (coding == "*") any = !refused;
  });
  return named.value_or(any);
}

}  // namespace

const Asset* find_asset(std::string_view path) {
  for (const Asset& one : assets())
    if (one.path == path) return &one;
  return nullptr;
}

const Asset* find_page(const http::RequestHead& head) {
  bool page = false;
  each_element(head, "accept", [&](std::string_view type, bool refused) { page |= iequals(type, "text/html") && !refused; });
  return page ? find_asset("/") : nullptr;
}

server::Answer answer_asset(const Asset& asset, const http::RequestHead& head) {
  bool packed = !asset.packed.empty() && takes_gzip(head);
  std::string_view etag = packed ? asset.packed_etag : asset.etag;
  server::Answer answer;
  answer.fields.add("etag", etag);
  answer.fields.add("cache-control", "no-cache");
  answer.fields.add("vary", asset.path == "/" ? "accept, accept-encoding" : "accept-encoding");
  answer.fields.add("content-security-policy", kPolicy);
  answer.fields.add("cross-origin-opener-policy", "same-origin");
  answer.fields.add("cross-origin-resource-policy", "same-origin");
  answer.fields.add("x-content-type-options", "nosniff");
  answer.fields.add("referrer-policy", "no-referrer");
  if (client_has(etag, head)) {
    answer.status = 304;
    return answer;
  }
  answer.fields.add("content-type", asset.type);
  if (packed) answer.fields.add("content-encoding", "gzip");
  answer.body = packed ? asset.packed : asset.bytes;
  return answer;
}

}  // namespace freeway::api
