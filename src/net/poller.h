// Which plain sockets of a loop have become readable or writable, by edges: told whenever more came or more fits, without
// being asked again, so a connection that is read and written for hours costs no system call but those that move bytes. An
// epoll instance of its own, which Asio's watches. Included inside this room only. One loop.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <optional>

#include "net/core.h"

namespace freeway::net {

class Poller {
 public:
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // In a turn of its own. `events` is a set of EPOLLIN and the like. May close and destroy any socket, and itself.
    virtual void on_edge(std::uint32_t events) = 0;
  };

  explicit Poller(Loop::Core& core) : core_(core) {}
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // False, and errno: it can't be watched.
  bool watch(int descriptor, Watcher& watcher);
  // Of one that is about to be closed: its watcher is told nothing more.
  void forget(int descriptor, const Watcher& watcher);
  // Before Asio goes. Nobody is told anything more.
  void shut_down() { epoll_.reset(); }

 private:
  static constexpr std::size_t kBatch = 128;

  bool open();
  void wait();
  void dispatch();

  Loop::Core& core_;
  std::optional<asio::posix::basic_stream_descriptor<Executor>> epoll_;  // from the first socket on
  // What the last look found; from `next_` on nobody was told yet.
  std::array<epoll_event, kBatch> found_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace freeway::net
