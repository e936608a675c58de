#include <latch>
#include <thread>

#include "net/core.h"

namespace freeway::net {

struct Runtime::Threads {
  std::vector<std::thread> running;
};

Runtime::Runtime(std::size_t threads, const Clock& clock) : threads_(std::make_unique<Threads>()) {
  for (std::size_t i = 0; i < threads; ++i) loops_.push_back(std::make_unique<Loop>(clock));
}

Runtime::~Runtime() {
  stop();
  join();
}

void Runtime::start() {
  for (auto& loop : loops_) threads_->running.emplace_back([&loop] { loop->run(); });
}

void Runtime::stop() {
  for (auto& loop : loops_) loop->stop();
}

void Runtime::join() {
  for (auto& thread : threads_->running) thread.join();
  threads_->running.clear();
}

void Runtime::tick() {
  std::latch done(static_cast<std::ptrdiff_t>(loops_.size()));
  for (auto& loop : loops_) {
    loop->post([&loop, &done] {
      loop->tick();
      done.count_down();
    });
  }
  done.wait();
}

}  // namespace freeway::net
