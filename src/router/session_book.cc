#include "router/session_book.h"

#include <algorithm>

namespace freeway::router {

using journal::Kind;

void SessionBook::apply(const journal::Record& record) {
  journal::Reader reader(record.payload);
  if (record.kind == Kind::session) {
    std::string_view key = reader.text();
    std::string_view model = reader.text();
    if (!reader.good()) return;
    sessions_.insert_or_assign(journal::digest(key), Session{std::string(key), std::string(model), record.at.now});
  } else if (record.kind == Kind::heard) {
    auto found = sessions_.find(reader.word());
    if (found != sessions_.end()) found->second.heard = std::max(found->second.heard, record.at.now);
  }
}

void SessionBook::restart(journal::Moment at, Duration shift) {
  for (auto& [digest, session] : sessions_) session.heard = std::min(session.heard + shift, at.now);
  forget(at.now);
}

void SessionBook::forget(Instant now) {
  std::erase_if(sessions_, [&](const auto& item) { return now - item.second.heard >= ttl_; });
  if (sessions_.size() <= kSessionsKept) return;
  auto order = in_order();
  std::vector<std::uint64_t> dropped;
  for (std::size_t i = 0; i < order.size() - kSessionsKept; ++i) dropped.push_back(journal::digest(order[i]->key));
  for (std::uint64_t digest : dropped) sessions_.erase(digest);
}

void SessionBook::write(journal::Draft& draft, journal::Moment at) {
  forget(at.now);
  for (const auto* session : in_order()) {
    journal::Payload payload;
    payload.text(session->key).text(session->model);
    draft.add(Kind::session, {session->heard, journal::kNoWall}, payload.words());
  }
}

std::vector<const SessionBook::Session*> SessionBook::in_order() const {
  std::vector<const Session*> order;
  order.reserve(sessions_.size());
  for (const auto& [digest, session] : sessions_) order.push_back(&session);
  std::sort(order.begin(), order.end(), [](const Session* a, const Session* b) { return a->heard < b->heard; });
  return order;
}

}  // namespace freeway::router
