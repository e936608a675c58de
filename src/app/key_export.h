// Keys as text in the formats that an import reads.
#pragma once

#include <string>
#include <vector>

#include "app/key_owners.h"
#include "app/key_row.h"

namespace freeway::app {

// Without `revealed`, keys and the proxies' credentials are masked, and an import of the result is refused line by line.
// With it, the import of the result into an empty freeway gives the same keys, names, accounts and proxies.
std::string write_keys(const std::vector<KeyRow>& keys, KeyFormat format, const KeyOwners& owners, bool revealed);

}  // namespace freeway::app
