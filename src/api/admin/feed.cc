#include "api/admin/feed.h"

#include <utility>

namespace freeway::api::admin {

struct Feed::Reader::Box {
  explicit Box(net::Wakeup& to_ring) : loop(to_ring.loop()), wakeup(&to_ring) {}

  net::Loop& loop;
  net::Wakeup* wakeup;  // on the loop's thread only; null once the reader has gone
  std::mutex mutex;
  std::deque<std::shared_ptr<const Event>> waiting;
  std::uint64_t lost = 0;
  bool rung = false;
};

Feed::Reader::~Reader() {
  box_->wakeup = nullptr;
  std::lock_guard lock(feed_.mutex_);
  std::erase(feed_.boxes_, box_);
  feed_.readers_.store(feed_.boxes_.size(), std::memory_order_relaxed);
}

std::vector<std::shared_ptr<const Feed::Event>> Feed::Reader::take(std::uint64_t& lost) {
  std::lock_guard lock(box_->mutex);
  box_->rung = false;
  lost = std::exchange(box_->lost, 0);
  std::vector<std::shared_ptr<const Event>> taken(box_->waiting.begin(), box_->waiting.end());
  box_->waiting.clear();
  return taken;
}

std::unique_ptr<Feed::Reader> Feed::listen(net::Wakeup& wakeup) {
  std::lock_guard lock(mutex_);
  if (boxes_.size() >= kMostReaders) return nullptr;
  auto box = std::make_shared<Reader::Box>(wakeup);
  boxes_.push_back(box);
  readers_.store(boxes_.size(), std::memory_order_relaxed);
  return std::unique_ptr<Reader>(new Reader(*this, std::move(box)));
}

void Feed::publish(std::string type, std::string data) {
  auto event = std::make_shared<const Event>(Event{std::move(type), std::move(data)});
  std::lock_guard lock(mutex_);
  for (const auto& box : boxes_) {
    bool ring = false;
    {
      std::lock_guard reader(box->mutex);
      if (box->waiting.size() >= kMostWaiting) {
        // The oldest go: what is new is worth more.
        box->waiting.pop_front();
        ++box->lost;
      }
      box->waiting.push_back(event);
      ring = !std::exchange(box->rung, true);
    }
    if (!ring) continue;
    box->loop.post([box] {
      if (box->wakeup) box->wakeup->ring();
    });
  }
}

}  // namespace freeway::api::admin
