#include "app/ranker.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace freeway::app {

namespace {

constexpr auto kPause = std::chrono::seconds(1);
// What nobody used fades slowly.
constexpr Duration kIdlePause = std::chrono::seconds(15);

}  // namespace

struct Ranker::State {
  const Published<api::Settings>& settings;
  const ledger::Ledger& ledger;
  const router::Measures& measures;
  const Clock& clock;
  std::mutex mutex;
  std::condition_variable changed;
  bool ending = false;
  std::uint64_t seen = 0;
  Instant last{};
  std::thread thread;

  void run() {
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, kPause, [this] { return ending; })) {
      lock.unlock();
      refresh();
      lock.lock();
    }
  }
  void refresh() {
    Instant now = clock.now();
    std::uint64_t changes = measures.changes();
    if (changes == seen && now - last < kIdlePause) return;
    seen = changes;
    last = now;
    auto routing = settings.load()->routing;
    routing->rankings->refresh(ledger, *routing->bindings, {now, clock.wall()});
  }
};

Ranker::Ranker(const Published<api::Settings>& settings, const ledger::Ledger& ledger, const router::Measures& measures,
               const Clock& clock)
    : state_(new State{settings, ledger, measures, clock, {}, {}, false, 0, {}, {}}) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Ranker::~Ranker() {
  {
    std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->changed.notify_one();
  state_->thread.join();
}

}  // namespace freeway::app
