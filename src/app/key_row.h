// A provider's key as it travels between files, terminal and store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace freeway::app {

enum class KeyFormat : std::uint8_t { env, json, csv, text };
std::string_view name_of(KeyFormat format);  // "env", "json", "csv", "text"
std::optional<KeyFormat> parse_key_format(std::string_view text);
// By a file's name: ".env" anywhere in it, or the ending .json, .csv, .tsv, .txt. Nothing for others.
std::optional<KeyFormat> key_format_of(std::string_view file_name);

struct KeyRow {
  std::string provider;
  std::string name;  // "" = freeway finds one
  Secret value;
  std::string account;
  std::string account_id;
  Secret proxy;                 // with its password; "" = the provider's
  std::string disabled_reason;  // "" = in use
};

// "gsk_…x7Qa": enough to tell one's keys apart, never more than a third of one.
std::string mask_key(std::string_view key);
// "socks5h://…@proxy.example:1080"; without user and password as it is.
std::string mask_proxy(std::string_view proxy);
// Was the text made by one of these?
bool is_masked(std::string_view text);

// Our own note in formats that have no columns: `# freeway {"provider":"groq","name":"laptop"}` in the line before a key.
inline constexpr std::string_view kKeyNote = "# freeway {";

}  // namespace freeway::app
