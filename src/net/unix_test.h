// The other ends of Unix sockets, raw and blocking, for tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace freeway::net::testing {

// A socket bound to a path ("@name": abstract).
class UnixEnd {
 public:
  enum class Kind { stream, datagram };
  UnixEnd(Kind kind, const std::string& path)
      : socket_(::socket(AF_UNIX, (kind == Kind::stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool abstract = path.starts_with('@');
    if (abstract) address.sun_path[0] = '\0';
    const std::size_t size = offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)), 0) << path;
  }
  ~UnixEnd() {
    close_connection();
    ::close(socket_);
  }
  UnixEnd(const UnixEnd&) = delete;
  UnixEnd& operator=(const UnixEnd&) = delete;

  // Datagrams: the next one, "" if none has come.
  std::string received() const {
    char bytes[1024];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
    return {bytes, got > 0 ? static_cast<std::size_t>(got) : 0};
  }

  // Streams: one connection at a time.
  void listen() const { EXPECT_EQ(::listen(socket_, 4), 0); }
  void accept() { connection_ = ::accept(socket_, nullptr, nullptr); }
  std::string read(std::size_t size) const {
    std::string text(size, '\0');
    const ssize_t got = ::recv(connection_, text.data(), size, MSG_WAITALL);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  void write(std::string_view text) const { ::send(connection_, text.data(), text.size(), MSG_NOSIGNAL); }
  void close_connection() {
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
  }

 private:
  int socket_;
  int connection_ = -1;
};

}  // namespace freeway::net::testing
