#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <ostream>

#include "app/greeting.h"
#include "app/session.h"
#include "base/file.h"
#include "base/text.h"
#include "catalog/release.h"
#include "catalog/review.h"
#include "crypto/seal.h"
#include "crypto/sign.h"

namespace freeway::app {

namespace {

constexpr mode_t kPrivate = 0600;
constexpr mode_t kPublic = 0644;

// The provider files of a folder, by id, and what its VERSION says where there is one.
struct Folder {
  std::vector<std::string> ids, texts;
  std::uint64_t version = 0;
  std::string as_of;
};

Result<Folder> read_folder(const std::string& path) {
  Folder folder;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.path().extension() == ".toml") folder.ids.push_back(entry.path().stem().string());
  }
  if (error) return fail(ErrorKind::not_found, fmt::format("can't read the folder {}: {}", path, error.message()));
  if (folder.ids.empty()) return fail(ErrorKind::not_found, fmt::format("{} holds no provider's file, NAME.toml", path));
  std::sort(folder.ids.begin(), folder.ids.end());
  for (const std::string& id : folder.ids) {
    auto text = freeway::read_file(fmt::format("{}/{}.toml", path, id), catalog::kLargestRelease);
    if (!text) return std::unexpected(text.error());
    folder.texts.push_back(std::move(*text));
  }
  auto version = freeway::read_file(path + "/VERSION", 100);
  if (!version) return folder;
  std::string_view line = trim(*version);
  std::size_t blank = std::min(line.find(' '), line.size());
  std::from_chars(line.data(), line.data() + blank, folder.version);
  folder.as_of = trim(line.substr(blank));
  return folder;
}

std::string today(const Clock& clock) { return short_time(clock.wall()).substr(0, 10); }

}  // namespace

int pack_catalog(Session& session) {
  auto folder = read_folder(session.asked.file);
  if (!folder) return session.failed(folder.error());
  catalog::Release release;
  release.version = session.asked.version.value_or(folder->version);
  if (release.version == 0) return session.misused("--version is missing, and the folder's VERSION tells none");
  release.as_of = !session.asked.as_of.empty() ? session.asked.as_of : folder->as_of;
  if (release.as_of.empty()) release.as_of = today(session.clock);
  for (std::size_t i = 0; i < folder->ids.size(); ++i) release.files.push_back({folder->ids[i], folder->texts[i]});
  auto read = catalog::read_files(release.files);
  for (const catalog::Provider& provider : read.providers) {
    for (Mistake& mistake : catalog::review(provider)) {
      mistake.warning = true;
      read.mistakes.push_back(std::move(mistake));
    }
  }
  session.err << describe(read.mistakes);
  if (read.failed()) return session.failed({ErrorKind::invalid, "nothing was written, because of the mistakes above"});
  auto key_text = freeway::read_file(session.asked.key_file, 1000);
  if (!key_text) return session.failed(key_text.error());
  auto key = catalog::parse_signing_key(*key_text);
  if (!key) return session.failed({key.error().kind, fmt::format("{}: {}", session.asked.key_file, key.error().message)});
  Secret secret(std::move(*key));
  auto text = catalog::write_release(release, secret);
  if (!text) return session.failed(text.error());
  if (auto done = replace_file(session.asked.output, *text, kPublic); !done) return session.failed(done.error());
  session.out << fmt::format("wrote {}: version {} of {}, {}; it is good by the public key {}\n", session.asked.output,
                             release.version, release.as_of, count(release.files.size(), "provider"),
                             crypto::to_base64(crypto::public_key_of(secret.reveal()).value_or("")));
  return kDone;
}

int make_catalog_key(Session& session) {
  const std::string& path = session.asked.file;
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    return session.failed({ErrorKind::exhausted, fmt::format("{} is there already, and may be somebody's key", path)});
  }
  Secret key(crypto::random_bytes(crypto::kSigningKeyBytes));
  auto done = replace_file(path, crypto::to_base64(key.reveal()) + "\n", kPrivate);
  if (!done) return session.failed(done.error());
  session.err << fmt::format(
      "{} holds the private key: keep it where nobody else reads it. The public one, for `public_key` in "
      "[catalog]:\n",
      path);
  session.out << crypto::to_base64(crypto::public_key_of(key.reveal()).value_or("")) << "\n";
  return kDone;
}

}  // namespace freeway::app
