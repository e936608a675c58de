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

#include "base/file.h"

namespace freeway::app {

namespace {

std::unexpected<Error> system_error(std::string_view what, const std::string& path, int error) {
  std::string_view remedy =
      error == ENOSPC || error == EDQUOT ? "free some space on its disk" : "make it writable for this user";
  return fail(ErrorKind::io, fmt::format("can't {} {}: {}; {}, or choose another data directory with --data", what, path,
                                         std::strerror(error), remedy));
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

std::string holder(int lock) {
  char text[32] = {};
  ssize_t size = ::read(lock, text, sizeof text);
  std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  pid.resize(std::min(pid.find_first_not_of("0123456789"), pid.size()));
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

}  // namespace freeway::app
