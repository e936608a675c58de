#include "app/provider_call.h"

#include <fmt/format.h>

#include "base/text.h"
#include "net/dial.h"

namespace freeway::app {

namespace {

std::string with_account(std::string text, std::string_view account_id) {
  constexpr std::string_view kPlace = "{account_id}";
  for (std::size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at)) {
    text.replace(at, kPlace.size(), percent_encode(account_id));
  }
  return text;
}

Result<std::shared_ptr<const net::ProxyAddress>> proxy_of(const catalog::Provider& provider, const catalog::Key& key) {
  const std::string& text = key.proxy.empty() ? provider.proxy : key.proxy;
  if (text.empty()) return std::shared_ptr<const net::ProxyAddress>();
  auto proxy = net::ProxyAddress::parse(text);
  if (!proxy) return std::unexpected(proxy.error());
  return std::make_shared<const net::ProxyAddress>(std::move(*proxy));
}

}  // namespace

dialect::Outgoing plain_question(const catalog::Provider& provider, const std::string& path) {
  dialect::Outgoing outgoing;
  for (const auto& [name, value] : provider.headers) outgoing.fields.set(name, value);
  outgoing.fields.set("accept", "application/json");
  outgoing.method = "GET";
  outgoing.path = path;
  return outgoing;
}

Result<upstream::Call> provider_call(const catalog::Provider& provider, const catalog::Key& key, const std::string& base,
                                     const catalog::Auth& auth, dialect::Outgoing outgoing) {
  const std::string& below = base.empty() ? provider.base_url : base;
  if (below.contains("{account_id}") && key.account_id.empty()) {
    return fail(ErrorKind::invalid, fmt::format("{} needs the account's id beside the key (--account-id)", provider.id));
  }
  auto url = http::Url::parse(with_account(below, key.account_id));
  if (!url) return std::unexpected(url.error());
  auto proxy = proxy_of(provider, key);
  if (!proxy) return std::unexpected(proxy.error());
  outgoing.path = with_account(std::move(outgoing.path), key.account_id);
  dialect::authorize(outgoing, auth, key);
  upstream::Call call;
  call.origin = *url;
  call.head.method = outgoing.method;
  call.head.target = url->path + outgoing.path;
  call.head.fields = std::move(outgoing.fields);
  call.body = std::move(outgoing.body);
  call.proxy = *proxy;
  return call;
}

}  // namespace freeway::app
