// What the tests of this room and of those below share.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "net/loop.h"
#include "net/stream.h"

namespace freeway::net::testing {

// The machine's time: how long a test may wait before it is called hung. Never what a test asserts.
inline constexpr Duration kPatience = std::chrono::seconds(20);

inline Task<> run_and_stop(Loop& loop, Task<> task) {
  co_await std::move(task);
  loop.stop();
}

// Runs the loop on this thread until the coroutine has ended.
inline void run(Loop& loop, Task<> task) {
  Task<> all = run_and_stop(loop, std::move(task));
  loop.spawn(std::move(all));
  loop.run();
}

// Lets everything that is ready on the loop happen, then returns.
inline Task<> settle(Loop& loop) {
  Wakeup wakeup(loop);
  for (int i = 0; i < 20; ++i) {
    loop.post([&wakeup] { wakeup.ring(); });
    Task<bool> woken = wakeup.wait(kNever);
    co_await std::move(woken);
  }
}

inline Task<Result<void>> write(Stream& stream, std::string_view bytes) {
  Task<Result<void>> written = stream.write(std::span(&bytes, 1));
  Result<void> result = co_await std::move(written);
  co_return result;
}

}  // namespace freeway::net::testing
