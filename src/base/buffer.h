// A byte queue in one piece of memory: append at the back, take from the front.
//
// Owned and used by one thread. Views into it are good until the next non-const call. Memory given back by `release` when
// the buffer is empty, so that an idle connection holds none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace freeway {

class Buffer {
 public:
  std::string_view view() const { return {data_.data() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  // At least `want` writable bytes at the back; `commit` says how many were filled.
  std::span<char> prepare(std::size_t want) {
    if (empty()) begin_ = end_ = 0;
    if (data_.size() - end_ < want) {
      if (begin_ > 0 && data_.size() - size() >= want) {
        std::memmove(data_.data(), data_.data() + begin_, size());
      } else {
        std::vector<char> grown(std::max(data_.size() * 2, size() + want));
        if (!empty()) std::memcpy(grown.data(), data_.data() + begin_, size());
        data_.swap(grown);
      }
      end_ -= begin_;
      begin_ = 0;
    }
    return {data_.data() + end_, data_.size() - end_};
  }
  void commit(std::size_t n) { end_ += n; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    auto room = prepare(bytes.size());
    std::memcpy(room.data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  void consume(std::size_t n) { begin_ += n; }

  // Gives the memory back if nothing is held.
  void release() {
    if (!empty()) return;
    begin_ = end_ = 0;
    std::vector<char>().swap(data_);
  }
  std::size_t capacity() const { return data_.size(); }

 private:
  std::vector<char> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace freeway
