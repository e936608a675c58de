// The way from here to a provider: the key's own proxy, else the provider's, else none. Pure.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "catalog/provider.h"
#include "net/proxy.h"

namespace freeway::relay {

// As the configuration spells it, with its password; "" = none.
inline const std::string& way_of(const catalog::Provider& provider, const catalog::Key& key) {
  return key.proxy.empty() ? provider.proxy : key.proxy;
}

// Null: none. Fails with proxy where it is no address: nothing may go around it.
Result<std::shared_ptr<const net::ProxyAddress>> proxy_of(const catalog::Provider& provider, const catalog::Key& key);

}  // namespace freeway::relay
