// The catalog that `freeway catalog update` puts into the data directory, and which one is in force: that one, if it is
// whole, signed with the pinned key and no older than the built-in one, else the built-in one. It never keeps the program
// from starting.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "base/clock.h"
#include "base/error.h"
#include "catalog/release.h"

namespace freeway::app {

// "<data>/catalog", and in it the release in force, the one before it, and what is known of them.
std::string catalog_folder(const std::string& data_directory);
std::string installed_path(const std::string& data_directory);
std::string previous_path(const std::string& data_directory);
std::string catalog_state_path(const std::string& data_directory);

// The key that this program was built with, in base64; "" if none.
std::string_view built_in_key();
// The configured one, else the built-in one, as bytes. Fails with not_found, and says how to set one.
Result<std::string> pinned_key(const std::string& configured);

struct CatalogState {
  std::uint64_t floor = 0;                           // the highest version that was ever installed
  std::string installed;                             // the day the installed one was put in place, "2026-11-22"
  static CatalogState parse(std::string_view text);  // what can't be read is as if it were not there
  std::string text() const;
};

// Text, signature and files of a release, all good. Fails in one sentence.
struct GoodRelease {
  catalog::Release release;  // refers to the text
  std::vector<catalog::Provider> providers;
};
Result<GoodRelease> read_signed(std::string_view text, std::string_view public_key);

// What is in force on a data directory ("": the built-in one). Thread-safe; a text is read once.
CatalogInForce find_catalog(const std::string& data_directory, const std::string& configured_key, const Outside& outside);

// May this version be installed? `installed`: that of the installed one, if it is good. Fails with denied and says why not.
Result<void> judge_version(std::uint64_t version, std::optional<std::uint64_t> installed, std::uint64_t built_in,
                           std::uint64_t floor);

// Puts a release in the place of the installed one, which becomes the previous one. Blocking; one at a time, else exhausted.
// The text is good and judged. `keep`: the installed one is good.
Result<void> install_catalog(const std::string& data_directory, std::string_view text, std::uint64_t version, bool keep,
                             WallTime now);
// Puts the previous one back if it is good by `public_key`, else the built-in one. Fails with not_found if none is
// installed. Gives the version that is installed now; nothing: the built-in one is in force.
Result<std::optional<std::uint64_t>> undo_catalog(const std::string& data_directory, std::string_view public_key,
                                                  WallTime now);

}  // namespace freeway::app
