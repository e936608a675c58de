// A master key that travels in a backup: sealed under a passphrase, as text.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"
#include "vault/master_key.h"

namespace freeway::vault {

inline constexpr std::size_t kShortestPassphrase = 8;

// Takes a fifth of a second and 64 MiB, on purpose (scrypt). Fails with invalid for a passphrase that is too short.
Result<std::string> carry(const MasterKey& master, const Secret& passphrase);
// Fails with denied for a wrong passphrase, malformed for a text that `carry` never made.
Result<MasterKey> unpack(std::string_view carried, const Secret& passphrase);

// The id of the master key that a store with these facts is sealed with; nothing if nothing is sealed yet.
std::optional<std::string> sealing_key(const std::map<std::string, std::string>& facts);

}  // namespace freeway::vault
