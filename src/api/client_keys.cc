#include "api/client_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/admin/desk.h"
#include "api/endpoint.h"
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

// The first that the request shows and that `counts` is true for.
template <class Counts>
const ClientKey* shown_key(const std::vector<ClientKey>& keys, const http::RequestHead& head, Counts counts) {
  constexpr std::string_view kBearer = "bearer ";
  for (const auto& field : head.fields) {
    if (!iequals(field.name, "authorization") || !istarts_with(field.value, kBearer)) continue;
    const auto* key = find(keys, trim(std::string_view(field.value).substr(kBearer.size())));
    if (key && counts(*key)) return key;
  }
  for (std::string_view name : {"x-api-key", "x-goog-api-key"}) {
    auto shown = head.fields.find(name);
    if (!shown) continue;
    const auto* key = find(keys, trim(*shown));
    if (key && counts(*key)) return key;
  }
  if (auto shown = key_in_query(head)) {
    const auto* key = find(keys, *shown);
    if (key && counts(*key)) return key;
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> key_in_query(const http::RequestHead& head) {
  if (head.query().empty() || !under(head.path(), "/v1beta")) return std::nullopt;
  auto parameters = admin::read_query(head.query());
  auto shown = parameters.find("key");
  if (shown == parameters.end() || shown->second.empty()) return std::nullopt;
  return std::move(shown->second);
}

const ClientKey& dashboard_key() {
  static const ClientKey kKey = [] {
    ClientKey key;
    key.name = kDashboardClient;
    return key;
  }();
  return kKey;
}

const ClientKey* authenticate(const std::vector<ClientKey>& keys, const http::RequestHead& head, WallTime now) {
  return shown_key(keys, head, [now](const ClientKey& key) { return !key.expired(now); });
}

const ClientKey* expired_key(const std::vector<ClientKey>& keys, const http::RequestHead& head, WallTime now) {
  return shown_key(keys, head, [now](const ClientKey& key) { return key.expired(now); });
}

Result<catalog::Privacy> privacy_of(const ClientKey* key, const http::Fields& fields) {
  constexpr std::string_view kField = "x-freeway-privacy";
  constexpr std::size_t kLongest = 64;
  catalog::Privacy privacy = key ? key->privacy : catalog::Privacy::any;
  for (const auto& field : fields) {
    if (!iequals(field.name, kField)) continue;
    auto asked = catalog::privacy_named(trim(field.value));
    if (!asked)
      return fail(ErrorKind::invalid,
                  fmt::format("{} is one of {}; found '{}'", kField, fmt::join(catalog::kPrivacies, ", "),
                              header_safe(field.value).substr(0, kLongest)));
    privacy = catalog::stricter(privacy, *asked);
  }
  return privacy;
}

}  // namespace freeway::api
