#include "router/sessions.h"

#include <functional>
#include <list>
#include <mutex>
#include <unordered_map>

namespace freeway::router {

namespace {

// A client chooses its ids; a long one is kept by its beginning, its length and its hash.
constexpr std::size_t kLongestId = 128;

std::string key_of(std::string_view client, std::string_view id) {
  std::string key = std::to_string(client.size());
  key.append(":").append(client).append(id.substr(0, kLongestId));
  if (id.size() > kLongestId)
    key.append("#").append(std::to_string(id.size())).append("#").append(std::to_string(std::hash<std::string_view>()(id)));
  return key;
}

}  // namespace

struct Sessions::State {
  struct Session {
    std::string key;
    std::string model;
    Instant heard;
  };

  Options options;
  mutable std::mutex mutex;
  std::list<Session> by_silence;                                              // the longest silent first
  std::unordered_map<std::string_view, std::list<Session>::iterator> by_key;  // views of the list's keys

  void forget_first() {
    by_key.erase(by_silence.front().key);
    by_silence.pop_front();
  }
};

Sessions::Sessions(Options options) : state_(std::make_unique<State>()) { state_->options = options; }
Sessions::~Sessions() = default;

std::optional<std::string> Sessions::model(std::string_view client, std::string_view id, Instant now) const {
  std::string key = key_of(client, id);
  std::lock_guard lock(state_->mutex);
  auto found = state_->by_key.find(key);
  if (found == state_->by_key.end() || now - found->second->heard >= state_->options.ttl) return std::nullopt;
  return found->second->model;
}

void Sessions::keep(std::string_view client, std::string_view id, std::string_view model, Instant now) {
  std::string key = key_of(client, id);
  std::lock_guard lock(state_->mutex);
  auto& list = state_->by_silence;
  auto found = state_->by_key.find(key);
  if (found != state_->by_key.end()) {
    auto session = found->second;
    session->model = model;
    session->heard = now;
    list.splice(list.end(), list, session);
  } else if (state_->options.most > 0) {
    list.push_back({std::move(key), std::string(model), now});
    state_->by_key.emplace(list.back().key, std::prev(list.end()));
  }
  while (!list.empty() && (list.size() > state_->options.most || now - list.front().heard >= state_->options.ttl))
    state_->forget_first();
}

std::size_t Sessions::size() const {
  std::lock_guard lock(state_->mutex);
  return state_->by_key.size();
}

}  // namespace freeway::router
