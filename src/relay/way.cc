#include "relay/way.h"

#include <utility>

namespace freeway::relay {

Result<std::shared_ptr<const net::ProxyAddress>> proxy_of(const catalog::Provider& provider, const catalog::Key& key) {
  const std::string& text = way_of(provider, key);
  if (text.empty()) return nullptr;
  auto parsed = net::ProxyAddress::parse(text);
  if (!parsed) return fail(ErrorKind::proxy, "the proxy's address is none: " + parsed.error().message);
  return std::make_shared<const net::ProxyAddress>(std::move(*parsed));
}

}  // namespace freeway::relay
