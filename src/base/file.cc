#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace freeway {

namespace {

std::unexpected<Error> system_error(std::string_view what, const std::string& path, int error) {
  auto kind = error == ENOENT ? ErrorKind::not_found : ErrorKind::io;
  return fail(kind, fmt::format("can't {} {}: {}", what, path, std::strerror(error)));
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Some file systems can't sync a folder; the rename is atomic there all the same.
void sync_folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() >= 0) ::fsync(opened.get());
}

}  // namespace

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_error("read", path, errno);
  std::string content;
  char piece[16384];
  for (;;) {
    ssize_t got = ::read(file.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", path, errno);
    if (got == 0) return content;
    content.append(piece, static_cast<std::size_t>(got));
    if (content.size() > most) return fail(ErrorKind::too_large, fmt::format("{} is larger than {} bytes", path, most));
  }
}

Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode) {
  std::string draft = path + ".new";
  File file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (file.get() < 0) return system_error("write", draft, errno);
  if (::fchmod(file.get(), mode) != 0) return system_error("protect", draft, errno);
  if (!write_all(file.get(), content) || ::fsync(file.get()) != 0) {
    auto failed = system_error("write", draft, errno);
    ::unlink(draft.c_str());
    return failed;
  }
  return move_file(draft, path);
}

Result<void> move_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error("write", to, errno);
  sync_folder_of(to);
  return {};
}

}  // namespace freeway
