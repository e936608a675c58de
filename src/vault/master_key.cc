#include "vault/master_key.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/seal.h"

namespace freeway::vault {

namespace {

MasterKey named(std::string bytes) {
  constexpr std::size_t kIdDigits = 16;
  MasterKey key;
  key.id = crypto::sha256_hex("freeway master key\n" + bytes).substr(0, kIdDigits);
  key.bytes = Secret(std::move(bytes));
  return key;
}

// An empty key if there is no such file.
Result<MasterKey> read_key(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) == 0 && (facts.st_mode & 077U) != 0) {
    return fail(ErrorKind::denied,
                fmt::format("the master key in {0} can be read by other users; run `chmod 600 {0}`, and then "
                            "`freeway rotate-master-key` if anybody may have read it",
                            path));
  }
  constexpr std::size_t kMost = 4096;
  auto text = read_file(path, kMost);
  if (!text && text.error().kind == ErrorKind::not_found) return MasterKey();
  if (!text) return std::unexpected(text.error());
  auto key = MasterKey::parse(*text);
  if (!key) return fail(ErrorKind::denied, fmt::format("{} holds no master key: {}", path, key.error().message));
  return key;
}

}  // namespace

MasterKey MasterKey::generate() { return named(crypto::random_bytes(crypto::kKeyBytes)); }

Result<MasterKey> MasterKey::parse(std::string_view text) {
  text = trim(text);
  auto bytes = text.size() == 2 * crypto::kKeyBytes ? crypto::from_hex(text) : crypto::from_base64(text);
  if (!bytes || bytes->size() != crypto::kKeyBytes) {
    return fail(ErrorKind::invalid,
                "a master key is 32 bytes, as 64 hex digits or as base64; `openssl rand -hex 32` makes one");
  }
  return named(std::move(*bytes));
}

Secret MasterKey::text() const { return Secret(crypto::to_hex(bytes.reveal())); }

std::string MasterKeySource::name() const { return environment ? "FREEWAY_MASTER_KEY" : path(); }

Result<MasterKey> MasterKeySource::load(const std::optional<std::string>& wanted) const {
  Result<MasterKey> key;
  if (environment) {
    key = MasterKey::parse(environment->reveal());
    if (!key) return fail(ErrorKind::denied, fmt::format("FREEWAY_MASTER_KEY: {}", key.error().message));
  } else {
    key = read_key(path());
    if (!key) return key;
    if (wanted && key->id != *wanted) {
      auto next = read_key(next_path());
      if (next && next->id == *wanted) {
        if (auto done = promote(); !done) return std::unexpected(done.error());
        return next;
      }
    }
  }
  if (!wanted || key->id == *wanted) {
    // What was staged but never came into force; with no key wanted yet there is nothing it could open either.
    if (!environment) unstage();
    return key;
  }
  if (key->empty()) {
    return fail(ErrorKind::denied,
                fmt::format("the stored keys are sealed with master key {}, and there is no {}; put that file "
                            "back, or set FREEWAY_MASTER_KEY",
                            *wanted, path()));
  }
  return fail(ErrorKind::denied,
              fmt::format("wrong master key: {} holds key {}, but the stored keys are sealed with key {}; give "
                          "that one",
                          name(), key->id, *wanted));
}

Result<void> MasterKeySource::stage(const MasterKey& next) const {
  return replace_file(next_path(), std::string(next.text().reveal()) + "\n", 0600);
}

Result<void> MasterKeySource::promote() const { return move_file(next_path(), path()); }

void MasterKeySource::unstage() const { ::unlink(next_path().c_str()); }

}  // namespace freeway::vault
