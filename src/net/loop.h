// One event loop on one thread, and its runtime of several.
//
// Everything that belongs to a loop (streams, timers, wake-ups, coroutines) is touched on its thread only; `post` is the one
// door from other threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "net/task.h"

namespace freeway::net {

class Timer;
class Afterwards;

class Loop {
 public:
  explicit Loop(const Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  const Clock& clock() const { return clock_; }
  // The clocks as of the first look at each since the running coroutine or callback was resumed: cheap, and the same for all
  // that it does until it suspends. Outside the loop they are read each time.
  Instant now();
  WallTime wall();

  // Runs `work` on the loop's thread, soon. Thread-safe.
  void post(std::move_only_function<void()> work);
  // Starts a coroutine. Owned by the loop until it ends. An exception that leaves it is logged and ends the process: rule 1
  // says there are none.
  void spawn(Task<> task);

  // Runs until `stop`, on the calling thread; may be called again after that.
  void run();
  void stop();  // thread-safe
  // Fires the timers that are due by the clock. The loop does so by itself when time passes on a real clock; a test calls it
  // (through `post`) after it advanced a ManualClock. Thread-safe through `post` only.
  void tick();

  struct Core;  // Asio's side, known inside this room only
  Core& core() { return *core_; }

 private:
  const Clock& clock_;
  std::unique_ptr<Core> core_;
};

// A one-shot callback on a loop. Setting and cancelling cost no system call. Granularity on a real clock: a few
// milliseconds late, never early. Destroying it cancels it.
class Timer {
 public:
  Timer(Loop& loop, std::move_only_function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void set(Instant at);  // again: moves it
  void cancel();
  bool armed() const { return slot_ != kUnarmed; }

 private:
  friend class Loop;
  friend struct LoopTimers;
  static constexpr std::size_t kUnarmed = SIZE_MAX;
  Loop& loop_;
  std::move_only_function<void()> callback_;
  std::size_t slot_ = kUnarmed;  // index in the loop's heap
  Timer** running_ = nullptr;    // set while the callback runs; cleared through it if the callback destroys the timer
};

// What something is done after.
enum class After : unsigned char {
  turn,   // what happens on the loop just now: the coroutines that it rang have run. No trip through the reactor
  batch,  // all that is ready now, turn by turn. What leaves then leaves together: a busy loop wakes its receivers once,
          // instead of once for each thing sent
};

// A callback that runs once, after that. Costs no system call, but for one look at the reactor a batch. Destroying it
// cancels it, which the callback itself must not do.
class Afterwards {
 public:
  Afterwards(Loop& loop, After what, std::move_only_function<void()> callback);
  ~Afterwards();
  Afterwards(const Afterwards&) = delete;
  Afterwards& operator=(const Afterwards&) = delete;

  void set();  // again before it ran: no second run

 private:
  friend struct LoopAfterwards;
  Loop& loop_;
  After what_;
  std::move_only_function<void()> callback_;
  bool set_ = false;
  Afterwards* previous_ = nullptr;
  Afterwards* next_ = nullptr;
};

// Where one coroutine sleeps until something rings: bytes arrived, a peer left, a place opened, a moment came.
//
// A ring while nobody sleeps is kept: the next wait returns at once. Several rings become one. Exactly one coroutine may
// wait. It says only *that* something happened; the sleeper looks at its sources to see what. All on the loop's thread.
class Wakeup {
 public:
  explicit Wakeup(Loop& loop);
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  // Returns after a ring, or at `until` (kNever: no limit). Returns true if it rang, false if time ran out. If `until` has
  // passed, the loop goes on meanwhile all the same, and a ring that comes then is kept.
  Task<bool> wait(Instant until);
  // Resumes the sleeper soon (never inside this call).
  void ring();
  Loop& loop() { return loop_; }

 private:
  struct Sleeper;
  Loop& loop_;
  std::unique_ptr<Sleeper> sleeper_;
};

// Threads with a loop each. `app` owns the only one of a process; tests own small ones.
class Runtime {
 public:
  // threads ≥ 1. The clock must outlive the runtime.
  Runtime(std::size_t threads, const Clock& clock);
  ~Runtime();  // stops and joins

  std::size_t size() const { return loops_.size(); }
  Loop& loop(std::size_t index) { return *loops_[index]; }
  void start();
  void stop();  // thread-safe; running coroutines are dropped where they stand
  void join();
  // Ticks every loop and waits until each has done so (for tests with a ManualClock; not from a loop's thread).
  void tick();

 private:
  struct Threads;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<Threads> threads_;
};

}  // namespace freeway::net
