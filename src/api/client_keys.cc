#include "api/client_keys.h"

#include "base/text.h"
#include "crypto/digest.h"

namespace freeway::api {

namespace {

const ClientKey* find(const std::vector<ClientKey>& keys, std::string_view shown) {
  if (shown.empty()) return nullptr;
  std::string digest;
  for (const auto& key : keys) {
    if (!key.key.empty()) {
      if (key.key.matches(shown)) return &key;
      continue;
    }
    if (digest.empty()) digest = crypto::sha256_hex(shown);
    if (Secret(key.digest).matches(digest)) return &key;
  }
  return nullptr;
}

}  // namespace

const ClientKey* authenticate(const std::vector<ClientKey>& keys, const http::RequestHead& head) {
  constexpr std::string_view kBearer = "bearer ";
  for (const auto& field : head.fields) {
    if (!iequals(field.name, "authorization") || !istarts_with(field.value, kBearer)) continue;
    if (const auto* key = find(keys, trim(std::string_view(field.value).substr(kBearer.size())))) return key;
  }
  for (std::string_view name : {"x-api-key", "x-goog-api-key"}) {
    auto shown = head.fields.find(name);
    if (!shown) continue;
    if (const auto* key = find(keys, trim(*shown))) return key;
  }
  return nullptr;
}

}  // namespace freeway::api
