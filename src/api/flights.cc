#include "api/flights.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "api/flight.h"

namespace freeway::api {

namespace {

// A loop that does not answer for so long is left out.
constexpr Duration kPatience = std::chrono::seconds(2);

}  // namespace

// What loops are asked together. A loop may come to it when nobody waits any more.
struct Flights::Errand {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t missing = 0;
  Seen seen;
  bool found = false;
};

Flights::Flights(std::size_t loops) {
  for (std::size_t i = 0; i < loops; ++i) lanes_.push_back(std::make_unique<Lane>());
}

Flights::~Flights() = default;

bool Flights::Lane::wants_plan(Instant now) {
  if (second_ == Instant::min() || now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    plans_ = 0;
  }
  return plans_++ < kPlansPerSecond;
}

std::shared_ptr<Flights::Errand> Flights::on_each_loop(Work work) const {
  auto errand = std::make_shared<Errand>();
  auto shared = std::make_shared<const Work>(std::move(work));
  std::vector<Lane*> asked;
  for (const auto& lane : lanes_)
    if (lane->loop_) asked.push_back(lane.get());
  errand->missing = asked.size();
  for (Lane* lane : asked) {
    lane->loop_->post([errand, shared, lane] {
      (*shared)(*lane, *errand);
      std::lock_guard lock(errand->mutex);
      --errand->missing;
      errand->changed.notify_one();
    });
  }
  std::unique_lock lock(errand->mutex);
  errand->changed.wait_for(lock, kPatience, [&] { return errand->missing == 0; });
  return errand;
}

Flights::Seen Flights::look() const {
  auto errand = on_each_loop([](Lane& lane, Errand& all) {
    std::vector<FlightRow> rows;
    for (const Flight* one = lane.newest_; one && rows.size() < kMostRows; one = one->older()) rows.push_back(one->row());
    std::lock_guard lock(all.mutex);
    all.seen.total += lane.size_;
    std::move(rows.begin(), rows.end(), std::back_inserter(all.seen.rows));
  });
  std::lock_guard lock(errand->mutex);
  Seen seen = std::move(errand->seen);
  std::stable_sort(seen.rows.begin(), seen.rows.end(), [](const auto& a, const auto& b) { return a.time > b.time; });
  if (seen.rows.size() > kMostRows) seen.rows.resize(kMostRows);
  return seen;
}

bool Flights::call_off(const std::string& id) const {
  auto errand = on_each_loop([id](Lane& lane, Errand& all) {
    bool found = false;
    for (Flight* one = lane.newest_; one; one = one->older()) {
      if (one->id() != id) continue;
      one->call_off();
      found = true;
    }
    std::lock_guard lock(all.mutex);
    all.found = all.found || found;
  });
  std::lock_guard lock(errand->mutex);
  return errand->found;
}

}  // namespace freeway::api
