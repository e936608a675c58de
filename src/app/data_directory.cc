#include "app/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "crypto/digest.h"
#include "json/document.h"
#include "json/writer.h"

namespace freeway::app {

namespace {

constexpr std::string_view kKeyName = "default";
constexpr std::size_t kKeyCharacters = 40;  // after "fw-": 238 bits
constexpr std::size_t kDigestCharacters = 64;

std::unexpected<Error> system_error(std::string_view what, const std::string& path, int error) {
  return fail(ErrorKind::io, fmt::format("can't {} {}: {}", what, path, std::strerror(error)));
}

// A descriptor that closes itself.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::optional<std::string> read_all(int descriptor, std::size_t most) {
  std::string content(most, '\0');
  std::size_t size = 0;
  while (size < most) {
    ssize_t got = ::read(descriptor, content.data() + size, most - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {};
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

// Whole or not at all, also when the machine loses power.
Result<void> replace_file(const std::string& folder, const std::string& path, std::string_view content) {
  std::string draft = path + ".new";
  File file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return system_error("write", draft, errno);
  if (::fchmod(file.get(), 0600) != 0) return system_error("protect", draft, errno);
  if (!write_all(file.get(), content) || ::fsync(file.get()) != 0) return system_error("write", draft, errno);
  if (::rename(draft.c_str(), path.c_str()) != 0) return system_error("write", path, errno);
  File parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() >= 0) ::fsync(parent.get());
  return {};
}

std::string key_file(const std::string& digest) {
  std::string text;
  json::Writer(text)
      .begin_object()
      .key("client_keys")
      .begin_array()
      .begin_object()
      .member("name", kKeyName)
      .member("sha256", digest)
      .end_object()
      .end_array()
      .end_object();
  text += '\n';
  return text;
}

std::optional<std::string> read_digest(const std::string& text) {
  auto document = json::Document::parse(text);
  if (!document) return {};
  auto digest = document->root()["client_keys"].first()["sha256"].string();
  constexpr std::string_view kHex = "0123456789abcdef";
  if (!digest || digest->size() != kDigestCharacters || digest->find_first_not_of(kHex) != std::string::npos) return {};
  return digest;
}

std::string holder(int lock) {
  std::string pid = read_all(lock, 32).value_or("");
  std::size_t digits = pid.find_first_not_of("0123456789");
  pid.resize(std::min(digits, pid.size()));
  return pid.empty() ? std::string("another process") : "process " + pid;
}

std::string value_of(const Outside& outside, const char* name) {
  auto value = outside.variable(name);
  return value ? *value : std::string();
}

}  // namespace

std::string default_data_directory(const Outside& outside) {
  std::string path = value_of(outside, "FREEWAY_DATA");
  if (!path.empty()) return path;
  std::string folder = value_of(outside, "XDG_DATA_HOME");
  if (folder.empty()) {
    std::string home = value_of(outside, "HOME");
    folder = (home.empty() ? std::string(".") : home) + "/.local/share";
  }
  return folder + "/freeway";
}

Result<DataDirectory> DataDirectory::open(const std::string& path) {
  std::error_code error;
  std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return system_error("create", parent.string(), error.value());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_error("create the data directory", path, errno);

  std::string lock_path = path + "/lock";
  File lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) return system_error("use the data directory: can't open", lock_path, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("lock", lock_path, errno);
    return fail(ErrorKind::exhausted, fmt::format("the data directory {} is in use by {}; stop it, or choose another with "
                                                  "--data",
                                                  path, holder(lock.get())));
  }
  if (::ftruncate(lock.get(), 0) != 0 || !write_all(lock.get(), fmt::format("{}\n", ::getpid()))) {
    return system_error("write", lock_path, errno);
  }
  return DataDirectory(path, lock.release());
}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataDirectory& DataDirectory::operator=(DataDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

DataDirectory::~DataDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

Result<GeneratedKey> DataDirectory::client_key() const {
  GeneratedKey generated;
  generated.client.name = std::string(kKeyName);
  std::string path = path_ + "/client_keys.json";
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno != ENOENT) return system_error("read", path, errno);
  if (file.get() >= 0) {
    constexpr std::size_t kMost = 1024 * 1024;
    auto text = read_all(file.get(), kMost);
    if (!text) return system_error("read", path, errno);
    auto digest = read_digest(*text);
    if (!digest) {
      return fail(ErrorKind::malformed,
                  fmt::format("{} does not hold a client key's digest; restore it, or remove it to get a new key", path));
    }
    generated.client.digest = std::move(*digest);
    return generated;
  }
  std::string key = "fw-" + crypto::random_token(kKeyCharacters);
  generated.client.digest = crypto::sha256_hex(key);
  if (auto written = replace_file(path_, path, key_file(generated.client.digest)); !written) {
    return std::unexpected(written.error());
  }
  generated.fresh = Secret(std::move(key));
  return generated;
}

}  // namespace freeway::app
