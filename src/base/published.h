// An immutable snapshot that is swapped whole: configuration, catalog, keys.
//
// `load` may be called on any thread and never waits for a writer that builds; the lock covers one pointer copy.
#pragma once

#include <memory>
#include <mutex>

namespace freeway {

template <class T>
class Published {
 public:
  Published() = default;
  explicit Published(std::shared_ptr<const T> first) : current_(std::move(first)) {}

  std::shared_ptr<const T> load() const {
    std::lock_guard lock(mutex_);
    return current_;
  }
  void store(std::shared_ptr<const T> next) {
    {
      std::lock_guard lock(mutex_);
      current_.swap(next);
    }
    // The old snapshot dies here, outside the lock, unless a request still holds it.
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;
};

}  // namespace freeway
