#include "journal/region.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace freeway::journal {

namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

std::size_t page() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

std::unexpected<Error> io_error(std::string_view what, const std::string& path, int error) {
  return fail(error == ENOENT ? ErrorKind::not_found : ErrorKind::io,
              fmt::format("can't {} {}: {}", what, path, std::strerror(error)));
}

struct Pages {
  void* at = nullptr;
  std::size_t bytes = 0;
};

// The pages that hold the words; `inside`: only those that hold no others.
Pages pages_of(std::span<std::uint64_t> words, std::size_t from, std::size_t to, bool inside) {
  std::size_t all = words.size() * kWord;
  std::size_t begin = std::min(from * kWord, all);
  std::size_t end = std::min(to * kWord, all);
  begin = inside ? (begin + page() - 1) / page() * page() : begin / page() * page();
  end = inside ? end / page() * page() : std::min((end + page() - 1) / page() * page(), all);
  if (begin >= end) return {};
  return {reinterpret_cast<char*>(words.data()) + begin, end - begin};
}

}  // namespace

Result<Region> Region::map(int file, std::size_t bytes, bool writable) {
  int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  int flags = file >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* at = ::mmap(nullptr, bytes, protection, flags, file, 0);
  if (at == MAP_FAILED) return fail(ErrorKind::exhausted, fmt::format("no memory for {} bytes of journal", bytes));
  Region region;
  region.words_ = std::span(static_cast<std::uint64_t*>(at), bytes / kWord);
  region.file_ = file;
  return region;
}

Result<Region> Region::create(const std::string& path, std::size_t bytes) {
  bytes = (bytes + page() - 1) / page() * page();
  ::unlink(path.c_str());
  int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return io_error("create", path, errno);
  auto give_up = [&](std::unexpected<Error> why) -> Result<Region> {
    ::close(file);
    ::unlink(path.c_str());
    return why;
  };
  if (int error = ::posix_fallocate(file, 0, static_cast<off_t>(bytes))) return give_up(io_error("reserve", path, error));
  auto region = map(file, bytes, true);
  if (!region) return give_up(std::unexpected(region.error()));
  return region;
}

Result<Region> Region::anonymous(std::size_t bytes) { return map(-1, (bytes + page() - 1) / page() * page(), true); }

Result<Region> Region::read(const std::string& path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return io_error("read", path, errno);
  struct stat status{};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    return fail(ErrorKind::io, fmt::format("can't read {}: it is no file", path));
  }
  std::size_t bytes = static_cast<std::size_t>(status.st_size) / kWord * kWord;
  if (bytes == 0) {
    ::close(file);
    return Region();
  }
  auto region = map(file, bytes, false);
  if (!region) ::close(file);
  return region;
}

Region::Region(Region&& other) noexcept : words_(std::exchange(other.words_, {})), file_(std::exchange(other.file_, -1)) {}

Region& Region::operator=(Region&& other) noexcept {
  std::swap(words_, other.words_);
  std::swap(file_, other.file_);
  return *this;
}

Region::~Region() {
  if (!words_.empty()) ::munmap(words_.data(), words_.size() * kWord);
  if (file_ >= 0) ::close(file_);
}

void Region::prepare(std::size_t from, std::size_t to) {
  Pages pages = pages_of(words_, from, to, false);
  if (pages.bytes == 0) return;
#ifdef MADV_POPULATE_WRITE
  // Where the kernel is too old for it, a page comes with the first store into it.
  ::madvise(pages.at, pages.bytes, MADV_POPULATE_WRITE);
#endif
}

bool Region::sync(std::size_t from, std::size_t to) {
  if (!on_disk()) return true;
  Pages pages = pages_of(words_, from, to, false);
  return pages.bytes == 0 || ::msync(pages.at, pages.bytes, MS_SYNC) == 0;
}

void Region::leave(std::size_t from, std::size_t to) {
  if (!on_disk()) return;
  Pages pages = pages_of(words_, from, to, true);
  if (pages.bytes > 0) ::madvise(pages.at, pages.bytes, MADV_DONTNEED);
}

}  // namespace freeway::journal
