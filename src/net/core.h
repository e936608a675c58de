// Asio's side of a loop. Included inside this room only.
#pragma once

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/error.h"
#include "net/loop.h"

namespace freeway::net {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Awaited = asio::use_awaitable_t<Executor>;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

// The timers of a loop: a binary heap whose entries know their place, so that moving and removing need no search.
struct LoopTimers {
  struct Entry {
    Instant at;
    Timer* timer;
  };

  void set(Timer& timer, Instant at);
  void remove(Timer& timer);
  Instant earliest() const { return heap.empty() ? kNever : heap.front().at; }
  // Runs what is due. A timer that a callback sets to a moment already past waits for the next turn.
  void fire(Instant now);

  std::vector<Entry> heap;

 private:
  void place(std::size_t slot, Entry entry);
  void up(std::size_t slot, Entry entry);
  void down(std::size_t slot, Entry entry);
};

// What waits for the end of a turn or of a batch, in the order of its wishes.
struct LoopAfterwards {
  bool empty() const { return first == nullptr; }
  void push(Afterwards& late);
  void remove(Afterwards& late);
  // Runs all, those as well that come meanwhile.
  void run(Loop::Core& core);

  Afterwards* first = nullptr;
  Afterwards* last = nullptr;
};

class Poller;
class SleeperList;

// A coroutine that sleeps, linked into at most one list of its loop.
struct Sleepable {
  using Handler = asio::async_result<Awaited, void(bool)>::handler_type;

  Sleepable() = default;
  ~Sleepable() { unlink(); }
  Sleepable(const Sleepable&) = delete;
  Sleepable& operator=(const Sleepable&) = delete;
  void unlink();

  std::optional<Handler> handler;  // set while the coroutine sleeps
  bool rang = false;
  bool late = false;  // it has no time left: it sleeps only to let others go on, and a ring is kept for the next sleep
  SleeperList* list = nullptr;
  Sleepable* previous = nullptr;
  Sleepable* next = nullptr;
};

class SleeperList {
 public:
  bool empty() const { return first_ == nullptr; }
  Sleepable* front() const { return first_; }
  void push(Sleepable& sleeper);

 private:
  friend struct Sleepable;
  Sleepable* first_ = nullptr;
  Sleepable* last_ = nullptr;
};

// Lets other threads post to a loop that may be gone by then.
struct Door {
  std::mutex mutex;
  Loop* loop = nullptr;
  // False if the loop is gone.
  bool post(std::move_only_function<void()> work);
};

struct Loop::Core {
  explicit Core(Loop& loop);
  ~Core();
  // Destroys whatever still runs or waits on the loop.
  void shut_down();

  Executor executor() { return io->get_executor(); }
  // Moves a sleeper to the ready list. It runs at the end of this turn, or in one of its own.
  void wake(Sleepable& sleeper);
  void drain();
  void end_turn();
  // Sees to it that the batch ends in a turn of its own.
  void await_batch();
  LoopAfterwards& waiting_for(After what) { return what == After::turn ? after_turn : after_batch; }
  void tick();
  // Makes Asio's timer ring early enough for the earliest of ours.
  void arm();
  Instant now();
  WallTime wall();
  // Something else runs from here: what the clocks said is old.
  void look_again() { seen_now.reset(), seen_wall.reset(); }

  const Clock& clock;
  LoopTimers timers;
  LoopAfterwards after_turn;
  LoopAfterwards after_batch;
  SleeperList sleeping;
  SleeperList ready;
  int depth = 0;  // of turns
  bool drain_posted = false;
  bool batch_posted = false;
  bool closing = false;
  std::atomic<bool> stopping = false;  // from `stop` to the end of that run; Asio takes a lock to say so
  std::optional<Instant> seen_now;     // kept during a turn only
  std::optional<WallTime> seen_wall;
  Instant alarm_at = kNever;  // by the loop's clock
  std::shared_ptr<Door> door;
  std::unique_ptr<asio::io_context> io;
  std::unique_ptr<Poller> poller;
  std::optional<SteadyTimer> alarm;
};

// One event's worth of work on a loop. Coroutines that were rung during it run at its end, without another trip through
// the reactor.
class Turn {
 public:
  explicit Turn(Loop::Core& core) : core_(core) {
    if (core_.depth++ == 0) core_.look_again();
  }
  ~Turn() {
    if (core_.depth == 1) core_.end_turn();
    --core_.depth;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Loop::Core& core_;
};

// "reading: the connection was reset by the peer" in our kinds: closed for an orderly end, io for a reset, timeout for a
// peer that vanished, cancelled for a stream that was closed here.
Error to_error(const ErrorCode& code);

}  // namespace freeway::net
