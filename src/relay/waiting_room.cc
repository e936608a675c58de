#include "relay/waiting_room.h"

#include <algorithm>

namespace freeway::relay {

struct WaitingRoom::Place::Waiter {
  FairLine::ClientId client = 0;
  Ticket ticket = 0;
  std::vector<std::string> routes;
  net::Loop* loop = nullptr;
  net::Wakeup* wakeup = nullptr;   // cleared on the waiter's loop when the place ends
  std::atomic<bool> lost = false;  // the place went to another client
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

bool WaitingRoom::Place::held() const { return room_ && !waiter_->lost.load(std::memory_order_relaxed); }

void WaitingRoom::Place::end(bool served) {
  if (!room_) return;
  Rings rings;
  waiter_->wakeup = nullptr;
  {
    std::lock_guard lock(room_->mutex_);
    if (!waiter_->lost) room_->remove(*waiter_, served, rings);
  }
  ring(rings);
  room_ = nullptr;
  waiter_.reset();
}

void WaitingRoom::Place::move_to(std::vector<std::string> routes) {
  Rings rings;
  {
    std::lock_guard lock(room_->mutex_);
    if (waiter_->lost) return;
    room_->step_out(*waiter_, false, rings);
    waiter_->routes = std::move(routes);
    room_->step_in(*waiter_);
  }
  ring(rings);
}

// Into every line of its routes, under the lock.
void WaitingRoom::step_in(const Waiter& waiter) {
  for (const auto& route : waiter.routes) lines_[route].join(waiter.client, waiter.ticket);
}

// Out of them, under the lock. Adds who is first by that.
void WaitingRoom::step_out(const Waiter& waiter, bool served, Rings& rings) {
  for (const auto& route : waiter.routes) {
    auto found = lines_.find(route);
    if (found == lines_.end()) continue;
    FairLine& line = found->second;
    Ticket before = line.first();
    line.leave(waiter.client, waiter.ticket, served);
    if (line.empty()) {
      lines_.erase(found);
    } else if (line.first() != before) {
      rings.insert(waiters_.at(line.first()));
    }
  }
}

// Ends a place, under the lock.
void WaitingRoom::remove(const Waiter& waiter, bool served, Rings& rings) {
  step_out(waiter, served, rings);
  places_[waiter.client].erase(waiter.ticket);
  waiters_.erase(waiter.ticket);
  --count_;
}

// In a full room, under the lock. False: the client has its fair share already.
bool WaitingRoom::make_room(FairLine::ClientId client, Rings& rings) {
  auto fewer = [](const auto& a, const auto& b) { return a.size() < b.size(); };
  const auto& most = *std::max_element(places_.begin(), places_.end(), fewer);
  if (most.size() <= places_[client].size() + 1) return false;
  std::shared_ptr<Waiter> newest = waiters_.at(*most.rbegin());
  newest->lost = true;
  remove(*newest, false, rings);
  rings.insert(std::move(newest));
  return true;
}

WaitingRoom::Place WaitingRoom::join(std::string_view client, std::vector<std::string> routes, net::Wakeup& wakeup) {
  Place place;
  Rings rings;
  {
    std::lock_guard lock(mutex_);
    auto known = clients_.find(client);
    if (known == clients_.end()) {
      known = clients_.emplace(client, static_cast<FairLine::ClientId>(places_.size())).first;
      places_.emplace_back();
    }
    if (count_ >= most_ && !make_room(known->second, rings)) return place;
    auto waiter = std::make_shared<Waiter>();
    waiter->client = known->second;
    waiter->ticket = next_ticket_++;
    waiter->routes = std::move(routes);
    waiter->loop = &wakeup.loop();
    waiter->wakeup = &wakeup;
    step_in(*waiter);
    places_[waiter->client].insert(waiter->ticket);
    waiters_.emplace(waiter->ticket, waiter);
    ++count_;
    place.room_ = this;
    place.waiter_ = std::move(waiter);
  }
  ring(rings);
  return place;
}

bool WaitingRoom::behind(std::string_view route, const Place& place) const {
  if (count_.load(std::memory_order_relaxed) == 0) return false;
  std::lock_guard lock(mutex_);
  auto line = lines_.find(route);
  if (line == lines_.end()) return false;
  return !place.held() || !line->second.before_all(place.waiter_->client, place.waiter_->ticket);
}

bool WaitingRoom::first(const Place& place) const {
  if (!place.held()) return false;
  std::lock_guard lock(mutex_);
  return std::any_of(place.waiter_->routes.begin(), place.waiter_->routes.end(), [&](const std::string& route) {
    auto line = lines_.find(route);
    return line != lines_.end() && line->second.first() == place.waiter_->ticket;
  });
}

void WaitingRoom::opened() {
  if (count_.load(std::memory_order_relaxed) == 0) return;
  Rings firsts;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [route, line] : lines_) firsts.insert(waiters_.at(line.first()));
  }
  ring(firsts);
}

void WaitingRoom::changed() {
  Rings all;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [ticket, waiter] : waiters_) all.insert(waiter);
  }
  ring(all);
}

void WaitingRoom::ring(const Rings& waiters) {
  for (const auto& waiter : waiters) {
    waiter->loop->post([waiter] {
      if (waiter->wakeup) waiter->wakeup->ring();
    });
  }
}

}  // namespace freeway::relay
