#include "router/sessions.h"

#include <list>
#include <mutex>
#include <unordered_map>

#include "journal/journal.h"
#include "router/session_book.h"

namespace freeway::router {

namespace {

// A client chooses its ids; a long one is kept by its beginning, its length and its hash.
constexpr std::size_t kLongestId = 128;

std::string key_of(std::string_view client, std::string_view id) {
  std::string key = std::to_string(client.size());
  key.append(":").append(client).append(id.substr(0, kLongestId));
  if (id.size() > kLongestId)
    key.append("#").append(std::to_string(id.size())).append("#").append(std::to_string(journal::digest(id)));
  return key;
}

}  // namespace

struct Sessions::State {
  struct Session {
    std::string key;
    std::string model;
    Instant heard;
    Instant told;  // to the journal, last
  };

  Options options;
  mutable std::mutex mutex;
  std::list<Session> by_silence;                                              // the longest silent first
  std::unordered_map<std::string_view, std::list<Session>::iterator> by_key;  // views of the list's keys

  journal::Journal* journal = nullptr;

  void tell_all(Session& session) {
    session.told = session.heard;
    if (!journal) return;
    journal::Payload payload;
    payload.text(session.key).text(session.model);
    journal->append(journal::Kind::session, {session.heard, journal::kNoWall}, payload.words());
  }
  void tell_heard(Session& session) {
    if (!journal || session.heard - session.told < options.ttl / kHeardParts) return;
    session.told = session.heard;
    std::uint64_t digest = journal::digest(session.key);
    journal->append(journal::Kind::heard, {session.heard, journal::kNoWall}, journal::Words(&digest, 1));
  }
  void forget_first() {
    by_key.erase(by_silence.front().key);
    by_silence.pop_front();
  }
};

Sessions::Sessions(Options options) : state_(std::make_unique<State>()) { state_->options = options; }
Sessions::~Sessions() = default;

std::unique_ptr<journal::Replica> Sessions::replica(const Options& options) {
  return std::make_unique<SessionBook>(options.ttl);
}

void Sessions::remember(journal::Journal& journal, journal::Replica& told) {
  std::lock_guard lock(state_->mutex);
  state_->journal = &journal;
  auto& list = state_->by_silence;
  for (const auto* session : static_cast<SessionBook&>(told).in_order()) {
    list.push_back({session->key, session->model, session->heard, session->heard});
    state_->by_key.emplace(list.back().key, std::prev(list.end()));
  }
  while (list.size() > state_->options.most) state_->forget_first();
}

void Sessions::set_ttl(Duration ttl) {
  std::lock_guard lock(state_->mutex);
  state_->options.ttl = ttl;
}

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
    bool moved = session->model != model;
    session->model = model;
    session->heard = now;
    list.splice(list.end(), list, session);
    if (moved) {
      state_->tell_all(*session);
    } else {
      state_->tell_heard(*session);
    }
  } else if (state_->options.most > 0) {
    list.push_back({std::move(key), std::string(model), now, now});
    state_->by_key.emplace(list.back().key, std::prev(list.end()));
    state_->tell_all(list.back());
  }
  while (!list.empty() && (list.size() > state_->options.most || now - list.front().heard >= state_->options.ttl))
    state_->forget_first();
}

std::size_t Sessions::size() const {
  std::lock_guard lock(state_->mutex);
  return state_->by_key.size();
}

}  // namespace freeway::router
