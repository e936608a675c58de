// A question to a provider as one of its keys asks it, outside of serving: for probes and lists.
#pragma once

#include <string>

#include "catalog/provider.h"
#include "dialect/dialect.h"
#include "upstream/client.h"

namespace freeway::app {

// A GET with the provider's own fields, not yet authorized.
dialect::Outgoing plain_question(const catalog::Provider& provider, const std::string& path);

// Below `base` (empty: the provider's), {account_id} filled in there and in the path, through the key's proxy, else the
// provider's, and holding the key, shown by `auth`. Fails with invalid for an address or a proxy that can't be read, or an
// account that nobody gave.
Result<upstream::Call> provider_call(const catalog::Provider& provider, const catalog::Key& key, const std::string& base,
                                     const catalog::Auth& auth, dialect::Outgoing outgoing);

}  // namespace freeway::app
