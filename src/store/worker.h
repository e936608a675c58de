// Threads that block so that loops need not: a coroutine hands a function over and sleeps on a wake-up, which the callback
// rings through its loop's `post`.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace freeway::store {

// Thread-safe. A thread begins when a job finds none that is free, up to as many as are allowed. Destroying the worker runs
// what waits and then ends the threads, so whatever the jobs refer to must outlive it.
class Worker {
 public:
  struct Options {
    std::size_t threads = 1;
    std::size_t waiting = 256;  // jobs that may wait
  };
  Worker() : Worker(Options{}) {}
  explicit Worker(Options options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `job` on one of the threads, in order of arrival. False, and the job is not run, if too many wait or there is no
  // thread to be had.
  bool post(std::move_only_function<void()> job);

  // `done(work())`, both on a thread of the worker: `done` takes the result to where it is waited for. False as for `post`.
  template <class Work, class Done>
  bool run(Work work, Done done) {
    return post([work = std::move(work), done = std::move(done)]() mutable {
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        done();
      } else {
        done(work());
      }
    });
  }

 private:
  bool begin_thread();
  void serve();

  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> jobs_;
  std::size_t free_ = 0;  // threads without a job
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace freeway::store
