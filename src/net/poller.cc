#include "net/poller.h"

#include <cerrno>

#include "net/descriptor.h"

namespace freeway::net {

bool Poller::open() {
  if (epoll_) return true;
  Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (epoll.get() < 0) return false;
  ErrorCode code;
  epoll_.emplace(core_.executor());
  epoll_->assign(epoll.get(), code);
  if (code) {
    epoll_.reset();
    errno = code.value();
    return false;
  }
  epoll.release();
  wait();
  return true;
}

bool Poller::watch(int descriptor, Watcher& watcher) {
  if (!open()) return false;
  epoll_event asked{};
  asked.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  asked.data.ptr = &watcher;
  return ::epoll_ctl(epoll_->native_handle(), EPOLL_CTL_ADD, descriptor, &asked) == 0;
}

void Poller::forget(int descriptor, const Watcher& watcher) {
  if (!epoll_) return;
  ::epoll_ctl(epoll_->native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
  for (std::size_t i = next_; i < count_; ++i) {
    if (found_[i].data.ptr == &watcher) found_[i].data.ptr = nullptr;
  }
}

void Poller::wait() {
  epoll_->async_wait(asio::posix::descriptor_base::wait_read, [this](const ErrorCode& code) {
    if (!code) dispatch();
  });
}

void Poller::dispatch() {
  if (next_ == count_) {
    const int found = ::epoll_wait(epoll_->native_handle(), found_.data(), static_cast<int>(found_.size()), 0);
    next_ = 0;
    count_ = found > 0 ? static_cast<std::size_t>(found) : 0;
  }
  while (next_ < count_ && !core_.stopping) {
    const epoll_event event = found_[next_++];
    if (event.data.ptr == nullptr) continue;
    Turn turn(core_);
    static_cast<Watcher*>(event.data.ptr)->on_edge(event.events);
  }
  if (next_ == count_) return wait();
  // The loop was stopped in the middle. An edge is told only once, so the rest is for its next run.
  asio::post(*core_.io, [this] { dispatch(); });
}

}  // namespace freeway::net
