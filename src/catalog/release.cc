#include "catalog/release.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "catalog/catalog.h"
#include "crypto/seal.h"
#include "crypto/sign.h"

namespace freeway::catalog {

namespace {

constexpr std::string_view kTitle = "freeway-catalog 1\n";
constexpr std::string_view kSignature = "signature ";
constexpr std::size_t kMostFiles = 10'000;

std::unexpected<Error> broken(std::string what) {
  return fail(ErrorKind::malformed, "no catalog that this version can read: " + std::move(what));
}

bool is_date(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return false;
  }
  return true;
}

// A file's name without ".toml", which goes into paths.
bool is_file_id(std::string_view text) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.front() != '.' && std::all_of(text.begin(), text.end(), plain);
}

std::optional<std::uint64_t> natural(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '0' || number > most) return {};
  return number;
}

// The three parts: the first line, the second without its word, all after it.
struct Parts {
  std::string_view signature, rest;
};

std::optional<std::string_view> take_line(std::string_view& text) {
  std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<Parts> split(std::string_view text) {
  if (text.size() > kLargestRelease) return broken(fmt::format("it is larger than {} bytes", kLargestRelease));
  if (!text.starts_with(kTitle)) return broken("it does not begin with \"freeway-catalog 1\"");
  text.remove_prefix(kTitle.size());
  auto line = take_line(text);
  if (!line || !line->starts_with(kSignature)) return broken("line 2 holds no signature");
  return Parts{line->substr(kSignature.size()), text};
}

std::string signed_bytes(std::string_view rest) { return std::string(kTitle) + std::string(rest); }

// A line of the form "word value".
Result<std::string_view> take_member(std::string_view& text, std::string_view word) {
  auto line = take_line(text);
  if (!line || !line->starts_with(word) || line->size() <= word.size() || (*line)[word.size()] != ' ') {
    return broken(fmt::format("a line \"{} …\" is missing", word));
  }
  return line->substr(word.size() + 1);
}

Result<CatalogFile> take_file(std::string_view& text, const std::vector<CatalogFile>& before) {
  auto line = take_member(text, "file");
  std::string_view after = before.empty() ? "the head" : before.back().id;
  if (!line) return broken(fmt::format("after {}: a line \"file NAME.toml BYTES\" is missing", after));
  std::size_t blank = line->find(' ');
  std::string_view name = line->substr(0, blank);
  std::string_view size = blank == std::string_view::npos ? "" : line->substr(blank + 1);
  if (!name.ends_with(".toml") || !is_file_id(name.substr(0, name.size() - 5))) {
    return broken(fmt::format("after {}: a file's name is none", after));
  }
  CatalogFile file;
  file.id = name.substr(0, name.size() - 5);
  auto bytes = natural(size, kLargestRelease);
  if (!bytes || *bytes > text.size()) return broken(fmt::format("{} does not have the length that it tells", name));
  file.text = text.substr(0, *bytes);
  text.remove_prefix(*bytes);
  if (!before.empty() && !(before.back().id < file.id)) {
    return broken(fmt::format("{} stands twice or out of order", name));
  }
  return file;
}

}  // namespace

Result<std::string> write_release(const Release& release, const Secret& private_key) {
  std::string rest = fmt::format("version {}\nas_of {}\nfiles {}\n", release.version, release.as_of, release.files.size());
  for (const CatalogFile& file : release.files)
    rest += fmt::format("file {}.toml {}\n{}", file.id, file.text.size(), file.text);
  auto signature = crypto::sign(private_key.reveal(), signed_bytes(rest));
  if (!signature) return fail(ErrorKind::invalid, "the private key is none");
  std::string text = fmt::format("{}{}{}\n{}", kTitle, kSignature, crypto::to_base64(*signature), rest);
  if (auto read = read_release(text); !read) return fail(ErrorKind::invalid, read.error().message);
  return text;
}

Result<Release> read_release(std::string_view text) {
  auto parts = split(text);
  if (!parts) return std::unexpected(parts.error());
  std::string_view rest = parts->rest;
  Release release;
  auto version = take_member(rest, "version");
  if (!version) return std::unexpected(version.error());
  auto number = natural(*version, kHighestVersion);
  if (!number) return broken(fmt::format("its version is no whole number from 1 to {}", kHighestVersion));
  release.version = *number;
  auto as_of = take_member(rest, "as_of");
  if (!as_of) return std::unexpected(as_of.error());
  if (!is_date(*as_of)) return broken("its as_of is no date such as 2026-11-22");
  release.as_of = *as_of;
  auto files = take_member(rest, "files");
  if (!files) return std::unexpected(files.error());
  auto count = natural(*files, kMostFiles);
  if (!count) return broken(fmt::format("its number of files is none from 1 to {}", kMostFiles));
  while (release.files.size() < *count) {
    auto file = take_file(rest, release.files);
    if (!file) return std::unexpected(file.error());
    release.files.push_back(*file);
  }
  if (!rest.empty()) return broken("something stands behind its last file");
  return release;
}

Result<void> check_signature(std::string_view text, std::string_view public_key) {
  auto parts = split(text);
  if (!parts) return std::unexpected(parts.error());
  auto signature = crypto::from_base64(parts->signature);
  if (!signature || signature->size() != crypto::kSignatureBytes) return broken("its signature is none");
  if (crypto::verify(public_key, signed_bytes(parts->rest), *signature)) return {};
  return fail(ErrorKind::denied, "its signature is not of the pinned key: it was changed, or somebody else made it");
}

bool ReadProviders::failed() const {
  return std::any_of(mistakes.begin(), mistakes.end(), [](const reader::Mistake& mistake) { return !mistake.warning; });
}

ReadProviders read_files(const std::vector<CatalogFile>& files) {
  ReadProviders read;
  for (const CatalogFile& file : files) {
    auto provider = read_catalog_file(file.text, file.id, read.mistakes);
    if (provider) read.providers.push_back(std::move(*provider));
  }
  if (read.failed()) return read;
  auto built = Catalog::build(read.providers);
  if (!built) read.mistakes.push_back({"the files together", 0, 0, false, built.error().message});
  return read;
}

void keep_retired(const Release& release, const std::vector<Provider>& builtin, std::vector<Provider>& providers) {
  std::string since = fmt::format("no longer in the catalog since version {} of {}", release.version, release.as_of);
  for (const Provider& former : builtin) {
    auto same = [&](const Provider& provider) { return provider.id == former.id; };
    auto found = std::find_if(providers.begin(), providers.end(), same);
    if (found == providers.end()) {
      Provider& kept = providers.emplace_back(former);
      kept.retired = true;
      kept.enabled = false;
      kept.status = since;
      continue;
    }
    for (const Model& model : former.models) {
      auto same_model = [&](const Model& other) { return other.id == model.id; };
      if (std::any_of(found->models.begin(), found->models.end(), same_model)) continue;
      Model& kept = found->models.emplace_back(model);
      if (kept.retired.empty()) kept.retired = release.as_of;
    }
  }
}

Result<std::string> parse_signing_key(std::string_view text) {
  auto bytes = crypto::from_base64(trim(text));
  if (bytes && bytes->size() == crypto::kSigningKeyBytes) return std::move(*bytes);
  return fail(ErrorKind::invalid, fmt::format("expected an Ed25519 key: {} bytes in base64", crypto::kSigningKeyBytes));
}

}  // namespace freeway::catalog
