#include "relay/waiting_room.h"

namespace freeway::relay {

struct WaitingRoom::Place::Waiter {
  std::uint64_t ticket = 0;
  std::vector<catalog::RouteId> routes;
  net::Loop* loop = nullptr;
  net::Wakeup* wakeup = nullptr;  // cleared on the waiter's loop when the place ends
};

WaitingRoom::Place::Place(Place&& other) noexcept
    : room_(std::exchange(other.room_, nullptr)), waiter_(std::move(other.waiter_)) {}

WaitingRoom::Place& WaitingRoom::Place::operator=(Place&& other) noexcept {
  if (this != &other) {
    leave();
    room_ = std::exchange(other.room_, nullptr);
    waiter_ = std::move(other.waiter_);
  }
  return *this;
}

void WaitingRoom::Place::leave() {
  if (!room_) return;
  std::vector<std::shared_ptr<Waiter>> now_first;
  waiter_->wakeup = nullptr;
  {
    std::lock_guard lock(room_->mutex_);
    for (auto route : waiter_->routes) {
      auto line = room_->lines_.find(route);
      if (line == room_->lines_.end()) continue;
      bool was_first = line->second.begin()->second == waiter_;
      line->second.erase({waiter_->ticket, waiter_});
      if (line->second.empty()) {
        room_->lines_.erase(line);
      } else if (was_first && (now_first.empty() || now_first.back() != line->second.begin()->second)) {
        now_first.push_back(line->second.begin()->second);
      }
    }
    --room_->count_;
  }
  for (const auto& waiter : now_first) ring(waiter);
  room_ = nullptr;
  waiter_.reset();
}

WaitingRoom::Place WaitingRoom::join(std::vector<catalog::RouteId> routes, net::Wakeup& wakeup) {
  Place place;
  std::lock_guard lock(mutex_);
  if (count_ >= most_) return place;
  auto waiter = std::make_shared<Place::Waiter>();
  waiter->ticket = next_ticket_++;
  waiter->routes = std::move(routes);
  waiter->loop = &wakeup.loop();
  waiter->wakeup = &wakeup;
  for (auto route : waiter->routes) lines_[route].emplace(waiter->ticket, waiter);
  ++count_;
  place.room_ = this;
  place.waiter_ = std::move(waiter);
  return place;
}

bool WaitingRoom::behind(catalog::RouteId route, const Place& place) const {
  if (count_.load(std::memory_order_relaxed) == 0) return false;
  std::lock_guard lock(mutex_);
  auto line = lines_.find(route);
  if (line == lines_.end()) return false;
  return !place.held() || line->second.begin()->first < place.waiter_->ticket;
}

bool WaitingRoom::first(const Place& place) const {
  if (!place.held()) return false;
  std::lock_guard lock(mutex_);
  for (auto route : place.waiter_->routes) {
    auto line = lines_.find(route);
    if (line != lines_.end() && line->second.begin()->second == place.waiter_) return true;
  }
  return false;
}

void WaitingRoom::opened() {
  if (count_.load(std::memory_order_relaxed) == 0) return;
  std::set<std::shared_ptr<Place::Waiter>> firsts;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [route, line] : lines_) firsts.insert(line.begin()->second);
  }
  for (const auto& waiter : firsts) ring(waiter);
}

void WaitingRoom::ring(const std::shared_ptr<Place::Waiter>& waiter) {
  waiter->loop->post([waiter] {
    if (waiter->wakeup) waiter->wakeup->ring();
  });
}

}  // namespace freeway::relay
