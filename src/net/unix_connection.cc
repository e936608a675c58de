#include <fcntl.h>
#include <fmt/format.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/unix.h"
#include "net/unix_address.h"

namespace freeway::net {

Error unix_failure(std::string_view text, int cause) {
  ErrorKind kind = ErrorKind::io;
  if (cause == ENOENT || cause == ENOTDIR) kind = ErrorKind::not_found;
  if (cause == ECONNREFUSED) kind = ErrorKind::refused;
  if (cause == EACCES || cause == EPERM) kind = ErrorKind::denied;
  if (cause == EAGAIN || cause == EWOULDBLOCK || cause == EINPROGRESS) kind = ErrorKind::timeout;
  return {kind, fmt::format("{}: {}", text, kind == ErrorKind::timeout ? "it took too long" : std::strerror(cause))};
}

Result<UnixAddress> UnixAddress::of(const std::string& path) {
  UnixAddress address;
  address.value.sun_family = AF_UNIX;
  std::string spelled = path;
  if (path.size() >= sizeof address.value.sun_path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    address.folder = Descriptor(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (address.folder.get() < 0) return std::unexpected(unix_failure(folder, errno));
    spelled = fmt::format("/proc/self/fd/{}/{}", address.folder.get(), path.substr(slash + 1));
    if (spelled.size() >= sizeof address.value.sun_path) {
      return fail(ErrorKind::invalid, fmt::format("the name of the socket {} is too long", path));
    }
  }
  std::memcpy(address.value.sun_path, spelled.data(), spelled.size());
  const bool abstract = spelled.starts_with('@');
  if (abstract) address.value.sun_path[0] = '\0';
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + spelled.size() + (abstract ? 0 : 1));
  return address;
}

Result<UnixConnection> UnixConnection::open(const std::string& path, Duration limit) {
  const auto address = UnixAddress::of(path);
  if (!address) return std::unexpected(address.error());
  UnixConnection made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (made.socket_ < 0) return std::unexpected(unix_failure("no socket", errno));
  made.set_limit(limit);
  if (::connect(made.socket_, address->get(), address->size) != 0) return std::unexpected(unix_failure(path, errno));
  return made;
}

UnixConnection::UnixConnection(UnixConnection&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

UnixConnection& UnixConnection::operator=(UnixConnection&& other) noexcept {
  std::swap(socket_, other.socket_);
  return *this;
}

UnixConnection::~UnixConnection() {
  if (socket_ >= 0) ::close(socket_);
}

void UnixConnection::set_limit(Duration limit) {
  const auto micro = std::chrono::ceil<std::chrono::microseconds>(limit).count();
  timeval value{};
  value.tv_sec = micro / 1'000'000;
  value.tv_usec = micro % 1'000'000;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

Result<void> UnixConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return std::unexpected(unix_failure("cannot write to the server", errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::size_t> UnixConnection::read(std::span<char> into) {
  for (;;) {
    const ssize_t got = ::recv(socket_, into.data(), into.size(), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return fail(ErrorKind::closed, "the server closed the connection");
    if (errno != EINTR) return std::unexpected(unix_failure("cannot read from the server", errno));
  }
}

Result<void> send_unix_datagram(const std::string& path, std::string_view bytes) {
  const auto address = UnixAddress::of(path);
  if (!address) return std::unexpected(address.error());
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return std::unexpected(unix_failure("no socket", errno));
  const ssize_t sent =
      ::sendto(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT, address->get(), address->size);
  if (sent < 0) return std::unexpected(unix_failure(path, errno));
  return {};
}

}  // namespace freeway::net
