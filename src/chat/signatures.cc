#include "chat/signatures.h"

namespace freeway::chat {

void Signatures::keep(std::string key, std::string_view signature) {
  if (key.size() + signature.size() > limit_ / 16) return;
  const std::lock_guard lock(mutex_);
  auto [at, added] = kept_.try_emplace(key);
  bytes_ += signature.size() - at->second.size() + (added ? key.size() : 0);
  at->second = signature;
  if (added) order_.push_back(std::move(key));
  while (bytes_ > limit_) {
    auto oldest = kept_.find(order_.front());
    bytes_ -= oldest->first.size() + oldest->second.size();
    kept_.erase(oldest);
    order_.pop_front();
  }
}

std::string Signatures::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  auto at = kept_.find(key);
  return at == kept_.end() ? std::string() : at->second;
}

}  // namespace freeway::chat
