// The providers that freeway knows by itself: catalog/*.toml, built into the program.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/provider.h"
#include "reader/mistake.h"

namespace freeway::catalog {

// One file of a catalog: all of its text, and its name without ".toml", which is the provider's id.
struct CatalogFile {
  std::string_view id;
  std::string_view text;
};
// In the order of their names. Valid for ever.
const std::vector<CatalogFile>& builtin_files();
// The number and the date of all of them, as catalog/VERSION says: a later catalog has a higher number.
std::uint64_t builtin_version();
std::string_view builtin_as_of();

// One file's text as a provider. Fails with invalid and names place and mistake; warnings pass.
Result<Provider> read_catalog_file(std::string_view text, std::string_view id);

// The same, with all mistakes and warnings, whose file is "<id>.toml"; nothing if one is more than a warning.
std::optional<Provider> read_catalog_file(std::string_view text, std::string_view id,
                                          std::vector<reader::Mistake>& mistakes);

// All of them, read at the first call and kept. Thread-safe. A file that can't be read (which a test rules out) is left out.
const std::vector<Provider>& builtin();

}  // namespace freeway::catalog
