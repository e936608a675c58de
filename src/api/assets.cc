#include "api/assets.h"

#include <algorithm>

#include "base/text.h"

namespace freeway::api {

namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
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

bool client_has(const Asset& asset, const http::RequestHead& head) {
  return std::any_of(head.fields.begin(), head.fields.end(), [&](const http::Field& field) {
    return iequals(field.name, "if-none-match") && names(field.value, asset.etag);
  });
}

}  // namespace

const Asset* find_asset(std::string_view path) {
  for (const Asset& one : assets())
    if (one.path == path) return &one;
  return nullptr;
}

server::Answer answer_asset(const Asset& asset, const http::RequestHead& head) {
  server::Answer answer;
  answer.fields.add("etag", std::string(asset.etag));
  answer.fields.add("cache-control", "no-cache");
  answer.fields.add("content-security-policy", std::string(kPolicy));
  answer.fields.add("x-content-type-options", "nosniff");
  answer.fields.add("referrer-policy", "no-referrer");
  if (client_has(asset, head)) {
    answer.status = 304;
    return answer;
  }
  answer.fields.add("content-type", std::string(asset.type));
  answer.body = asset.bytes;
  return answer;
}

}  // namespace freeway::api
