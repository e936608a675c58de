// Keys out of whatever people keep them in: .env files, JSON, CSV, notes. Pure: nothing here asks, keeps or prints a key.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/key_owners.h"
#include "app/key_row.h"

namespace freeway::app {

struct ImportedKey {
  KeyRow row;
  std::size_t line = 0;   // where it was found, from 1
  std::string from;       // how its provider was told: "GROQ_API_KEY", "named", "its form", "--provider"
  std::string duplicate;  // not empty: it adds nothing, and why: "the same key as in line 3"
  std::string note;       // worth knowing: "called \"laptop-2\", as \"laptop\" is taken"
};

// A key whose provider can't be told.
struct NoOwner {
  std::vector<std::string> candidates;  // providers that it may be of
  std::string variable;                 // that holds it; holds no key
  std::string hint;
};

struct ImportProblem {
  std::size_t line = 0;
  std::string message;   // holds no key
  bool skipped = false;  // no mistake: something that is no key, such as DATABASE_URL
  std::optional<NoOwner> no_owner = {};
};

struct KeyImport {
  KeyFormat format = KeyFormat::text;
  std::vector<ImportedKey> keys;        // in the order of the text
  std::vector<ImportProblem> problems;  // by line
  std::size_t fresh() const;            // keys that are no duplicates
  std::size_t mistakes() const;         // problems that are
};

struct ImportChoice {
  std::optional<KeyFormat> format;  // unset: by the text itself
  std::string provider;             // of keys whose row does not name one
};

// Never fails as a whole: what can't be read is a problem of its line.
KeyImport read_keys(std::string_view text, const KeyOwners& owners, const ImportChoice& choice = {});

// Marks what is in the import twice or among the present ones already, and gives keys whose name is taken another.
void settle_import(KeyImport& import, const std::vector<KeyRow>& present);

// For people: a table of the keys, masked, and the problems with their lines. As JSON: {"format","keys":[…],"problems":[…]}.
std::string import_preview(const KeyImport& import);
std::string import_preview_json(const KeyImport& import);

}  // namespace freeway::app
