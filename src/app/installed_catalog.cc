#include "app/installed_catalog.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "app/data_directory.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "reader/section.h"

namespace freeway::app {

namespace {

constexpr mode_t kMode = 0600;
constexpr std::string_view kHowToMend =
    "`freeway catalog update` installs one anew, `freeway catalog update --undo` drops it";

std::string day_of(WallTime now) {
  auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(now);
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

// Whether an installed text may be in force, without its day.
CatalogInForce judge_installed(std::string_view text, const std::string& configured_key) {
  CatalogInForce found;
  auto set_aside = [&](const std::string& why) {
    found.trouble = fmt::format("the installed catalog is not used, but the built-in one: {}; {}", why, kHowToMend);
    return found;
  };
  auto key = pinned_key(configured_key);
  if (!key) return set_aside(key.error().message);
  auto read = read_signed(text, *key);
  if (!read) return set_aside(read.error().message);
  const catalog::Release& release = read->release;
  if (release.version < catalog::builtin_version()) {
    return set_aside(fmt::format("its version {} is older than {}, which this program brings along", release.version,
                                 catalog::builtin_version()));
  }
  catalog::keep_retired(release, catalog::builtin(), read->providers);
  found.version = release.version;
  found.as_of = release.as_of;
  found.installed = true;
  found.providers = std::make_shared<const std::vector<catalog::Provider>>(std::move(read->providers));
  return found;
}

// The last text that was looked at; reading one takes as long as starting does otherwise.
CatalogInForce judge_once(const std::string& text, const std::string& configured_key) {
  static std::mutex mutex;
  static std::string last_digest;
  static CatalogInForce last;
  std::string digest = crypto::sha256_hex(fmt::format("{}:{}{}", configured_key.size(), configured_key, text));
  std::lock_guard lock(mutex);
  if (digest != last_digest) {
    last = judge_installed(text, configured_key);
    last_digest = std::move(digest);
  }
  return last;
}

Result<void> make_folder(const std::string& data_directory) {
  std::error_code error;
  std::filesystem::path parent = std::filesystem::path(data_directory).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error || (::mkdir(data_directory.c_str(), 0700) != 0 && errno != EEXIST)) {
    return fail(ErrorKind::io, fmt::format("can't create {}: {}", data_directory,
                                           error ? error.message() : std::string(std::strerror(errno))));
  }
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail(ErrorKind::io, fmt::format("can't remove {}: {}", path, std::strerror(errno)));
}

CatalogState read_state(const std::string& data_directory) {
  constexpr std::size_t kMost = 4096;
  auto text = freeway::read_file(catalog_state_path(data_directory), kMost);
  return text ? CatalogState::parse(*text) : CatalogState();
}

}  // namespace

std::string catalog_folder(const std::string& data_directory) { return data_directory + "/catalog"; }
std::string installed_path(const std::string& data_directory) { return catalog_folder(data_directory) + "/installed"; }
std::string previous_path(const std::string& data_directory) { return catalog_folder(data_directory) + "/previous"; }
std::string catalog_state_path(const std::string& data_directory) { return catalog_folder(data_directory) + "/state.toml"; }

std::string_view built_in_key() { return FREEWAY_CATALOG_PUBLIC_KEY; }

Result<std::string> pinned_key(const std::string& configured) {
  std::string_view text = configured.empty() ? built_in_key() : std::string_view(configured);
  if (!text.empty()) return catalog::parse_signing_key(text);
  return fail(
      ErrorKind::not_found,
      "no key is pinned by which a catalog could be trusted: this program was built without one; set `public_key` in "
      "[catalog] of the configuration to that of who makes your catalogs");
}

CatalogState CatalogState::parse(std::string_view text) {
  CatalogState state;
  reader::Report report("state.toml");
  auto table = reader::parse_toml(text, report);
  if (!table) return state;
  reader::Section section(*table, "", report);
  state.floor = section.whole("floor", 0, catalog::kHighestVersion).value_or(0);
  state.installed = section.text("installed").value_or("");
  return state;
}

std::string CatalogState::text() const { return fmt::format("floor = {}\ninstalled = \"{}\"\n", floor, installed); }

Result<GoodRelease> read_signed(std::string_view text, std::string_view public_key) {
  if (auto good = catalog::check_signature(text, public_key); !good) return std::unexpected(good.error());
  auto release = catalog::read_release(text);
  if (!release) return std::unexpected(release.error());
  auto read = catalog::read_files(release->files);
  std::erase_if(read.mistakes, [](const Mistake& mistake) { return mistake.warning; });
  if (!read.mistakes.empty()) {
    return fail(ErrorKind::unsupported, fmt::format("this version of freeway can't read it: {}", message_of(read.mistakes)));
  }
  return GoodRelease{std::move(*release), std::move(read.providers)};
}

CatalogInForce find_catalog(const std::string& data_directory, const std::string& configured_key, const Outside& outside) {
  CatalogInForce found;
  found.version = catalog::builtin_version();
  found.as_of = catalog::builtin_as_of();
  if (data_directory.empty()) return found;
  auto text = outside.read_file(installed_path(data_directory));
  if (!text && text.error().kind == ErrorKind::not_found) return found;
  if (!text) {
    found.trouble = fmt::format("the installed catalog is not used, but the built-in one: {}", text.error().message);
    return found;
  }
  CatalogInForce judged = judge_once(*text, configured_key);
  if (!judged.installed) {
    found.trouble = std::move(judged.trouble);
    return found;
  }
  auto state = outside.read_file(catalog_state_path(data_directory));
  if (state) judged.installed_on = CatalogState::parse(*state).installed;
  return judged;
}

Result<void> judge_version(std::uint64_t version, std::optional<std::uint64_t> installed, std::uint64_t built_in,
                           std::uint64_t floor) {
  if (installed && version == *installed) {
    return fail(ErrorKind::denied, fmt::format("version {} is installed already", version));
  }
  auto refuse = [&](std::uint64_t newer, std::string_view which) {
    return fail(ErrorKind::denied, fmt::format("it is of version {}, older than {}, which {}; an older catalog is not taken",
                                               version, newer, which));
  };
  if (installed && version < *installed) return refuse(*installed, "is installed (`--undo` goes back to the one before)");
  if (version < built_in) return refuse(built_in, "is built in");
  if (version < floor) return refuse(floor, "was installed before");
  return {};
}

Result<void> install_catalog(const std::string& data_directory, std::string_view text, std::uint64_t version, bool keep,
                             WallTime now) {
  if (auto made = make_folder(data_directory); !made) return made;
  auto lock = DataDirectory::open(catalog_folder(data_directory));
  if (!lock) return std::unexpected(lock.error());
  CatalogState state = read_state(data_directory);
  state.floor = std::max(state.floor, version);
  state.installed = day_of(now);
  // The floor first: it holds also if the power goes before the rest.
  if (auto done = replace_file(catalog_state_path(data_directory), state.text(), kMode); !done) return done;
  if (keep) {
    auto before = freeway::read_file(installed_path(data_directory), catalog::kLargestRelease);
    if (!before) return std::unexpected(before.error());
    if (auto done = replace_file(previous_path(data_directory), *before, kMode); !done) return done;
  } else if (auto done = remove_file(previous_path(data_directory)); !done) {
    return done;
  }
  return replace_file(installed_path(data_directory), text, kMode);
}

Result<std::optional<std::uint64_t>> undo_catalog(const std::string& data_directory, std::string_view public_key,
                                                  WallTime now) {
  auto installed = freeway::read_file(installed_path(data_directory), catalog::kLargestRelease);
  if (!installed && installed.error().kind == ErrorKind::not_found) {
    return fail(ErrorKind::not_found, "there is nothing to undo: no catalog is installed, the built-in one is in force");
  }
  auto lock = DataDirectory::open(catalog_folder(data_directory));
  if (!lock) return std::unexpected(lock.error());
  CatalogState state = read_state(data_directory);
  state.installed = day_of(now);
  auto previous = freeway::read_file(previous_path(data_directory), catalog::kLargestRelease);
  auto good = previous ? read_signed(*previous, public_key) : std::unexpected(previous.error());
  auto undone = installed ? catalog::read_release(*installed) : std::unexpected(installed.error());
  // A crash while it was installed leaves the same one in both places.
  bool same = good && undone && good->release.version == undone->version;
  if (!good || same || good->release.version < catalog::builtin_version()) {
    if (auto done = remove_file(installed_path(data_directory)); !done) return std::unexpected(done.error());
    if (auto done = remove_file(previous_path(data_directory)); !done) return std::unexpected(done.error());
    return std::optional<std::uint64_t>();
  }
  std::uint64_t version = good->release.version;
  if (auto done = replace_file(catalog_state_path(data_directory), state.text(), kMode); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = move_file(previous_path(data_directory), installed_path(data_directory)); !done) {
    return std::unexpected(done.error());
  }
  return std::optional(version);
}

}  // namespace freeway::app
