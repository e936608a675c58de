#include "net/unix.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "net/hang_up.h"
#include "net/tcp.h"
#include "net/unix_address.h"

namespace freeway::net {

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::local::stream_protocol, Executor>;

constexpr int kBacklog = 128;
constexpr mode_t kOnlyOwner = 0600;
constexpr Duration kPauseAfterError = std::chrono::milliseconds(100);

// A plain stream of ours does all but tell who the peer is.
class UnixStream final : public Stream, public HangUp {
 public:
  explicit UnixStream(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}

  void read(std::span<char> into, ReadSink& sink) override { stream_->read(into, sink); }
  Task<Result<void>> write(std::span<const std::string_view> pieces) override { return stream_->write(pieces); }
  Result<std::size_t> write_now(std::span<const std::string_view> pieces) override { return stream_->write_now(pieces); }
  void close() override { stream_->close(); }
  void detach() override { stream_->detach(); }
  void shutdown_write() override { stream_->shutdown_write(); }
  std::string peer() const override { return "unix"; }
  std::string peer_address() const override { return "unix"; }
  bool from_owner() const override { return true; }
  void abort() override { stream_->abort(); }
  bool hung_up() const override {
    const auto* socket = dynamic_cast<const HangUp*>(stream_.get());
    return socket != nullptr && socket->hung_up();
  }

 private:
  std::unique_ptr<Stream> stream_;
};

bool owner_calls(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

// Removes what a listener left behind when it died.
Result<void> make_way(const std::string& path, const UnixAddress& address) {
  struct stat file{};
  if (::lstat(path.c_str(), &file) != 0) return {};
  if (!S_ISSOCK(file.st_mode)) {
    return fail(ErrorKind::exhausted, fmt::format("{} is in the way and no socket; move it elsewhere", path));
  }
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const bool answered = ::connect(probe.get(), address.get(), address.size) == 0;
  if (answered || errno == EAGAIN) return fail(ErrorKind::exhausted, fmt::format("another program answers at {}", path));
  if (errno != ECONNREFUSED) return std::unexpected(unix_failure(path, errno));
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(unix_failure(fmt::format("cannot replace {}", path), errno));
}

}  // namespace

struct UnixListener::State : std::enable_shared_from_this<State> {
  State(Loop& of, OnAccept callback)
      : loop(of), acceptor(of.core().executor()), on_accept(std::move(callback)), again(of, [this] { wait(); }) {}

  void wait();
  void accept_waiting();
  void take(Descriptor socket);
  void remove_file();

  Loop& loop;
  Acceptor acceptor;
  OnAccept on_accept;
  Timer again;
  std::string path;
  struct stat file{};  // as made here
};

void UnixListener::State::wait() {
  if (!acceptor.is_open()) return;
  acceptor.async_wait(Acceptor::wait_read, [self = shared_from_this()](const ErrorCode& code) {
    if (code || !self->acceptor.is_open()) return;
    Turn turn(self->loop.core());
    self->accept_waiting();
  });
}

void UnixListener::State::accept_waiting() {
  for (int i = 0; i < kBacklog && acceptor.is_open(); ++i) {
    Descriptor socket(::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() >= 0) {
      take(std::move(socket));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      log::warn("cannot accept connections on {} for the moment: {}", path, std::strerror(errno));
      again.set(loop.now() + kPauseAfterError);
      return;
    }
  }
  wait();
}

void UnixListener::State::take(Descriptor socket) {
  if (!owner_calls(socket.get())) {
    log::warn("a process of another user was turned away from {}", path);
    return;
  }
  // Waiting, reading and writing are the same for every kind of stream socket.
  auto stream = make_tcp_stream(loop, std::move(socket), {});
  if (!stream) return log::warn("{}", stream.error().message);
  on_accept(std::make_unique<UnixStream>(std::move(*stream)));
}

void UnixListener::State::remove_file() {
  struct stat now{};
  if (path.empty() || ::lstat(path.c_str(), &now) != 0) return;
  if (now.st_dev == file.st_dev && now.st_ino == file.st_ino) ::unlink(path.c_str());
  path.clear();
}

Result<std::unique_ptr<UnixListener>> UnixListener::open(Loop& loop, const std::string& path, OnAccept on_accept) {
  const auto address = UnixAddress::of(path);
  if (!address) return std::unexpected(address.error());
  const auto way = make_way(path, *address);
  if (!way) return std::unexpected(way.error());
  const std::string failed = fmt::format("cannot listen on {}", path);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Linux gives the file the mode of the socket: at no moment may others open it.
  if (socket.get() < 0 || ::fchmod(socket.get(), kOnlyOwner) != 0) return std::unexpected(unix_failure(failed, errno));
  if (::bind(socket.get(), address->get(), address->size) != 0) return std::unexpected(unix_failure(failed, errno));
  auto state = std::make_shared<State>(loop, std::move(on_accept));
  const bool ready = ::lstat(path.c_str(), &state->file) == 0 && ::chmod(path.c_str(), kOnlyOwner) == 0 &&
                     ::listen(socket.get(), kBacklog) == 0;
  if (!ready) return std::unexpected(unix_failure(failed, errno));
  state->path = path;
  ErrorCode code;
  state->acceptor.assign(asio::local::stream_protocol(), socket.get(), code);
  if (code) return fail(ErrorKind::io, fmt::format("{}: {}", failed, code.message()));
  socket.release();
  state->wait();
  return std::unique_ptr<UnixListener>(new UnixListener(std::move(state)));
}

UnixListener::UnixListener(std::shared_ptr<State> state) : state_(std::move(state)) {}

UnixListener::~UnixListener() { close(); }

void UnixListener::close() {
  // Before the socket closes: whoever finds the file must find somebody who answers.
  state_->remove_file();
  ErrorCode ignored;
  state_->acceptor.close(ignored);
  state_->again.cancel();
}

}  // namespace freeway::net
