// A sealed value: one byte of version, eight of the master key's id, then nonce, ciphertext and tag.
//
// What a value belongs to (table, row, provider, field) is authenticated with it: an envelope that stands in another row, or
// whose row was given another provider, does not open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"
#include "vault/master_key.h"

namespace freeway::vault {

// The store's fact that tells which master key is the right one: a known text, sealed, in hex.
inline constexpr std::string_view kCheckFact = "vault.check";

struct Place {
  std::string_view table;
  std::int64_t row = 0;
  std::string_view field;
  std::string_view provider;
};

std::string seal(const MasterKey& master, const Place& place, const Secret& value);
// Fails with denied for another master key, else with malformed.
Result<Secret> open(const MasterKey& master, const Place& place, std::string_view envelope);
// The id of the master key that sealed it; fails with malformed.
Result<std::string> sealed_by(std::string_view envelope);

}  // namespace freeway::vault
