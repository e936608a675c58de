// What happens, told to whoever listens: readers of `GET events`. Thread-safe.
//
// Nobody waits for a reader: each has a bounded queue, and what finds it full is lost and counted. Without readers an event
// costs one look at a number.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "net/loop.h"

namespace freeway::api::admin {

class Feed {
 public:
  static constexpr std::size_t kMostReaders = 32;
  static constexpr std::size_t kMostWaiting = 256;  // events of one reader

  struct Event {
    std::string type;  // "request"
    std::string data;  // JSON
  };

  // One reader, on one loop; its coroutine owns it, together with the wake-up that it sleeps on. Leaves when destroyed.
  class Reader {
   public:
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // What has come since the last call, in order, and how many were lost before the first of them.
    std::vector<std::shared_ptr<const Event>> take(std::uint64_t& lost);

   private:
    friend class Feed;
    struct Box;
    Reader(Feed& feed, std::shared_ptr<Box> box) : feed_(feed), box_(std::move(box)) {}
    Feed& feed_;
    std::shared_ptr<Box> box_;
  };

  // Null: there are too many. The wake-up must outlive the reader.
  std::unique_ptr<Reader> listen(net::Wakeup& wakeup);
  bool listened() const { return readers_.load(std::memory_order_relaxed) > 0; }
  // Ask `listened` first: making the text is what costs.
  void publish(std::string type, std::string data);

 private:
  std::atomic<std::size_t> readers_{0};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Reader::Box>> boxes_;
};

}  // namespace freeway::api::admin
