#include "store/worker.h"

#include <algorithm>
#include <system_error>

#include "base/log.h"

namespace freeway::store {

Worker::Worker(Options options) : options_{std::max<std::size_t>(1, options.threads), options.waiting} {}

Worker::~Worker() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool Worker::post(std::move_only_function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    if (jobs_.size() >= options_.waiting) return false;
    jobs_.push_back(std::move(job));
    bool wanted = jobs_.size() > free_ && threads_.size() < options_.threads && !ending_;
    if (wanted && !begin_thread() && threads_.empty()) {
      jobs_.pop_back();
      return false;
    }
  }
  changed_.notify_one();
  return true;
}

// False: the system gives no more.
bool Worker::begin_thread() {
  try {
    threads_.emplace_back([this] { serve(); });
    return true;
  } catch (const std::system_error& error) {
    log::warn("a worker's thread could not begin: {}", error.what());
    return false;
  }
}

void Worker::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++free_;
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    --free_;
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace freeway::store
