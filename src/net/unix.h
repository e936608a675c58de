// Unix sockets by path: listening for programs on this machine, a blocking connection for commands, and a single datagram.
//
// A path that is longer than a socket's address (108 bytes) is reached through /proc/self/fd.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "net/stream.h"

namespace freeway::net {

// Owned by one loop; destroying it stops listening and removes the file, if that is still its own.
class UnixListener {
 public:
  using OnAccept = std::move_only_function<void(std::unique_ptr<Stream>)>;
  // Listens at once on a file that only this user may open (0600); accepting starts when the loop runs. A file that a
  // listener left behind when it died is replaced, so the caller must be the only one that may listen there: it holds the
  // lock of the folder. Fails with exhausted if somebody answers there or the file is no socket, else with denied, invalid
  // or io, in a sentence that names the path.
  // Processes of other users are turned away, except root's: every stream that is handed over is `from_owner`.
  static Result<std::unique_ptr<UnixListener>> open(Loop& loop, const std::string& path, OnAccept on_accept);
  ~UnixListener();
  void close();  // on the loop's thread, or when it no longer runs

 private:
  struct State;
  explicit UnixListener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// A blocking connection, for programs that do one thing; never on a loop's thread.
class UnixConnection {
 public:
  // Fails with not_found if there is no such file, refused if nobody listens there any more, denied, timeout or io.
  static Result<UnixConnection> open(const std::string& path, Duration limit);
  UnixConnection(UnixConnection&& other) noexcept;
  UnixConnection& operator=(UnixConnection&& other) noexcept;
  ~UnixConnection();

  // Each call waits so long at most for the other side; zero: for ever.
  void set_limit(Duration limit);
  Result<void> write(std::string_view bytes);
  // At least one byte. Fails with closed at the orderly end, timeout or io.
  Result<std::size_t> read(std::span<char> into);

 private:
  explicit UnixConnection(int socket) : socket_(socket) {}
  int socket_ = -1;
};

// Sends one datagram to whoever listens at the path ("@name": Linux's abstract names). Does not wait.
Result<void> send_unix_datagram(const std::string& path, std::string_view bytes);

}  // namespace freeway::net
