// A catalog as one signed text, to be read on other machines; docs/catalog.md holds the format. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "catalog/builtin.h"
#include "reader/mistake.h"

namespace freeway::catalog {

inline constexpr std::size_t kLargestRelease = 8UL * 1024 * 1024;  // bytes
inline constexpr std::uint64_t kHighestVersion = 999'999'999;

struct Release {
  std::uint64_t version = 0;
  std::string as_of;               // "2026-11-22"
  std::vector<CatalogFile> files;  // by id; they refer to the text that they were read from
};

// Fails with invalid where the release could not be read back: a version, date or id that is none, files out of order, too
// much of it, or a private key that is none.
Result<std::string> write_release(const Release& release, const Secret& private_key);
// The structure alone, neither the signature nor what the files hold. Fails with malformed and the line or place.
Result<Release> read_release(std::string_view text);
// Fails with denied unless the whole text was signed with the private half of this key, and with malformed where there is no
// signature.
Result<void> check_signature(std::string_view text, std::string_view public_key);

// What the files hold. The providers are all of them only where no mistake is more than a warning.
struct ReadProviders {
  std::vector<Provider> providers;
  std::vector<reader::Mistake> mistakes;
  bool failed() const;
};
ReadProviders read_files(const std::vector<CatalogFile>& files);

// What a release dropped of the built-in catalog stays known, so that configurations which name it go on being read: its
// providers as retired ones that are off, its models as retired on the release's date.
void keep_retired(const Release& release, const std::vector<Provider>& builtin, std::vector<Provider>& providers);

// Keys as people hand them on: the bytes in base64. Fail with invalid.
Result<std::string> parse_signing_key(std::string_view text);

}  // namespace freeway::catalog
