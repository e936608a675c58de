// A coroutine type of the smallest kind, for the self-test of the coroutine check.
#pragma once

#include <coroutine>
#include <string>
#include <utility>

template <class T>
struct Task {
  struct promise_type {
    T value;
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(T result) { value = std::move(result); }
    void unhandled_exception() {}
  };

  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  ~Task() {
    if (handle_) handle_.destroy();
  }
  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<>) { return handle_; }
  T await_resume() { return std::move(handle_.promise().value); }

  std::coroutine_handle<promise_type> handle_;
};

struct Options {
  std::string name;
  int count = 0;
};
