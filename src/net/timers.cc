#include "net/core.h"

namespace freeway::net {

void LoopTimers::place(std::size_t slot, Entry entry) {
  entry.timer->slot_ = slot;
  heap[slot] = entry;
}

void LoopTimers::up(std::size_t slot, Entry entry) {
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / 2;
    if (heap[parent].at <= entry.at) break;
    place(slot, heap[parent]);
    slot = parent;
  }
  place(slot, entry);
}

void LoopTimers::down(std::size_t slot, Entry entry) {
  for (;;) {
    std::size_t child = slot * 2 + 1;
    if (child >= heap.size()) break;
    if (child + 1 < heap.size() && heap[child + 1].at < heap[child].at) ++child;
    if (heap[child].at >= entry.at) break;
    place(slot, heap[child]);
    slot = child;
  }
  place(slot, entry);
}

void LoopTimers::set(Timer& timer, Instant at) {
  const Entry entry{at, &timer};
  if (timer.slot_ == Timer::kUnarmed) {
    heap.push_back(entry);
    up(heap.size() - 1, entry);
  } else if (at < heap[timer.slot_].at) {
    up(timer.slot_, entry);
  } else {
    down(timer.slot_, entry);
  }
}

void LoopTimers::remove(Timer& timer) {
  const std::size_t slot = timer.slot_;
  if (slot == Timer::kUnarmed) return;
  timer.slot_ = Timer::kUnarmed;
  const Entry last = heap.back();
  heap.pop_back();
  if (slot == heap.size()) return;
  if (slot > 0 && last.at < heap[(slot - 1) / 2].at) {
    up(slot, last);
  } else {
    down(slot, last);
  }
}

void LoopTimers::fire(Instant now) {
  for (std::size_t budget = heap.size(); budget > 0 && !heap.empty() && heap.front().at <= now; --budget) {
    Timer& timer = *heap.front().timer;
    remove(timer);
    // The callback may destroy its timer, and with it itself: it runs from here.
    auto callback = std::move(timer.callback_);
    Timer* survivor = &timer;
    timer.running_ = &survivor;
    callback();
    if (survivor != nullptr) {
      survivor->running_ = nullptr;
      survivor->callback_ = std::move(callback);
    }
  }
}

Timer::Timer(Loop& loop, std::move_only_function<void()> callback) : loop_(loop), callback_(std::move(callback)) {}

Timer::~Timer() {
  if (running_ != nullptr) *running_ = nullptr;
  cancel();
}

void Timer::set(Instant at) {
  if (at == kNever) {
    cancel();
    return;
  }
  Loop::Core& core = loop_.core();
  core.timers.set(*this, at);
  if (slot_ == 0) core.arm();
}

void Timer::cancel() {
  if (slot_ != kUnarmed) loop_.core().timers.remove(*this);
}

}  // namespace freeway::net
