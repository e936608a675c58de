#include "store/worker.h"

#include <algorithm>

namespace freeway::store {

Worker::Worker(Options options) : most_(options.waiting) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options.threads); ++i) {
    threads_.emplace_back([this] { serve(); });
  }
}

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
    if (jobs_.size() >= most_) return false;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void Worker::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
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
