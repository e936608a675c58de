// Opaque marks that a provider puts on parts of its answers and wants back in the next request, kept for clients that can't
// carry them.
//
// One for the process, used by all threads; each call holds a lock for a moment. What was kept longest goes first when there
// is no more room. In memory only: after a restart a conversation goes on without.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace freeway::chat {

class Signatures {
 public:
  explicit Signatures(std::size_t bytes = 16 * 1024 * 1024) : limit_(bytes) {}

  // `key` names the part and whose conversation it is of: two clients never share one.
  void keep(std::string key, std::string_view signature);
  // "" if there is none.
  std::string find(const std::string& key) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> kept_;
  std::deque<std::string> order_;
  std::size_t bytes_ = 0;
  const std::size_t limit_;
};

}  // namespace freeway::chat
